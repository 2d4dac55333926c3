/** Every cell of the table of grades, in TypeScript and in SQL, and the two held to each other over generated pairs. */
import * as fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { plateKeyOf } from '../reads/plate.ts'
import { alertGradeOf, gradeOf, listDayOf } from './grade.ts'
import { alerted, gradeRank, gradeWords, joined, jurisdictionGrade, plateGrade, recorded } from './grading.ts'

const day = '2026-11-23'
const quiet = { alertsOtherJurisdiction: false, alertsLookAlike: false }
const everywhere = { alertsOtherJurisdiction: true, alertsLookAlike: false }
const lookAlikes = { alertsOtherJurisdiction: false, alertsLookAlike: true }
const both = { alertsOtherJurisdiction: true, alertsLookAlike: true }

type Pair = {
  read: [plate: string, jurisdiction: string | null]
  entry: [plate: string, jurisdiction: string, zeroFolded?: boolean, expiresOn?: string]
  feed: typeof quiet
}
type Cell = Pair & { name: string; is: null | [plate: string, jurisdiction: string, alerted: boolean, words: string] }

const verify = 'possible: verify jurisdiction'
const elsewhere = 'other jurisdiction: verify jurisdiction'
const alike = 'look-alike: verify plate'
const table: Cell[] = [
  // exact × same
  {
    name: 'exact, same',
    read: ['4TRK81', 'MA'],
    entry: ['4TRK81', 'MA'],
    feed: quiet,
    is: ['exact', 'same', true, 'exact'],
  },
  // exact × unknown, from either side
  {
    name: 'exact, read without state',
    read: ['4TRK81', null],
    entry: ['4TRK81', 'MA'],
    feed: quiet,
    is: ['exact', 'unknown', true, verify],
  },
  {
    name: 'exact, read with empty state',
    read: ['4TRK81', ''],
    entry: ['4TRK81', 'MA'],
    feed: quiet,
    is: ['exact', 'unknown', true, verify],
  },
  {
    name: 'exact, entry without state',
    read: ['4TRK81', 'MA'],
    entry: ['4TRK81', ''],
    feed: quiet,
    is: ['exact', 'unknown', true, verify],
  },
  {
    name: 'exact, neither has a state',
    read: ['4TRK81', null],
    entry: ['4TRK81', ''],
    feed: quiet,
    is: ['exact', 'unknown', true, verify],
  },
  // exact × other
  {
    name: 'exact, other',
    read: ['4TRK81', 'NH'],
    entry: ['4TRK81', 'MA'],
    feed: quiet,
    is: ['exact', 'other', false, elsewhere],
  },
  {
    name: 'exact, other, look-alikes on',
    read: ['4TRK81', 'NH'],
    entry: ['4TRK81', 'MA'],
    feed: lookAlikes,
    is: ['exact', 'other', false, elsewhere],
  },
  {
    name: 'exact, other, switched on',
    read: ['4TRK81', 'NH'],
    entry: ['4TRK81', 'MA'],
    feed: everywhere,
    is: ['exact', 'other', true, elsewhere],
  },
  // look-alike × same
  { name: 'look-alike, same', read: ['4TRKB1', 'MA'], entry: ['4TRK81', 'MA'], feed: quiet, is: null },
  {
    name: 'look-alike, same, other states on',
    read: ['4TRKB1', 'MA'],
    entry: ['4TRK81', 'MA'],
    feed: everywhere,
    is: null,
  },
  {
    name: 'look-alike, same, switched on',
    read: ['4TRKB1', 'MA'],
    entry: ['4TRK81', 'MA'],
    feed: lookAlikes,
    is: ['look-alike', 'same', true, alike],
  },
  // look-alike × unknown and other: never
  { name: 'look-alike, unknown', read: ['4TRKB1', null], entry: ['4TRK81', 'MA'], feed: both, is: null },
  { name: 'look-alike, other', read: ['4TRKB1', 'NH'], entry: ['4TRK81', 'MA'], feed: both, is: null },
  // no match
  { name: 'two look-alikes differ', read: ['4TRKBI', 'MA'], entry: ['4TRK81', 'MA'], feed: both, is: null },
  { name: 'another plate', read: ['4TRK82', 'MA'], entry: ['4TRK81', 'MA'], feed: both, is: null },
  { name: 'a shorter plate', read: ['4TRK8', 'MA'], entry: ['4TRK81', 'MA'], feed: both, is: null },
  { name: 'unread character', read: ['4TRK?1', 'MA'], entry: ['4TRK?1', 'MA'], feed: both, is: null },
  // lists that write O as zero
  {
    name: 'O under zero fold',
    read: ['OTTER5', 'MA'],
    entry: ['0TTER5', 'MA', true],
    feed: quiet,
    is: ['exact', 'same', true, 'exact'],
  },
  { name: 'O without zero fold', read: ['OTTER5', 'MA'], entry: ['0TTER5', 'MA'], feed: quiet, is: null },
  {
    name: 'D under zero fold',
    read: ['DTTER5', 'MA'],
    entry: ['0TTER5', 'MA', true],
    feed: lookAlikes,
    is: ['look-alike', 'same', true, alike],
  },
  {
    name: 'O and S under zero fold',
    read: ['OTTERS', 'MA'],
    entry: ['0TTER5', 'MA', true],
    feed: lookAlikes,
    is: ['look-alike', 'same', true, alike],
  },
  // expiry: good through its last day
  {
    name: 'expires today',
    read: ['4TRK81', 'MA'],
    entry: ['4TRK81', 'MA', false, day],
    feed: quiet,
    is: ['exact', 'same', true, 'exact'],
  },
  {
    name: 'expired yesterday',
    read: ['4TRK81', 'MA'],
    entry: ['4TRK81', 'MA', false, '2026-11-22'],
    feed: both,
    is: null,
  },
]

