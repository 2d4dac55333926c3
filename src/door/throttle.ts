/**
 * Guessing tokens is hopeless (256 bits), but each guess may leave a record in a log that is never shortened; a source that
 * fails again and again waits, and is no longer recorded. Valid tokens from there are not held up: one guesser must not shut
 * out everybody behind the same address. Counted per source and minute, in memory, with a limit on how many are remembered.
 */
import { minute, type Clock } from '../kernel/clock.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TooMuch, Unavailable } from '../kernel/errors.ts'

const failuresMax = 100
const sourcesMax = 10_000

export class SourceThrottle {
  readonly #clock: Clock
  #failures = new Map<string, number>()
  #minute = 0
  constructor(clock: Clock) {
    this.#clock = clock
  }
  /** Throws `TooMuch` (429) for a source that failed too often in this minute. */
  check(source: string): void {
    if ((this.#current().get(source) ?? 0) >= failuresMax)
      throw new TooMuch(429, 'Too many failed attempts from this address. Wait a minute.', 60)
  }
  failed(source: string): void {
    const failures = this.#current()
    if (failures.size < sourcesMax || failures.has(source)) failures.set(source, (failures.get(source) ?? 0) + 1)
  }
  #current(): Map<string, number> {
    const now = Math.floor(this.#clock.now().getTime() / minute)
    if (now !== this.#minute) {
      this.#minute = now
      this.#failures = new Map()
    }
    return this.#failures
  }
}

/** Bodies being received at once, over all connections. */
const bodyBytesAtOnceMax = 24 * 1024 * 1024
const bodyBytesUnannounced = 2 * 1024 * 1024

/** Keeps the server's memory flat: beyond a limit over all connections, newcomers with a body are told to come back. */
export class BodyBudget {
  #reserved = 0
  /** Room for a request's body, as long as it announces or a guess, until its answer is out. Throws `Unavailable`. */
  reserve({ headers }: FastifyRequest, reply: FastifyReply): void {
    const announced = Number(headers['content-length'] ?? bodyBytesUnannounced)
    // What is longer than any body may be is refused for its length alone, and takes no room.
    const bytes = announced <= bodyBytesAtOnceMax ? announced : 0
    if (this.#reserved + bytes > bodyBytesAtOnceMax)
      throw new Unavailable('More is arriving than can be held. Send it again in a moment.', 1)
    this.#reserved += bytes
    reply.raw.once('close', () => {
      this.#reserved -= bytes
    })
  }
}
