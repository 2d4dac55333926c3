/**
 * Two servers on one database: exactly one gives positions, and when it is killed with -9 the other takes over within seconds.
 * No index is given twice and none left out; every head that was ever seen is the head of the leaves at its size, so no
 * checkpoint contradicts another; and whoever follows alerts over whichever server gets each of them once.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emptyTree, grown, rootOf } from '../../src/audit/tree.ts'
import { must } from '../../src/kernel/assert.ts'
import { locks } from '../../src/kernel/locks.ts'
import { Random } from '../../src/simulate/prng.ts'
import { openWorld, type World } from '../database.ts'
import { retention } from './installation.ts'
import { canKill, ownerOfConnection } from './postgresProcesses.ts'
import { figures } from './report.ts'
import { say, seedFor } from './seed.ts'
import { operatorTokenOf, startServerProcess, type ServerProcess } from './serverProcess.ts'
import { openSetting } from './setting.ts'
import { check, settle, startTraffic, until, type Traffic } from './traffic.ts'

const takeovers = 8
/** The other one asks for the lock twice a second. */
const takeoverMsMax = 5_000

describe.runIf(canKill)('two servers on one database', () => {
  const seed = seedFor('test/faults/sequencer.test.ts')
  const random = new Random(seed).fork('sequencer')
  let world: World
  let parent: string
  let traffic: Traffic
  let watcher: Watcher
  const servers: Standing[] = []
  beforeAll(async () => {
    world = await openWorld()
    parent = await mkdtemp(join(tmpdir(), 'platekeep faults '))
    for (const name of ['first', 'second'])
      servers.push(await standing(join(parent, name), join(parent, 'keys'), world.url))
    const [first] = servers
    const setting = await openSetting(
      must(first, 'one was started').url,
      await operatorTokenOf(join(parent, 'first')),
      seed,
    )
    let turn = 0
    traffic = startTraffic(setting, () => {
      const alive = servers.filter(({ server }) => server.isRunning())
      return alive[turn++ % alive.length]?.url ?? 'http://127.0.0.1:1'
    })
    watcher = await watchHead(world.url)
  })
  afterAll(async () => {
    await traffic?.stop()
    for (const { server } of servers) {
      server.signal('SIGKILL')
      await server.ended
    }
    await watcher?.stop()
    await world.close()
    await rm(parent, { recursive: true, force: true })
  })

  test(`${takeovers} times the one that sequences is lost, and the other takes over`, async () => {
    const tookMs: number[] = []
    for (let round = 0; round < takeovers; round++) {
      await delay(random.int(500, 2_000))
      const leader = await getLeader(
        world.owner,
        servers.map(({ server }) => server.pid),
      )
      const at = servers.findIndex(({ server }) => server.pid === leader.process)
      expect(at).toBeGreaterThanOrEqual(0)
      const size = watcher.size()
      const begun = performance.now()
      // Every fourth time only its connection dies: then either may take over.
      const onlyConnection = round % 4 === 3
      if (onlyConnection) await world.owner.query('select pg_terminate_backend($1)', [leader.backend])
      else servers[at]?.server.signal('SIGKILL')
      await until('somebody sequences again', takeoverMsMax + 10_000, () => watcher.size() > size + 1)
      await until('the lock has a new holder', takeoverMsMax, async () => {
        const holders = await holdersOf(world.owner)
        return holders.length === 1 && holders[0]?.backend !== leader.backend
      })
      tookMs.push(performance.now() - begun)
      if (onlyConnection) continue
      await servers[at]?.server.ended
      await servers[at]?.restart()
    }
    say(
      `took over after ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms; the lock was looked at ${watcher.looks()} times`,
    )
    expect(watcher.mostHolders()).toBe(1)
    expect(Math.max(...tookMs)).toBeLessThan(takeoverMsMax)
  }, 200_000)

  test('afterwards the log has no gap, no head contradicts another, and every alert came once', async () => {
    await settle(traffic, world.owner, world.url, join(parent, 'keys'))
    await world.owner.query('begin isolation level repeatable read')
    const mistakes = servers.flatMap(({ mistakes: all }) => all())
    const { findings, trials } = await check(traffic, world.owner, join(parent, 'keys'), mistakes)
    const { rows } = await world.owner.query<{ hash: Buffer }>('select hash from log_leaves order by index')
    await world.owner.query('rollback')
    say(figures(trials, (kind) => findings.count(kind)).join('\n'))
    expect(findings.examples()).toEqual([])
    const heads = watcher.heads()
    let tree = emptyTree
    let forks = 0
    for (const { size, root } of heads) {
      expect(size).toBeGreaterThanOrEqual(tree.size)
      tree = grown(
        tree,
        rows.slice(tree.size, size).map(({ hash }) => hash),
      )
      if (!rootOf(tree).equals(root)) forks++
    }
    say(`${forks} of ${heads.length} heads contradict the leaves`)
    expect(forks).toBe(0)
    expect(heads.length).toBeGreaterThan(50)
    expect(trials.acknowledged).toBeGreaterThan(500)
  })
})

