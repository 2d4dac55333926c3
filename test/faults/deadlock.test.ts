/**
 * Trap 2 of DESIGN section 4: batches that hold the same reads in different orders wait for each other in a circle, unless
 * each goes to the database in the order of the unique key. So: the same reads, shuffled, over several connections at once,
 * hundreds of times. No failure may leave the door, nothing may be there twice; and without the sorting PostgreSQL itself
 * counts deadlocks.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { perform, performMany } from '../../src/door/perform.ts'
import type { IntakeReply, ReadItem } from '../../src/intake/contract.ts'
import { intakeOperations } from '../../src/intake/intake.ts'
import { Unavailable } from '../../src/kernel/errors.ts'
import { Random } from '../../src/simulate/prng.ts'
import { openWorld, type World } from '../database.ts'
import { retentionMs, setUpState, type TestState } from '../people.ts'
import { bound } from './findings.ts'
import { say, seedFor } from './seed.ts'

const mutant = vi.hoisted(() => ({ unsorted: false }))
vi.mock('../../src/intake/joining.ts', async (original) => {
  const real = await original<typeof import('../../src/intake/joining.ts')>()
  return {
    ...real,
    joinPasses: async (...given: Parameters<typeof real.joinPasses>) => {
      const joined = await real.joinPasses(...given)
      if (!mutant.unsorted) return joined
      const order = new Map(given[1].map(({ read }, place) => [read, place]))
      return { ...joined, store: joined.store.toSorted((a, b) => (order.get(a.read) ?? 0) - (order.get(b.read) ?? 0)) }
    },
  }
})

const { submit } = intakeOperations(retentionMs)
const rounds = 200
const atOnce = 6
const mutantRounds = 2
const seed = seedFor('test/faults/deadlock.test.ts')

let world: World
let state: TestState
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
  // Each row takes a little longer than it does, so that batches surely meet while they are being written.
  await world.owner.query(`create function dawdle() returns trigger language plpgsql as $$
    begin perform pg_sleep(0.0002); return new; end $$;
    create trigger dawdle before insert on reads for each row execute function dawdle()`)
  // A deadlock is found after this long: a test that has one shall not also wait a second each time.
  await world.owner.query(`alter database ${new URL(world.url).pathname.slice(1)} set deadlock_timeout = '50ms'`)
})
afterAll(() => world.close())
beforeEach(() => {
  mutant.unsorted = false
})

let moments = 0
/**
 * Reads of new instants: some of plates that were seen before, one that is refused, and in some batches some with events.
 * (Not in all: batches that share an event wait for each other at its lock, and so could never meet further on.)
 */
function readsOf(
  random: Random,
  events = random.chance(0.25),
  count = random.chance(0.2) ? random.int(50, 100) : random.int(5, 30),
): ReadItem[] {
  const reads = Array.from({ length: count }, (_, number): ReadItem => {
    const capturedAt = new Date(world.clock.now().getTime() - (++moments % 40_000_000)).toISOString()
    const plate = random.chance(0.5) ? `NEW${moments}` : `OLD${random.int(1, 50)}`
    const item: ReadItem = {
      plate,
      capturedAt,
      device: random.chance(0.5) ? 'camera-1' : 'camera-2',
      plateConfidence: 0.8,
    }
    if (events && number % 3 === 0) item.eventId = `event ${moments}`
    return item
  })
  const [first] = reads
  // Another reading of the first one's pass, and something that is no plate.
  if (first?.eventId !== undefined)
    reads.push({ ...first, plate: `${first.plate.slice(0, 7)}9`, plateConfidence: random.fraction() })
  return [...reads, { plate: '!', capturedAt: new Date(world.clock.now()).toISOString(), device: 'camera-1' }]
}
function rawOf(reads: readonly ReadItem[]) {
  const bytes = Buffer.from(JSON.stringify({ reads }))
  return { mediaType: 'application/json', contentType: 'application/json', bytes, params: {} }
}
function store(reads: readonly ReadItem[]): Promise<IntakeReply> {
  return perform(world.door, submit, state.town.server, rawOf(reads))
}
/** Deadlocks that PostgreSQL has counted. A connection tells its own at the end of a transaction, once a second. */
async function deadlocks(): Promise<number> {
  await delay(1_100)
  const each = () => world.db.transaction((tx) => tx.client.query('select pg_sleep(0.1)'))
  await Promise.all(Array.from({ length: atOnce }, each))
  const { rows } = await world.owner.query<{ deadlocks: string }>(
    'select deadlocks::text as deadlocks from pg_stat_database where datname = current_database()',
  )
  return Number(rows[0]?.deadlocks)
}
async function countReads(): Promise<{ rows: number; keys: number }> {
  const { rows } = await world.owner.query<{ rows: number; keys: number }>(
    `select count(*)::int as rows, count(distinct (plate, captured_at, device_no))::int as keys from reads`,
  )
  return rows[0] ?? { rows: 0, keys: 0 }
}

