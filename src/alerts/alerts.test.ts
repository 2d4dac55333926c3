/** The list of alerts, the opening of a stream, and the single delivery, through the door. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../../test/database.ts'
import { raise, until } from '../../test/alerting.ts'
import { retentionMs, setUpState, type TestState } from '../../test/people.ts'
import { startSequencer, type Sequencer } from '../audit/sequencer.ts'
import { perform, performMany } from '../door/perform.ts'
import { day } from '../kernel/clock.ts'
import { dayKeyNoOf } from '../reads/readIds.ts'
import { alertOperations, alertStream } from './alerts.ts'

let world: World
let state: TestState
let sequencer: Sequencer
const { list, stream, deliver } = alertOperations(retentionMs)

beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
  sequencer = startSequencer({ url: world.url, log: () => {}, streams: [alertStream] })
})
beforeEach(async () => {
  await world.owner.query('truncate alerts, alert_queue, alert_audience, alert_events')
})
afterAll(async () => {
  await sequencer.stop()
  await world.close()
})

async function sequenced(count: number): Promise<void> {
  await until('all events have their positions', async () => {
    const { rows } = await world.owner.query<{ n: number }>('select count(*)::int as n from alert_events')
    return rows[0]?.n === count
  })
}

describe('positions', () => {
  test('are consecutive, in the order of commit, and name the audience', async () => {
    await raise(world, state.town, ['1AA111', '2BB222'], [state.other])
    await raise(world, state.town, ['3CC333'])
    await sequenced(3)
    const { rows } = await world.owner.query<{ position: string; id: string; agencies: string[] }>(
      `select e.position, a.id, (select array_agg(agency_id) from alert_audience u where u.position = e.position) as agencies
       from alert_events e join alerts a on a.plate_key = e.plate_key and a.no = e.alert_no order by e.position`,
    )
    expect(rows.map(({ position, id }) => [Number(position), id])).toEqual([
      [1, 'alert_1aa111'],
      [2, 'alert_2bb222'],
      [3, 'alert_3cc333'],
    ])
    expect(rows.map(({ agencies }) => agencies.length)).toEqual([2, 2, 1])
    await raise(world, state.other, ['4DD444'])
    await sequenced(4)
    const { position } = await perform(world.door, stream, state.town.person('officer'), {})
    expect(position).toBe(4)
  })
})

describe('alerts.list', () => {
  test("shows an agency its own reads' and its own lists' alerts, newest first, page by page", async () => {
    await raise(world, state.town, ['1AA111', '2BB222', '3CC333'])
    await raise(world, state.other, ['4DD444'], [state.town])
    await raise(world, state.other, ['5EE555'])
    await sequenced(5)
    const officer = state.town.person('officer')
    const first = await perform(world.door, list, officer, { limit: 3 })
    expect(first.alerts.map(({ read }) => read.plate)).toEqual(['4DD444', '3CC333', '2BB222'])
    const second = await perform(world.door, list, officer, { limit: 3, before: first.next ?? 0 })
    expect(second.alerts.map(({ read }) => read.plate)).toEqual(['1AA111'])
    expect(second.next).toBeNull()
    const auditor = await perform(world.door, list, state.state.person('auditor'), {})
    expect(auditor.alerts).toHaveLength(5)
  })

  test('says what the alert rests on, and that nobody has verified or confirmed it', async () => {
    await raise(world, state.town, ['1AA111'])
    await sequenced(1)
    const { alerts } = await perform(world.door, list, state.town.person('dispatcher'), {})
    const [alert] = alerts
    expect(alert).toMatchObject({
      id: 'alert_1aa111',
      kind: 'raised',
      state: 'raised',
      grade: 'exact',
      readyToAct: false,
      unconfirmed: true,
      lookBack: false,
      read: { plate: '1AA111', agency: 'Arlington', timeTrust: 'proven' },
      matches: [{ feed: 'Stolen vehicles', details: { make: 'SUBARU', year: '2019' } }],
    })
    const { rows } = await world.owner.query<{ no: number }>(`select no from read_day_keys where day = '2026-11-23'`)
    expect(dayKeyNoOf(alert?.read.readId ?? '')).toBe(rows[0]?.no)
  })

  test('shows an alert once, in its present state', async () => {
    const [raised] = await raise(world, state.town, ['1AA111'])
    await sequenced(1)
    await world.owner.query(`update alerts set state = 'superseded'`)
    await world.owner.query(
      `insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'superseded', raised_at from alerts where no = $1`,
      [raised?.no],
    )
    await sequenced(2)
    const { alerts } = await perform(world.door, list, state.town.person('officer'), {})
    expect(alerts.map(({ kind, state: now }) => [kind, now])).toEqual([['raised', 'superseded']])
  })

  test('shows nothing whose time is over', async () => {
    const now = world.clock.now().getTime()
    await raise(world, state.town, ['1AA111'], [], new Date(now - retentionMs))
    await raise(world, state.town, ['2BB222'], [], new Date(now - retentionMs + 1))
    await sequenced(2)
    const officer = state.town.person('officer')
    const { alerts } = await perform(world.door, list, officer, {})
    expect(alerts.map(({ read }) => read.plate)).toEqual(['2BB222'])
    const delivery = await perform(world.door, deliver, officer, { after: 0, limit: 10 })
    expect(delivery.alerts.map(({ read }) => read.plate)).toEqual(['2BB222'])
    expect(delivery.through).toBe(2)
  })

  test('counts an unproven time from receipt', async () => {
    const now = world.clock.now().getTime()
    await raise(world, state.town, ['1AA111'], [], new Date(now - retentionMs - day))
    await world.owner.query(
      `update alerts set read = read || jsonb_build_object('timeTrust', 'unproven', 'receivedAt', $1::text)`,
      [new Date(now).toISOString()],
    )
    await sequenced(1)
    const { alerts } = await perform(world.door, list, state.town.person('officer'), {})
    expect(alerts).toHaveLength(1)
    expect(alerts[0]?.read.readId).toBeUndefined()
  })

  test('records what was shown', async () => {
    await raise(world, state.town, ['1AA111', '2BB222'])
    await sequenced(2)
    await world.owner.query('truncate log_values')
    await perform(world.door, list, state.town.person('officer'), {})
    const { rows } = await world.owner.query<{ value: string }>(`select value from log_values where field = 'results'`)
    expect(rows.map(({ value }) => value)).toEqual(['alert_2bb222\nalert_1aa111'])
  })

  test('refuses a machine, and a role that does not work with alerts', async () => {
    await expect(perform(world.door, list, state.town.server, {})).rejects.toMatchObject({ clause: 'CR-8' })
    await expect(perform(world.door, list, state.town.person('agency-head'), {})).rejects.toMatchObject({
      clause: 'CR-1.3',
    })
    await expect(perform(world.door, list, state.town.person('officer'), { limit: 201 })).rejects.toMatchObject({
      code: 'invalid',
    })
  })
})

describe('alerts.stream', () => {
  test('opens at a position that exists', async () => {
    const officer = state.town.person('officer')
    expect(await perform(world.door, stream, officer, {})).toEqual({ position: 0 })
    await raise(world, state.town, ['1AA111', '2BB222', '3CC333'])
    await sequenced(3)
    expect(await perform(world.door, stream, officer, {})).toEqual({ position: 3 })
    expect(await perform(world.door, stream, officer, { after: 1 })).toEqual({ position: 1 })
    expect(await perform(world.door, stream, officer, { after: 77 })).toEqual({ position: 3 })
    await expect(perform(world.door, stream, state.town.device, {})).rejects.toMatchObject({ clause: 'CR-8' })
  })
})

describe('alerts.deliver', () => {
  test('gives each of a group what is for them, and says how far they have seen', async () => {
    await raise(world, state.town, ['1AA111', '2BB222'])
    await raise(world, state.other, ['3CC333'])
    await raise(world, state.town, ['4DD444'], [state.other])
    await sequenced(4)
    const acts = [
      { caller: state.town.person('officer'), raw: { after: 0, limit: 100 } },
      { caller: state.other.person('officer'), raw: { after: 0, limit: 100 } },
      { caller: state.state.person('auditor'), raw: { after: 1, limit: 2 } },
      { caller: state.town.person('agency-head'), raw: { after: 0, limit: 100 } },
      { caller: state.town.person('dispatcher'), raw: { after: 4, limit: 100 } },
      { caller: state.town.person('supervisor'), raw: { after: 0, limit: 100 } },
    ]
    const settled = await performMany(world.door, deliver, acts)
    const seen = settled.map((each) =>
      each.status === 'fulfilled' ? [each.value.alerts.map(({ position }) => position), each.value.through] : 'refused',
    )
    expect(seen).toEqual([[[1, 2, 4], 4], [[3, 4], 4], [[2, 3], 3], 'refused', [[], 4], [[1, 2, 4], 4]])
  })

  test('a full page ends where it ends', async () => {
    await raise(world, state.town, ['1AA111', '2BB222', '3CC333'])
    await sequenced(3)
    const officer = state.town.person('officer')
    const first = await perform(world.door, deliver, officer, { after: 0, limit: 2 })
    expect(first.through).toBe(2)
    const second = await perform(world.door, deliver, officer, { after: first.through, limit: 2 })
    expect([second.alerts.map(({ position }) => position), second.through]).toEqual([[3], 3])
  })
})
