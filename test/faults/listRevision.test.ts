/**
 * Trap 3 of DESIGN section 4: a read must not slip between an old list and a new one. Intake matches against the list that its
 * statement sees; a revision that commits meanwhile looks back, and cannot see the read, which has not committed. Then nobody
 * matches it, ever. The lock between the two (kernel/locks.ts) is what prevents it: taken away on either side, and nothing else
 * changed, the read slips.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { alertOperations, lookBackDue } from '../../src/alerts/alerts.ts'
import { perform } from '../../src/door/perform.ts'
import { importList } from '../../src/hotlists/hotlists.ts'
import { csvOf, feedOf } from '../../src/hotlists/testing.ts'
import type { IntakeReply } from '../../src/intake/contract.ts'
import { intakeOperations } from '../../src/intake/intake.ts'
import { must } from '../../src/kernel/assert.ts'
import { beginMatching } from '../../src/kernel/locks.ts'
import { Fleet } from '../../src/simulate/fleet.ts'
import { Random } from '../../src/simulate/prng.ts'
import { openWorld, type World } from '../database.ts'
import { retentionMs, setUpState, type TestState } from '../people.ts'
import { checkMatches, findReads } from './checkReads.ts'
import { bound, Findings } from './findings.ts'
import { say, seedFor } from './seed.ts'

const mutant = vi.hoisted(() => ({ revisionTakesNoLock: false }))
vi.mock('../../src/hotlists/importStore.ts', async (original) => {
  const real = await original<typeof import('../../src/hotlists/importStore.ts')>()
  return {
    ...real,
    holdIntakeUntilCommit: async (...given: Parameters<typeof real.holdIntakeUntilCommit>) => {
      if (!mutant.revisionTakesNoLock) await real.holdIntakeUntilCommit(...given)
    },
  }
})

const { submit } = intakeOperations(retentionMs)
const alerts = alertOperations(retentionMs)
const seed = seedFor('test/faults/listRevision.test.ts')
type Submit = typeof submit
type Import = typeof importList

let world: World
let state: TestState
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
})
afterAll(() => world.close())
beforeEach(() => {
  mutant.revisionTakesNoLock = false
})

/** Intake that waits before it commits, when its one statement is done. `begin` other than the real one is the mutant. */
function intakeThat(pause: () => Promise<unknown>, begin = must(submit.begin, 'intake begins with its lock')): Submit {
  const runMany = must(submit.runMany, 'intake takes groups')
  return {
    ...submit,
    begin,
    runMany: async (tx, acts) => {
      const replies = await runMany(tx, acts)
      await pause()
      return replies
    },
  }
}
/** A revision that waits before it commits, when all is written and the lock is held. */
function importThat(pause: () => Promise<unknown>): Import {
  return {
    ...importList,
    run: async (tx, act) => {
      const report = await importList.run(tx, act)
      await pause()
      return report
    },
  }
}

/** A place to wait at, seen from both sides. */
function gate(): { reached: Promise<void>; wait: () => Promise<void>; open: () => void } {
  const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  return {
    reached: reached.promise,
    wait: async () => {
      reached.resolve()
      await opened.promise
    },
    open: () => opened.resolve(),
  }
}

