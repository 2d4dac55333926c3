/** Look-back: new entries find the reads that were there before them, once, however often it is interrupted. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../../test/database.ts'
import { retentionMs, setUpState, type TestState } from '../../test/people.ts'
import { systemCaller } from '../door/jobs.ts'
import { perform } from '../door/perform.ts'
import { minute } from '../kernel/clock.ts'
import { locks } from '../kernel/locks.ts'
import { plateKeyOf } from '../reads/plate.ts'
import { alertOperations, lookBackDue } from './alerts.ts'
import { lookBackEntriesMax } from './contract.ts'
import { beginLookBack, readsPerEntryMax, selectAndMatch } from './lookBackStore.ts'

let world: World
let state: TestState
const operations = alertOperations(retentionMs)

beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
})
beforeEach(async () => {
  await world.owner.query(
    'truncate alerts, alert_queue, alert_audience, alert_events, matches, reads, hotlist_entries, feed_revisions, feed_rejections, feeds restart identity',
  )
})
afterAll(() => world.close())

type Read = {
  minutesAgo: number
  jurisdiction?: string | null
  flags?: number
  device?: number
  receivedMinutesAgo?: number
}

/** Reads by the town, `synced` unless flags say otherwise. */
async function addRead(
  plate: string,
  { minutesAgo, jurisdiction = 'MA', flags = 1, device = 0, receivedMinutesAgo = minutesAgo }: Read,
) {
  const now = world.clock.now().getTime()
  await world.owner.query(
    `insert into reads (captured_at, received_at, device_no, agency_no, plate, plate_key, jurisdiction, flags, make)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'TOYOTA')`,
    [
      new Date(now - minutesAgo * minute),
      new Date(now - receivedMinutesAgo * minute),
      state.town.devices[device]?.no,
      state.town.no,
      plate,
      plateKeyOf(plate),
      jurisdiction,
      flags,
    ],
  )
}

/** A feed of the other agency. */
async function addFeed(
  settings: { lookBackMinutes?: number; priority?: number; lookAlike?: boolean; name?: string } = {},
): Promise<number> {
  const { lookBackMinutes = 60, priority = 50, lookAlike = false, name = 'Stolen vehicles' } = settings
  const { rows } = await world.owner.query<{ no: number }>(
    `insert into feeds (id, agency_id, name, category, format, mode, priority, refresh_hours_max, look_back_minutes,
       alerts_other_jurisdiction, alerts_look_alike, shrink_ratio_min, options, created_at)
     values ($1, $2, $1, 'stolen-vehicle', 'csv', 'merge', $3, 24, $4, false, $5, 0.5, '{}', $6) returning no`,
    [name, state.other.id, priority, lookBackMinutes, lookAlike, world.clock.now()],
  )
  return rows[0]?.no ?? 0
}

type Entry = { plate: string; jurisdiction?: string; expiresOn?: string; details?: string }

/** The next revision of a feed: entries with the same plate and jurisdiction replace the ones before. */
async function revise(feedNo: number, entries: readonly Entry[]): Promise<number> {
  const at = world.clock.now()
  await world.owner.query('begin')
  const { rows } = await world.owner.query<{ revision: number }>(
    'update feeds set revision = revision + 1, revised_at = $2 where no = $1 returning revision',
    [feedNo, at],
  )
  const revision = rows[0]?.revision ?? 0
  await world.owner.query(
    `insert into feed_revisions (feed_no, revision, imported_at, by_id, rows, duplicates, rejected, added, changed, removed, entries, sha256)
     values ($1, $2, $3, 'person_1', $4, 0, 0, $4, 0, 0, $4, decode(repeat('00', 32), 'hex'))`,
    [feedNo, revision, at, entries.length],
  )
  const rowsOf = JSON.stringify(
    entries.map(({ plate, jurisdiction = 'MA', expiresOn, details }) => ({
      plate,
      plate_key: plateKeyOf(plate),
      jurisdiction,
      expires_on: expiresOn,
      details,
    })),
  )
  await world.owner.query(
    `update hotlist_entries e set to_revision = $2 from jsonb_to_recordset($3) as n(plate text, jurisdiction text)
     where e.feed_no = $1 and e.to_revision is null and e.plate = n.plate and e.jurisdiction = n.jurisdiction`,
    [feedNo, revision, rowsOf],
  )
  await world.owner.query(
    `insert into hotlist_entries (feed_no, from_revision, zero_folded, plate, plate_key, jurisdiction, category, expires_on, details)
     select $1, $2, false, plate, plate_key, jurisdiction, 'stolen-vehicle', expires_on, details
     from jsonb_to_recordset($3) as n(plate text, plate_key text, jurisdiction text, expires_on date, details text)`,
    [feedNo, revision, rowsOf],
  )
  await world.owner.query('commit')
  return revision
}

