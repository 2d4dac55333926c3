/** Errors as they leave: problem documents (RFC 9457) with public codes. Nothing of ours but what is written here gets out. */
import { PlatekeepError, Invalid, TooMuch, Unavailable, type Fault } from '../kernel/errors.ts'
import { Bug, Refusal } from './perform.ts'

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly clause?: string
  readonly remedy?: string
  readonly errors?: readonly Fault[]
  readonly errorId?: string
}

const titles: Readonly<Record<string, string>> = {
  invalid: 'The request does not keep its contract',
  unauthenticated: 'Nobody known is asking',
  refused: 'Refused by policy',
  'not-found': 'Not found',
  conflict: 'Conflict with how things stand',
  'too-much': 'Too much',
  unavailable: 'Not available for now',
  bug: 'A mistake on our side',
}

/** What the caller is told, and the headers that go with it. */
export function problemOf(error: unknown): { problem: Problem; headers: Record<string, string> } {
  const known = error instanceof PlatekeepError || error instanceof Bug ? error : new Bug()
  const { status, code } = known
  // Where existence is secret, a refusal reads exactly like absence.
  const hidden = (known instanceof Refusal && status === 404) || code === 'not-found'
  const problem: Problem = {
    type: `urn:platekeep:problem:${hidden ? 'not-found' : code}`,
    title: titles[hidden ? 'not-found' : code] ?? 'Error',
    status,
    code: hidden ? 'not-found' : code,
    detail: hidden ? 'There is no such thing, or it is not for you to see.' : known.message,
    ...(known instanceof Refusal && !hidden
      ? { clause: known.clause, ...(known.remedy ? { remedy: known.remedy } : {}) }
      : {}),
    ...(known instanceof Invalid ? { errors: known.faults } : {}),
    ...(known instanceof Bug ? { errorId: known.id } : {}),
  }
  const headers: Record<string, string> = {}
  if (known instanceof Unavailable) headers['retry-after'] = String(known.retryAfterSeconds)
  if (known instanceof TooMuch && known.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(known.retryAfterSeconds)
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  return { problem, headers }
}

/** The document for a message all of whose items were refused: nothing of it was stored. */
export function allRefusedProblem(faults: readonly Fault[]): Problem {
  const [first] = faults
  return {
    type: 'urn:platekeep:problem:invalid',
    title: 'Nothing of this could be accepted',
    status: 422,
    code: 'invalid',
    detail: first ? `${first.path}: ${first.message}` : 'Every item was refused.',
    ...(first?.clause ? { clause: first.clause } : {}),
    errors: faults
      .slice(0, 20)
      .map(({ path, rule, message, clause }) => ({ path, rule, message, ...(clause ? { clause } : {}) })),
  }
}
