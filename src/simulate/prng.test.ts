import { describe, expect, test } from 'vitest'
import { Heap } from './heap.ts'
import { hash32, Random, Weighted } from './prng.ts'

function draws(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next())
}

describe('a stream of chance', () => {
  test('is the same for the same seed, on every machine', () => {
    expect(draws(new Random('golden'), 4)).toEqual([2237878374, 583181493, 3725547447, 1861783269])
    expect(hash32(1, 2, 3)).toBe(1025778754)
  })

  test('forks by name, whatever was drawn before', () => {
    const fresh = new Random('a seed')
    const used = new Random('a seed')
    draws(used, 100)
    expect(draws(used.fork('part'), 5)).toEqual(draws(fresh.fork('part'), 5))
    expect(draws(fresh.fork('part'), 5)).not.toEqual(draws(fresh.fork('other'), 5))
    expect(draws(fresh.fork('part').fork('part'), 5)).not.toEqual(draws(fresh.fork('part'), 5))
  })

  test('fills its ranges evenly, both ends included', () => {
    const random = new Random(7)
    const counts = Array.from({ length: 6 }, () => 0)
    for (let draw = 0; draw < 60_000; draw++) {
      const value = random.int(1, 6)
      counts[value - 1] = (counts[value - 1] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(9500)
    expect(Math.max(...counts)).toBeLessThan(10_500)
  })

  test('has the means and deviations asked for', () => {
    const random = new Random('moments')
    const normals = Array.from({ length: 50_000 }, () => random.normal(10, 2))
    const mean = normals.reduce((sum, value) => sum + value, 0) / normals.length
    const variance = normals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normals.length
    expect(mean).toBeCloseTo(10, 1)
    expect(Math.sqrt(variance)).toBeCloseTo(2, 1)
    const waits = Array.from({ length: 50_000 }, () => random.exponential(3))
    expect(waits.reduce((sum, value) => sum + value, 0) / waits.length).toBeCloseTo(3, 1)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0)
  })

  test('shuffles without loss', () => {
    const list = Array.from({ length: 50 }, (_, index) => index + 1)
    const shuffled = new Random('cards').shuffled(list)
    expect(shuffled).not.toEqual(list)
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(list)
  })

  test('makes identifiers of the form of a UUID', () => {
    expect(new Random('id').uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('a weighted choice', () => {
  test('keeps its shares, and never gives what weighs nothing', () => {
    const random = new Random('weights')
    const table = new Weighted([
      ['often', 70],
      ['seldom', 25],
      ['never', 0],
      ['rarely', 5],
    ])
    const counts: Record<string, number> = {}
    for (let draw = 0; draw < 100_000; draw++) {
      const value = random.weighted(table)
      counts[value] = (counts[value] ?? 0) + 1
    }
    expect(counts['often']).toBeGreaterThan(69_000)
    expect(counts['often']).toBeLessThan(71_000)
    expect(counts['rarely']).toBeGreaterThan(4600)
    expect(counts['rarely']).toBeLessThan(5400)
    expect(counts['never']).toBeUndefined()
  })

  test('is refused without weights', () => {
    expect(() => new Weighted([])).toThrow(RangeError)
    expect(() => new Weighted([['nothing', 0]])).toThrow(RangeError)
  })
})

test('a heap gives the least first, and equal ones in the order in which they came', () => {
  const random = new Random('heap')
  const heap = new Heap<{ key: number; turn: number }>(({ key }) => key)
  const members = Array.from({ length: 500 }, (_, turn) => ({ key: random.int(0, 40), turn }))
  for (const member of members) heap.push(member)
  const taken = Array.from({ length: members.length }, () => heap.pop())
  expect(taken).toEqual(members.toSorted((a, b) => a.key - b.key || a.turn - b.turn))
  expect(heap.pop()).toBeUndefined()
})
