import { describe, expect, test } from 'vitest'
import {
  fileFault,
  lookAlikeEntriesMax,
  resultFault,
  successionFault,
  type ListChange,
  type ReadFile,
} from './fileRules.ts'

const sha256 = 'a'.repeat(64)
function file(rows: number, rejected: number, summary: Partial<ReadFile['summary']> = {}): ReadFile {
  return {
    summary: { lines: rows + rejected, rows, rejected, ...summary },
    rows,
    rejected,
    firstRejections: [{ line: 9, reason: 'the plate is empty' }],
    sha256,
  }
}

describe('a file by itself', () => {
  test.each<[string, ReadFile, string | undefined, string | undefined]>([
    ['whole', file(100, 0), undefined, undefined],
    ['as announced', file(100, 0), sha256, undefined],
    ['not as announced', file(100, 0), 'b'.repeat(64), 'sha256'],
    ['the trailer agrees', file(98, 2, { trailerCount: 100 }), undefined, undefined],
    ['the trailer says more', file(98, 2, { trailerCount: 101 }), undefined, 'trailer-count'],
    ['the trailer says less', file(98, 2, { trailerCount: 99 }), undefined, 'trailer-count'],
    ['the trailer says nothing is in it', file(98, 2, { trailerCount: 0 }), undefined, 'trailer-count'],
    ['empty, as the trailer says', file(0, 0, { trailerCount: 0 }), undefined, undefined],
    ['a tenth is rejected', file(90, 10), undefined, undefined],
    ['more than a tenth', file(90, 11), undefined, 'too-many-rejected'],
    ['three of a short file', file(4, 3), undefined, undefined],
    ['four of a short file', file(5, 4), undefined, 'too-many-rejected'],
    ['as many as are good', file(3, 3), undefined, undefined],
    ['more than are good', file(2, 3), undefined, 'too-many-rejected'],
    ['all', file(0, 1), undefined, 'too-many-rejected'],
    // The importer's own rejections do not count against the trailer, which knows nothing of them.
    [
      'rejected by the importer',
      { ...file(95, 5), summary: { lines: 100, rows: 100, rejected: 0, trailerCount: 100 } },
      undefined,
      undefined,
    ],
    ['damaged and cut short', file(10, 90, { trailerCount: 200 }), 'b'.repeat(64), 'sha256'],
    ['mostly unreadable and cut short', file(10, 90, { trailerCount: 200 }), undefined, 'trailer-count'],
  ])('%s', (_name, read, expected, rule) => {
    expect(fileFault(read, expected)?.rule).toBe(rule)
  })
  test('names the first lines that could not be read', () => {
    expect(fileFault(file(1, 50), undefined)?.message).toContain('line 9: the plate is empty')
  })
})

describe('a file as the successor of the live list', () => {
  const usual: ListChange = {
    mode: 'replace',
    entriesBefore: 100,
    rows: 100,
    rejected: 0,
    shrinkRatioMin: 0.5,
    acceptShrink: false,
  }
  test.each<[string, Partial<ListChange>, string | undefined]>([
    ['as long as before', {}, undefined],
    ['exactly half', { rows: 50 }, undefined],
    ['under half', { rows: 49 }, 'shrunken'],
    ['under half, accepted', { rows: 49, acceptShrink: true }, undefined],
    ['the first one', { entriesBefore: 0, rows: 1 }, undefined],
    ['a stricter feed', { shrinkRatioMin: 0.9, rows: 89 }, 'shrunken'],
    ['a stricter feed, just enough', { shrinkRatioMin: 0.9, rows: 90 }, undefined],
    ['a feed that may shrink', { shrinkRatioMin: 0, rows: 1 }, undefined],
    ['a short file that only adds', { mode: 'merge', rows: 1 }, undefined],
    ['empty', { rows: 0 }, 'no-rows'],
    ['empty, the first one', { rows: 0, entriesBefore: 0 }, 'no-rows'],
    ['empty where it may shrink', { rows: 0, shrinkRatioMin: 0 }, 'no-rows'],
    ['knowingly empty', { rows: 0, acceptShrink: true }, undefined],
    ['empty but for rejected rows', { rows: 0, rejected: 1, acceptShrink: true }, 'no-rows'],
    ['nothing to add', { mode: 'merge', rows: 0, acceptShrink: true }, 'no-rows'],
  ])('%s', (_name, change, rule) => {
    expect(successionFault({ ...usual, ...change })?.rule).toBe(rule)
  })
})

test.each<[boolean, number, string | undefined]>([
  [true, lookAlikeEntriesMax, undefined],
  [true, lookAlikeEntriesMax + 1, 'look-alike-bulk'],
  [false, lookAlikeEntriesMax + 1, undefined],
])('look-alikes %s with %i entries', (alertsLookAlike, entries, rule) => {
  expect(resultFault({ alertsLookAlike }, entries)?.rule).toBe(rule)
})