describe('the same reads in different orders at once', () => {
  test(`${rounds} rounds over ${atOnce} connections: no failure leaves the door, and each read is there once`, async () => {
    const random = new Random(seed)
    const before = await deadlocks()
    let sent = 0
    const failures: unknown[] = []
    const wrong: string[] = []
    for (let round = 0; round < rounds; round++) {
      const reads = readsOf(random)
      const orders = Array.from({ length: atOnce }, () => random.shuffled(reads))
      const settled = await Promise.allSettled(orders.map(store))
      sent += atOnce
      const ids = new Map<ReadItem, Set<string>>()
      let storedPlain = 0
      for (const [number, each] of settled.entries()) {
        if (each.status === 'rejected') {
          failures.push(each.reason)
          continue
        }
        for (const [place, result] of each.value.results.entries()) {
          const item = orders[number]?.[place]
          if (item === undefined || item.plate === '!' || item.eventId !== undefined) continue
          if (result.status === 'refused') wrong.push(`${item.plate} was refused`)
          else ids.set(item, (ids.get(item) ?? new Set()).add(result.id))
          if (result.status === 'stored') storedPlain++
        }
      }
      const plain = reads.filter(({ plate, eventId }) => plate !== '!' && eventId === undefined)
      if (storedPlain !== plain.length) wrong.push(`${plain.length} reads were answered ${storedPlain} times as stored`)
      for (const [{ plate }, named] of ids) if (named.size !== 1) wrong.push(`${plate} has ${named.size} ids`)
    }
    const { rows, keys } = await countReads()
    const met = (await deadlocks()) - before
    say(
      `${failures.length} of ${sent} batches failed (95 %: < ${bound(sent)}); ${rows} reads, ${rows - keys} twice; ${met} deadlocks`,
    )
    expect(failures).toEqual([])
    expect(wrong).toEqual([])
    expect(rows).toBe(keys)
    expect(met).toBe(0)
  })

  test('sent again twelve times at once, alone and in a group, is one row and twelve answers that name it', async () => {
    const random = new Random(seed).fork('twelve')
    for (let round = 0; round < 20; round++) {
      const [item] = readsOf(random)
      if (!item) throw new Error('there are reads')
      const before = await countReads()
      const alone = await Promise.all(Array.from({ length: 12 }, () => store([item])))
      const act = { caller: state.town.server, raw: rawOf([item]) }
      const grouped = await performMany(
        world.door,
        submit,
        Array.from({ length: 12 }, () => act),
      )
      const replies = [...alone, ...grouped.map((each) => (each.status === 'fulfilled' ? each.value : undefined))]
      const results = replies.map((reply) => reply?.results[0])
      expect(new Set(results.map((result) => (result && 'id' in result ? result.id : 'none'))).size).toBe(1)
      expect(results.filter((result) => result?.status === 'stored')).toHaveLength(1)
      expect((await countReads()).rows).toBe(before.rows + 1)
    }
  })

  test('without the sorting they wait in circles, which PostgreSQL counts, so that this would be noticed', async () => {
    mutant.unsorted = true
    const random = new Random(seed).fork('unsorted')
    const before = await deadlocks()
    const failures: unknown[] = []
    for (let round = 0; round < mutantRounds; round++) {
      const reads = readsOf(random, false, 60)
      const settled = await Promise.allSettled(Array.from({ length: atOnce }, () => store(random.shuffled(reads))))
      failures.push(...settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])))
    }
    const met = (await deadlocks()) - before
    say(`without the sorting: ${met} deadlocks in ${mutantRounds} rounds, of which ${failures.length} left the door`)
    // Even then the sender is told to come again, never of a mistake of ours.
    expect(failures.filter((each) => !(each instanceof Unavailable))).toEqual([])
    expect(met).toBeGreaterThan(0)
  })
})
