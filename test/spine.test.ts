import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertStream } from '../src/alerts/alerts.ts'
import { lookBackDue } from '../src/alerts/lookBack.ts'
import { startSequencer, type Sequencer } from '../src/audit/sequencer.ts'
import { day, hour, minute } from '../src/kernel/clock.ts'
import type { CallerName } from './callers.ts'
import { documentedInterface } from './documented.ts'
import { takeLog } from './looking.ts'
import { retentionMs } from './people.ts'
import {
  askRoute,
  feedOf,
  isRecord,
  openScene,
  operationOf,
  textOf,
  unique,
  type Asked,
  type Scene,
} from './samples.ts'
import { done, type Answer } from './service.ts'

// The life of a read, asked of the server by those who have a part in it: a device, an administrator, officers of two towns.
let scene: Scene
let sequencer: Sequencer
beforeAll(async () => {
  scene = await openScene()
  sequencer = startSequencer({ url: scene.world.url, log: () => {}, streams: [alertStream] })
})
afterAll(async () => {
  await sequencer.stop()
  await scene.close()
})

const asks = (id: string, asked: Asked, caller: CallerName): Promise<Answer> =>
  askRoute(scene, operationOf(scene, id), asked, caller)
const capturedAt = (msAgo: number): string => new Date(scene.world.clock.now().getTime() - msAgo).toISOString()

/** A camera of the town sees a plate. */
async function seen(plate: string, msAgo: number, more: object = {}): Promise<string> {
  const item = { plate, capturedAt: capturedAt(msAgo), device: 'camera-1', ...more }
  const { body } = done(
    await asks(
      'intake.submit',
      { bytes: JSON.stringify({ reads: [item] }), mediaType: 'application/json' },
      'department-server',
    ),
  )
  const [result] = (body as { results: { status: string; id: string }[] }).results
  if (result?.status !== 'stored') throw new Error(`not stored: ${JSON.stringify(result)}`)
  return result.id
}
const reason = { purpose: 'safety', facts: 'A child was seen getting into this car near the school.' }

type Found = { id: string; plate: string; [field: string]: unknown }
async function found(
  plate: string,
  token?: string,
  more: object = {},
): Promise<{ reads: Found[]; next: string | null }> {
  const json = { plate, ...reason, ...more }
  const answer = token
    ? await scene.service.send('POST', '/v1/searches', { token, json })
    : await asks('searches.run', { json }, 'investigator')
  return done(answer).body as { reads: Found[]; next: string | null }
}
async function listed(plates: readonly string[], more: object = {}): Promise<string> {
  const json = {
    agencyId: scene.state.town.id,
    name: `List ${unique()}`,
    category: 'stolen-vehicle',
    format: 'csv',
    mode: 'replace',
    refreshHoursMax: 24,
    ...more,
  }
  const id = textOf(done(await asks('feeds.create', { json }, 'alpr-administrator')), 'id')
  const bytes = `plate,state\n${plates.map((plate) => `${plate},MA\n`).join('')}`
  done(await asks('hotlists.import', { params: { id }, bytes, mediaType: 'text/csv' }, 'alpr-administrator'))
  return id
}
type Shown = { readonly read: Found; readonly [field: string]: unknown }
async function alertsOf(plate: string, token?: string): Promise<Shown[]> {
  await expect
    .poll(async () => (await scene.world.owner.query('select from alert_queue')).rowCount, {
      timeout: 5_000,
      interval: 20,
    })
    .toBe(0)
  const answer = token
    ? await scene.service.send('GET', '/v1/alerts', { token })
    : await asks('alerts.list', {}, 'officer')
  return (done(answer).body as { alerts: Shown[] }).alerts.filter(({ read }) => read.plate === plate)
}