type Standing = { url: string; server: ServerProcess; mistakes: () => string[]; restart: () => Promise<void> }

async function standing(data: string, keys: string, databaseUrl: string): Promise<Standing> {
  const start = (): ServerProcess => startServerProcess({ data, keys, databaseUrl, retention })
  const former: ServerProcess[] = []
  const server = start()
  const one: Standing = {
    url: await server.ready,
    server,
    mistakes: () => [...former, one.server].flatMap((each) => each.mistakes()),
    restart: async () => {
      former.push(one.server)
      one.server = start()
      one.url = await one.server.ready
    },
  }
  return one
}

type Holder = { backend: number; from: number; to: number }

/** The connections that hold the sequencer's lock. */
async function holdersOf(client: pg.ClientBase): Promise<Holder[]> {
  const { rows } = await client.query<Holder>(
    `select a.pid as backend, a.client_port as "from", current_setting('port')::int as "to"
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = 0 and l.objid = $1 and l.database =
       (select oid from pg_database where datname = current_database())`,
    [locks.sequencer],
  )
  return rows
}

/** The one that sequences: its connection, and which of the processes has it. */
async function getLeader(
  client: pg.ClientBase,
  among: readonly number[],
): Promise<{ backend: number; process: number }> {
  let seen = 'nobody held the lock'
  let found: { backend: number; process: number } | undefined
  const look = async (): Promise<boolean> => {
    const [holder] = await holdersOf(client)
    const process = holder && (await ownerOfConnection(holder, among))
    if (holder) seen = `the holder ${JSON.stringify(holder)} belongs to ${process ?? 'no server of ours'}`
    if (holder && process !== undefined) found = { backend: holder.backend, process }
    return found !== undefined
  }
  await until('one server sequences', takeoverMsMax, look).catch((error: unknown) => {
    throw new Error(`${String(error)} (${seen})`, { cause: error })
  })
  return must(found, 'it was waited for')
}

type Head = { size: number; root: Buffer }
type Watcher = {
  size(): number
  heads(): readonly Head[]
  mostHolders(): number
  looks(): number
  stop(): Promise<void>
}

/** Looks at the head of the log and at who holds the lock, many times a second, over a connection of its own. */
async function watchHead(url: string): Promise<Watcher> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const heads: Head[] = []
  let [mostHolders, looks, stopping] = [0, 0, false]
  async function watch(): Promise<void> {
    while (!stopping) {
      const { rows } = await client.query<{ size: number; root: Buffer }>(
        'select size::int as size, root from log_tree',
      )
      const [head] = rows
      if (head && head.size !== heads.at(-1)?.size) heads.push(head)
      mostHolders = Math.max(mostHolders, (await holdersOf(client)).length)
      looks++
      await delay(25)
    }
  }
  const watching = watch()
  return {
    size: () => heads.at(-1)?.size ?? 0,
    heads: () => heads,
    mostHolders: () => mostHolders,
    looks: () => looks,
    stop: async () => {
      stopping = true
      await watching
      await client.end()
    },
  }
}
