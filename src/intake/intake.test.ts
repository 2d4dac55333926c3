import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { perform } from '../door/perform.ts'
import { searchOperations } from '../searches/searches.ts'
import { openWorld, type World } from '../../test/database.ts'
import { retentionMs, setUpState, type TestState } from '../../test/people.ts'
import type { IntakeReply, ItemResult } from './contract.ts'
import { intakeOperations } from './intake.ts'

const { submit, vendor } = intakeOperations(retentionMs)
const { run: search } = searchOperations(retentionMs)
let world: World
let state: TestState
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
})
afterAll(() => world.close())

const now = Date.parse('2026-11-23T14:00:00Z')
const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString()
function body(reads: unknown, mediaType = 'application/json') {
  const text =
    mediaType === 'application/json'
      ? JSON.stringify({ reads })
      : (reads as unknown[]).map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n')
  return { mediaType, contentType: mediaType, bytes: Buffer.from(text), params: {} }
}
const send = (reads: unknown, caller = state.town.server, mediaType?: string): Promise<IntakeReply> =>
  perform(world.door, submit, caller, body(reads, mediaType))
const find = (plate: string) =>
  perform(world.door, search, state.town.person('investigator'), {
    plate,
    purpose: 'safety',
    facts: 'A child was seen getting into this car near the school.',
  })
const idOf = (result: ItemResult | undefined): string | undefined => (result && 'id' in result ? result.id : undefined)

describe('CL-1: a read is stored with place and time, once', () => {
  test('and found again with its source agency, marked unconfirmed', async () => {
    const { results, stored } = await send([
      { plate: 'abc-123', capturedAt: at(10), device: 'camera-1', jurisdiction: 'us-ma', plateConfidence: 0.93 },
    ])
    expect(stored).toBe(1)
    const { reads } = await find('ABC 123')
    expect(reads).toHaveLength(1)
    expect(reads[0]).toMatchObject({
      id: idOf(results[0]),
      plate: 'ABC123',
      raw: 'abc-123',
      jurisdiction: 'MA',
      plateConfidence: 0.93,
      capturedAt: at(10),
      timeTrust: 'proven',
      agency: 'Arlington',
      latitude: 42.4154,
      confirmation: 'unconfirmed',
    })
  })
  test('twelve equal posts at once make one row, and all twelve name the same read', async () => {
    const item = { plate: 'TWELVE12', capturedAt: at(60), device: 'camera-1' }
    const replies = await Promise.all(Array.from({ length: 12 }, () => send([item])))
    expect(new Set(replies.map(({ results }) => idOf(results[0]))).size).toBe(1)
    expect(replies.filter(({ stored }) => stored === 1)).toHaveLength(1)
    expect((await find('TWELVE12')).reads).toHaveLength(1)
  })
  test('equal items in one batch are one read; their neighbours are not lost', async () => {
    const item = { plate: 'SAME1', capturedAt: at(61), device: 'camera-1' }
    const { results } = await send([item, { ...item, plate: '' }, item, { ...item, capturedAt: at(62) }])
    expect(results.map(({ status }) => status)).toEqual(['stored', 'refused', 'duplicate', 'stored'])
    expect(idOf(results[2])).toBe(idOf(results[0]))
  })
  test('a line that is not JSON loses only itself', async () => {
    const { results } = await send(
      [
        { plate: 'LINE1', capturedAt: at(63), device: 'camera-1' },
        '{"plate":',
        { plate: 'LINE2', capturedAt: at(63), device: 'camera-1' },
      ],
      state.town.server,
      'application/x-ndjson',
    )
    expect(results.map(({ status }) => status)).toEqual(['stored', 'refused', 'stored'])
    expect(results[1]).toMatchObject({ path: '/reads/1', rule: 'json' })
  })
})

