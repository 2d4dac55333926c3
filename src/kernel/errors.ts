/**
 * The closed set of errors.
 *
 * Policy returns values; everything else that can go wrong is one of the classes below, each with a public code, an
 * HTTP status and a text that says what is wrong, where, and how to mend it. They are caught in two places only:
 * `door/perform.ts`, which records them, and `main/`, which ends the program. Anything that is not one of these is a
 * mistake of ours: the caller sees a `Bug` with an id and nothing else.
 */
export abstract class PlatekeepError extends Error {
  abstract readonly code: string
  abstract readonly status: number
}

/** One thing that is wrong with a request: where (a JSON pointer such as `/reads/3/plate`), which rule, and a sentence. */
export type Fault = { readonly path: string; readonly rule: string; readonly message: string; readonly clause?: string }

/** The request does not keep its contract. Carries every fault found, the first one in the message. */
export class Invalid extends PlatekeepError {
  override readonly name = 'Invalid'
  readonly code = 'invalid'
  readonly status: number
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[], status: 400 | 415 | 422 = 400) {
    const first = faults[0]
    super(first ? `${first.path || 'request'}: ${first.message}` : 'The request is not valid.')
    this.faults = faults
    this.status = status
  }
}

/** Shorthand for an `Invalid` with a single fault. */
export function invalid(path: string, rule: string, message: string): Invalid {
  return new Invalid([{ path, rule, message }])
}

/** Nobody known is asking: no token, or one that is unknown, revoked or expired. The reader is not told which. */
export class Unauthenticated extends PlatekeepError {
  override readonly name = 'Unauthenticated'
  readonly code = 'unauthenticated'
  readonly status = 401
}

/** It does not exist, or its existence is not for this caller to know. Both read the same. */
export class NotFound extends PlatekeepError {
  override readonly name = 'NotFound'
  readonly code = 'not-found'
  readonly status = 404
}

/** The request is fine but the state of things forbids it (already revoked, name taken, key reused for another request). */
export class Conflict extends PlatekeepError {
  override readonly name = 'Conflict'
  readonly code = 'conflict'
  readonly status = 409
}

/** A limit was reached: 413 for a body that is too large, 429 for too many requests (with the seconds to wait). */
export class TooMuch extends PlatekeepError {
  override readonly name = 'TooMuch'
  readonly code = 'too-much'
  readonly status: 413 | 429
  readonly retryAfterSeconds: number | undefined
  constructor(status: 413 | 429, message: string, retryAfterSeconds?: number) {
    super(message)
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Something the act needs is down or busy for now. Nothing was done; the same request may be sent again. */
export class Unavailable extends PlatekeepError {
  override readonly name = 'Unavailable'
  readonly code = 'unavailable'
  readonly status = 503
  readonly retryAfterSeconds: number
  constructor(message: string, retryAfterSeconds = 2) {
    super(message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The program must stop: going on could break the log or the data. Never answered, never swallowed. */
export class Fatal extends Error {
  override readonly name = 'Fatal'
}

/** A person at a terminal can mend this: a wrong setting, a taken port, a missing file. Printed without a stack. */
export class Mendable extends Error {
  override readonly name = 'Mendable'
}
