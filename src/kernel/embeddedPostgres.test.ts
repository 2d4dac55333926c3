/**
 * Starts, stops and kills PostgreSQL. What is done by "another process" runs `embeddedPostgres.ts` in one of its own,
 * so that it can be killed, or run as another user.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDataFolder, removeDataFolder, type DataFolder } from './dataFolder.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embeddedPostgres.ts'
import { Mendable } from './errors.ts'
import type { Log } from './log.ts'
import { canEnter, isRoot, run, spawnOptions, type RunAs } from './postgresUser.ts'

// A busy machine may take its time; what must be quick is measured.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const isLinux = process.platform === 'linux'
const source = new URL('.', import.meta.url)

// What a test opens is closed after it, the last first, whether it passed or not.
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

// Making a database takes a second, copying one does not; so most tests begin with a copy of this one.
let template: string
beforeAll(async () => {
  template = await makeTemporary(0o755)
  const { close } = await start(join(template, 'data'))
  await close()
  cleanups.length = 0
})
afterAll(() => rm(template, { recursive: true, force: true }))

/** The path of a data folder that has a database, in a folder of its own whose name has spaces. */
async function makeData(): Promise<string> {
  const parent = await makeParent()
  const { code } = await run('/bin/cp', ['-a', join(template, 'data'), parent], spawnOptions(undefined, '/'))
  expect(code).toBe(0)
  return join(parent, 'data')
}

/** Where the temporary folder is for its user alone, root's PostgreSQL would go elsewhere, which has a test of its own. */
async function makeTemporary(mode: number): Promise<string> {
  const base = !isRoot() || (await canEnter(nobody(), tmpdir())) ? tmpdir() : '/tmp'
  const path = await mkdtemp(join(base, 'platekeep postgres '))
  await chmod(path, mode)
  return path
}

async function makeParent(mode = 0o755): Promise<string> {
  const parent = await makeTemporary(mode)
  cleanups.push(() => rm(parent, { recursive: true, force: true }))
  return parent
}

type Running = { folder: DataFolder; postgres: EmbeddedPostgres; said: string[]; close: () => Promise<void> }

/** Opens a data folder and starts its PostgreSQL, here. */
async function start(path: string, options: { settings?: Record<string, string> } = {}): Promise<Running> {
  const said: string[] = []
  const log: Log = (_level, message) => said.push(message)
  const folder = await openDataFolder(path)
  const postgres = await startEmbeddedPostgres({ folder, log, ...options }).catch((error: unknown) => {
    folder.close()
    throw error
  })
  const close = async (): Promise<void> => {
    await postgres.stop()
    folder.close()
  }
  cleanups.push(close)
  return { folder, postgres, said, close }
}

type Other = { process: ChildProcess; url: string; said: () => string }

