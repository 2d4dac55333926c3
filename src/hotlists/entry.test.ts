import { describe, expect, test } from 'vitest'
import { entryEncoder } from './entry.ts'

const postal = { jurisdictionCodes: 'postal', zeroFolded: false } as const
const encode = entryEncoder('stolen-vehicle', postal)

function cellsOf(row: Parameters<typeof encode>[0], as = encode): string[] {
  const line = as(row)
  if (typeof line !== 'string') throw new Error(line.reason)
  return line.split('\t')
}

describe('an entry', () => {
  test('has the plate, its key, the jurisdiction as a code, and nulls for what the list does not say', () => {
    expect(cellsOf({ line: 3, plate: 'obs-12 5', jurisdiction: 'Massachusetts' })).toEqual([
      '3',
      'OBS125',
      '085125',
      'MA',
      'stolen-vehicle',
      '\\N',
      '\\N',
      '\\N',
      '\\N',
    ])
  })
  test("is of the row's own category where it says one", () => {
    expect(cellsOf({ line: 1, plate: 'ABC1', category: 'amber-alert' })[4]).toBe('amber-alert')
  })
  test('says the same in the same order, so that equal content compares equal', () => {
    const [a, b] = [
      cellsOf({ line: 1, plate: 'ABC1', colour: 'RED', make: 'FORD' }),
      cellsOf({ line: 1, plate: 'ABC1', make: 'FORD', colour: 'RED' }),
    ]
    expect(a[8]).toBe('{"make":"FORD","colour":"RED"}')
    expect(b).toEqual(a)
  })
  test('keeps text that means something to COPY', () => {
    expect(cellsOf({ line: 1, plate: 'ABC1', reference: 'a\\b' })[6]).toBe('a\\\\b')
  })
})

describe('a jurisdiction', () => {
  test('that is not given is unknown', () => {
    expect(cellsOf({ line: 1, plate: 'ABC1' })[3]).toBe('')
  })
  test('that cannot be settled is unknown, and kept as written', () => {
    const cells = cellsOf({ line: 1, plate: 'ABC1', jurisdiction: '??' })
    expect([cells[3], cells[8]]).toEqual(['', '{"jurisdiction":"??"}'])
  })
  test("is read by the layout's own codes", () => {
    const ncic = entryEncoder('bolo', { jurisdictionCodes: 'ncic', zeroFolded: true })
    expect(cellsOf({ line: 1, plate: 'ABC1', jurisdiction: '0H' }, ncic)[3]).toBe('OH')
    expect(cellsOf({ line: 1, plate: 'ABC1', jurisdiction: 'NB' }, ncic)[3]).toBe('NE')
    expect(cellsOf({ line: 1, plate: 'ABC1', jurisdiction: '0H' })[3]).toBe('')
  })
  test('is the same the second time it is met', () => {
    const again = entryEncoder('bolo', postal)
    const cells = ['QC', '??', 'QC', '??'].map(
      (jurisdiction) => cellsOf({ line: 1, plate: 'A1', jurisdiction }, again)[3],
    )
    expect(cells).toEqual(['CA-QC', '', 'CA-QC', ''])
  })
})

describe('a row is rejected', () => {
  const reasonOf = (row: Parameters<typeof encode>[0]): string => {
    const unfit = encode(row)
    return typeof unfit === 'string' ? 'not at all' : unfit.reason
  }
  test.each(['', '🚗', 'ABCDEFGHIJK', '???'])('without a valid plate: %j', (plate) => {
    expect(reasonOf({ line: 1, plate })).toContain('no valid plate')
  })
  test('where it is a manual entry, which a second person must check', () => {
    expect(reasonOf({ line: 1, plate: 'ABC1', category: 'manual' })).toContain('MP-IV.E.2')
  })
})
