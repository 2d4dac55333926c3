/** The hub: who follows gets everything once, on any process, as long as they may, and nobody is waited for. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../../test/database.ts'
import { follow, raise, until, type Follower } from '../../test/alerting.ts'
import { retentionMs, setUpState, type TestAgency, type TestState } from '../../test/people.ts'
import { startSequencer, type Sequencer } from '../audit/sequencer.ts'
import { perform, type Door } from '../door/perform.ts'
import { revoke, tokenReader, claimedTokenId } from '../identity/identity.ts'
import { Unauthenticated, Unavailable } from '../kernel/errors.ts'
import { alertOperations, alertStream, openAlertHub } from './alerts.ts'
import type { AlertHub, HubLimits } from './subscription.ts'

let world: World
let state: TestState
let sequencer: Sequencer
const hubs: AlertHub[] = []
const { deliver } = alertOperations(retentionMs)

beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
  sequencer = startSequencer({ url: world.url, log: () => {}, streams: [alertStream] })
})
beforeEach(async () => {
  await world.owner.query('truncate alerts, alert_queue, alert_audience, alert_events')
})
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()))
})
afterAll(async () => {
  await sequencer.stop()
  await world.close()
})

/** A hub of its own, as each server process has one. */
async function hubOf(limits: Partial<HubLimits> = {}, door: Door = world.door): Promise<AlertHub> {
  const hub = await openAlertHub({ url: world.url, door, deliver, limits })
  hubs.push(hub)
  return hub
}

let plates = 0
async function raiseOne(by: TestAgency = state.town, owners: TestAgency[] = []): Promise<string> {
  const plate = `T${String(++plates).padStart(5, '0')}`
  await raise(world, by, [plate], owners)
  return plate
}
function seen(follower: Follower): string[] {
  return follower.alerts.map(({ read }) => read.plate)
}
async function acts(): Promise<number> {
  const { rows } = await world.owner.query<{ n: number }>(
    `select (select count(*) from log_leaves where leaf like '%"event":"outcome"%"operation":"alerts.deliver"%')::int
          + (select count(*) from log_outbox where leaf like '%"event":"outcome"%"operation":"alerts.deliver"%')::int as n`,
  )
  return rows[0]?.n ?? 0
}