async function raised(): Promise<string[]> {
  const { rows } = await world.owner.query<{ text: string }>(
    `select (read->>'plate') || ' ' || grade || ' ' || state as text from alerts order by captured_at desc, no`,
  )
  return rows.map(({ text }) => text)
}
async function count(table: 'matches' | 'alerts' | 'alert_queue'): Promise<number> {
  const { rows } = await world.owner.query<{ n: number }>(`select count(*)::int as n from ${table}`)
  return rows[0]?.n ?? 0
}

describe('a new entry', () => {
  test('finds the reads within its window, and makes alerts that say so', async () => {
    await addRead('4TRK81', { minutesAgo: 59 })
    await addRead('4TRK81', { minutesAgo: 61 })
    await addRead('4TRK82', { minutesAgo: 5 })
    await revise(await addFeed({ priority: 70 }), [{ plate: '4TRK81', details: '{"make":"FORD"}' }])
    expect(await lookBackDue(world.door, operations)).toBe(1)
    const { rows } = await world.owner.query(
      `select look_back, priority, grade, state, agency_ids, read->>'make' as make, read->>'agency' as agency, jsonb_array_length(matches) as n,
         matches->0->>'details' as details from alerts`,
    )
    expect(rows).toEqual([
      {
        look_back: true,
        priority: 70,
        grade: 'exact',
        state: 'raised',
        agency_ids: expect.arrayContaining([state.town.id, state.other.id]),
        make: 'TOYOTA',
        agency: 'Arlington',
        n: 1,
        details: '{"make":"FORD"}',
      },
    ])
    expect(await count('alert_queue')).toBe(1)
    const marked = await world.owner.query<{ looked_back_at: Date }>('select looked_back_at from feed_revisions')
    expect(marked.rows).toEqual([{ looked_back_at: world.clock.now() }])
  })

  test('counts its window from the import, however late the look', async () => {
    await addRead('4TRK81', { minutesAgo: 50 })
    await revise(await addFeed(), [{ plate: '4TRK81' }])
    world.clock.advance(30 * minute)
    await lookBackDue(world.door, operations)
    world.clock.advance(-30 * minute)
    expect(await raised()).toEqual(['4TRK81 exact raised'])
  })

  test('is graded as at intake: what does not match there does not match here', async () => {
    await addRead('4TRK81', { minutesAgo: 1, jurisdiction: 'NH' })
    await addRead('4TRK81', { minutesAgo: 2, jurisdiction: null })
    await addRead('4TRKB1', { minutesAgo: 3 })
    await addRead('4TRK?1', { minutesAgo: 4 })
    await addRead('EXP123', { minutesAgo: 5 })
    await revise(await addFeed(), [
      { plate: '4TRK81' },
      { plate: '4TRK?1' },
      { plate: 'EXP123', expiresOn: '2026-11-22' },
    ])
    await lookBackDue(world.door, operations)
    expect(await raised()).toEqual(['4TRK81 possible: verify jurisdiction raised'])
    const { rows } = await world.owner.query(
      'select plate_grade, jurisdiction_grade, alerted from matches order by captured_at desc',
    )
    expect(rows).toEqual([
      { plate_grade: 'exact', jurisdiction_grade: 'other', alerted: false },
      { plate_grade: 'exact', jurisdiction_grade: 'unknown', alerted: true },
    ])
  })

  test('finds look-alikes where its list switches them on', async () => {
    await addRead('4TRKB1', { minutesAgo: 3 })
    await revise(await addFeed({ lookAlike: true }), [{ plate: '4TRK81' }])
    await lookBackDue(world.door, operations)
    expect(await raised()).toEqual(['4TRKB1 look-alike: verify plate raised'])
  })

  test('never finds a read that was replaced or withdrawn, or whose time is over', async () => {
    await addRead('4TRK81', { minutesAgo: 1, flags: 1 + 8 })
    await addRead('4TRK81', { minutesAgo: 2, flags: 1 + 16 })
    const days = retentionMs / minute
    await addRead('4TRK81', { minutesAgo: days })
    await addRead('4TRK81', { minutesAgo: days + 1, flags: 0 })
    // Captured longer ago by a clock that proves nothing, but received in time: still kept.
    await addRead('4TRK81', { minutesAgo: days + 2, flags: 2, receivedMinutesAgo: days - 1 })
    await revise(await addFeed({ lookBackMinutes: 30 * 24 * 60 }), [{ plate: '4TRK81' }])
    await lookBackDue(world.door, operations)
    const { rows } = await world.owner.query<{ captured_at: Date }>('select captured_at from alerts')
    expect(rows.map(({ captured_at }) => captured_at.getTime())).toEqual([
      world.clock.now().getTime() - retentionMs - 2 * minute,
    ])
  })

  test('looks at the newest reads of a plate only, and at every entry of a long revision', async () => {
    for (let n = 0; n < readsPerEntryMax + 5; n++) await addRead('BUS001', { minutesAgo: n / 10 })
    const entries = Array.from({ length: 2 * lookBackEntriesMax }, (_, n) => ({
      plate: `P${String(n).padStart(5, '0')}`,
    }))
    await addRead('P00000', { minutesAgo: 20 })
    await addRead('P01999', { minutesAgo: 21 })
    await revise(await addFeed(), [...entries, { plate: 'BUS001' }])
    await lookBackDue(world.door, operations)
    const plates = await raised()
    expect(plates.filter((text) => text.startsWith('BUS001'))).toHaveLength(readsPerEntryMax)
    expect(plates.slice(readsPerEntryMax)).toEqual(['P00000 exact raised', 'P01999 exact raised'])
  })

  test('is looked for in each revision from its first one on, whichever list came first', async () => {
    await addRead('FIRST1', { minutesAgo: 1 })
    await revise(await addFeed(), [{ plate: 'FIRST1' }])
    const long = Array.from({ length: lookBackEntriesMax + 1 }, (_, n) => ({ plate: `P${String(n).padStart(5, '0')}` }))
    await revise(await addFeed({ name: 'A long list' }), long)
    await world.owner.query(
      `update feed_revisions set imported_at = imported_at - interval '1 second' where feed_no = 2`,
    )
    expect(await lookBackDue(world.door, operations)).toBe(2)
    expect(await raised()).toEqual(['FIRST1 exact raised'])
  })

  test('that matches a read twice makes one alert of the most urgent, with both', async () => {
    await addRead('4TRK81', { minutesAgo: 1 })
    await revise(await addFeed(), [{ plate: '4TRK81' }, { plate: '4TRK81', jurisdiction: '' }])
    await lookBackDue(world.door, operations)
    const { rows } = await world.owner.query(
      `select grade, jsonb_array_length(matches) as n, matches->0->>'jurisdictionGrade' as first from alerts`,
    )
    expect(rows).toEqual([{ grade: 'exact', n: 2, first: 'same' }])
  })
})

