/**
 * Assertions stay on in production: a broken invariant in a system like this is worse than a stopped one.
 */
import { Fatal } from './errors.ts'

/** Stops the program when a condition that must hold does not. The message says what was believed. */
export function assert(condition: unknown, belief: string): asserts condition {
  if (!condition) throw new Fatal(`assertion failed: ${belief}`)
}

/** The `default` of an exhaustive switch: compiles only when every case is handled. */
export function unreachable(value: never): never {
  throw new Fatal(`assertion failed: unexpected ${JSON.stringify(value)}`)
}

/** The value, or a stop with the belief that was wrong. For look-ups that cannot miss. */
export function must<T>(value: T | null | undefined, belief: string): T {
  assert(value !== null && value !== undefined, belief)
  return value
}