describe('a read', () => {
  test('CL-1, CL-5: is kept with place and time, whoever else was on no list', async () => {
    const id = await seen('PLACE1', 10_000)
    expect((await found('PLACE1')).reads).toMatchObject([
      {
        id,
        capturedAt: capturedAt(10_000),
        latitude: 42.4154,
        longitude: -71.1565,
        deviceId: scene.state.town.devices[0]?.id,
      },
    ])
  })
  test('CR-5.a, CR-1.7: is found by the people of every agency', async () => {
    await seen('SHARED1', 10_000)
    const ours = await found('SHARED1')
    expect(await found('SHARED1', scene.state.other.tokens.get('officer'))).toMatchObject({ reads: ours.reads })
  })
  test('CR-6.a, GA-11.1: names the agency it came from, which is the sender and nobody else', async () => {
    await seen('SOURCE1', 10_000)
    expect((await found('SOURCE1')).reads).toMatchObject([{ agencyId: scene.state.town.id, agency: 'Arlington' }])
    const { rows } = await scene.world.owner.query('select agency_no from reads where plate = $1', ['SOURCE1'])
    expect(rows).toEqual([{ agency_no: scene.state.town.no }])
  })
  test('CR-6.b: is unconfirmed wherever it appears', async () => {
    await listed(['CONFIRM1'])
    await seen('CONFIRM1', 10_000)
    expect((await found('CONFIRM1')).reads).toMatchObject([{ confirmation: 'unconfirmed' }])
    expect(await alertsOf('CONFIRM1')).toMatchObject([{ unconfirmed: true, readyToAct: false }])
  })
  test('MP-IV.B.1h: of a device that is out of service is refused', async () => {
    const json = { agencyId: scene.state.town.id, name: 'Broken', kind: 'mobile', aliases: ['car-9'] }
    const id = textOf(done(await asks('devices.register', { json }, 'alpr-administrator')), 'id')
    await scene.world.owner.query('update devices set in_service = false where id = $1', [id])
    const item = { plate: 'BROKEN1', capturedAt: capturedAt(1_000), device: 'car-9' }
    const bytes = JSON.stringify({ reads: [item] })
    expect(await asks('intake.submit', { bytes, mediaType: 'application/json' }, 'department-server')).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/reads/0/device', rule: 'device-out-of-service', clause: 'MP-IV.B.1h' }] },
    })
  })
})

describe('a match', () => {
  test('CL-2: raises an alert that says its grade, its list, and who entered it', async () => {
    const feedId = await listed(['HIT0001'])
    const id = await seen('HIT0001', 5_000, { jurisdiction: 'MA' })
    expect(await alertsOf('HIT0001')).toMatchObject([
      {
        grade: 'exact',
        lookBack: false,
        read: { plate: 'HIT0001', readId: id },
        matches: [{ feedId, listStale: false }],
      },
    ])
  })
  test('CL-2: a plate that comes onto a list later is found among the reads before it', async () => {
    await seen('BEFORE1', 30 * minute, { jurisdiction: 'MA' })
    await seen('BEFORE2', 3 * hour, { jurisdiction: 'MA' })
    await listed(['BEFORE1', 'BEFORE2'], { lookBackMinutes: 60 })
    await lookBackDue(scene.service.door, scene.service.operations.alerts)
    expect(await alertsOf('BEFORE1')).toMatchObject([{ lookBack: true, grade: 'exact' }])
    expect(await alertsOf('BEFORE2')).toEqual([])
  })
  test('CL-4: says when its list is older than it may be', async () => {
    await listed(['STALE01'], { refreshHoursMax: 1 })
    scene.world.clock.advance(2 * hour)
    await seen('STALE01', 5_000, { jurisdiction: 'MA' })
    expect(await alertsOf('STALE01')).toMatchObject([{ matches: [{ listStale: true }] }])
  })
  test('CR-8: is shown to the agency that read it and to the one whose list it is on, and to no other', async () => {
    await listed(['ONLYUS1'])
    await seen('ONLYUS1', 5_000)
    expect(await alertsOf('ONLYUS1')).toHaveLength(1)
    expect(await alertsOf('ONLYUS1', scene.state.other.tokens.get('officer'))).toEqual([])
  })
})

describe('a search', () => {
  test('CR-1.1: states its reason with every page', async () => {
    for (const ago of [3_000, 4_000, 5_000]) await seen('PAGES01', ago)
    const first = await found('PAGES01', undefined, { limit: 2 })
    expect(first.reads).toHaveLength(2)
    const second = await found('PAGES01', undefined, { limit: 2, after: first.next })
    expect([...first.reads, ...second.reads].map((read) => read['capturedAt'])).toEqual(
      [3_000, 4_000, 5_000].map(capturedAt),
    )
    const vague = { plate: 'PAGES01', purpose: 'safety', facts: 'see case file', after: first.next }
    expect(await asks('searches.run', { json: vague }, 'investigator')).toMatchObject({
      status: 403,
      body: { clause: 'CR-1.1' },
    })
  })
  test('CR-1.2: is the only way to past reads: no other route takes a plate, and none but alerts shows one', () => {
    const { paths } = documentedInterface()
    // Reads come in with one, and a feed says which of its columns it is.
    expect(routesWith(paths, 'requestBody', 'parameters')).toEqual(['/v1/feeds', '/v1/reads', '/v1/searches'])
    expect(routesWith(paths, 'responses')).toEqual(['/v1/alerts', '/v1/alerts/stream', '/v1/feeds', '/v1/searches'])
  })
  test('CR-4.a, GA-10.3: is on record under the name of the person, before anything leaves', async () => {
    await seen('RECORD1', 5_000)
    await sequencer.stop()
    await takeLog(scene.world.owner)
    await found('RECORD1')
    const { name, id, agencyId } = await scene.callers.actor('investigator')
    const [attempt, outcome] = await takeLog(scene.world.owner)
    expect(attempt?.whole).toMatchObject({ actor: { name, id, agency: agencyId }, operation: 'searches.run' })
    expect(outcome).toMatchObject({ act: attempt?.act, fields: { purpose: 'safety' }, results: { count: 1 } })
    sequencer = startSequencer({ url: scene.world.url, log: () => {}, streams: [alertStream] })
  })
})

