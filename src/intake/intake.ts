/**
 * What happens to a read, as the list of its steps:
 *
 *   1. the body is limited and decompressed (door/http.ts), and parsed: our own form, or a vendor's by its adapter;
 *   2. the sender is a machine that contributes for its agency, or it is refused;
 *   3. each item is normalised, or refused by itself with path and rule;
 *   4. items of one pass (same event) are joined: the best plate stands, an earlier worse one becomes a tombstone;
 *   5. one statement stores what is new, matches it against every hot list and raises the alerts;
 *   6. refusals are counted by device and rule, signs of life are noted;
 *   7. every item is answered in order: stored, duplicate with the first one's id, or refused.
 *
 * Messages that arrive together share a transaction (`collector.ts`); the answer still waits for its commit.
 */
import { listDayOf } from '../alerts/grade.ts'
import { noFacts, operation, parsingOperation, type Operation, type PermittedAct } from '../door/operation.ts'
import { findNamedDevices, hearFrom, type DeviceDirectory, type Heard } from '../equipment/equipment.ts'
import { beginMatching } from '../kernel/locks.ts'
import { must } from '../kernel/assert.ts'
import { day } from '../kernel/clock.ts'
import type { Tx } from '../kernel/db.ts'
import { Unavailable, type Fault } from '../kernel/errors.ts'
import { sealReadIds, startOfDay, type DayKey, type ReadKey } from '../reads/readIds.ts'
import Type from 'typebox'
import { bodyBytesMax, IntakeReply, ReadBatch, RefusalsReply, RefusalsRequest, type ItemResult } from './contract.ts'
import { joinPasses, type Candidate, type Joined } from './joining.ts'
import { deviceNameOf, normalised, type NormalRead } from './normalise.ts'
import { parseReads, parseVendorMessage, type IntakeRequest } from './parse.ts'
import { mayContribute, maySeeRefusals, type IntakeScope } from './policy.ts'
import {
  countRefusals,
  findDayKeys,
  findRefusals,
  keyTextOf,
  storeReads,
  supersedeReads,
  type RefusalCount,
} from './store.ts'

type IntakeAct = PermittedAct<IntakeRequest, IntakeScope>

/** Intake's operations, for a retention in milliseconds. */
export function intakeOperations(retentionMs: number) {
  const shared = {
    reply: IntakeReply,
    effect: 'intake',
    begin: beginMatching,
    facts: async () => undefined,
    policy: mayContribute,
    run: async (tx: Tx, act: IntakeAct) => must((await takeIn(tx, [act], retentionMs))[0], 'an act has its reply'),
    runMany: (tx: Tx, acts: readonly IntakeAct[]) => takeIn(tx, acts, retentionMs),
    record: {
      entered: ({ items, vendor }: IntakeRequest) => ({ fields: { items: items.length, vendor } }),
      retrieved: ({ results, stored, duplicates, refused, heartbeats }: IntakeReply) => ({
        fields: { stored, duplicates, refused, heartbeats },
        results: results.flatMap((result) => (result.status === 'stored' ? [result.id] : [])),
        resultsUnlisted: true,
      }),
    },
    allRefused: ({ results }: IntakeReply): Fault[] | undefined => {
      const faults = results.flatMap((result) => (result.status === 'refused' ? [result] : []))
      return results.length > 0 && faults.length === results.length ? faults : undefined
    },
  } satisfies Partial<Operation<Type.TSchema, typeof IntakeReply, IntakeRequest, undefined, IntakeScope>>

  const submit = parsingOperation({
    ...shared,
    id: 'intake.submit',
    title: 'Send reads, as JSON or one a line',
    steps: [
      'refuse the body if it is no list of reads (CR-5.c)',
      'CR-6.a: only a machine, for its own agency and devices',
      'normalise each read, or refuse it by itself with path and rule (GA-15)',
      'join the messages about one pass of a vehicle: the best plate stands',
      'CL-1, CL-2: one statement stores what is new, matches it against every hot list and raises the alerts',
      'count refusals by device and rule',
      "answer each item in order: stored, duplicate with the first one's id, or refused",
    ],
    request: Type.Object({}),
    route: {
      method: 'POST',
      path: '/v1/reads',
      body: 'bytes',
      mediaTypes: ['application/json', 'application/x-ndjson'],
      bodyBytesMax,
      bodySchema: ReadBatch,
    },
    parse: parseReads,
  })
  const vendor = parsingOperation({
    ...shared,
    id: 'intake.vendor',
    title: "Send a vendor's own message",
    steps: ["turn the message into reads and signs of life by the vendor's adapter", 'then as intake.submit'],
    request: Type.Object({ vendor: Type.String() }),
    route: {
      method: 'POST',
      path: '/v1/intake/:vendor',
      body: 'bytes',
      mediaTypes: ['application/json', 'application/xml', 'text/xml', 'text/plain', 'multipart/form-data'],
      bodyBytesMax,
      bodySchema: Type.Unknown({ description: "The vendor's own form; see docs/vendors.md" }),
    },
    parse: parseVendorMessage,
  })
  return { submit, vendor }
}

