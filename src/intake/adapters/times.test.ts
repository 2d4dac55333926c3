import { describe, expect, test } from 'vitest'
import { americanTime, compactTime, epochTime, httpTime, isoTime, sentAtOf, utcDateAndTime } from './times.ts'

const field = (value: unknown) => ({ path: '/t', value })
const instant = (text: string) => ({ captured: { instant: new Date(text) } })
const zoneless = (text: string) => ({ captured: { zoneless: text } })
const fault = (rule: string) => ({ fault: expect.objectContaining({ path: '/t', rule }) })
const form = fault('time-form')
const range = fault('time-range')

describe('epochs', () => {
  test.each([
    [1718892601, 's', instant('2024-06-20T14:10:01.000Z')],
    [1718892601.4996, 's', instant('2024-06-20T14:10:01.500Z')],
    ['1718892601500', 'ms', instant('2024-06-20T14:10:01.500Z')],
    [1718892601500123, 'us', instant('2024-06-20T14:10:01.500Z')],
    ['1718892601500000000', 'ns', instant('2024-06-20T14:10:01.500Z')],
    [1718892601500, 's', range],
    [1718892601, 'ms', range],
    [-5, 's', range],
    [Number.NaN, 's', form],
    ['0x10', 's', form],
    ['', 's', undefined],
    [null, 's', undefined],
    [0, 's', undefined],
    ['0', 'ns', undefined],
    [true, 's', form],
    [[1718892601], 's', form],
  ] as const)('%j in %s', (value, unit, expected) => {
    expect(epochTime(field(value), unit)).toEqual(expected)
  })

  test('the years 2000 to 2099 are taken, the milliseconds beside them are not', () => {
    const first = Date.UTC(2000, 0, 1)
    const beyond = Date.UTC(2100, 0, 1)
    expect(epochTime(field(first), 'ms')).toEqual(instant('2000-01-01T00:00:00.000Z'))
    expect(epochTime(field(first - 1), 'ms')).toEqual(range)
    expect(epochTime(field(beyond - 1), 'ms')).toEqual(instant('2099-12-31T23:59:59.999Z'))
    expect(epochTime(field(beyond), 'ms')).toEqual(range)
  })

  test('a heartbeat may state any time that exists', () => {
    expect(sentAtOf(field(0), 'ms')).toEqual(new Date(0))
    expect(sentAtOf(field('1718892601'), 's')).toEqual(new Date('2024-06-20T14:10:01Z'))
    expect(sentAtOf(field(1e300), 'ms')).toBeUndefined()
    expect(sentAtOf(field('late'), 'ms')).toBeUndefined()
  })
})

describe('written times', () => {
  test.each([
    ['2024-06-20T10:13:27-04:00', instant('2024-06-20T14:13:27Z')],
    ['2024-06-20T22:13:27.1234567+0800', instant('2024-06-20T14:13:27.123Z')],
    ['2024-06-20 14:13:27.5Z', instant('2024-06-20T14:13:27.500Z')],
    ['2024-06-20 14:13:27', zoneless('2024-06-20T14:13:27.000')],
    ['2024-02-29T00:00:00', zoneless('2024-02-29T00:00:00.000')],
    ['2023-02-29T00:00:00', form],
    ['2024-06-20T24:00:00Z', form],
    ['2024-06-20T10:13:60Z', form],
    ['2024-13-01T10:13:00Z', form],
    ['2024-06-20T10:13:27+15:00', form],
    ['2024-06-20T10:13:27+10:60', form],
    ['1999-12-31T23:59:59Z', range],
    ['2000-01-01T00:00:00+01:00', range],
    ['2100-01-01T00:00:00', range],
    ['2024-06-20', form],
    [`2024-06-20T10:13:27${'0'.repeat(1_000_000)}`, form],
    ['', undefined],
  ])('ISO 8601: %s', (text, expected) => {
    expect(isoTime(field(text))).toEqual(expected)
  })

  test.each([
    ['20240620 100410731', zoneless('2024-06-20T10:04:10.731')],
    ['20240620 100410', zoneless('2024-06-20T10:04:10.000')],
    ['20240620 100410731 -0400', instant('2024-06-20T14:04:10.731Z')],
    ['20240631 100410731', form],
    ['20240620100410731', form],
  ])('compact: %s', (text, expected) => {
    expect(compactTime(field(text))).toEqual(expected)
  })

  test.each([
    ['Thu, 20 Jun 2024 14:06:20 GMT', instant('2024-06-20T14:06:20Z')],
    ['Thu 20 Jun 2024 14:06:20 GMT', instant('2024-06-20T14:06:20Z')],
    ['Thu, 20 Jum 2024 14:06:20 GMT', form],
    ['Thu, 31 Jun 2024 14:06:20 GMT', form],
    ['Thu, 20 Jun 2024 14:06:20 EST', form],
  ])('RFC 1123: %s', (text, expected) => {
    expect(httpTime(field(text))).toEqual(expected)
  })

  test.each([
    ['6/20/2024 9:15:08 AM', zoneless('2024-06-20T09:15:08.000')],
    ['6/20/2024 12:00:01 AM', zoneless('2024-06-20T00:00:01.000')],
    ['6/20/2024 12:00:01 PM', zoneless('2024-06-20T12:00:01.000')],
    ['6/20/2024 11:59:59\u202FPM', zoneless('2024-06-20T23:59:59.000')],
    ['6/20/2024 23:59:59', zoneless('2024-06-20T23:59:59.000')],
    ['6/20/2024 13:15:08 PM', form],
    ['6/20/2024 0:15:08 AM', form],
    ['20/6/2024 9:15:08 AM', form],
  ])('month first: %s', (text, expected) => {
    expect(americanTime(field(text))).toEqual(expected)
  })

  test('UTC date and time of day in two fields', () => {
    const at = (date: unknown, time: unknown) => utcDateAndTime(field(date), field(time))
    expect(at('2024:06:20', '14:11:05.417')).toEqual(instant('2024-06-20T14:11:05.417Z'))
    expect(at('2024-06-20', '14:11:05')).toEqual(instant('2024-06-20T14:11:05Z'))
    expect(at('2024:06:20', '')).toEqual(form)
    expect(at('#DATE_UTC#{yyyy:MM:dd}', '14:11:05')).toEqual(form)
    expect(at('', undefined)).toBeUndefined()
  })
})
