import { describe, expect, test } from 'vitest'
import { differsInOneCharacter, plateKeyOf, plateOf } from '../reads/plate.ts'
import { Fleet } from './fleet.ts'
import { perfectOcr, readPlate, type Reading, usualOcr } from './ocr.ts'
import { Random } from './prng.ts'

const count = 100_000
const fleet = new Fleet('ocr test', 1_000_000)

function readings(settings = usualOcr): { plate: string; jurisdiction: string; reading: Reading }[] {
  const random = new Random('ocr test')
  return Array.from({ length: count }, (_, vehicle) => {
    const plate = fleet.plates.plateOf(vehicle)
    const jurisdiction = fleet.plates.jurisdictionOf(vehicle)
    return { plate, jurisdiction, reading: readPlate(random, plate, jurisdiction, settings) }
  })
}

describe('the usual camera', () => {
  const all = readings()
  const of = (error: Reading['error']) => all.filter(({ reading }) => reading.error === error)
  const mean = (numbers: number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length

  test('errs at its rates', () => {
    const share = (error: Reading['error']) => of(error).length / count
    // A few plates have no character that could be mistaken.
    expect(share('look-alike')).toBeGreaterThan(usualOcr.lookAlikeRate * 0.9)
    expect(share('look-alike')).toBeLessThan(usualOcr.lookAlikeRate * 1.1)
    expect(share('other')).toBeCloseTo(usualOcr.otherRate, 2)
    expect(share('unread')).toBeCloseTo(usualOcr.unreadRate, 2)
    expect(of('unread').length).toBeGreaterThan(200)
  })

  test('says what kind of error it made', () => {
    expect(of('none').filter(({ plate, reading }) => reading.plate !== plate)).toEqual([])
    expect(of('unread').filter(({ reading }) => reading.plate.split('?').length !== 2)).toEqual([])
    expect(of('other').filter(({ plate, reading }) => plateKeyOf(reading.plate) === plateKeyOf(plate))).toEqual([])
  })

  test('mistakes look-alikes within their groups: the plate key stays, mostly one character differs', () => {
    const mistaken = of('look-alike')
    const key = mistaken.filter(({ plate, reading }) => plateKeyOf(reading.plate) === plateKeyOf(plate))
    expect(key.length).toBe(mistaken.length)
    const one = mistaken.filter(({ plate, reading }) => differsInOneCharacter(plate, reading.plate))
    expect(one.length / mistaken.length).toBeGreaterThan(0.88)
    expect(one.length).toBeLessThan(mistaken.length)
  })

  test('gives plates that the repository takes', () => {
    expect(all.filter(({ reading }) => plateOf(reading.plate) !== reading.plate)).toEqual([])
  })

  test('is less sure where it errs, yet not always', () => {
    const right = of('none').map(({ reading }) => reading.plateConfidence)
    const wrong = of('look-alike').map(({ reading }) => reading.plateConfidence)
    expect(mean(right) - mean(wrong)).toBeGreaterThan(0.15)
    expect(Math.max(...wrong)).toBeGreaterThan(Math.min(...right))
    expect(all.filter(({ reading }) => reading.plateConfidence <= 0 || reading.plateConfidence >= 1)).toEqual([])
  })

  test('offers the truth as an alternative to most of its mistakes, and never its own reading', () => {
    const offered = of('look-alike').filter(({ plate, reading }) => reading.alternatives?.[0]?.plate === plate)
    expect(offered.length / of('look-alike').length).toBeCloseTo(0.7, 1)
    const own = all.filter(({ reading }) => reading.alternatives?.some(({ plate }) => plate === reading.plate))
    expect(own).toEqual([])
    const surer = all.filter(({ reading }) =>
      reading.alternatives?.some(({ confidence }) => confidence > reading.plateConfidence),
    )
    expect(surer).toEqual([])
  })

  test('does not know, or mistakes, the state of issuance at its rates', () => {
    const unknown = all.filter(({ reading }) => reading.jurisdiction === undefined)
    const wrong = all.filter(
      ({ jurisdiction, reading }) => reading.jurisdiction !== undefined && reading.jurisdiction !== jurisdiction,
    )
    expect(unknown.length / count).toBeCloseTo(usualOcr.jurisdictionUnknownRate, 2)
    expect(wrong.length / count).toBeCloseTo(usualOcr.jurisdictionWrongRate, 2)
    expect(unknown.filter(({ reading }) => reading.jurisdictionConfidence !== undefined)).toEqual([])
  })
})

test('a perfect camera reads everything right', () => {
  const wrong = readings(perfectOcr).filter(
    ({ plate, jurisdiction, reading }) => reading.plate !== plate || reading.jurisdiction !== jurisdiction,
  )
  expect(wrong).toEqual([])
})
