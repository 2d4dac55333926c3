import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { perform } from '../door/perform.ts'
import { hour } from '../kernel/clock.ts'
import { openWorld, type World } from '../../test/database.ts'
import { setUpState, type TestState } from '../../test/people.ts'
import type { Feed, FeedDraft } from './contract.ts'
import { createFeed, listFeeds, listRejections } from './hotlists.ts'
import { csvOf, feedOf, importText } from './testing.ts'

let world: World
let state: TestState
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
})
afterAll(() => world.close())

const admin = () => state.town.person('alpr-administrator')
async function listed(id: string): Promise<Feed> {
  const { feeds } = await perform(world.door, listFeeds, state.other.person('officer'), {})
  const feed = feeds.find((each) => each.id === id)
  if (!feed) throw new Error('the feed is in the list')
  return feed
}

describe('CL-4: a feed has an owner, a refresh age and a rule', () => {
  test('and what its draft leaves out is careful', async () => {
    const feed = await feedOf(world, admin(), { name: 'State hotfile', refreshHoursMax: 12 })
    expect(feed).toMatchObject({
      agencyId: state.town.id,
      name: 'State hotfile',
      mode: 'replace',
      priority: 50,
      lookBackMinutes: 60,
      alertsOtherJurisdiction: false,
      alertsLookAlike: false,
      shrinkRatioMin: 0.5,
      options: {},
      revision: 0,
      revisedAt: null,
      ageHours: null,
      stale: true,
      entries: 0,
    })
    expect(await listed(feed.id)).toEqual(feed)
  })
  test('all of which its owner may choose', async () => {
    const chosen = {
      category: 'amber-alert',
      mode: 'merge',
      priority: 100,
      lookBackMinutes: 1440,
      alertsOtherJurisdiction: true,
      alertsLookAlike: true,
      shrinkRatioMin: 0.3,
      options: { delimiter: ';', columns: { plate: 'Kennzeichen', jurisdiction: 2 }, hasHeader: true },
    } satisfies Partial<FeedDraft>
    expect(await feedOf(world, admin(), chosen)).toMatchObject(chosen)
  })
  test('the state may set one up for an agency, and the agency fill it', async () => {
    const feed = await feedOf(world, state.state.person('dcjis-administrator'), { agencyId: state.town.id })
    expect(await importText(world, admin(), feed.id, csvOf('AAA111'))).toMatchObject({ added: 1 })
  })
})

describe('a feed is refused', () => {
  test.each<[string, Partial<FeedDraft>, string]>([
    ['for another agency', { agencyId: 'other' }, 'CL-4'],
    ['for an agency that does not exist', { agencyId: 'agency_0000000000000000' }, 'CL-4'],
    ['in a category that CL-3 does not name', { category: 'debtors' }, 'CL-3'],
    ['for manual entries', { category: 'manual' }, 'MP-IV.E.2'],
  ])('%s', async (_name, draft, clause) => {
    const given = draft.agencyId === 'other' ? { agencyId: state.other.id } : draft
    await expect(feedOf(world, admin(), given)).rejects.toMatchObject({ code: 'refused', clause })
  })
  test('of someone who administers nothing', async () => {
    await expect(feedOf(world, state.town.person('supervisor'))).rejects.toMatchObject({ clause: 'CL-4' })
  })
  test.each<[string, Record<string, unknown>, string]>([
    ['an unknown format', { format: 'excel' }, '/format'],
    ['a format named like a property', { format: '__proto__' }, '/format'],
    ['plates of other states on an ordinary list', { alertsOtherJurisdiction: true }, '/alertsOtherJurisdiction'],
    [
      'columns for a layout that has its own',
      { format: 'ncic', options: { columns: { plate: 0 } } },
      '/options/columns',
    ],
    [
      'a delimiter for a layout that has its own',
      { format: 'simple', options: { delimiter: ';' } },
      '/options/delimiter',
    ],
    ['a delimiter that is none', { options: { delimiter: 'x' } }, '/options/delimiter'],
    ['columns without the plate', { options: { columns: { make: 1 } } }, '/options/columns/plate'],
    ['an unknown column', { options: { columns: { plate: 0, owner: 1 } } }, '/options/columns/owner'],
    ['a priority above 100', { priority: 101 }, '/priority'],
    ['no refresh age', { refreshHoursMax: 0 }, '/refreshHoursMax'],
    ['an unknown field', { colour: 'red' }, '/colour'],
  ])('with %s', async (_name, draft, path) => {
    await expect(feedOf(world, admin(), draft as Partial<FeedDraft>)).rejects.toMatchObject({
      code: 'invalid',
      faults: [{ path }],
    })
  })
  test('with a name that its agency has, but not with one of another agency', async () => {
    await feedOf(world, admin(), { name: 'Twice' })
    await expect(feedOf(world, admin(), { name: 'Twice' })).rejects.toMatchObject({ code: 'conflict' })
    await feedOf(world, state.other.person('alpr-administrator'), { name: 'Twice' })
  })
  test('with its reason in the log, and nothing stored', async () => {
    const before = await perform(world.door, listFeeds, admin(), {})
    await expect(feedOf(world, admin(), { name: 'Refused', category: 'debtors' })).rejects.toThrow('CL-3')
    expect((await perform(world.door, listFeeds, admin(), {})).feeds).toHaveLength(before.feeds.length)
    const { rows } = await world.owner.query<{ leaf: string }>(`select leaf from log_outbox order by id desc limit 20`)
    const refused = rows.map(({ leaf }) => leaf).find((leaf) => leaf.includes('"Refused"'))
    expect(refused).toContain('"clause":"CL-3"')
  })
})

