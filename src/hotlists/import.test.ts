import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { perform } from '../door/perform.ts'
import { openWorld, type World } from '../../test/database.ts'
import { setUpState, type TestState } from '../../test/people.ts'
import type { FeedDraft } from './contract.ts'
import { importList, listRejections } from './hotlists.ts'
import { csvOf, entriesOf, feedOf, importText, platesOf } from './testing.ts'

let world: World
let state: TestState
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
})
afterAll(() => world.close())

const admin = () => state.town.person('alpr-administrator')
const load = (feedId: string, file: Parameters<typeof importText>[3], query?: Record<string, unknown>) =>
  importText(world, admin(), feedId, file, query)
async function feedWith(file: string, draft?: Partial<FeedDraft>): Promise<string> {
  const { id } = await feedOf(world, admin(), draft)
  await load(id, file)
  return id
}
const plates = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `P${10_000 + from + index}`)

describe('replace: the file is the list', () => {
  test('what it does not hold ends, what is new begins, the rest keeps its row', async () => {
    const id = await feedWith(csvOf('AAA111', 'BBB222', 'CCC333'))
    const before = await entriesOf(world, id)
    expect(await load(id, csvOf('BBB222', 'CCC333', 'DDD444'))).toMatchObject({
      revision: 2,
      rows: 3,
      added: 1,
      changed: 0,
      removed: 1,
      entries: 3,
    })
    const after = await entriesOf(world, id)
    expect(after.map(({ plate }) => plate)).toEqual(['BBB222', 'CCC333', 'DDD444'])
    expect(after.slice(0, 2)).toEqual(before.slice(1))
    expect((await entriesOf(world, id, 'all'))[0]).toMatchObject({ plate: 'AAA111', from_revision: 1, to_revision: 2 })
  })
  test('the same file again changes nothing, but the list is fresh', async () => {
    const id = await feedWith(csvOf(...plates(50)))
    const before = await entriesOf(world, id, 'all')
    expect(await load(id, csvOf(...plates(50)))).toMatchObject({
      revision: 2,
      added: 0,
      changed: 0,
      removed: 0,
      entries: 50,
    })
    expect(await entriesOf(world, id, 'all')).toEqual(before)
  })
  test('in another order, it is the same file', async () => {
    const id = await feedWith(csvOf(...plates(50)))
    expect(await load(id, csvOf(...plates(50).toReversed()))).toMatchObject({ added: 0, changed: 0, removed: 0 })
  })
  test('an entry that says something else ends and begins anew', async () => {
    const id = await feedWith(csvOf('AAA111,MA,FORD', 'BBB222,MA,FORD'))
    expect(await load(id, csvOf('AAA111,MA,KIA', 'BBB222,MA,FORD'))).toMatchObject({
      added: 0,
      changed: 1,
      removed: 0,
      entries: 2,
    })
    const all = await entriesOf(world, id, 'all')
    expect(all.filter(({ plate }) => plate === 'AAA111')).toMatchObject([
      { to_revision: 2 },
      { from_revision: 2, to_revision: null },
    ])
  })
})

describe('merge: the file adds and changes', () => {
  test('and ends nothing', async () => {
    const id = await feedWith(csvOf('AAA111,MA,FORD', 'BBB222,MA,FORD'), { mode: 'merge' })
    expect(await load(id, csvOf('BBB222,MA,KIA', 'CCC333,MA,FORD'))).toMatchObject({
      rows: 2,
      added: 1,
      changed: 1,
      removed: 0,
      entries: 3,
    })
    expect(await platesOf(world, id)).toEqual(['AAA111', 'BBB222', 'CCC333'])
    expect(await load(id, csvOf('BBB222,MA,KIA'))).toMatchObject({ added: 0, changed: 0, removed: 0, entries: 3 })
  })
})