describe('nothing twice, and nothing never', () => {
  test('after a crash between batches the rest is done, and nothing again', async () => {
    const entries = Array.from({ length: lookBackEntriesMax }, (_, n) => ({ plate: `P${String(n).padStart(5, '0')}` }))
    await addRead('P00000', { minutesAgo: 20 })
    await addRead('LAST01', { minutesAgo: 21 })
    const feedNo = await addFeed()
    const revision = await revise(feedNo, [...entries, { plate: 'LAST01' }])
    const first = await perform(world.door, operations.lookBack, systemCaller('look-back'), {
      feedNo,
      revision,
      afterEntry: 0,
    })
    expect(first).toMatchObject({ entries: lookBackEntriesMax, matches: 1 })
    expect(first.lastEntry).not.toBeNull()
    // The process dies here; another begins anew.
    expect(await lookBackDue(world.door, operations)).toBe(1)
    expect(await raised()).toEqual(['P00000 exact raised', 'LAST01 exact raised'])
    expect(await count('alert_queue')).toBe(2)
    expect(await lookBackDue(world.door, operations)).toBe(0)
  })

  test('two processes at once do it once', async () => {
    const plates = Array.from({ length: 40 }, (_, n) => `P${String(n).padStart(5, '0')}`)
    for (const plate of plates) await addRead(plate, { minutesAgo: 5 })
    for (let n = 0; n < 4; n++)
      await revise(
        await addFeed({ name: `List ${n}` }),
        plates.map((plate) => ({ plate })),
      )
    await Promise.all(Array.from({ length: 4 }, () => lookBackDue(world.door, operations)))
    await lookBackDue(world.door, operations)
    expect(await count('matches')).toBe(160)
    expect(await count('alerts')).toBe(160)
    const waiting = await world.owner.query('select from feed_revisions where looked_back_at is null')
    expect(waiting.rowCount).toBe(0)
  })

  test('an entry whose details change is not alerted again', async () => {
    await addRead('4TRK81', { minutesAgo: 5 })
    const feedNo = await addFeed()
    await revise(feedNo, [{ plate: '4TRK81', details: '{"note":"one"}' }])
    await lookBackDue(world.door, operations)
    await revise(feedNo, [{ plate: '4TRK81', details: '{"note":"two"}' }])
    await lookBackDue(world.door, operations)
    expect(await count('alerts')).toBe(1)
  })

  test('an entry that changes before anybody looked back for it is not lost', async () => {
    await addRead('4TRK81', { minutesAgo: 5 })
    const feedNo = await addFeed()
    await revise(feedNo, [{ plate: '4TRK81', details: '{"note":"one"}' }])
    await revise(feedNo, [{ plate: '4TRK81', details: '{"note":"two"}' }])
    expect(await lookBackDue(world.door, operations)).toBe(2)
    expect(await count('alerts')).toBe(1)
  })

  test('what intake has matched already is not matched again', async () => {
    await addRead('4TRK81', { minutesAgo: 0 })
    await revise(await addFeed(), [{ plate: '4TRK81' }])
    await world.owner.query(
      `insert into matches (captured_at, entry_id, device_no, feed_no, plate_key, plate_grade, jurisdiction_grade, alerted)
       select r.captured_at, e.id, r.device_no, e.feed_no, r.plate_key, 'exact', 'same', true from reads r join hotlist_entries e using (plate_key)`,
    )
    await lookBackDue(world.door, operations)
    expect(await count('matches')).toBe(1)
    expect(await count('alerts')).toBe(0)
  })

  test('an alert of a read that is replaced while look-back runs is taken back at its end', async () => {
    await addRead('4TRK81', { minutesAgo: 5 })
    await addRead('4TRK82', { minutesAgo: 5 })
    const feedNo = await addFeed()
    const revision = await revise(feedNo, [{ plate: '4TRK81' }, { plate: '4TRK82' }])
    const caller = systemCaller('look-back')
    await perform(world.door, operations.lookBack, caller, { feedNo, revision, afterEntry: 0 })
    await world.owner.query(`update reads set flags = flags | 8 where plate = '4TRK81'`)
    expect(await perform(world.door, operations.endLookBack, caller, { feedNo, revision })).toEqual({ superseded: 1 })
    expect((await raised()).sort()).toEqual(['4TRK81 exact superseded', '4TRK82 exact raised'])
    const { rows } = await world.owner.query<{ kind: string }>('select kind from alert_queue order by no')
    expect(rows.map(({ kind }) => kind)).toEqual(['raised', 'raised', 'superseded'])
  })

  test('the end waits for reads that are being matched', async () => {
    await addRead('4TRK81', { minutesAgo: 5 })
    const feedNo = await addFeed()
    const revision = await revise(feedNo, [{ plate: '4TRK81' }])
    const caller = systemCaller('look-back')
    await perform(world.door, operations.lookBack, caller, { feedNo, revision, afterEntry: 0 })
    await world.owner.query(`begin; select pg_advisory_xact_lock_shared(${locks.listRevision})`)
    const ending = perform(world.door, operations.endLookBack, caller, { feedNo, revision })
    const first = await Promise.race([
      ending.then(() => 'ended'),
      new Promise((resolve) => {
        setTimeout(() => resolve('waits'), 150)
      }),
    ])
    await world.owner.query('commit')
    expect(first).toBe('waits')
    expect(await ending).toEqual({ superseded: 0 })
  })
})