type Placed = { readonly act: IntakeAct; readonly place: number }

/** Takes in the messages of a group of acts, all at once; their replies in order. */
async function takeIn(tx: Tx, acts: readonly IntakeAct[], retentionMs: number): Promise<IntakeReply[]> {
  const at = must(acts[0], 'a group has an act').at
  const directory = await devicesOf(tx, acts)
  const results = acts.map(({ request }) => Array.from<ItemResult>({ length: request.items.length }))
  const candidates: (Candidate & { placed: Placed })[] = []
  const refusals = new Map<string, RefusalCount>()
  for (const [index, act] of acts.entries()) {
    const context = { sender: act.scope, directory, at, retentionMs }
    for (const [place, item] of act.request.items.entries()) {
      const outcome = normalised(item, `/reads/${place}`, context)
      if ('read' in outcome) {
        candidates.push({ read: outcome.read, agencyNo: act.scope.agencyNo, placed: { act, place } })
        continue
      }
      const { device, ...fault } = outcome.fault
      must(results[index], 'each act has results')[place] = { status: 'refused', ...fault }
      countRefusal(refusals, act.scope.agencyId, device, fault)
    }
  }
  const ids = await store(tx, acts, candidates, at)
  const indexOf = new Map(acts.map((act, index) => [act, index]))
  for (const [index, { placed, read }] of candidates.entries()) {
    const images = imageCounts(read)
    must(results[indexOf.get(placed.act) ?? -1], 'each act has results')[placed.place] = {
      ...must(ids[index], 'each read has its answer'),
      ...images,
    }
  }
  const heard = heardFrom(acts, directory, at)
  await hearFrom(tx, heard)
  await countRefusals(tx, [...refusals.values()], at)
  return acts.map(({ request }, index) => replyOf(request, must(results[index], 'each act has results')))
}

/** What became of a read's images: none is stored until their store exists, and some were none. */
function imageCounts({
  imagesNotStored,
  imagesRefused,
}: NormalRead): Pick<ItemResult & { status: 'stored' }, 'images'> {
  if (imagesNotStored + imagesRefused === 0) return {}
  return { images: { notStored: imagesNotStored, ...(imagesRefused > 0 ? { refused: imagesRefused } : {}) } }
}

function devicesOf(tx: Tx, acts: readonly IntakeAct[]): Promise<DeviceDirectory> {
  const named = new Map<string, { agencyId: string; name: string }>()
  const numbers = new Set<number>()
  for (const { request, scope } of acts) {
    const messages = [
      ...request.items.flatMap((item) => ('draft' in item ? [item.draft.device] : [])),
      ...request.heartbeats.map((each) => each.device),
    ]
    for (const device of messages) {
      const name = deviceNameOf(device, scope)
      // No device is named with what PostgreSQL cannot even compare.
      if (name !== undefined && !name.includes('\0'))
        named.set(`${scope.agencyId} ${name}`, { agencyId: scope.agencyId, name })
    }
    if (scope.devices !== 'all of its agency' && scope.devices.length === 1)
      for (const no of scope.devices) numbers.add(no)
  }
  return findNamedDevices(tx, [...named.values()], [...numbers])
}

/** Joins passes, stores, and gives each candidate its answer. */
async function store(
  tx: Tx,
  acts: readonly IntakeAct[],
  candidates: readonly Candidate[],
  at: Date,
): Promise<Exclude<ItemResult, { status: 'refused' }>[]> {
  if (candidates.length === 0) return []
  const days = [...new Set(candidates.map(({ read }) => startOfDay(read.capturedMs)))]
  const { keys, typeOid } = await findDayKeys(
    tx,
    days.map((ms) => new Date(ms).toISOString().slice(0, 10)),
  )
  if (days.some((start) => !keys.has(start))) {
    throw new Unavailable('A day that some of these reads belong to is being prepared. Send the same request again.', 5)
  }
  const joined = await joinPasses(tx, candidates)
  const scopes = acts.map(({ scope }) => scope)
  const rows = joined.store.map(({ read, agencyNo }) => ({ read, agencyNo, receivedMs: at.getTime() }))
  const times = { at, listDay: listDayOf(at), month: `${at.toISOString().slice(0, 7)}-01` }
  const fresh = rows.length > 0 ? await storeReads(tx, scopes, rows, typeOid, times) : new Set<string>()
  await supersedeReads(tx, scopes, joined.superseded, at)
  return answers(candidates, joined, fresh, keys)
}

