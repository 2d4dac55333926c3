import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { FormatRow, FormatSummary } from '../hotlists/formats/format.ts'
import { listFormats } from '../hotlists/formats/formats.ts'
import { jurisdictionOf } from '../reads/jurisdiction.ts'
import { plateOf, zeroFolded } from '../reads/plate.ts'
import { Fleet } from './fleet.ts'
import { demoLists, hotListEntries, hotListFile } from './hotlists.ts'
import type { ListEntry, ListLayout } from './listFiles.ts'
import { simulatedState } from './state.ts'

const { agencies } = simulatedState('lists test')
const fleet = new Fleet('lists test', 100_000)
const options = {
  seed: 'lists test',
  fleet,
  agencies,
  share: 0.01,
  count: 5000,
  categories: ['stolen-vehicle', 'stolen-plate'] as const,
  at: new Date('2026-03-04T09:00:00Z'),
}

async function imported(
  layout: ListLayout,
  text: Iterable<string>,
): Promise<{ rows: FormatRow[]; summary: FormatSummary }> {
  const format = listFormats.get(layout)
  if (!format) throw new Error(`no format ${layout}`)
  const parser = format.parse(bytes(text), {})
  const rows: FormatRow[] = []
  for (;;) {
    const next = await parser.next()
    if (next.done) return { rows, summary: next.value }
    expect(next.value.rejections).toEqual([])
    rows.push(...next.value.rows)
  }
}

async function* bytes(text: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const chunk of text) yield Buffer.from(chunk)
}

describe('a hot list', () => {
  const entries: ListEntry[] = [...hotListEntries(options)]

  test('has as many entries as asked for, each another vehicle', () => {
    expect(entries.length).toBe(5000)
    expect(new Set(entries.map(({ jurisdiction, plate }) => `${jurisdiction} ${plate}`)).size).toBe(5000)
  })

  test('has the listed share of the fleet, spread among fillers that never pass', () => {
    const passing = new Set<string>()
    for (let vehicle = 0; vehicle < fleet.size; vehicle++) {
      passing.add(`${fleet.plates.jurisdictionOf(vehicle)} ${fleet.plates.plateOf(vehicle)}`)
    }
    const listed = entries.map(({ jurisdiction, plate }) => passing.has(`${jurisdiction} ${plate}`))
    const count = (part: boolean[]) => part.filter(Boolean).length
    expect(count(listed)).toBeGreaterThan(900)
    expect(count(listed)).toBeLessThan(1100)
    expect(count(listed.slice(0, 1000))).toBeGreaterThan(150)
    expect(count(listed.slice(-1000))).toBeGreaterThan(150)
  })

  test('has vehicles of its own, if its offset is its own', () => {
    const other = [...hotListEntries({ ...options, offset: 0.5 })].map(({ plate }) => plate)
    const own = new Set(entries.map(({ plate }) => plate))
    // The numbers that two states gave out aside.
    expect(other.filter((plate) => own.has(plate)).length).toBeLessThan(5)
  })

  test('is made of a million lines as they are asked for, and ends before fillers run out', () => {
    const large = hotListFile('ncic', { ...options, count: 1_000_000 })
    expect(large.next().value).toMatch(/^SIMULATED EXTRACT 2026-03-04\n[VP]000000001/)
    const [first] = hotListFile('csv', { ...options, count: 3000 })
    expect(first?.length).toBeLessThan(66_000)
    expect(() => hotListFile('csv', { ...options, count: 20_000_000 }).next()).toThrow(RangeError)
  })

  test.each<[ListLayout, string]>([
    ['ncic', 'e99644a8413eb841ff4c6a33054c9d820357155f2da56fa70bcfa0fbba8ce1f9'],
    ['csv', '92db3add2d7bda7a39969403358aa781f018dd7495a2aa17108d9b0adc049990'],
    ['ca_doj_clew', 'd06a7cf87fff2e03925e6a1a79051d347bb818f06f803ace6c0d628ca717b41f'],
  ])('is the same for the same seed, byte for byte (%s)', (layout, golden) => {
    const hash = createHash('sha256')
    for (const chunk of hotListFile(layout, options)) hash.update(chunk)
    expect(hash.digest('hex')).toBe(golden)
  })
})

describe('the importer understands', () => {
  const entries = [...hotListEntries(options)]

  test('NCIC fixed width, in which letter O is a zero', async () => {
    const { rows, summary } = await imported('ncic', hotListFile('ncic', options))
    expect(summary).toMatchObject({ rows: 5000, rejected: 0 })
    for (const [index, row] of rows.entries()) {
      const entry = entries[index]
      expect(row.plate).toBe(zeroFolded(entry?.plate ?? ''))
      expect(jurisdictionOf(row.jurisdiction ?? '', { codes: 'ncic', zeroFolded: true })).toBe(entry?.jurisdiction)
      expect(row).toMatchObject({ category: entry?.category, sourceOri: entry?.ori, enteredOn: entry?.enteredOn })
      expect(row).toMatchObject({ make: zeroFolded(entry?.makeCode ?? ''), year: String(entry?.year) })
    }
    expect(rows.some(({ make }) => make === 'F0RD')).toBe(true)
  })

  test('CSV with its header', async () => {
    const { rows, summary } = await imported(
      'csv',
      hotListFile('csv', { ...options, expiresInDays: 3, reason: 'a, "b"' }),
    )
    expect(summary).toMatchObject({ rows: 5000, rejected: 0 })
    for (const [index, row] of rows.entries()) {
      const entry = entries[index]
      expect(row).toMatchObject({ plate: entry?.plate, category: entry?.category, sourceOri: entry?.ori })
      expect(row).toMatchObject({ make: entry?.make, colour: entry?.colour, expiresOn: '2026-03-07', note: 'a, "b"' })
      expect(jurisdictionOf(row.jurisdiction ?? '')).toBe(entry?.jurisdiction)
    }
  })

  test('CLEW, whose trailer counts', async () => {
    const { rows, summary } = await imported('ca_doj_clew', hotListFile('ca_doj_clew', options))
    expect(summary).toMatchObject({ rows: 5000, rejected: 0, trailerCount: 5000, headerDate: '2026-03-04T09:00' })
    expect(rows.map(({ plate }) => plate)).toEqual(entries.map(({ plate }) => plate))
    expect(rows.map(({ enteredOn }) => enteredOn)).toEqual(entries.map(({ enteredOn }) => enteredOn))
  })

  test('every list of the demonstration', async () => {
    const lists = demoLists({ seed: 'lists test', fleet: new Fleet('lists test', 20_000), agencies, at: options.at })
    expect(lists.map(({ category }) => category)).toEqual([
      'stolen-vehicle',
      'expired-registration',
      'felony-vehicle',
      'amber-alert',
      'bolo',
    ])
    for (const list of lists) {
      const { rows, summary } = await imported(list.layout, list.text())
      expect(summary.rejected).toBe(0)
      expect(rows.length).toBeGreaterThan(2)
      expect(rows.filter(({ plate }) => plateOf(plate) === null)).toEqual([])
    }
  })
})
