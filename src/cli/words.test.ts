import { describe, expect, test } from 'vitest'
import { wrapped } from './help.ts'
import { clockOf, progressLine } from './progress.ts'
import { closest } from './suggest.ts'
import { table } from './table.ts'
import { localTime, shown } from './terminal.ts'

test('a table is as wide as its cells, and lets nothing through that commands a terminal', () => {
  const columns = [
    { title: 'NAME', value: ([name]: readonly [string, number]) => name },
    { title: 'COUNT', right: true, value: ([, count]: readonly [string, number]) => String(count) },
  ]
  expect(table(columns, [['a\u001b[31m', 7] as const, ['b', 1234] as const]).split('\n')).toEqual([
    'NAME    COUNT',
    'a?[31m      7',
    'b        1234',
  ])
})

test('control and direction characters are shown as question marks', () => {
  expect(shown('4AB\u0000C\u202e12\r\n')).toBe('4AB?C?12??')
  expect(shown('Straße 7, Ñ')).toBe('Straße 7, Ñ')
})

test('a time is told with its offset', () => {
  expect(localTime('2026-11-23T14:15:04.120Z')).toMatch(/^2026-11-2[234] \d\d:\d\d:04 [+-]\d\d:\d\d$/)
  expect(Date.parse(localTime('2026-11-23T14:15:04Z').replace(' ', 'T').replace(' ', ''))).toBe(
    Date.parse('2026-11-23T14:15:04Z'),
  )
  expect(localTime('soon\u0007')).toBe('soon?')
})

describe('progress', () => {
  test('says share, rate and time left', () => {
    expect(progressLine(250, 1_000, 10, { unit: 'reads', total: 1_000 })).toBe(
      '[######------------------]  25 %  1,000 reads  100 reads/s  0:30 left',
    )
  })
  test('without a whole says what it can', () => {
    expect(progressLine(250, 1_000, 10, { unit: 'reads', total: undefined })).toBe('1,000 reads  100 reads/s')
  })
  test('at the beginning and beyond the end makes no nonsense', () => {
    expect(progressLine(0, 0, 0, { unit: 'reads', total: 10 })).toBe(
      '[------------------------]   0 %  0 reads  0 reads/s',
    )
    expect(progressLine(12, 5, 1, { unit: 'reads', total: 10 })).toContain('100 %')
  })
  test.each([
    [0, '0:00'],
    [8.2, '0:09'],
    [61, '1:01'],
    [3_909, '1:05:09'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(clockOf(seconds)).toBe(text)
  })
})

test.each([
  ['serch', 'search'],
  ['audit', 'audit verify'],
  ['hotlist lst', 'hotlist list'],
  ['xyz', undefined],
  ['s', undefined],
])('%s is probably %s', (given, meant) => {
  expect(closest(given, ['search', 'serve', 'audit verify', 'hotlist list'])).toBe(meant)
})

test('a paragraph is wrapped between words', () => {
  expect(wrapped('one two three four', 9)).toEqual(['one two', 'three', 'four'])
  expect(wrapped('unbreakable', 4)).toEqual(['unbreakable'])
})