test('only the program itself looks back, and each batch is recorded', async () => {
  await addRead('4TRK81', { minutesAgo: 5 })
  const feedNo = await addFeed()
  const revision = await revise(feedNo, [{ plate: '4TRK81' }])
  const administrator = state.state.person('dcjis-administrator')
  await expect(
    perform(world.door, operations.lookBack, administrator, { feedNo, revision, afterEntry: 0 }),
  ).rejects.toMatchObject({ clause: 'CR-8' })
  await expect(perform(world.door, operations.endLookBack, administrator, { feedNo, revision })).rejects.toMatchObject({
    clause: 'CR-8',
  })
  await expect(
    perform(world.door, operations.lookBack, systemCaller('look-back'), { feedNo, revision: 9, afterEntry: 0 }),
  ).rejects.toMatchObject({ code: 'conflict' })
  await lookBackDue(world.door, operations)
  const { rows } = await world.owner.query<{ leaf: string }>(
    `select leaf from log_outbox where leaf like '%"event":"outcome"%"operation":"alerts.lookBack"%"result":"done"%' order by id desc limit 1`,
  )
  expect(JSON.parse(rows[0]?.leaf ?? '{}')).toMatchObject({
    fields: { feedNo, revision, afterEntry: 0, entries: 1, matches: 1 },
    results: { count: 1 },
  })
})

