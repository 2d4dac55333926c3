import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import Type from 'typebox'
import { startSequencer } from '../src/audit/sequencer.ts'
import { writeOutcomes } from '../src/audit/store.ts'
import { emptyTree, grown, leafHash, rootOf } from '../src/audit/tree.ts'
import { create as createAgency } from '../src/agencies/agencies.ts'
import { systemCaller } from '../src/door/jobs.ts'
import { noFacts, operation, type Caller } from '../src/door/operation.ts'
import { perform, performMany } from '../src/door/perform.ts'
import { minute } from '../src/kernel/clock.ts'
import { closed } from '../src/kernel/schema.ts'
import { closeUnknown } from '../src/oversight/oversight.ts'
import { permit } from '../src/policy/decision.ts'
import { allOperations } from '../src/operations.ts'
import type { CallerName } from './callers.ts'
import { story, tablesOf, takeLog } from './looking.ts'
import { retentionMs } from './people.ts'
import { ask, askRoute, openScene, operationOf, samples, unique, type Asked, type Scene } from './samples.ts'

/** How long an act may stand open (src/oversight). */
const actMsMax = 20 * minute
const operations = allOperations({ retentionMs }).list

let scene: Scene
beforeAll(async () => {
  scene = await openScene(() => {})
})
afterAll(() => scene.close())
beforeEach(async () => {
  await takeLog(scene.world.owner)
})

async function callerOf(name: CallerName): Promise<Caller> {
  return { actor: await scene.callers.actor(name), from: 'local' }
}
const agency = () => ({ ori: `MA77${unique()}`, name: 'A Town', kind: 'criminal-justice', contributing: true })

/** Does what a test says, in the middle of an act. */
function interrupted(during: () => Promise<void>) {
  return operation({
    id: 'test.interrupted',
    title: 'Do something while a test does another',
    steps: [],
    request: Type.Object({}, closed),
    reply: Type.Object({ ori: Type.String() }, closed),
    effect: 'write',
    facts: noFacts,
    policy: () => permit({}),
    run: async (tx, { at }) => {
      const ori = `MA55${unique()}`
      await tx.client.query(
        `insert into agencies (id, ori, name, kind, contributing, created_at) values ($1, $2, 'X', 'other', false, $3)`,
        [`agency_${ori}`, ori, at],
      )
      await during()
      return { ori }
    },
    record: { entered: () => ({}) },
  })
}
const closeNow = () => perform(scene.service.door, closeUnknown, systemCaller('unknown outcomes'), {})

describe('CR-4.a: an act without an outcome', () => {
  test('is closed as unknown by the program, once, and only when its time is over', async () => {
    const { owner, clock } = scene.world
    const open = (id: string, startedAt: Date) =>
      owner.query(`insert into log_open (act_id, operation, started_at, leaf) values ($1, 'searches.run', $2, '{}')`, [
        id,
        startedAt,
      ])
    const now = clock.now().getTime()
    await open('act_old', new Date(now - actMsMax - 1))
    await open('act_recent', new Date(now - actMsMax))
    expect(await closeNow()).toEqual({ closed: 1 })
    const leaves = await takeLog(owner)
    expect(story(leaves)).toEqual(['attempt', 'outcome unknown', 'outcome done'])
    expect(leaves[1]?.whole).toMatchObject({ act: 'act_old', operation: 'searches.run', durationMs: actMsMax + 1 })
    expect(await closeNow()).toEqual({ closed: 0 })
    await owner.query('delete from log_open')
  })
  test('that comes to its end after it was closed as unknown is undone, and says so', async () => {
    const { owner } = scene.world
    const late = interrupted(async () => {
      await owner.query(`update log_open set started_at = started_at - interval '21 minutes'`)
      // What the job does, from another connection: the act's own row is not locked before its outcome.
      expect(await closeNow()).toEqual({ closed: 1 })
    })
    const before = await tablesOf(owner)
    await expect(perform(scene.service.door, late, await callerOf('officer'), {})).rejects.toMatchObject({
      status: 503,
    })
    expect(await tablesOf(owner)).toEqual(before)
    const leaves = await takeLog(owner)
    const own = leaves.filter(({ operation: id }) => id === 'test.interrupted')
    expect(story(own)).toEqual(['attempt', 'outcome unknown'])
  })
  test('a second outcome of one act is impossible', async () => {
    const { owner, db } = scene.world
    await owner.query(
      `insert into log_open (act_id, operation, started_at, leaf) values ('act_twice', 'x', $1, '{}')`,
      [scene.world.clock.now()],
    )
    const outcome = { actId: 'act_twice', leaf: '{"event":"outcome"}', values: [] }
    const [one, other] = await Promise.all([1, 2].map(() => db.transaction((tx) => writeOutcomes(tx, [outcome]))))
    expect([one, other]).toEqual(expect.arrayContaining([0, 1]))
    expect(await db.transaction((tx) => writeOutcomes(tx, [outcome]))).toBe(0)
    expect(story(await takeLog(owner))).toEqual(['outcome'])
  })
  test('acts in progress are not touched while their transactions live', async () => {
    const { owner } = scene.world
    await owner.query(`insert into log_open (act_id, operation, started_at, leaf) values ('act_held', 'x', $1, '{}')`, [
      new Date(scene.world.clock.now().getTime() - 2 * actMsMax),
    ])
    await owner.query('begin')
    await owner.query(`delete from log_open where act_id = 'act_held'`)
    expect(await closeNow()).toEqual({ closed: 0 })
    await owner.query('commit')
    expect(await closeNow()).toEqual({ closed: 0 })
  })
})