describe('who follows', () => {
  test('gets what is for them, in order, once', async () => {
    const hub = await hubOf()
    const town = follow(hub, state.town.person('officer'))
    const other = follow(hub, state.other.person('dispatcher'))
    const auditor = follow(hub, state.state.person('auditor'))
    const plate1 = await raiseOne(state.town)
    const plate2 = await raiseOne(state.other)
    const plate3 = await raiseOne(state.other, [state.town])
    await until('the auditor has all three', () => auditor.alerts.length === 3)
    await until('the town has its two', () => town.alerts.length === 2)
    await until('the other has its two', () => other.alerts.length === 2)
    expect(seen(town)).toEqual([plate1, plate3])
    expect(seen(other)).toEqual([plate2, plate3])
    expect(auditor.positions).toEqual([1, 2, 3])
    expect(town.alerts[0]).toMatchObject({ kind: 'raised', readyToAct: false, unconfirmed: true })
  })

  test('gets only what is new, unless they say what they have', async () => {
    const before = [await raiseOne(), await raiseOne()]
    await until('they have their positions', async () => {
      const { rows } = await world.owner.query<{ n: number }>('select count(*)::int as n from alert_events')
      return rows[0]?.n === 2
    })
    const hub = await hubOf()
    const opening = follow(hub, state.town.person('officer'))
    const returning = follow(hub, state.town.person('officer'), { after: 1 })
    const fromFuture = follow(hub, state.town.person('officer'), { after: 1_000_000 })
    const after = await raiseOne()
    await until('all three have the new one', () =>
      [opening, returning, fromFuture].every((each) => seen(each).includes(after)),
    )
    expect(seen(opening)).toEqual([after])
    expect(seen(returning)).toEqual([before[1], after])
    expect(seen(fromFuture)).toEqual([after])
  })

  test('loses and repeats nothing by coming and going while alerts arrive, from one process or another', async () => {
    const processes = [await hubOf(), await hubOf()]
    const steady = processes.map((hub) => follow(hub, state.town.person('dispatcher')))
    const positions: number[] = []
    const got: string[] = []
    const raisedPlates: string[] = []
    let last: number | undefined = 0
    const raising = { finished: false }
    const restless = (async () => {
      for (let turn = 0; !raising.finished || got.length < raisedPlates.length; turn++) {
        const hub = processes[turn % 2]
        if (!hub) throw new Error('there are two')
        // Every other time the client breaks off after a few events, in the middle of a delivery.
        const visit: Follower = follow(hub, state.town.person('officer'), {
          after: last,
          ...(turn % 3 ? { takes: turn % 3 } : {}),
        })
        await new Promise((resolve) => {
          setTimeout(resolve, 15 + (turn % 4) * 20)
        })
        visit.close()
        positions.push(...visit.positions)
        got.push(...seen(visit))
        last = visit.last()
        if (turn > 300) throw new Error('it never caught up')
      }
    })()
    for (let burst = 0; burst < 25; burst++) {
      const batch = Array.from({ length: 1 + (burst % 4) }, () => `B${String(++plates).padStart(5, '0')}`)
      await raise(world, state.town, batch)
      raisedPlates.push(...batch)
      await new Promise((resolve) => {
        setTimeout(resolve, burst % 3 === 0 ? 25 : 2)
      })
    }
    raising.finished = true
    await restless
    expect(got).toEqual(raisedPlates)
    expect(positions).toEqual(raisedPlates.map((_, index) => index + 1))
    for (const each of steady) {
      await until('those who stayed have all', () => each.alerts.length === raisedPlates.length)
      expect(seen(each)).toEqual(raisedPlates)
    }
  })

  test('is told of an alert that was a mistake', async () => {
    const hub = await hubOf()
    const officer = follow(hub, state.town.person('officer'))
    await raiseOne()
    await until('the alert came', () => officer.alerts.length === 1)
    await world.owner.query(
      `with gone as (update alerts set state = 'superseded' returning no, plate_key)
       insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'superseded', $1 from gone`,
      [world.clock.now()],
    )
    await until('its end came', () => officer.alerts.length === 2)
    expect(officer.alerts.map(({ kind, state: now }) => [kind, now])).toEqual([
      ['raised', 'raised'],
      ['superseded', 'superseded'],
    ])
    expect(officer.alerts[0]?.id).toBe(officer.alerts[1]?.id)
  })

  test('and leaves while a delivery is on its way gets nothing more', async () => {
    const leaving = { now: () => {}, delivered: 0 }
    const door: Door = {
      ...world.door,
      db: {
        ...world.db,
        transaction: async (work, begin) => {
          const result = await world.db.transaction(work, begin)
          leaving.now()
          leaving.delivered++
          return result
        },
      },
    }
    const hub = await hubOf({}, door)
    const officer = follow(hub, state.town.person('officer'))
    leaving.now = () => officer.close()
    await raiseOne()
    await until('a delivery was made', () => leaving.delivered > 0)
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    expect(officer.alerts).toHaveLength(0)
  })

  test('catches up after the listening connection was cut', async () => {
    const hub = await hubOf()
    const officer = follow(hub, state.town.person('officer'))
    const first = await raiseOne()
    await until('the first came', () => officer.alerts.length === 1)
    const { rowCount } = await world.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'platekeep alerts'`,
    )
    expect(rowCount).toBe(1)
    const second = await raiseOne()
    await until('the second came', () => officer.alerts.length === 2)
    expect(seen(officer)).toEqual([first, second])
  })
})

describe('nothing leaves unrecorded', () => {
  test('what is sent was recorded and committed, with its ids', async () => {
    const hub = await hubOf()
    const recorded: Promise<string[]>[] = []
    const caller = state.town.person('officer')
    hub.subscribe({
      caller,
      refresh: async () => caller.actor,
      after: undefined,
      send: ({ event }) => {
        if (event === 'alert')
          recorded.push(
            world.owner
              .query<{ value: string }>(
                `select value from log_values where field = 'results' order by value desc limit 1`,
              )
              .then(({ rows }) => rows.map(({ value }) => value)),
          )
        return true
      },
      end: () => {},
    })
    const plate = await raiseOne()
    await until('it was sent', () => recorded.length === 1)
    expect(await recorded[0]).toEqual([`alert_${plate.toLowerCase()}`])
  })

  test('where the record cannot be committed, nothing is sent until it can', async () => {
    let refuses = false
    let refused = 0
    const door: Door = {
      ...world.door,
      db: {
        ...world.db,
        transaction: async (work, begin) => {
          const result = await world.db.transaction(async (tx) => {
            const done = await work(tx)
            // Fails where a commit would: everything was done, and nothing of it holds.
            if (refuses) {
              refused++
              throw new Unavailable('The database went away.')
            }
            return done
          }, begin)
          return result
        },
      },
    }
    const hub = await hubOf({}, door)
    const officer = follow(hub, state.town.person('officer'))
    refuses = true
    const plate = await raiseOne()
    await until('a delivery was tried', () => refused > 0)
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
    expect(officer.alerts).toHaveLength(0)
    refuses = false
    await until('it came after all', () => officer.alerts.length === 1)
    expect(seen(officer)).toEqual([plate])
  })

  test('twenty followers of a burst cost a few transactions, and each has a record of its own', async () => {
    let transactions = 0
    const door: Door = {
      ...world.door,
      db: {
        ...world.db,
        transaction: (work, begin) => {
          transactions++
          return world.db.transaction(work, begin)
        },
      },
    }
    const hub = await hubOf({}, door)
    const followers = Array.from({ length: 20 }, (_, index) =>
      follow(hub, (index % 2 ? state.town : state.other).person('officer')),
    )
    const before = await acts()
    await raise(
      world,
      state.town,
      Array.from({ length: 30 }, () => `C${String(++plates).padStart(5, '0')}`),
      [state.other],
    )
    await until('all have all', () => followers.every(({ alerts }) => alerts.length === 30))
    expect(transactions).toBeLessThanOrEqual(3)
    expect((await acts()) - before).toBe(20 * transactions)
  })
})

describe('a stream ends', () => {
  test('within a second of its token, though nothing is delivered', async () => {
    const hub = await hubOf()
    const token = state.town.tokens.get('dispatcher') ?? ''
    const actorOf = tokenReader(world.db, world.clock)
    const caller = { actor: await actorOf(token), from: '127.0.0.1' }
    const dispatcher = follow(hub, caller, { refresh: () => actorOf(token) })
    const plate = await raiseOne()
    await until('it works', () => seen(dispatcher).includes(plate))
    await perform(
      world.door,
      revoke,
      { ...state.town.person('alpr-administrator'), idempotencyKey: 'revoke-the-dispatcher' },
      { id: claimedTokenId(token) },
    )
    const revoked = performance.now()
    await until('the stream ended', () => dispatcher.ended.length > 0)
    expect(performance.now() - revoked).toBeLessThan(1_000)
    expect(dispatcher.ended).toEqual(['unauthenticated'])
    await raiseOne()
    expect(dispatcher.alerts).toHaveLength(1)
  })

  test('before anything is delivered to a token that has just ended', async () => {
    const hub = await hubOf()
    const caller = state.town.person('officer')
    const token = { ended: false }
    const officer = follow(hub, caller, {
      refresh: async () => {
        if (token.ended) throw new Unauthenticated('The token has ended.')
        return caller.actor
      },
    })
    const colleague = follow(hub, state.town.person('dispatcher'))
    await raiseOne()
    await until('it works', () => officer.alerts.length === 1)
    token.ended = true
    await raiseOne()
    await until('the colleague has it', () => colleague.alerts.length === 2)
    expect(officer.alerts).toHaveLength(1)
    expect(officer.ended).toEqual(['unauthenticated'])
  })

  test('when its person no longer works with alerts, and the refusal is recorded', async () => {
    const hub = await hubOf()
    let now = state.town.person('officer').actor
    const officer = follow(hub, state.town.person('officer'), { refresh: async () => now })
    now = { ...now, roles: new Set(['agency-head'] as const) }
    await until('the stream ended', () => officer.ended.length > 0)
    expect(officer.ended).toEqual(['refused'])
    await until('the refusal is in the log', async () => {
      const { rows } = await world.owner.query(
        `select from log_leaves where leaf like '%"clause":"CR-1.3"%"operation":"alerts.deliver"%"result":"refused"%'`,
      )
      return rows.length === 1
    })
  })

  test('when the client reads too slowly; it goes on where it was', async () => {
    const hub = await hubOf()
    const slow = follow(hub, state.town.person('officer'), { takes: 2 })
    const brisk = follow(hub, state.town.person('officer'))
    const all = [await raiseOne(), await raiseOne(), await raiseOne(), await raiseOne()]
    await until('the brisk one has all', () => brisk.alerts.length === 4)
    await until('the slow one is dropped', () => slow.ended.length > 0)
    expect(slow.ended).toEqual(['slow'])
    const again = follow(hub, state.town.person('officer'), { after: slow.last() })
    await until('it has the rest', () => again.alerts.length === 2)
    expect([...seen(slow), ...seen(again)]).toEqual(all)
  })

  test('when it has been open for long, when the server stops, and not before; meanwhile it beats', async () => {
    const hub = await hubOf({ streamMsMax: 400, heartbeatMs: 100 })
    const officer = follow(hub, state.town.person('officer'))
    await until('it was long enough', () => officer.ended.length > 0)
    expect(officer.ended).toEqual(['renew'])
    expect(officer.beats.length).toBeGreaterThanOrEqual(1)
    const other = follow(hub, state.town.person('officer'))
    hub.endAll('The server stops.')
    expect(other.ended).toEqual(['stopping'])
    expect(() => follow(hub, state.town.person('officer'))).toThrow(Unavailable)
  })
})

test('there is a limit on followers, and who leaves makes room', async () => {
  const hub = await hubOf({ subscribersMax: 2 })
  const first = follow(hub, state.town.person('officer'))
  follow(hub, state.town.person('officer'))
  expect(() => follow(hub, state.town.person('officer'))).toThrow(
    expect.objectContaining({ code: 'too-much', status: 429 }),
  )
  first.close()
  follow(hub, state.town.person('officer'))
})
