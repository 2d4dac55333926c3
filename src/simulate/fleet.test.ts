import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { jurisdictionOf } from '../reads/jurisdiction.ts'
import { plateOf } from '../reads/plate.ts'
import { Fleet } from './fleet.ts'
import { vehiclesMax } from './plates.ts'

const fleet = new Fleet('fleet test', 2_000_000)

function* numbers(count: number, from = 0): Generator<number> {
  for (let number = from; number < from + count; number++) yield number
}

describe('a fleet', () => {
  test('is the same for the same seed, to the last character', () => {
    const hash = createHash('sha256')
    const again = new Fleet('fleet test', 2_000_000)
    for (const number of numbers(2000)) hash.update(JSON.stringify(again.vehicle(number * 997)))
    expect(hash.digest('hex')).toBe('9d93ffef140c4c5f25b8017199f93fd3ad9e1ec67134e6eb3fa4acff608aaa78')
  })

  test('is another for another seed', () => {
    const other = new Fleet('another', 2_000_000)
    const same = [...numbers(1000)].filter((number) => other.plates.plateOf(number) === fleet.plates.plateOf(number))
    expect(same.length).toBeLessThan(5)
  })

  test('gives each vehicle of a jurisdiction its own plate, and fillers plates of their own', () => {
    const seen = new Set<string>()
    let count = 0
    for (const start of [0, 1_000_000, fleet.firstFiller]) {
      for (const number of numbers(100_000, start)) {
        seen.add(`${fleet.plates.jurisdictionOf(number)} ${fleet.plates.plateOf(number)}`)
        count++
      }
    }
    expect(seen.size).toBe(count)
  })

  test('has only plates that the repository takes, unchanged', () => {
    for (const number of numbers(50_000)) {
      const plate = fleet.plates.plateOf(number)
      expect(plateOf(plate), `vehicle ${number}`).toBe(plate)
    }
    expect(plateOf(fleet.plates.plateOf(vehiclesMax - 1))).not.toBeNull()
  })

  test.each([
    [
      'MA',
      /^([1-9][A-Z]{3}\d\d|[1-9]\d\d[A-Z]{2}\d|[1-9]\d[A-Z]{2}\d\d|[1-9]\d\d[A-Z]{3}|[1-9]\d{5}|[A-Z][1-9]\d{4}|[1-9]\d{3}[A-Z]{2}|[A-Z]{3,4}\d{0,3})$/,
    ],
    ['NH', /^[1-9]\d{6}$/],
    ['CT', /^[A-Z]{2}[1-9]\d{4}$/],
    ['NY', /^[A-Z]{3}[1-9]\d{3}$/],
    ['CA-QC', /^[A-Z][1-9]\d[A-Z]{3}$/],
  ])('has the forms of %s', (jurisdiction, form) => {
    const plates = [...numbers(20_000)]
      .filter((number) => fleet.plates.jurisdictionOf(number) === jurisdiction)
      .map((number) => fleet.plates.plateOf(number))
    expect(plates.length).toBeGreaterThan(20)
    expect(plates.filter((plate) => !form.test(plate))).toEqual([])
  })

  test('names jurisdictions as the repository stores them', () => {
    const names = new Set([...numbers(10_000)].map((number) => fleet.plates.jurisdictionOf(number)))
    expect([...names].filter((name) => jurisdictionOf(name) !== name)).toEqual([])
  })

  test('comes from the states in their shares: 82 % from Massachusetts', () => {
    const counts = new Map<string, number>()
    for (const number of numbers(10_000, 30_000)) {
      const jurisdiction = fleet.plates.jurisdictionOf(number)
      counts.set(jurisdiction, (counts.get(jurisdiction) ?? 0) + 1)
    }
    expect(counts.get('MA')).toBe(8200)
    expect(counts.get('NH')).toBe(450)
    expect(counts.get('CA-QC')).toBe(30)
    expect(counts.size).toBeGreaterThan(20)
  })

  test('has some numbers that two states gave out', () => {
    const states = new Map<string, Set<string>>()
    for (const number of numbers(100_000)) {
      const plate = fleet.plates.plateOf(number)
      states.set(plate, (states.get(plate) ?? new Set()).add(fleet.plates.jurisdictionOf(number)))
    }
    const twins = [...states.values()].filter((of) => of.size > 1).length
    expect(twins).toBeGreaterThan(100)
    expect(twins).toBeLessThan(500)
  })

  test('is made of nothing that grows with it', () => {
    expect(new Fleet('large', 6_000_000).vehicle(5_999_999).plate).toMatch(/^[A-Z0-9]+$/)
    expect(() => new Fleet('too large', vehiclesMax)).toThrow(RangeError)
    expect(() => new Fleet('none', 0)).toThrow(RangeError)
  })

  test('lists the share of vehicles that is asked for', () => {
    let listed = 0
    for (const number of numbers(200_000)) if (fleet.listed(number, 0.01)) listed++
    expect(listed / 200_000).toBeCloseTo(0.01, 2)
    expect(listed).toBeGreaterThan(1800)
    expect(listed).toBeLessThan(2200)
  })
})
