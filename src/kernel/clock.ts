/**
 * The only source of time. Code receives a `Clock`; SQL receives its instants as parameters. Tests drive it, so a
 * year's retention is tested in a millisecond, and nothing in the program can disagree with anything else on the time.
 */
export type Clock = { now(): Date }

export const systemClock: Clock = { now: () => new Date() }

/** A clock that stands still until told otherwise. For tests and the simulator. */
export class DrivenClock implements Clock {
  #at: number
  constructor(at: Date | string) {
    this.#at = new Date(at).getTime()
  }
  now(): Date {
    return new Date(this.#at)
  }
  /** Moves the clock by a number of milliseconds; negative moves it back, as broken clocks do. */
  advance(ms: number): void {
    this.#at += ms
  }
  set(at: Date | string): void {
    this.#at = new Date(at).getTime()
  }
}

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour
