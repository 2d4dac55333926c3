/**
 * The log, checked from its published rules alone: indices without a gap, every hash that of its leaf, the root that of all
 * leaves; each act one attempt and after it one outcome; and whatever was answered with 200 recorded as done. Beside it the
 * alerts' positions, which the same sequencer gives.
 */
import { createHmac, hash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { emptyTree, grown, leafHash, rootOf } from '../../src/audit/tree.ts'
import { groupBy } from './checkReads.ts'
import type { Findings } from './findings.ts'
import type { Ledger } from './ledger.ts'
import type { Revisions } from './revisions.ts'

type Leaf = {
  event: 'attempt' | 'outcome' | 'invalid'
  act: string
  operation: string
  request?: string
  result?: string
  results?: { count: number; sha256?: string }
}

export type CheckedLog = { leaves: number; acts: number; unknownActs: number }

/** `digestKey` is the server's own, from its folder of keys: by it a body is found in the log. */
export async function checkLog(
  client: ClientBase,
  ledger: Ledger,
  digestKey: Buffer,
  findings: Findings,
): Promise<CheckedLog> {
  const leaves = await checkTree(client, findings)
  const acts = groupBy(
    leaves.map((leaf, index) => ({ leaf, index })),
    ({ leaf }) => leaf.act,
  )
  let unknownActs = 0
  const byRequest = new Map<string, { result: string | undefined; results: string | undefined }[]>()
  for (const [act, records] of acts) {
    const attempts = records.filter(({ leaf }) => leaf.event === 'attempt')
    const [attempt] = attempts
    const outcomes = records.filter(({ leaf }) => leaf.event === 'outcome')
    const [outcome] = outcomes
    if (records.some(({ leaf }) => leaf.event === 'invalid')) {
      if (records.length > 1) findings.add('acts', `${act} is invalid, and more`)
      continue
    }
    const { operation } = attempt?.leaf ?? outcome?.leaf ?? { operation: 'nothing' }
    if (attempts.length !== 1) findings.add('acts', `${act} (${operation}) has ${attempts.length} attempts`)
    if (outcomes.length !== 1) findings.add('acts', `${act} (${operation}) has ${outcomes.length} outcomes`)
    if (attempt && outcome && outcome.index < attempt.index)
      findings.add('acts', `${act} (${operation}): the outcome comes before the attempt`)
    if (outcome?.leaf.result === 'unknown') unknownActs++
    const request = attempt?.leaf.request ?? ''
    const record = { result: outcome?.leaf.result, results: outcome?.leaf.results?.sha256 }
    byRequest.set(request, [...(byRequest.get(request) ?? []), record])
  }
  for (const { body, sends, acknowledged, storedIds } of ledger.bodies.values()) {
    const digest = createHmac('sha256', digestKey).update('intake.submit\n').update(body).digest('hex')
    const recorded = byRequest.get(digest) ?? []
    const done = recorded.filter(({ result }) => result === 'done')
    if (done.length < acknowledged)
      findings.add('unrecorded', `a body was acknowledged ${acknowledged} times and done ${done.length} times`)
    if (recorded.length > sends)
      findings.add('acts', `a body was sent ${sends} times and attempted ${recorded.length} times`)
    for (const ids of storedIds) {
      const results = hash('sha256', ids.join('\n'))
      if (!done.some((each) => each.results === results))
        findings.add('unrecorded', `no outcome has the digest of ${ids.length} reads that were stored`)
    }
  }
  return { leaves: leaves.length, acts: acts.size, unknownActs }
}

async function checkTree(client: ClientBase, findings: Findings): Promise<Leaf[]> {
  const { rows } = await client.query<{ index: string; hash: Buffer; leaf: string }>(
    'select index::text as index, hash, leaf from log_leaves order by log_leaves.index',
  )
  const { rows: heads } = await client.query<{ size: string; root: Buffer }>(
    'select size::text as size, root from log_tree',
  )
  const hashes = rows.map(({ leaf }) => leafHash(leaf))
  for (const [place, { index, hash }] of rows.entries()) {
    if (Number(index) !== place) findings.add('log', `index ${index} stands at place ${place}`)
    if (hashes[place]?.equals(hash) !== true) findings.add('log', `leaf ${index} does not fit its hash`)
  }
  const [head] = heads
  if (head?.size !== String(rows.length))
    findings.add('log', `the head says ${head?.size} leaves, and there are ${rows.length}`)
  if (!head?.root.equals(rootOf(grown(emptyTree, hashes)))) findings.add('log', 'the root is not that of the leaves')
  return rows.map(({ leaf }) => JSON.parse(leaf) as Leaf)
}

type EventRow = {
  position: string
  alert_no: string
  kind: string
  audience: string[] | null
  agencies: string[] | null
}

/** Positions without a gap, each alert raised once and taken back once, each event for whom the alert is. Returns how many. */
export async function checkPositions(
  client: ClientBase,
  followed: readonly number[] | undefined,
  findings: Findings,
): Promise<number> {
  const { rows } = await client.query<EventRow>(
    `select e.position::text as position, e.alert_no::text as alert_no, e.kind, a.agency_ids as agencies,
       (select array_agg(agency_id order by agency_id) from alert_audience u where u.position = e.position) as audience
     from alert_events e left join alerts a on a.plate_key = e.plate_key and a.no = e.alert_no order by e.position`,
  )
  const { rows: alerts } = await client.query<{ no: string; state: string }>('select no::text as no, state from alerts')
  for (const [place, { position, audience, agencies }] of rows.entries()) {
    if (Number(position) !== place + 1) findings.add('positions', `position ${position} comes at place ${place + 1}`)
    if (String(audience) !== String(agencies?.toSorted()))
      findings.add('positions', `position ${position} is for others`)
  }
  const events = groupBy(rows, ({ alert_no, kind }) => `${alert_no} ${kind}`)
  for (const { no, state } of alerts) {
    for (const [kind, wanted] of [
      ['raised', 1],
      ['superseded', state === 'superseded' ? 1 : 0],
    ] as const) {
      const times = events.get(`${no} ${kind}`)?.length ?? 0
      if (times !== wanted) findings.add('positions', `alert ${no} was ${kind} ${times} times`)
    }
  }
  if (followed) {
    const wanted = rows.map(({ position }) => Number(position))
    const seen = new Set(followed)
    for (const position of wanted) if (!seen.has(position)) findings.add('followed', `position ${position} never came`)
    for (const [place, position] of followed.entries())
      if (place > 0 && position <= (followed[place - 1] ?? 0))
        findings.add('followed', `position ${position} came again`)
  }
  return rows.length
}

/** Each acknowledged revision is there once, with its file. */
export async function checkRevisions(
  client: ClientBase,
  feedId: string,
  { acknowledged, wrongAnswers }: Pick<Revisions, 'acknowledged' | 'wrongAnswers'>,
  findings: Findings,
): Promise<number> {
  findings.addAll('answers', wrongAnswers)
  const { rows } = await client.query<{ revision: number; sha256: string }>(
    `select r.revision, encode(r.sha256, 'hex') as sha256 from feed_revisions r join feeds f on f.no = r.feed_no
     where f.id = $1 order by r.revision`,
    [feedId],
  )
  const files = rows.map(({ revision, sha256 }) => `${revision} ${sha256}`)
  const wanted = acknowledged.map(({ revision, sha256 }) => `${revision} ${sha256}`)
  for (const each of wanted)
    if (!files.includes(each)) findings.add('lists', `revision ${each} was acknowledged and is not there`)
  for (const each of files)
    if (!wanted.includes(each)) findings.add('lists', `revision ${each} was made once too often`)
  return rows.length
}