describe('the key of an entry is plate, jurisdiction, category and feed', () => {
  test('two states may issue the same plate', async () => {
    const id = await feedWith(csvOf('AAA111,MA,FORD', 'AAA111,NH,KIA', 'AAA111,,SEAT'))
    expect(await platesOf(world, id)).toEqual(['AAA111', 'AAA111', 'AAA111'])
  })
  test('a vehicle may be stolen and wanted', async () => {
    const file = 'plate,state,category\nAAA111,MA,stolen vehicle\nAAA111,MA,wanted person\n'
    expect(await load((await feedOf(world, admin())).id, file)).toMatchObject({ rows: 2, duplicates: 0 })
  })
  test('of rows with the same key the first is kept, and the others counted', async () => {
    const { id } = await feedOf(world, admin())
    const report = await load(
      id,
      csvOf('AAA111,MA,FIRST', 'aaa-111,Massachusetts,SECOND', 'BBB222,MA,', 'AAA 111,ma,THIRD'),
    )
    expect(report).toMatchObject({ rows: 2, duplicates: 2, rejected: 0, added: 2 })
    const { rows } = await world.owner.query(
      `select details from hotlist_entries where plate = 'AAA111' and details like '%FIRST%'`,
    )
    expect(rows).toHaveLength(1)
  })
  test('two feeds do not touch each other', async () => {
    const one = await feedWith(csvOf('AAA111', 'BBB222'))
    const two = await feedWith(csvOf('AAA111', 'CCC333'))
    await load(one, csvOf('BBB222'))
    expect(await platesOf(world, two)).toEqual(['AAA111', 'CCC333'])
  })
})

test('an entry of a feed that writes O as zero is marked, and what it wrote is kept', async () => {
  const row = 'V123450001MA001020020261101K0W123    0H2026PC2019F0RDTAU4DBLK'
  const { id } = await feedOf(world, admin(), { format: 'ncic' })
  await load(id, `${row}\n`)
  const { rows } = await world.owner.query(
    `select plate, plate_key, jurisdiction, e.category, zero_folded, reference, source_ori, details from hotlist_entries e
     join feeds f on f.no = e.feed_no where f.id = $1`,
    [id],
  )
  expect(rows).toEqual([
    {
      plate: 'K0W123',
      plate_key: 'K0W123',
      jurisdiction: 'OH',
      category: 'stolen-vehicle',
      zero_folded: true,
      reference: 'V123450001',
      source_ori: 'MA0010200',
      details:
        '{"make":"F0RD","model":"TAU","year":"2019","style":"4D","colour":"BLK","plateType":"PC","plateYear":"2026","enteredOn":"2026-11-01"}',
    },
  ])
  // Entries from before the layout was known to write so are compared anew.
  await world.owner.query(`update hotlist_entries set zero_folded = false where plate = 'K0W123'`)
  expect(await load(id, `${row}\n`)).toMatchObject({ changed: 1 })
})