let moments = 0
/** An instant of its own for each read. */
function nextInstant(): string {
  return new Date(world.clock.now().getTime() - ++moments).toISOString()
}
function store(operation: Submit, plates: readonly string[]): Promise<IntakeReply> {
  const reads = plates.map((plate) => ({ plate, capturedAt: nextInstant(), device: 'camera-1', jurisdiction: 'MA' }))
  const bytes = Buffer.from(JSON.stringify({ reads }))
  const raw = { mediaType: 'application/json', contentType: 'application/json', bytes, params: {} }
  return perform(world.door, operation, state.town.server, raw)
}
function revise(operation: Import, feedId: string, plates: readonly string[]) {
  async function* file(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from(csvOf(...plates))
  }
  const administrator = state.town.person('alpr-administrator')
  return perform(world.door, operation, administrator, { id: feedId, stream: file() })
}
async function newFeed(plates: readonly string[]): Promise<string> {
  const { id } = await feedOf(world, state.town.person('alpr-administrator'), {
    lookBackMinutes: 1440,
    shrinkRatioMin: 0,
  })
  await revise(importList, id, plates)
  await lookBackDue(world.door, alerts)
  return id
}
/** How often reads of a plate were matched, and how many of the alerts came by looking back. */
async function matchesOf(plate: string): Promise<{ matches: number; alerts: number; byLookBack: number }> {
  const { rows } = await world.owner.query<{ matches: number; alerts: number; byLookBack: number }>(
    `select (select count(*)::int from matches where plate_key = $1) as matches, count(*)::int as alerts,
       count(*) filter (where look_back)::int as "byLookBack" from alerts where plate_key = $1`,
    [plate],
  )
  return must(rows[0], 'an aggregate gives a row')
}
async function waits(query: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await world.owner.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0`,
          [query],
        )
        return rows.length
      },
      { timeout: 10_000 },
    )
    .toBe(1)
}

describe('a read that is being stored while its plate comes onto a list', () => {
  test('holds the revision back until it is committed, and is then found by look-back', async () => {
    const feed = await newFeed(['AAA111'])
    const { reached, wait, open } = gate()
    const storing = store(intakeThat(wait), ['MXY777'])
    await reached
    let revised = false
    const revising = revise(importList, feed, ['AAA111', 'MXY777']).finally(() => (revised = true))
    await waits('pg_advisory_xact_lock($1')
    expect(await lookBackDue(world.door, alerts)).toBe(0)
    expect(revised).toBe(false)
    open()
    await Promise.all([storing, revising])
    expect(await matchesOf('MXY777')).toEqual({ matches: 0, alerts: 0, byLookBack: 0 })
    expect(await lookBackDue(world.door, alerts)).toBe(1)
    expect(await matchesOf('MXY777')).toEqual({ matches: 1, alerts: 1, byLookBack: 1 })
  })

  test('waits, where the revision is about to commit, and is then matched by intake itself', async () => {
    const feed = await newFeed(['AAA111'])
    const { reached, wait, open } = gate()
    const revising = revise(importThat(wait), feed, ['AAA111', 'MXY778'])
    await reached
    const storing = store(submit, ['MXY778'])
    await waits('pg_advisory_xact_lock_shared')
    open()
    await Promise.all([storing, revising])
    expect(await matchesOf('MXY778')).toEqual({ matches: 1, alerts: 1, byLookBack: 0 })
    expect(await lookBackDue(world.door, alerts)).toBe(1)
    expect(await matchesOf('MXY778')).toEqual({ matches: 1, alerts: 1, byLookBack: 0 })
  })

  test.each([
    ['intake does not take the lock', 'begin', false, 'MXY779'],
    ['the revision does not take the lock', beginMatching, true, 'MXY780'],
  ])('slips, where %s', async (_name, begin, revisionTakesNoLock, plate) => {
    mutant.revisionTakesNoLock = revisionTakesNoLock
    const feed = await newFeed(['AAA111'])
    const { reached, wait, open } = gate()
    const storing = store(intakeThat(wait, begin), [plate])
    await reached
    // Nothing holds it back: the revision commits, and its look-back runs and cannot see the read.
    await revise(importList, feed, ['AAA111', plate])
    const lookingBack = lookBackDue(world.door, alerts)
    // Where intake has the lock, the end of look-back still waits for it; but by then the matching is over.
    await (revisionTakesNoLock ? waits('pg_advisory_xact_lock(') : lookingBack)
    open()
    expect((await storing).stored).toBe(1)
    expect(await lookingBack).toBe(1)
    expect(await lookBackDue(world.door, alerts)).toBe(0)
    // It is stored, its plate is on the list, and nobody will ever know.
    expect(await matchesOf(plate)).toEqual({ matches: 0, alerts: 0, byLookBack: 0 })
  })
})

describe('many reads and many revisions at once', () => {
  const revisions = 40
  const readers = 3
  const batch = 20
  const comes = 6

  /** Stores and revises for a while; what should match, and what does not. */
  async function play(seed: string, begin: string): Promise<{ expected: number; reads: number; slips: number }> {
    await world.owner.query('truncate reads, matches, alerts, hotlist_entries, alert_queue')
    const random = new Random(seed)
    const fleet = new Fleet(seed, 1_000)
    const plates = Array.from({ length: 300 }, (_, number) => fleet.plates.plateOf(number))
    const listed: string[] = [plates[0] ?? '']
    const feed = await newFeed(listed)
    let revising = true
    async function read(chance: Random): Promise<void> {
      // Between the statement and its commit lies the gap: a little longer than it is, so that it is met more often.
      const operation = intakeThat(() => (chance.chance(0.5) ? delay(chance.int(1, 25)) : Promise.resolve()), begin)
      while (revising) {
        await store(
          operation,
          Array.from({ length: batch }, () => chance.pick(plates)),
        )
        await delay(chance.int(0, 10))
      }
    }
    const reading = Array.from({ length: readers }, (_, number) => read(random.fork(number)))
    for (let number = 0; number < revisions; number++) {
      for (let each = 0; each < comes; each++) listed.push(random.pick(plates))
      await revise(importList, feed, [...new Set(listed)])
      await lookBackDue(world.door, alerts)
      await delay(random.int(0, 20))
    }
    revising = false
    await Promise.all(reading)
    await lookBackDue(world.door, alerts)
    const findings = new Findings()
    const reads = await findReads(world.owner)
    const { expected } = await checkMatches(world.owner, reads, findings)
    expect(findings.count('wronglyMatched')).toBe(0)
    return { expected, reads: reads.length, slips: findings.count('unmatched') }
  }

  test('no read slips', async () => {
    const { expected, reads, slips } = await play(seed, beginMatching)
    say(
      `${slips} of ${expected} matches of ${reads} reads slipped in ${revisions} revisions (95 %: < ${bound(expected)})`,
    )
    expect(slips).toBe(0)
    expect(expected).toBeGreaterThan(500)
  })

  test('and without the lock some do, so that this would be noticed', async () => {
    let slips = 0
    for (let round = 0; round < 4 && slips === 0; round++) ({ slips } = await play(`${seed} ${round}`, 'begin'))
    say(`without the lock ${slips} matches slipped`)
    expect(slips).toBeGreaterThan(0)
  })
})