function answers(
  candidates: readonly Candidate[],
  joined: Joined,
  fresh: ReadonlySet<string> | undefined,
  keys: ReadonlyMap<number, DayKey>,
) {
  const stands = candidates.map((candidate) => joined.standing(candidate))
  const ids = sealedIds(stands, keys)
  const stored = new Set<string>()
  return candidates.map(({ read }, index) => {
    const id = must(ids[index], 'each read has an id')
    const { plate, capturedMs, deviceNo } = must(stands[index], 'each read has one that stands for it')
    const key = keyTextOf(plate, capturedMs, deviceNo)
    const own = plate === read.plate && capturedMs === read.capturedMs
    // Of several equal items in one group, the first is the stored one.
    const isFirst = own && !stored.has(key) && joined.storing.has(key) && (fresh === undefined || fresh.has(key))
    if (!isFirst) return { status: 'duplicate' as const, id }
    stored.add(key)
    const before = joined.supersededBy.get(key)
    return {
      status: 'stored' as const,
      id,
      ...(before ? { supersedes: must(sealedIds([before], keys)[0], 'a read has an id') } : {}),
    }
  })
}

/** Public ids of reads, day by day under each day's key. */
function sealedIds(reads: readonly ReadKey[], keys: ReadonlyMap<number, DayKey>): string[] {
  const ids = Array.from<string>({ length: reads.length })
  const byDay = new Map<number, number[]>()
  for (const [index, { capturedMs }] of reads.entries()) {
    const start = startOfDay(capturedMs)
    const places = byDay.get(start)
    if (places) places.push(index)
    else byDay.set(start, [index])
  }
  for (const [start, places] of byDay) {
    const key = must(keys.get(start), 'every day that is kept has its key')
    const sealed = sealReadIds(
      places.map((index) => must(reads[index], 'a place in the list')),
      key,
    )
    for (const [order, index] of places.entries()) ids[index] = must(sealed[order], 'as many ids as reads')
  }
  return ids
}

function countRefusal(
  refusals: Map<string, RefusalCount>,
  agencyId: string,
  device: string | null,
  { rule, path }: Fault,
): void {
  // A name that is no device of the agency is not kept: whoever sends it could fill the table with inventions.
  const name = device?.startsWith('device_') ? device : '(unknown)'
  const key = `${agencyId} ${name} ${rule}`
  const before = refusals.get(key)
  refusals.set(key, { agencyId, device: name, rule, count: (before?.count ?? 0) + 1, path: path.slice(0, 200) })
}

function heardFrom(acts: readonly IntakeAct[], directory: DeviceDirectory, at: Date): Heard[] {
  return acts.flatMap(({ request, scope }) =>
    request.heartbeats.flatMap(({ device, sentAt }) => {
      const name = deviceNameOf(device, scope)
      const known = name === undefined ? undefined : directory.find(scope.agencyId, name)
      const allowed = known && (scope.devices === 'all of its agency' || scope.devices.includes(known.no))
      return allowed ? [{ deviceNo: known.no, at, skewMs: sentAt ? at.getTime() - sentAt.getTime() : null }] : []
    }),
  )
}

function replyOf({ heartbeats, ignored }: IntakeRequest, results: ItemResult[]): IntakeReply {
  const count = (status: ItemResult['status']): number => results.filter((result) => result.status === status).length
  return {
    results,
    stored: count('stored'),
    duplicates: count('duplicate'),
    refused: count('refused'),
    heartbeats: heartbeats.length,
    ignored,
  }
}

const refusalDaysDefault = 7

export const listRefusals = operation({
  id: 'intake.refusals',
  title: 'See what was refused, by device and rule',
  steps: ["MP-IV.B.1: those who can mend it: the device's agency, and the state", 'sum the counts of the last days'],
  request: RefusalsRequest,
  reply: RefusalsReply,
  route: { method: 'GET', path: '/v1/intake/refusals' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeRefusals,
  run: async (tx, { request, scope, at }) => {
    const since = new Date(at.getTime() - ((request.days ?? refusalDaysDefault) - 1) * day)
    const rows = await findRefusals(tx, scope, since)
    return {
      refusals: rows.map((row) => ({
        agencyId: row.agency_id,
        device: row.device,
        rule: row.rule,
        count: row.count,
        lastPath: row.last_path,
        lastAt: row.last_at.toISOString(),
      })),
    }
  },
  record: { entered: () => ({}), retrieved: ({ refusals }) => ({ fields: { count: refusals.length } }) },
})
