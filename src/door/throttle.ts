/**
 * Guessing tokens is hopeless (256 bits), but each guess costs a look into the database and perhaps a record; a source that
 * fails again and again waits. Counted per source and minute, in memory, with a limit on how many sources are remembered.
 */
import { minute, type Clock } from '../kernel/clock.ts'
import { TooMuch } from '../kernel/errors.ts'

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
