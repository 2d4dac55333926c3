/**
 * What a leaf of the log says, and what it keeps to itself.
 *
 * A leaf is canonical JSON: keys sorted, no spaces, no floating point, times in UTC. Leaves can never be changed or
 * removed, while plates and the words of a search must go when their time has come. So personal values are not in the leaf:
 * it holds HMAC(salt, value), and salt and value lie in an erasable side table. Erasing them makes the leaf unlinkable and
 * every proof still hold. Each value has a salt of its own, since a plate is easily guessed. The digest of the request is
 * keyed for the same reason.
 */
import { createHmac, hash, randomBytes } from 'node:crypto'
import type { Clause } from '../policy/clauses.ts'
import { rootOfEntries } from './tree.ts'

export const leafSchema = 1

/** The log's entry format holds at most 65,535 bytes an entry; what is put into a leaf stays well below. */
export const leafBytesMax = 16_384

/** Who acted, as the log names them (CR-4.a: the name of the individual; GA-6.1: user and agency). */
export type LoggedActor = { readonly id: string; readonly name: string; readonly agency: string }

type Scalar = string | number | boolean
export type LoggedFields = Readonly<Record<string, Scalar | readonly Scalar[] | undefined>>

/** What an operation records of an act: fields for the leaf, values to seal, and the ids of what was retrieved or entered. */
export type Recorded = {
  readonly fields?: LoggedFields
  readonly sealed?: Readonly<Record<string, string | undefined>>
  readonly results?: readonly string[]
  /** The ids are bound by a digest but not listed: for intake, whose reads are themselves the list. */
  readonly resultsUnlisted?: boolean
}

export type Attempt = {
  readonly actId: string
  readonly operation: string
  readonly actor: LoggedActor
  readonly at: Date
  readonly from: string
  readonly digest: string
}
export type Ending =
  | { readonly result: 'done' }
  | { readonly result: 'refused'; readonly clause: Clause }
  | { readonly result: 'invalid' | 'failed'; readonly code: string; readonly errorId?: string }
  | { readonly result: 'unknown' }

/** A value for the erasable side table, whose commitment is in the leaf. */
export type SealedValue = {
  readonly actId: string
  readonly field: string
  readonly salt: Buffer
  readonly value: string
}

/** JSON with sorted keys and without `undefined`: the same content always gives the same bytes. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** The commitment to one value: HMAC-SHA-256 under its salt, bound to the act and the field so that it fits nowhere else. */
export function commitment({ actId, field, salt, value }: SealedValue): string {
  return createHmac('sha256', salt).update(`${actId}\n${field}\n`).update(value).digest('hex')
}

/** The leaf of an attempt: who is about to do what, before anything is done. */
export function attemptLeaf({ actId, operation, actor, at, from, digest }: Attempt): string {
  return canonical({
    schema: leafSchema,
    event: 'attempt',
    act: actId,
    operation,
    actor,
    at: at.toISOString(),
    from,
    request: digest,
  })
}

/** What binds the leaf to the ids: their Merkle root, so that one of a list can be proven; a plain digest where there is no list. */
function proofOf(recorded: Recorded, ids: readonly string[]): { root: string } | { sha256: string } {
  if (recorded.resultsUnlisted) return { sha256: hash('sha256', ids.join('\n')) }
  return { root: rootOfEntries(ids).toString('hex') }
}

/** The leaf of an outcome and the values to keep beside it. `startedAt` gives the duration. */
export function outcomeLeaf(
  { actId, operation, at: startedAt }: Pick<Attempt, 'actId' | 'operation' | 'at'>,
  ending: Ending,
  recorded: Recorded,
  at: Date,
): { leaf: string; values: SealedValue[] } {
  const sealed = Object.entries(recorded.sealed ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  if (recorded.results && !recorded.resultsUnlisted && recorded.results.length > 0)
    sealed.push(['results', recorded.results.join('\n')])
  const values = sealed.map(([field, value]) => ({ actId, field, salt: randomBytes(32), value }))
  const results = recorded.results && { count: recorded.results.length, ...proofOf(recorded, recorded.results) }
  const leaf = canonical({
    schema: leafSchema,
    event: 'outcome',
    act: actId,
    operation,
    at: at.toISOString(),
    durationMs: Math.max(0, at.getTime() - startedAt.getTime()),
    ...ending,
    fields: recorded.fields,
    commitments:
      values.length > 0 ? Object.fromEntries(values.map((value) => [value.field, commitment(value)])) : undefined,
    results,
  })
  return { leaf, values }
}