const keyed = operations
  .filter(({ effect, route }) => route && (effect === 'write' || effect === 'secret'))
  .map(({ id }) => id)
const permittedTo: Readonly<Record<string, CallerName>> = { 'installation.bootstrap': 'operator' }

describe('a repeated Idempotency-Key', () => {
  const send = (id: string, asked: Asked, key: string, caller = permittedTo[id] ?? 'dcjis-administrator') =>
    askRoute(scene, operationOf(scene, id), asked, caller, { 'idempotency-key': key })
  async function prepared(id: string): Promise<Asked> {
    const asked = await samples[id]?.(scene, permittedTo[id] ?? 'dcjis-administrator')
    await takeLog(scene.world.owner)
    return asked ?? {}
  }

  /** The same request twice under one key: what came of it, and whether anything but the log changed at the second. */
  async function twice(id: string) {
    const asked = await prepared(id)
    const key = `repeat-${id}-1`
    const first = await send(id, asked, key)
    expect(first.status).toBe(200)
    const before = await tablesOf(scene.world.owner)
    await takeLog(scene.world.owner)
    const second = await send(id, asked, key)
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    return { first, second, leaves: await takeLog(scene.world.owner), key }
  }
  const secretive = keyed.filter((id) => operations.find((each) => each.id === id)?.effect === 'secret')
  test.each(keyed.filter((id) => !secretive.includes(id)))(
    '%s: gets the same reply, and nothing is done twice',
    async (id) => {
      const { first, second, leaves } = await twice(id)
      expect(second.text).toBe(first.text)
      expect(story(leaves)).toEqual(['attempt', 'outcome done'])
      expect(leaves[1]?.fields).toEqual({ repeated: true })
    },
  )
  test.each(secretive)('%s: its secret was shown once and is kept nowhere, so a repeat is a conflict', async (id) => {
    const { second, leaves, key } = await twice(id)
    expect(second.status).toBe(409)
    expect(story(leaves)).toEqual(['attempt', 'outcome failed'])
    const { rows } = await scene.world.owner.query('select reply from idempotency_keys where key = $1', [key])
    expect(rows).toEqual([{ reply: null }])
  })
  test.each(keyed)('%s: with another request, it is a conflict and nothing is done', async (id) => {
    const key = `conflict-${id}-1`
    expect((await send(id, await prepared(id), key)).status).toBe(200)
    // What is bound to a path changes with it; what is a stream is known by its digest.
    const other = await prepared(id)
    const changed = id === 'hotlists.import' ? { ...other, query: { sha256: 'a'.repeat(64) } } : other
    const before = await tablesOf(scene.world.owner)
    const second = await send(id, changed, key)
    expect([second.status, second.body]).toEqual([409, expect.objectContaining({ code: 'conflict' })])
    expect(await tablesOf(scene.world.owner)).toEqual(before)
  })
  test('belongs to whoever chose it', async () => {
    const asked = { json: { agencyId: scene.state.town.id, name: 'Somebody', roles: ['officer'] } }
    const [one, other] = [
      await send('people.add', asked, 'own-key-0001', 'dcjis-administrator'),
      await send('people.add', asked, 'own-key-0001', 'alpr-administrator'),
    ]
    expect([one.status, other.status]).toEqual([200, 200])
    expect(one.text).not.toBe(other.text)
  })
  test('of a refused act is free again: nothing was done under it', async () => {
    const asked = { json: agency() }
    expect((await send('agencies.create', asked, 'refused-0001', 'auditor')).status).toBe(403)
    expect((await send('agencies.create', asked, 'refused-0001', 'dcjis-administrator')).status).toBe(200)
  })
  test('twelve at once do it once', async () => {
    const asked = { json: agency() }
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => send('agencies.create', asked, 'twelve-at-once')),
    )
    const { rows } = await scene.world.owner.query('select id from agencies where ori = $1', [asked.json.ori])
    expect(rows).toHaveLength(1)
    expect(new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text)).size).toBe(1)
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([])
  })
  test.each(['short', 'x'.repeat(101), 'with a space', 'naïve-key-1'])('%s is no key', async (key) => {
    const answer = await send('agencies.create', { json: agency() }, key)
    expect([answer.status, answer.body]).toEqual([400, expect.objectContaining({ code: 'invalid' })])
    expect(story(await takeLog(scene.world.owner))).toEqual(['invalid invalid'])
  })
})