test('the plan looks up plates, however many reads there are', async () => {
  await world.owner.query(
    `insert into reads (captured_at, received_at, device_no, agency_no, plate, plate_key, jurisdiction, flags)
     select $1::timestamptz - n * interval '7 seconds', $1, 1, 1, 'X' || n, 'X' || n, 'MA', 1 from generate_series(1, 40000) n`,
    [world.clock.now()],
  )
  const plates = Array.from({ length: lookBackEntriesMax }, (_, n) => ({ plate: `X${n}` }))
  await revise(await addFeed({ name: 'A list of another kind' }), [])
  await world.owner.query(
    `insert into hotlist_entries (feed_no, from_revision, zero_folded, plate, plate_key, category)
     select 1, 1, false, 'Y' || n, 'Y' || n, 'stolen-vehicle' from generate_series(1, 20000) n`,
  )
  await revise(await addFeed(), plates)
  await world.owner.query('analyze reads, hotlist_entries, feeds, devices, agencies, matches')
  await world.owner.query(beginLookBack)
  await world.owner.query('set local plan_cache_mode = force_generic_plan')
  await world.owner.query(`prepare look_back as ${selectAndMatch.text}`)
  const since = `'2026-11-23 13:00Z'`
  const { rows } = await world.owner.query<{ 'QUERY PLAN': string }>(
    `explain execute look_back(2, 1, 0, 1000, ${since}, ${since}, '2026-11-23', ${since})`,
  )
  await world.owner.query('rollback; deallocate look_back')
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('reads_20261123_plate_key_captured_at_device_no_key on reads_20261123')
  expect(plan).toContain('hotlist_entries_added')
  expect(plan).toContain('matches_once on matches')
  expect(plan).not.toMatch(/Seq Scan on (reads|matches|hotlist)/)
})
