/**
 * Several messages about one pass are one read. Cameras report a vehicle while it goes by, each time perhaps with another
 * plate; the vendor's event identifier says that they belong together. The plate with the highest confidence stands; an
 * earlier, worse one that was already stored becomes a tombstone that points nowhere but keeps a resend from bringing it back.
 */
import type { Tx } from '../kernel/db.ts'
import type { ReadKey } from '../reads/readIds.ts'
import type { NormalRead } from './normalise.ts'
import { findEventReads, keyTextOf, type EventRead } from './store.ts'

export type Candidate = { readonly read: NormalRead; readonly agencyNo: number }

export type Joined = {
  /** What goes to the statement: sorted by the unique key, no key twice. */
  readonly store: readonly Candidate[]
  readonly storing: { has(key: string): boolean }
  readonly superseded: readonly EventRead[]
  /** The tombstone that a newly stored read replaces. */
  readonly supersededBy: ReadonlyMap<string, ReadKey>
  /** The read that stands for a candidate: itself, or the better one of its pass. */
  standing(candidate: Candidate): ReadKey
}

function keyOf({ read }: Candidate): ReadKey {
  return { plate: read.plate, capturedMs: read.capturedMs, deviceNo: read.device.no }
}
function textOf({ plate, capturedMs, deviceNo }: ReadKey): string {
  return keyTextOf(plate, capturedMs, deviceNo)
}

/** Joins the candidates that are one pass of a vehicle, with each other and with what is stored; which are to be stored, and which stands for each. */
export async function joinPasses(tx: Tx, candidates: readonly Candidate[]): Promise<Joined> {
  const passes = passesIn(candidates)
  const before =
    passes.size > 0 ? await findEventReads(tx, [...passes.values()].map(eventOf)) : new Map<string, EventRead>()
  const stands = new Map<bigint, ReadKey>()
  const superseded: EventRead[] = []
  const supersededBy = new Map<string, ReadKey>()
  const store = new Map<string, Candidate>()
  for (const [event, best] of passes) {
    const there = before.size > 0 ? before.get(String(event)) : undefined
    const better = !there || ((best.read.platePermille ?? 0) > (there.permille ?? 0) && best.read.plate !== there.plate)
    stands.set(event, better ? keyOf(best) : there)
    if (!better) continue
    const key = textOf(keyOf(best))
    store.set(key, best)
    if (there) {
      superseded.push(there)
      supersededBy.set(key, there)
    }
  }
  for (const candidate of candidates) {
    if (candidate.read.eventKey !== null) continue
    const key = textOf(keyOf(candidate))
    if (!store.has(key)) store.set(key, candidate)
  }
  return {
    store: [...store.values()].sort(byUniqueKey),
    storing: store,
    superseded,
    supersededBy,
    standing: (candidate) =>
      (candidate.read.eventKey === null ? undefined : stands.get(candidate.read.eventKey)) ?? keyOf(candidate),
  }
}

function eventOf({ read }: Candidate): { eventKey: bigint; capturedMs: number } {
  return { eventKey: read.eventKey ?? 0n, capturedMs: read.capturedMs }
}

/** The best candidate of each pass: the highest confidence, and of equals the first. */
function passesIn(candidates: readonly Candidate[]): Map<bigint, Candidate> {
  const passes = new Map<bigint, Candidate>()
  for (const candidate of candidates) {
    if (candidate.read.eventKey === null) continue
    const event = candidate.read.eventKey
    const best = passes.get(event)
    if (!best || (candidate.read.platePermille ?? 0) > (best.read.platePermille ?? 0)) passes.set(event, candidate)
  }
  return passes
}

function byUniqueKey(a: Candidate, b: Candidate): number {
  if (a.read.plateKey !== b.read.plateKey) return a.read.plateKey < b.read.plateKey ? -1 : 1
  return a.read.capturedMs - b.read.capturedMs || a.read.device.no - b.read.device.no
}