describe('acts that arrive together', () => {
  test('one that fails harms none of the others, and each has a record of its own', async () => {
    const [administrator, auditor] = [await callerOf('dcjis-administrator'), await callerOf('auditor')]
    const [first, last] = [agency(), agency()]
    const settled = await performMany(scene.service.door, createAgency, [
      { caller: administrator, raw: first },
      { caller: administrator, raw: { ...agency(), ori: first.ori } }, // Its ORI is taken by its neighbour.
      { caller: auditor, raw: agency() },
      { caller: administrator, raw: { ...agency(), colour: 'blue' } },
      { caller: administrator, raw: last },
    ])
    expect(settled.map((each) => (each.status === 'fulfilled' ? 'done' : each.reason.code))).toEqual([
      'done',
      'conflict',
      'refused',
      'invalid',
      'done',
    ])
    const { rows } = await scene.world.owner.query('select ori from agencies where ori = any($1) order by ori', [
      [first.ori, last.ori],
    ])
    expect(rows).toHaveLength(2)
    const leaves = await takeLog(scene.world.owner)
    expect(story(leaves).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'attempt'),
      'invalid invalid',
      'outcome done',
      'outcome done',
      'outcome failed',
      'outcome refused',
    ])
    const acts = leaves.filter(({ event }) => event === 'outcome').map(({ act }) => act)
    expect(new Set(acts).size).toBe(4)
  })
  test('a mistake of ours in one is known by its id, and by nothing else', async () => {
    const broken = interrupted(() => Promise.reject(new TypeError('secret inner workings')))
    const caller = await callerOf('officer')
    const before = await tablesOf(scene.world.owner)
    const failure = await perform(scene.service.door, broken, caller, {}).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'bug', status: 500, message: expect.not.stringContaining('secret') })
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    const [, outcome] = await takeLog(scene.world.owner)
    expect(outcome?.whole).toMatchObject({ result: 'failed', code: 'bug', errorId: expect.stringMatching(/^error_/) })
    expect(outcome?.text).not.toContain('secret')
  })
  test('while the log is broken nothing is done, nor recorded', async () => {
    const door = { ...scene.service.door, broken: () => 'a test says so' }
    const caller = await callerOf('dcjis-administrator')
    await expect(perform(door, createAgency, caller, agency())).rejects.toMatchObject({ status: 503 })
    expect(await takeLog(scene.world.owner)).toEqual([])
  })
})

describe('CR-4.c: the order of the log', () => {
  type Row = { index: string; hash: Buffer; leaf: string }

  test('every leaf gets one index, the root is theirs, and an attempt stands before its outcome', async () => {
    const { owner, url } = scene.world
    // Three sequencers, as of three server processes: one works, the others wait for its lock.
    const sequencers = [1, 2, 3].map(() => startSequencer({ url, log: () => {}, streams: [] }))
    const callers: CallerName[] = ['officer', 'auditor', 'dispatcher', 'dcjis-administrator']
    const ended = await Promise.all(
      Array.from({ length: 120 }, async (_, index) => {
        const caller = callers[index % callers.length] ?? 'officer'
        const { status } = await ask(
          scene,
          operationOf(scene, index % 3 === 0 ? 'log.leaves' : 'me.show'),
          index % 3 === 0 ? { query: { from: '0' } } : {},
          caller,
        )
        return status
      }),
    )
    expect(new Set(ended)).toEqual(new Set([200, 403]))
    await expect
      .poll(async () => (await owner.query('select from log_outbox')).rowCount, { timeout: 10_000, interval: 50 })
      .toBe(0)
    expect(sequencers.filter((each) => each.state().holdsLock)).toHaveLength(1)
    await Promise.all(sequencers.map((each) => each.stop()))

    const { rows } = await owner.query<Row>('select index, hash, leaf from log_leaves order by index')
    expect(rows.map(({ index }) => Number(index))).toEqual(rows.map((_, index) => index))
    expect(rows.length).toBe(240)
    const hashes = rows.map(({ leaf }) => leafHash(leaf))
    expect(rows.every(({ hash }, index) => hashes[index]?.equals(hash))).toBe(true)
    const { rows: heads } = await owner.query<{ size: string; root: Buffer }>('select size, root from log_tree')
    expect(Number(heads[0]?.size)).toBe(rows.length)
    expect(heads[0]?.root.equals(rootOf(grown(emptyTree, hashes)))).toBe(true)

    const places = new Map<string, string[]>()
    for (const { leaf } of rows) {
      const { act, event }: { act: string; event: string } = JSON.parse(leaf)
      places.set(act, [...(places.get(act) ?? []), event])
    }
    expect(places.size).toBe(120)
    for (const events of places.values()) expect(events).toEqual(['attempt', 'outcome'])
  })
  test('a head that does not fit its leaves stops everything', async () => {
    const { owner, url } = scene.world
    await owner.query(`update log_tree set root = decode(repeat('ab', 32), 'hex')`)
    const said: string[] = []
    const sequencer = startSequencer({ url, log: (_level, message) => said.push(message), streams: [] })
    await expect
      .poll(() => sequencer.state().broken, { timeout: 10_000 })
      .toMatch('the root of the log fits its frontier')
    await sequencer.stop()
    expect(said).toContain('the log is broken; the service stops')
  })
})