/** The same in another process, as a user of choice. Ctrl-C (SIGINT) it answers by finishing a query and stopping. */
async function startInOther(path: string, runAs?: RunAs): Promise<Other> {
  const code = `
    const { openDataFolder } = await import(${JSON.stringify(new URL('dataFolder.ts', source).href)})
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('embeddedPostgres.ts', source).href)})
    const { default: pg } = await import(${JSON.stringify(import.meta.resolve('pg'))})
    const folder = await openDataFolder(${JSON.stringify(path)})
    const postgres = await startEmbeddedPostgres({ folder, log: (level, message) => console.log(level, message) })
    process.on('SIGINT', async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      const client = new pg.Client(postgres.url)
      await client.connect()
      console.log('last answer', (await client.query('select 6 * 7 as it')).rows[0].it)
      await client.end()
      await postgres.stop()
      folder.close()
    })
    console.log('url ' + postgres.url)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    ...(runAs && { uid: runAs.uid, gid: runAs.gid }),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanups.push(() => child.kill('SIGKILL'))
  let output = ''
  let gone = false
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.once('exit', () => (gone = true))
  await expect.poll(() => gone || output.includes('url '), { timeout: 20_000 }).toBe(true)
  const url = /^url (.*)$/m.exec(output)?.[1]
  if (url === undefined) throw new Error(`the other process did not start PostgreSQL: ${output}`)
  return { process: child, url, said: () => output }
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows.map((row) => Object.values(row)[0])
  } finally {
    await client.end().catch(() => {})
  }
}

async function keepNumber(url: string, value: number): Promise<void> {
  await query(url, 'create table if not exists kept (value int)')
  await query(url, `insert into kept values (${value})`)
}

const keptNumbers = (url: string): Promise<unknown[]> => query(url, 'select value from kept order by value')

async function postmasterOf(dataPath: string): Promise<number> {
  return Number((await readFile(join(dataPath, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

/** Processes whose parent is `pid`, by name. */
async function childrenOf(pid: number, name: string): Promise<number[]> {
  const found: number[] = []
  for (const each of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const [, comm, parent] =
      /^\d+ \((.*)\) \S (\d+)/.exec(await readFile(`/proc/${each}/stat`, 'utf8').catch(() => '')) ?? []
    if (comm === name && Number(parent) === pid) found.push(Number(each))
  }
  return found
}

function nobody(): NonNullable<RunAs> {
  return { uid: 65_534, gid: 65_534, name: 'nobody' }
}

describe('a start', () => {
  test('makes the database, and the next one finds it again, on the same port, quickly', async () => {
    const path = join(await makeParent(), 'my data')
    const first = await start(path)
    await keepNumber(first.postgres.url, 7)
    await first.close()
    const startedAt = performance.now()
    const second = await start(path)
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(second.postgres.port).toBe(first.postgres.port)
    expect(await keptNumbers(second.postgres.url)).toEqual([7])
    await second.close()
  })

  test('gives a PostgreSQL that is durable, in UTC and UTF-8, with checksums and trigrams, and asks for the password', async () => {
    const { postgres } = await start(await makeData())
    const names = ['fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'TimeZone', 'server_encoding']
    const settings = await query(
      postgres.url,
      `select name || ' ' || setting from pg_settings where name in ('${names.join("','")}') order by lower(name)`,
    )
    expect(settings).toEqual([
      'data_checksums on',
      'fsync on',
      'full_page_writes on',
      'server_encoding UTF8',
      'synchronous_commit on',
      'TimeZone UTC',
    ])
    expect(
      await query(
        postgres.url,
        'select datlocprovider::text || datlocale from pg_database where datname = current_database()',
      ),
    ).toEqual(['bC.UTF-8'])
    await query(postgres.url, 'create extension pg_trgm')
    expect(await query(postgres.url, "select similarity('4KDR31', '4KDR31')")).toEqual([1])
    const wrong = new URL(postgres.url)
    wrong.password = 'guessed'
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  })

  test('reads settings anew each time, lets an operator add his own, and lets nobody switch durability off', async () => {
    const path = await makeData()
    const first = await start(path, { settings: { work_mem: '5MB' } })
    expect(await query(first.postgres.url, 'show work_mem')).toEqual(['5MB'])
    await query(first.postgres.url, 'alter system set fsync = off')
    await query(first.postgres.url, "alter system set checkpoint_timeout = '7min'")
    await first.close()
    const second = await start(path, { settings: { work_mem: '6MB' } })
    expect(await query(second.postgres.url, 'show work_mem')).toEqual(['6MB'])
    expect(await query(second.postgres.url, 'show fsync')).toEqual(['on'])
    expect(await query(second.postgres.url, 'show checkpoint_timeout')).toEqual(['7min'])
  })

  test('writes no values of statements into the log', async () => {
    const { postgres, folder } = await start(await makeData())
    await query(postgres.url, 'create table plates (plate text primary key)')
    await query(postgres.url, "insert into plates values ('9ZZX44')")
    await expect(query(postgres.url, "insert into plates values ('9ZZX44')")).rejects.toThrow(/duplicate key/)
    await expect(query(postgres.url, "select '9ZZX44'::int")).rejects.toThrow(/9ZZX44/)
    await postgres.stop()
    const text = await readFile(join(folder.path, 'postgres', 'postgres.log'), 'utf8')
    expect(text).toContain('database system is ready')
    expect(text).not.toContain('9ZZX44')
  })

  test('twice on one machine works, and a taken port is replaced by another for good', async () => {
    const parent = await makeParent()
    const first = await start(join(parent, 'one'))
    await keepNumber(first.postgres.url, 1)
    const second = await start(join(parent, 'two'))
    expect(second.postgres.port).not.toBe(first.postgres.port)
    expect(await query(first.postgres.url, 'show port')).toEqual([String(first.postgres.port)])
    await first.close()

    const squatter = createServer().listen(first.postgres.port, '127.0.0.1')
    await once(squatter, 'listening')
    cleanups.push(() => squatter.close())
    const moved = await start(join(parent, 'one'))
    expect(moved.postgres.port).not.toBe(first.postgres.port)
    expect(await keptNumbers(moved.postgres.url)).toEqual([1])
    await moved.close()
    const again = await start(join(parent, 'one'))
    expect(again.postgres.port).toBe(moved.postgres.port)
  })

  test('is refused, with what to do, where the version is another or the password is gone', async () => {
    const path = await makeData()
    const { close } = await start(path)
    await close()
    await writeFile(join(path, 'postgres', 'data', 'PG_VERSION'), '14\n')
    await expect(start(path)).rejects.toThrow(/made by PostgreSQL 14, and the one installed now is \d\d.*pg_dumpall/)
    await rm(join(path, 'postgres.json'))
    const refused = start(path)
    await expect(refused).rejects.toBeInstanceOf(Mendable)
    await expect(refused).rejects.toThrow(/postgres\.json.*password.*backup/)
  })

  test('cut short while the database was made begins anew', async () => {
    const path = join(await makeParent(), 'data')
    const folder = await openDataFolder(path)
    folder.close()
    await mkdir(join(path, 'postgres', 'data.0123abcd.tmp', 'base'), { recursive: true, mode: 0o700 })
    const { postgres } = await start(path)
    await keepNumber(postgres.url, 1)
    expect((await readdir(join(path, 'postgres'))).toSorted()).toEqual([
      'data',
      'pg_hba.conf',
      'postgres.log',
      'postgresql.conf',
    ])
  })
})

describe('a stop', () => {
  test.runIf(isLinux)('ends PostgreSQL, does no harm when repeated, and leaves no process behind', async () => {
    const { postgres, folder } = await start(await makeData())
    const pid = await postmasterOf(join(folder.path, 'postgres', 'data'))
    expect(postgres.pid()).toBe(pid)
    await Promise.all([postgres.stop(), postgres.stop()])
    await postgres.stop()
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
    expect(await childrenOf(process.pid, 'sh')).toEqual([])
  })

  test.runIf(isLinux)('by Ctrl-C lets the server finish its requests first', async () => {
    const other = await startInOther(await makeData())
    const exited = once(other.process, 'exit')
    // The terminal's SIGINT goes to the whole group of the server's process.
    process.kill(-(other.process.pid ?? 0), 'SIGINT')
    expect(await exited).toEqual([0, null])
    expect(other.said()).toContain('last answer 42')
    expect(other.said()).not.toContain('without being asked')
  })
})

describe('after kill -9', () => {
  test('of PostgreSQL it is started again on the same port with all that was committed, each time', async () => {
    const { postgres, said } = await start(await makeData())
    for (const value of [1, 2, 3]) {
      await keepNumber(postgres.url, value)
      const pid = postgres.pid() ?? 0
      process.kill(pid, 'SIGKILL')
      await expect.poll(() => postgres.pid() ?? pid, { timeout: 10_000 }).not.toBe(pid)
    }
    expect(await keptNumbers(postgres.url)).toEqual([1, 2, 3])
    expect(said.filter((message) => message === 'PostgreSQL is ready again')).toHaveLength(3)
  })

  test('of one of its children it recovers, and a stop while it is being started again works', async () => {
    const { postgres } = await start(await makeData())
    await keepNumber(postgres.url, 1)
    const before = postgres.pid() ?? 0
    await expect(query(postgres.url, 'select pg_backend_pid()').then(([pid]) => pid)).resolves.toBeGreaterThan(1)
    process.kill(before, 'SIGKILL')
    await delay(30)
    await postgres.stop()
    expect(postgres.pid()).toBeUndefined()
  })

  test.runIf(isLinux)('of the server PostgreSQL ends by itself, and the next start finds everything', async () => {
    const path = await makeData()
    const other = await startInOther(path)
    await keepNumber(other.url, 5)
    await end(other.process)
    await expect
      .poll(() => stat(join(path, 'postgres/data/postmaster.pid')).catch(() => 'gone'), { timeout: 10_000 })
      .toBe('gone')
    const { postgres } = await start(path)
    expect(await keptNumbers(postgres.url)).toEqual([5])
  })

  test.runIf(isLinux)('of the server and its watcher, the next start stops what is left and goes on', async () => {
    const path = await makeData()
    const other = await startInOther(path)
    await keepNumber(other.url, 5)
    const [watcher = 0] = await childrenOf(other.process.pid ?? 0, 'sh')
    process.kill(watcher, 'SIGKILL')
    await end(other.process)
    const left = await postmasterOf(join(path, 'postgres/data'))
    expect(await keptNumbers(other.url)).toEqual([5])
    const { postgres, said } = await start(path)
    expect(said).toContain('stopping the PostgreSQL that an earlier run left behind')
    expect(postgres.pid()).not.toBe(left)
    expect(await keptNumbers(postgres.url)).toEqual([5])
  })

  test.runIf(isLinux)('of all of them at once, children at work, the next start goes on', async () => {
    const path = await makeData()
    const other = await startInOther(path)
    await keepNumber(other.url, 5)
    // Busy where it does not look around: it neither notices its parent's end nor that of its client.
    const busy = query(other.url, `select count(*) from generate_series(1, 400000000) a`).catch(() => {})
    await delay(200)
    const [watcher = 0] = await childrenOf(other.process.pid ?? 0, 'sh')
    const postmaster = await postmasterOf(join(path, 'postgres/data'))
    for (const pid of [watcher, postmaster]) process.kill(pid, 'SIGKILL')
    await end(other.process)
    const { postgres, said } = await start(path)
    expect(said).toContain('ending a process of PostgreSQL that has lost its parent')
    expect(await keptNumbers(postgres.url)).toEqual([5])
    await busy
  })

  test.runIf(isLinux)(
    'a number in postmaster.pid that is now another process of the same user is no hindrance',
    async () => {
      const path = await makeData()
      const first = await start(path)
      await keepNumber(first.postgres.url, 5)
      const dataPath = join(path, 'postgres/data')
      const { uid, gid } = await stat(dataPath)
      const file = (await readFile(join(dataPath, 'postmaster.pid'), 'utf8')).split('\n')
      await first.close()
      const stranger = spawn('/bin/sleep', ['60'], { ...(isRoot() && { uid, gid }), stdio: 'ignore' })
      cleanups.push(() => stranger.kill('SIGKILL'))
      await once(stranger, 'spawn')
      await writeFile(join(dataPath, 'postmaster.pid'), [String(stranger.pid), ...file.slice(1)].join('\n'), {
        mode: 0o600,
      })
      if (isRoot()) await chown(join(dataPath, 'postmaster.pid'), uid, gid)
      const { postgres } = await start(path)
      expect(await keptNumbers(postgres.url)).toEqual([5])
      expect(stranger.exitCode).toBeNull()
      expect(stranger.signalCode).toBeNull()
    },
  )
})

describe.runIf(isRoot())('started by root', () => {
  test('PostgreSQL runs as somebody else, who alone owns the data and cannot write beside it', async () => {
    const path = await makeData()
    const { postgres } = await start(path)
    const { uid } = await stat(join(path, 'postgres/data'))
    expect(uid).toBeGreaterThan(0)
    expect((await stat(`/proc/${postgres.pid()}`)).uid).toBe(uid)
    expect((await stat(join(path, 'postgres'))).uid).toBe(0)
    expect((await stat(path)).mode & 0o777).toBe(0o710)
    expect(((await stat(join(path, 'postgres.json'))).mode & 0o777).toString(8)).toBe('600')
  })

  test('below a folder only root can enter, the database lives elsewhere, is found again, and can be removed', async () => {
    const parent = await makeParent(0o700)
    const path = join(parent, 'data')
    const first = await start(path)
    await keepNumber(first.postgres.url, 9)
    const elsewhere = (await readlink(`/proc/${first.postgres.pid()}/cwd`)).replace(/\/data$/, '')
    cleanups.unshift(() => rm(elsewhere, { recursive: true, force: true }))
    expect(elsewhere).not.toContain(parent)
    expect(first.said.join()).toContain('lives outside the data folder')
    expect(await stat(elsewhere)).toMatchObject({ uid: 0 })
    expect(await first.folder.readJson('postgres')).toMatchObject({ place: elsewhere })
    await first.close()

    // A copy of the folder must not use the same database; a folder that was moved may.
    await cp(path, join(parent, 'copy'), { recursive: true })
    await expect(start(join(parent, 'copy'))).rejects.toThrow(/is a copy of/)
    await rm(path, { recursive: true })
    const moved = await start(join(parent, 'copy'))
    expect(await keptNumbers(moved.postgres.url)).toEqual([9])
    await moved.postgres.stop()
    await removeDataFolder(moved.folder)
    await expect(stat(elsewhere)).rejects.toThrow(/ENOENT/)
    await expect(stat(moved.folder.path)).rejects.toThrow(/ENOENT/)
  })

  test('in a folder of an ordinary user, PostgreSQL runs as that user, who can go on alone', async (context) => {
    const user = nobody()
    const readable =
      (await canEnter(user, source.pathname)) && (await canEnter(user, new URL('../../node_modules', source).pathname))
    if (!readable) context.skip('the ordinary user cannot read the program here')
    const path = join(await makeParent(), 'of nobody')
    await mkdir(path)
    await chown(path, user.uid, user.gid)
    const first = await startInOther(path, user)
    await keepNumber(first.url, 3)
    expect((await stat(join(path, 'postgres/data'))).uid).toBe(user.uid)
    process.kill(first.process.pid ?? 0, 'SIGINT')
    await once(first.process, 'exit')

    const asRoot = await start(path)
    expect((await stat(`/proc/${asRoot.postgres.pid()}`)).uid).toBe(user.uid)
    await keepNumber(asRoot.postgres.url, 4)
    await asRoot.close()

    const second = await startInOther(path, user)
    expect(await keptNumbers(second.url)).toEqual([3, 4])
    process.kill(second.process.pid ?? 0, 'SIGINT')
    await once(second.process, 'exit')
  })
})