describe('a file is refused whole, and the old list stays', () => {
  const bad = (count: number) => Array.from({ length: count }, () => ',MA,FORD')
  test.each<[string, string, Record<string, unknown>, string]>([
    ['without any row', 'plate,state,make\n', {}, 'no-rows'],
    ['of nothing at all', '', {}, 'no-rows'],
    ['shrunken under half', csvOf(...plates(9)), {}, 'shrunken'],
    ['mostly unreadable', csvOf(...plates(20), ...bad(4)), {}, 'too-many-rejected'],
    ['with another digest than announced', csvOf(...plates(20)), { sha256: '0'.repeat(64) }, 'sha256'],
    ['of another layout', '<html><body>Please sign in</body></html>', {}, 'not-text'],
    ['that is packed', 'PK\u0003\u0004 and so on', {}, 'not-text'],
  ])('%s', async (_name, file, query, rule) => {
    const id = await feedWith(csvOf(...plates(20)))
    const before = await entriesOf(world, id, 'all')
    await expect(load(id, file, query)).rejects.toMatchObject({ code: 'invalid', faults: [{ rule }] })
    expect(await entriesOf(world, id, 'all')).toEqual(before)
    const { rows } = await world.owner.query('select revision from feeds where id = $1', [id])
    expect(rows).toEqual([{ revision: 1 }])
  })
  test('whose trailer counts another number of entries', async () => {
    const row = (plate: string) => `${plate.padEnd(8)}CA1220261101`
    const clew = (total: number, ...rows: string[]) =>
      ['DATE11/22/2026 09:00', ...rows.map(row), `TOTAL RECORD ${String(total).padStart(7, '0')}`, ''].join('\n')
    const id = await feedWith(clew(2, 'AAA111', 'BBB222'), { format: 'ca_doj_clew' })
    await expect(load(id, clew(3, 'AAA111', 'CCC333'))).rejects.toMatchObject({ faults: [{ rule: 'trailer-count' }] })
    await expect(load(id, clew(2, 'AAA111', 'CCC333').replace(/TOTAL.*\n/, ''))).rejects.toMatchObject({
      faults: [{ rule: 'incomplete' }],
    })
    expect(await platesOf(world, id)).toEqual(['AAA111', 'BBB222'])
  })
  test('whose sender breaks off', async () => {
    const id = await feedWith(csvOf(...plates(20)))
    async function* broken(): AsyncGenerator<string, void> {
      yield csvOf(...plates(20, 100))
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    }
    await expect(load(id, broken())).rejects.toMatchObject({ faults: [{ rule: 'broken-off' }] })
    expect(await platesOf(world, id)).toEqual(plates(20))
  })
  test('that would make a bulk list alert on look-alikes', async () => {
    const id = await feedWith(csvOf('AAA111'), { alertsLookAlike: true })
    await expect(load(id, csvOf(...plates(10_001)))).rejects.toMatchObject({ faults: [{ rule: 'look-alike-bulk' }] })
    expect(await platesOf(world, id)).toEqual(['AAA111'])
    expect(await load(id, csvOf(...plates(10_000)))).toMatchObject({ entries: 10_000 })
  })
  test('also where the list grows over the limit by merging', async () => {
    const id = await feedWith(csvOf(...plates(10_000)), { alertsLookAlike: true, mode: 'merge' })
    await expect(load(id, csvOf('AAA111'))).rejects.toMatchObject({ faults: [{ rule: 'look-alike-bulk' }] })
    expect(await load(id, csvOf('P10001'))).toMatchObject({ entries: 10_000 })
  })
})

describe('a list that is meant to be short', () => {
  test('is imported with the word and the reason of a person', async () => {
    const id = await feedWith(csvOf(...plates(20)))
    await expect(load(id, csvOf('P10001'), { acceptShrink: true })).rejects.toMatchObject({
      faults: [{ path: '/reason' }],
    })
    const report = await load(id, csvOf('P10001'), { acceptShrink: true, reason: 'The source split its list.' })
    expect(report).toMatchObject({ removed: 19, entries: 1 })
    const { rows } = await world.owner.query(`select value from log_values where field = 'reason'`)
    expect(rows).toContainEqual({ value: 'The source split its list.' })
  })
  test('may be empty: an AMBER list usually is', async () => {
    const id = await feedWith(csvOf('AAA111'), { category: 'amber-alert' })
    const report = await load(id, 'plate,state,make\n', { acceptShrink: true, reason: 'The child was found.' })
    expect(report).toMatchObject({ removed: 1, entries: 0 })
    expect(await platesOf(world, id)).toEqual([])
    expect(await load(id, csvOf('BBB222'))).toMatchObject({ added: 1, entries: 1 })
  })
})