describe('a list ages', () => {
  test('from its import: stale just past its refresh age', async () => {
    const feed = await feedOf(world, admin(), { refreshHoursMax: 6 })
    await importText(world, admin(), feed.id, csvOf('AAA111', 'BBB222'))
    expect(await listed(feed.id)).toMatchObject({ revision: 1, entries: 2, ageHours: 0, stale: false })
    world.clock.advance(6 * hour)
    expect(await listed(feed.id)).toMatchObject({ ageHours: 6, stale: false })
    world.clock.advance(1)
    expect(await listed(feed.id)).toMatchObject({ stale: true })
    await importText(world, admin(), feed.id, csvOf('AAA111', 'BBB222'))
    expect(await listed(feed.id)).toMatchObject({ revision: 2, entries: 2, ageHours: 0, stale: false })
  })
  test('from the date in its file, where that is older: an old file is not fresh for being imported today', async () => {
    const feed = await feedOf(world, admin(), { format: 'ca_doj_clew', refreshHoursMax: 24 })
    const now = world.clock.now()
    const file = ['DATE11/20/2026 09:00', 'ABC1234 CA1220261101', 'TOTAL RECORD 0000001', ''].join('\n')
    const report = await importText(world, admin(), feed.id, file)
    // Nine in the morning in Massachusetts, in winter.
    expect(report.fileDatedAt).toBe('2026-11-20T14:00:00.000Z')
    const ageHours = Math.round((now.getTime() - Date.parse('2026-11-20T14:00:00Z')) / hour)
    expect(await listed(feed.id)).toMatchObject({ ageHours, stale: true, fileDatedAt: report.fileDatedAt })
  })
})

describe('rejected rows', () => {
  test('are listed by line and reason, in pages', async () => {
    const feed = await feedOf(world, admin())
    const rows = Array.from({ length: 60 }, (_, index) => (index % 20 === 7 ? ',MA,FORD' : `P${1000 + index}`))
    const report = await importText(world, admin(), feed.id, csvOf(...rows))
    expect(report).toMatchObject({ rows: 57, rejected: 3, rejections: [{ line: 9 }, { line: 29 }, { line: 49 }] })
    expect(await listed(feed.id)).toMatchObject({ rejected: 3 })

    const officer = state.town.person('officer')
    const first = await perform(world.door, listRejections, officer, { id: feed.id, limit: 2 })
    expect(first).toMatchObject({ revision: 1, rejected: 3, nextAfterLine: 29 })
    expect(first.rejections.map(({ reason }) => reason)).toEqual(['the plate is empty', 'the plate is empty'])
    const second = await perform(world.door, listRejections, officer, { id: feed.id, limit: 2, afterLine: 29 })
    expect(second).toMatchObject({ rejections: [{ line: 49 }], nextAfterLine: null })

    await importText(world, admin(), feed.id, csvOf(...rows.filter((row) => !row.startsWith(','))))
    expect(await perform(world.door, listRejections, officer, { id: feed.id })).toMatchObject({
      revision: 2,
      rejections: [],
    })
    expect(await perform(world.door, listRejections, officer, { id: feed.id, revision: 1 })).toMatchObject({
      rejected: 3,
    })
    await expect(perform(world.door, listRejections, officer, { id: feed.id, revision: 3 })).rejects.toMatchObject({
      code: 'not-found',
    })
  })
  test("are not another agency's business", async () => {
    const feed = await feedOf(world, admin())
    await expect(
      perform(world.door, listRejections, state.other.person('officer'), { id: feed.id }),
    ).rejects.toMatchObject({ clause: 'CR-8' })
  })
})

test('machines see no feeds', async () => {
  await expect(perform(world.door, listFeeds, state.town.server, {})).rejects.toMatchObject({ clause: 'CR-1.5' })
})

test('a repeated request with the same key sets up one feed', async () => {
  const caller = { ...admin(), idempotencyKey: 'feed-once-1' }
  const draft = {
    agencyId: state.town.id,
    name: 'Once',
    category: 'bolo',
    format: 'simple',
    mode: 'merge',
    refreshHoursMax: 1,
  }
  const first = await perform(world.door, createFeed, caller, draft)
  expect(await perform(world.door, createFeed, caller, draft)).toEqual(first)
})
