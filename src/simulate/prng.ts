/**
 * Chance, from a seed. Two kinds, for two needs:
 *
 * - `Random` is a stream (sfc32): fast, and forkable by name. A fork depends on the seed and the names alone, never on how
 *   much was drawn before it, so that adding a draw to one part of the simulation does not change another part.
 * - `hash32` is a table that is never stored: the value that belongs to (seed, number, salt). With it the 1,700,000th
 *   vehicle is known without making the 1,699,999 before it.
 *
 * Nothing here is fit for secrets.
 */

import { must } from '../kernel/assert.ts'

/** Two rounds of a 32-bit integer mixer: every input bit reaches every output bit. Returns an unsigned 32-bit integer. */
export function hash32(seed: number, number: number, salt: number): number {
  return mix32(mix32((seed ^ Math.imul(number, 0x9e3779b1)) | 0) ^ Math.imul(salt + 1, 0x85ebca77)) >>> 0
}

function mix32(value: number): number {
  let h = value ^ (value >>> 16)
  h = Math.imul(h, 0x7feb352d)
  h ^= h >>> 15
  h = Math.imul(h, 0x846ca68b)
  return h ^ (h >>> 16)
}

/** A 32-bit seed out of any text (FNV-1a, mixed). */
export function seedOf(text: string): number {
  let h = 0x811c9dc5
  for (let index = 0; index < text.length; index++) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193)
  return mix32(h) >>> 0
}

/** A table of choices with weights, prepared for drawing in constant time (the alias method of Walker and Vose). */
export class Weighted<T extends {}> {
  readonly #values: readonly T[]
  readonly #keep: Float64Array
  readonly #other: Int32Array
  constructor(choices: readonly (readonly [value: T, weight: number])[]) {
    const count = choices.length
    const total = choices.reduce((sum, [, weight]) => sum + weight, 0)
    if (count === 0 || !(total > 0)) throw new RangeError('a weighted choice needs at least one positive weight')
    this.#values = choices.map(([value]) => value)
    this.#keep = new Float64Array(count).fill(1)
    this.#other = new Int32Array(count)
    const scaled = choices.map(([, weight]) => (weight * count) / total)
    const small: number[] = []
    const large: number[] = []
    for (const [index, share] of scaled.entries()) (share < 1 ? small : large).push(index)
    for (;;) {
      const low = small.pop()
      const high = large.pop()
      if (low === undefined || high === undefined) return
      this.#keep[low] = scaled[low] ?? 1
      this.#other[low] = high
      const rest = (scaled[high] ?? 1) - (1 - (scaled[low] ?? 1))
      scaled[high] = rest
      if (rest < 1) small.push(high)
      else large.push(high)
    }
  }

  /** The choice that belongs to a number in [0, 1). */
  at(fraction: number): T {
    const place = fraction * this.#values.length
    const index = Math.floor(place)
    const chosen = place - index < (this.#keep[index] ?? 1) ? index : (this.#other[index] ?? index)
    return must(this.#values[chosen], 'a fraction lies in [0, 1)')
  }

  /** The choice that belongs to a 32-bit hash. */
  of(hash: number): T {
    return this.at(hash / 4294967296)
  }
}

/** A stream of chance. Not shared between parts: give each part its own fork. */
export class Random {
  readonly #seed: number
  #a = 0
  #b = 0
  #c = 0
  #count = 1
  constructor(seed: string | number) {
    this.#seed = typeof seed === 'number' ? seed >>> 0 : seedOf(seed)
    this.#a = hash32(this.#seed, 1, 0) | 0
    this.#b = hash32(this.#seed, 2, 0) | 0
    this.#c = hash32(this.#seed, 3, 0) | 0
    for (let round = 0; round < 12; round++) this.next()
  }

  /** An independent stream for a named part. The same seed and name give the same stream, whatever was drawn here. */
  fork(name: string | number): Random {
    return new Random(hash32(this.#seed, seedOf(String(name)), 0xf0))
  }

  /** 32 random bits as an unsigned integer. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A number in [0, 1). */
  fraction(): number {
    return this.next() / 4294967296
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability * 4294967296
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.fraction() * (high - low + 1))
  }

  pick<T extends {}>(list: readonly T[]): T {
    return must(list[Math.floor(this.fraction() * list.length)], 'a list to pick from is not empty')
  }

  weighted<T extends {}>(table: Weighted<T>): T {
    return table.at(this.fraction())
  }

  /**
   * Close to a normal distribution, cut off at 3.46 deviations: the sum of four uniforms. Cheap, and it uses no function whose
   * last bit differs between machines.
   */
  normal(mean: number, deviation: number): number {
    const sum = this.fraction() + this.fraction() + this.fraction() + this.fraction()
    return mean + (sum - 2) * 1.7320508075688772 * deviation
  }

  /** Waiting time until the next of events that come independently, with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction())
  }

  /** A new array with the same members in random order. */
  shuffled<T extends {}>(list: readonly T[]): T[] {
    const result = [...list]
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.int(0, last)
      const held = must(result[last], 'it lies in the list')
      result[last] = must(result[other], 'it lies in the list')
      result[other] = held
    }
    return result
  }

  /** Lower-case hexadecimal digits, for made-up identifiers. */
  hex(length: number): string {
    let text = ''
    while (text.length < length) text += this.next().toString(16).padStart(8, '0')
    return text.slice(0, length)
  }

  /** An identifier in the form of a random UUID (version 4). */
  uuid(): string {
    const variant = '89ab'.charAt(this.int(0, 3))
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${variant}${this.hex(3)}-${this.hex(12)}`
  }
}