describe('each item is refused by path and rule', () => {
  const good = { plate: 'GOOD1', capturedAt: at(5), device: 'camera-1' }
  const table: [string, Record<string, unknown>, string, string, string | undefined][] = [
    ['CR-5.c: an unknown field', { ...good, owner: 'somebody' }, '/reads/0/owner', 'unknown-field', 'CR-5.c'],
    [
      'CR-5.c: __proto__',
      JSON.parse(`{"plate":"GOOD1","capturedAt":"${at(5)}","device":"camera-1","__proto__":{"x":1}}`),
      '/reads/0/__proto__',
      'unknown-field',
      'CR-5.c',
    ],
    ['GA-15: no plate', { capturedAt: at(5), device: 'camera-1' }, '/reads/0/plate', 'required', 'GA-15'],
    ['GA-15: no time', { plate: 'GOOD1', device: 'camera-1' }, '/reads/0/capturedAt', 'required', 'GA-15'],
    ['GA-15: no zone', { ...good, capturedAt: '2026-11-23T13:59:00.000' }, '/reads/0/capturedAt', 'date-time', 'GA-15'],
    ['GA-15: emoji', { ...good, plate: '🚗🚗🚗' }, '/reads/0/plate', 'plate', 'GA-15'],
    ['GA-15: eleven characters', { ...good, plate: 'ABCDEFGHIJK' }, '/reads/0/plate', 'plate', 'GA-15'],
    ['GA-15: 200 characters', { ...good, plate: 'A'.repeat(200) }, '/reads/0/plate', 'maxLength', undefined],
    ['GA-15: NUL', { ...good, plate: 'AB\u0000C' }, '/reads/0/plate', 'plate', 'GA-15'],
    [
      '2 minutes and 1 ms ahead',
      { ...good, capturedAt: new Date(now + 120_001).toISOString() },
      '/reads/0/capturedAt',
      'future',
      'GA-15',
    ],
    [
      'CR-7.b: as old as retention',
      { ...good, capturedAt: new Date(now - retentionMs).toISOString() },
      '/reads/0/capturedAt',
      'retention',
      'CR-7.b',
    ],
    ['latitude out of range', { ...good, latitude: 91, longitude: 0 }, '/reads/0/latitude', 'maximum', undefined],
    ['CR-6.a: an unknown device', { ...good, device: 'camera-9' }, '/reads/0/device', 'device-not-yours', 'CR-6.a'],
  ]
  test.each(table)('%s', async (_name, item, path, rule, clause) => {
    const { results, refused } = await send([item])
    expect(refused).toBe(1)
    expect(results[0]).toMatchObject({ status: 'refused', path, rule, ...(clause ? { clause } : {}) })
  })
  test('the limits of time, from inside', async () => {
    const edge = [new Date(now + 120_000), new Date(now - retentionMs + 1)].map((captured) => ({
      ...good,
      capturedAt: captured.toISOString(),
    }))
    expect((await send(edge)).stored).toBe(2)
  })
  test("CR-6.a: another agency's device, and one that is not the token's", async () => {
    const other = state.other.devices[0]?.id ?? ''
    expect((await send([{ ...good, device: other }])).results[0]).toMatchObject({ rule: 'device-not-yours' })
    expect((await send([{ ...good, device: 'camera-2' }], state.town.device)).results[0]).toMatchObject({
      rule: 'device-not-yours',
    })
    expect((await send([{ ...good, capturedAt: at(7) }], state.town.device)).stored).toBe(1)
  })
  test('refusals are counted by device and rule, and shown to the agency', async () => {
    const { rows } = await world.owner.query(
      `select rule, sum(count)::int as count from device_refusals where agency_id = $1 group by rule`,
      [state.town.id],
    )
    expect(Object.fromEntries(rows.map((row) => [row.rule, row.count]))).toMatchObject({
      plate: 3,
      future: 1,
      retention: 1,
    })
  })
})

describe('messages about one pass are one read', () => {
  const pass = (plate: string, plateConfidence: number, secondsAgo: number, eventId = 'pass-1') => ({
    plate,
    plateConfidence,
    capturedAt: at(secondsAgo),
    device: 'camera-1',
    eventId,
  })
  test('the best plate stands, whenever it comes; a resend brings nothing back', async () => {
    const first = (await send([pass('PASSB', 0.7, 30)])).results[0]
    expect(first).toMatchObject({ status: 'stored' })
    expect((await send([pass('PASSC', 0.5, 29)])).results[0]).toEqual({ status: 'duplicate', id: idOf(first) })
    const better = (await send([pass('PASS8', 0.9, 28)])).results[0]
    expect(better).toMatchObject({ status: 'stored', supersedes: idOf(first) })
    expect((await send([pass('PASSB', 0.7, 30), pass('PASSC', 0.5, 29)])).results).toEqual(
      [1, 2].map(() => ({ status: 'duplicate', id: idOf(better) })),
    )
    expect((await find('PASSB')).reads).toHaveLength(0)
    expect((await find('PASSC')).reads).toHaveLength(0)
    expect((await find('PASS8')).reads).toHaveLength(1)
  })
  test('in one batch too', async () => {
    const { results } = await send([
      pass('ONEA', 0.4, 20, 'pass-2'),
      pass('ONEB', 0.8, 19, 'pass-2'),
      pass('ONEC', 0.6, 18, 'pass-2'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['duplicate', 'stored', 'duplicate'])
    expect(new Set(results.map(idOf)).size).toBe(1)
  })
})

describe('CR-4.a: every act is recorded', () => {
  test('with an attempt and an outcome, or as invalid', async () => {
    await world.owner.query('truncate log_outbox')
    await send([{ plate: 'LOG1', capturedAt: at(3), device: 'camera-1' }])
    await expect(
      perform(world.door, submit, state.town.server, { ...body([]), bytes: Buffer.from('{"reads":') }),
    ).rejects.toMatchObject({ code: 'invalid' })
    await expect(
      send([{ plate: 'LOG2', capturedAt: at(3), device: 'camera-1' }], state.town.person('investigator')),
    ).rejects.toMatchObject({ clause: 'CR-6.a' })
    const { rows } = await world.owner.query('select leaf from log_outbox order by id')
    const leaves = rows.map((row) => JSON.parse(row.leaf))
    expect(leaves.map(({ event, result }) => [event, result])).toEqual([
      ['attempt', undefined],
      ['outcome', 'done'],
      ['invalid', 'invalid'],
      ['attempt', undefined],
      ['outcome', 'refused'],
    ])
    expect(leaves[1]).toMatchObject({ fields: { stored: 1, refused: 0, vendor: 'platekeep' }, results: { count: 1 } })
    expect(rows.map((row) => row.leaf).join()).not.toMatch(/LOG1|LOG2/)
  })
})

test("a vendor's message goes the same way", async () => {
  const message = {
    org_id: 'o',
    webhook_type: 'lpr',
    created_at: now / 1000,
    webhook_id: 'w',
    data: { camera_id: 'camera-1', created: now / 1000 - 4, license_plate_number: '7VRK22', confidence: 0.85 },
  }
  const raw = {
    mediaType: 'application/json',
    contentType: 'application/json',
    bytes: Buffer.from(JSON.stringify(message)),
    params: { vendor: 'verkada' },
  }
  expect(await perform(world.door, vendor, state.town.server, raw)).toMatchObject({ stored: 1 })
  expect((await find('7VRK22')).reads).toHaveLength(1)
})