/** Routes whose named parts have a field `plate` somewhere. */
function routesWith(paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>, ...parts: string[]): string[] {
  const found = Object.entries(paths)
    .flatMap(([path, methods]) => Object.values(methods).map((each) => ({ path, each })))
    .filter(({ each }) => parts.some((part) => isRecord(each) && namesPlate(each[part], new Set())))
    .map(({ path }) => path)
  return [...new Set(found)].sort()
}
function namesPlate(value: unknown, seenBefore: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null || seenBefore.has(value)) return false
  seenBefore.add(value)
  return Object.entries(value).some(([key, each]) => {
    if (key === 'plate') return true
    if (key !== '$ref') return namesPlate(each, seenBefore)
    const [, , kind, name = ''] = String(each).split('/')
    const { schemas, responses } = documentedInterface().components
    return namesPlate((kind === 'schemas' ? schemas : responses)[name], seenBefore)
  })
}

describe('in time', () => {
  test('CR-7.b, GA-14: what is past its time is not shown from that instant on', async () => {
    await listed(['EXPIRE1'])
    await seen('EXPIRE1', day)
    expect((await found('EXPIRE1')).reads).toHaveLength(1)
    expect(await alertsOf('EXPIRE1')).toHaveLength(1)
    const left = retentionMs - day
    scene.world.clock.advance(left - 1)
    expect((await found('EXPIRE1')).reads).toHaveLength(1)
    scene.world.clock.advance(1)
    expect((await found('EXPIRE1')).reads).toEqual([])
    expect(await alertsOf('EXPIRE1')).toEqual([])
    scene.world.clock.advance(-left)
  })
  test('CR-3.b: a token that was revoked opens nothing within a second', async () => {
    const json = { kind: 'person', name: 'desk', personId: scene.state.town.person('officer').actor.id }
    const issued = done(await asks('tokens.issue', { json }, 'alpr-administrator'))
    const token = textOf(issued, 'token')
    const me = async (): Promise<number> => (await scene.service.send('GET', '/v1/me', { token })).status
    expect(await me()).toBe(200)
    done(await asks('tokens.revoke', { params: { id: textOf(issued, 'id') }, json: {} }, 'alpr-administrator'))
    await delay(600)
    expect(await me()).toBe(401)
  })
})

describe('to the public', () => {
  test('CR-8: nothing is open but how the server is, and that says nothing of anybody', async () => {
    await listed(['PUBLIC1'])
    await seen('PUBLIC1', 5_000)
    await found('PUBLIC1')
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const { status, text } = await scene.service.send('GET', path)
      expect([path, status]).toEqual([path, 200])
      expect(text).not.toMatch(/PUBLIC1|Arlington|agency_|person_|device_|pk_/)
    }
  })
  test('what leaves is not kept by browsers and proxies on its way', async () => {
    const { headers } = done(await asks('me.show', {}, 'officer'))
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
})

test('CL-3: a list is of one of the categories that the letter names, and the refusal names them', async () => {
  const draft = { name: 'Parking', category: 'parking', format: 'csv', mode: 'replace', refreshHoursMax: 24 }
  const json = { ...draft, agencyId: scene.state.town.id }
  expect(await asks('feeds.create', { json }, 'alpr-administrator')).toMatchObject({
    status: 403,
    body: { clause: 'CL-3', remedy: expect.stringMatching(/stolen-vehicle, .*amber-alert, .*missing-child, /) },
  })
})

test("CL-4: a list is its owner's: feeds name owner, category, age and refresh age", async () => {
  await feedOf(scene, scene.state.town.id)
  const { body } = done(await asks('feeds.list', {}, 'officer'))
  expect(body).toMatchObject({
    feeds: expect.arrayContaining([
      expect.objectContaining({
        agencyId: scene.state.town.id,
        category: 'stolen-vehicle',
        refreshHoursMax: 24,
        stale: true,
      }),
    ]),
  })
})