describe('who imports', () => {
  test('is the owner or the state, and nobody else', async () => {
    const id = await feedWith(csvOf('AAA111'))
    const dcjis = state.state.person('dcjis-administrator')
    expect(await importText(world, dcjis, id, csvOf('AAA111', 'BBB222'))).toMatchObject({ added: 1 })
    for (const caller of [state.other.person('alpr-administrator'), state.town.person('officer'), state.town.server])
      await expect(importText(world, caller, id, csvOf('CCC333'))).rejects.toMatchObject({ clause: 'CL-4' })
    expect(await platesOf(world, id)).toEqual(['AAA111', 'BBB222'])
  })
  test('is not read from, when refused', async () => {
    const id = await feedWith(csvOf('AAA111'))
    let asked = false
    async function* file(): AsyncGenerator<string, void> {
      asked = true
      yield csvOf('CCC333')
    }
    await expect(importText(world, state.town.person('officer'), id, file())).rejects.toMatchObject({ clause: 'CL-4' })
    expect(asked).toBe(false)
  })
  test('finds no feed that is not there', async () => {
    await expect(load('feed_0000000000000000', csvOf('AAA111'))).rejects.toMatchObject({ code: 'not-found' })
  })
  test.each([
    ['an unknown field', { id: 'feed_x', colour: 'red' }, '/colour'],
    ['no file', { id: 'feed_x' }, 'file'],
    ['a digest that is none', { id: 'feed_x', sha256: 'abc' }, '/sha256'],
  ])('%s is invalid', async (_name, raw, path) => {
    await expect(perform(world.door, importList, admin(), raw)).rejects.toMatchObject({ faults: [{ path }] })
  })
})

describe('what is recorded', () => {
  test('is the digest of the file, of an imported one and of a refused one', async () => {
    const id = await feedWith(csvOf(...plates(20)))
    const file = csvOf('DIGEST1')
    const sha256 = createHash('sha256').update(file).digest('hex')
    await expect(load(id, file)).rejects.toMatchObject({ faults: [{ rule: 'shrunken' }] })
    const report = await load(id, file, { acceptShrink: true, reason: 'It is so.', sha256 })
    expect(report.sha256).toBe(sha256)
    const { rows } = await world.owner.query<{ leaf: string }>(
      'select leaf from log_outbox where leaf like $1 order by id',
      [`%"sha256":"${sha256}"%`],
    )
    expect(rows.map(({ leaf }) => /"result":"(\w+)"/.exec(leaf)?.[1])).toEqual(['failed', 'done'])
    const revisions = await world.owner.query(
      `select encode(sha256, 'hex') as sha256, by_id from feed_revisions r join feeds f on f.no = r.feed_no where f.id = $1 order by r.revision desc limit 1`,
      [id],
    )
    expect(revisions.rows).toEqual([{ sha256, by_id: admin().actor.id }])
  })
  test('are at most ten thousand rejected rows, but all are counted', async () => {
    const { id } = await feedOf(world, admin())
    function* file(): Generator<string> {
      yield csvOf(...plates(89_000))
      yield `${Array.from({ length: 10_050 }, () => ',MA,FORD').join('\n')}\n`
      yield csvOf(...plates(2_000, 200_000)).slice('plate,state,make\n'.length)
    }
    expect(await load(id, file())).toMatchObject({ rows: 91_000, rejected: 10_050, added: 91_000 })
    const { rows } = await world.owner.query(
      `select count(*)::int as listed, min(line) as first from feed_rejections r join feeds f on f.no = r.feed_no where f.id = $1`,
      [id],
    )
    expect(rows).toEqual([{ listed: 10_000, first: 89_002 }])
    const page = await perform(world.door, listRejections, admin(), { id, limit: 1000 })
    expect(page).toMatchObject({ rejected: 10_050, nextAfterLine: 90_001 })
  })
})

test('a hundred thousand rows are one import, and again no change', async () => {
  const { id } = await feedOf(world, admin())
  function* file(): Generator<string> {
    yield 'plate,state,make\n'
    for (let from = 0; from < 100_000; from += 1000)
      yield plates(1000, from)
        .map((plate) => `${plate},MA,FORD\n`)
        .join('')
  }
  expect(await load(id, file())).toMatchObject({ lines: 100_001, added: 100_000, entries: 100_000 })
  expect(await load(id, file())).toMatchObject({ added: 0, changed: 0, removed: 0, entries: 100_000 })
})