const client = new Client({ connectionString: inject('postgresUrl') })
beforeAll(() => client.connect())
afterAll(() => client.end())

const graded = `
  select n, ${plateGrade} as plate_grade, ${jurisdictionGrade} as jurisdiction_grade, ${alerted} as alerted, ${gradeWords(gradeRank)} as words
  from jsonb_to_recordset($1) as s(n int, plate text, plate_key text, jurisdiction text)
  join jsonb_to_recordset($2) as e(n int, plate text, plate_key text, jurisdiction text, zero_folded bool, expires_on date, to_revision int) using (n)
  join jsonb_to_recordset($3) as f(n int, alerts_other_jurisdiction bool, alerts_look_alike bool) using (n)
  where ${joined} and ${recorded('$4::date')}`

/** What SQL makes of pairs, in their order: the grade, or null where nothing is recorded. */
async function bySql(pairs: readonly Pair[]): Promise<unknown[]> {
  const reads = pairs.map(({ read: [plate, jurisdiction] }, n) => ({
    n,
    plate,
    plate_key: plateKeyOf(plate),
    jurisdiction,
  }))
  const entries = pairs.map(({ entry: [plate, jurisdiction, folded, expiresOn] }, n) => ({
    n,
    plate,
    plate_key: plateKeyOf(plate),
    jurisdiction,
    zero_folded: folded ?? false,
    expires_on: expiresOn,
  }))
  const feeds = pairs.map(({ feed }, n) => ({
    n,
    alerts_other_jurisdiction: feed.alertsOtherJurisdiction,
    alerts_look_alike: feed.alertsLookAlike,
  }))
  const { rows } = await client.query<Record<string, unknown> & { n: number }>(graded, [
    JSON.stringify(reads),
    JSON.stringify(entries),
    JSON.stringify(feeds),
    day,
  ])
  const found = new Map(
    rows.map((row) => [row.n, [row['plate_grade'], row['jurisdiction_grade'], row['alerted'], row['words']]]),
  )
  return pairs.map((_, n) => found.get(n) ?? null)
}

function byTypeScript({ read, entry, feed }: Pair): unknown {
  const grade = gradeOf(
    { plate: read[0], jurisdiction: read[1] },
    { plate: entry[0], jurisdiction: entry[1], zeroFolded: entry[2] ?? false, expiresOn: entry[3] ?? null },
    feed,
    day,
  )
  return grade && [grade.plateGrade, grade.jurisdictionGrade, grade.alerted, alertGradeOf(grade)]
}

describe('the table of grades', () => {
  test.each(table)('$name', (cell) => {
    expect(byTypeScript(cell)).toEqual(cell.is)
  })
  test('is the same in SQL', async () => {
    const made = await bySql(table)
    expect(table.map(({ name }, n) => [name, made[n]])).toEqual(table.map(({ name, is }) => [name, is]))
  })
})

test('SQL and TypeScript grade generated pairs alike', async () => {
  // Few letters, mostly of the look-alike groups, so that equal keys and single differences are common.
  const character = fc.constantFrom(...'0ODQ8B1A?'.split(''))
  const plate = fc.string({ unit: character, minLength: 1, maxLength: 10 })
  const twin = plate.chain((a) =>
    fc.tuple(
      fc.constant(a),
      fc.oneof(
        plate,
        fc.constant(a),
        fc.array(fc.constantFrom(...'0ODQ8B1I'.split('')), { minLength: a.length, maxLength: a.length }).map((other) =>
          a
            .split('')
            .map((each, i) => (plateKeyOf(other[i] ?? '') === plateKeyOf(each) ? other[i] : each))
            .join(''),
        ),
      ),
    ),
  )
  const pair: fc.Arbitrary<Pair> = fc
    .record({
      plates: twin,
      read: fc.constantFrom('MA', 'NH', '', null),
      entry: fc.constantFrom('MA', 'NH', ''),
      folded: fc.boolean(),
      expiresOn: fc.constantFrom(undefined, undefined, undefined, '2026-11-22', day, '2026-11-24'),
      feed: fc.constantFrom(quiet, everywhere, lookAlikes, both),
    })
    .map(({ plates: [a, b], read, entry, folded, expiresOn, feed }) => ({
      read: [a, read],
      entry: expiresOn === undefined ? [b, entry, folded] : [b, entry, folded, expiresOn],
      feed,
    }))
  const grades = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { minLength: 50, maxLength: 100 }), async (pairs) => {
      const expected = pairs.map(byTypeScript)
      for (const each of expected) grades.add(JSON.stringify(each))
      expect(await bySql(pairs)).toEqual(expected)
    }),
    { numRuns: 40 },
  )
  // Proof that the generator reaches every grade there is: null, and exact/same, exact/unknown, exact/other twice, look-alike.
  expect(grades.size).toBe(6)
})

test("a list's day is the day in the state", () => {
  expect(listDayOf(new Date('2026-11-24T04:59:59Z'))).toBe('2026-11-23')
  expect(listDayOf(new Date('2026-11-24T05:00:00Z'))).toBe('2026-11-24')
  expect(listDayOf(new Date('2026-07-04T03:59:59Z'))).toBe('2026-07-03')
})
