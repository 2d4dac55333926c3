/**
 * The PostgreSQL that comes with the program: real, started and stopped by it, its data in the data folder.
 *
 * A start makes the database if there is none, clears what an earlier run left behind, and starts PostgreSQL as our
 * child. When it ends without being asked to, it is started again the same way, on the same port, so that connection
 * pools find it again; the server stays up and answers 503 meanwhile. What users need to know stands in the data
 * folder's `postgres.json`: where the database lives, its port, its password.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { DataFolder } from './dataFolder.ts'
import { Fatal, Mendable } from './errors.ts'
import { errorFields, type Log } from './log.ts'
import { findPostgresBinaries } from './postgresBinaries.ts'
import { findClusterVersion, prepareCluster, superuser } from './postgresCluster.ts'
import { clearLeftover } from './postgresLeftover.ts'
import { keepLogSmall } from './postgresLog.ts'
import { openPlace, removePlaceElsewhere } from './postgresPlace.ts'
import type { Settings } from './postgresSettings.ts'
import {
  startPostmaster,
  stopPostmaster,
  waitUntilReady,
  logPath,
  type Postmaster,
  type PostmasterOptions,
} from './postmaster.ts'

export type EmbeddedPostgres = {
  /** `postgres://…` of the superuser, with its password: not for logs. */
  readonly url: string
  readonly port: number
  /** Stops PostgreSQL and waits for its end, 75 s at most. May be called again. */
  stop(): Promise<void>
}

export type EmbeddedPostgresOptions = {
  folder: DataFolder
  log: Log
  /** PostgreSQL settings that differ from ours. For tests. */
  settings?: Settings
  /** Called once if PostgreSQL ended and could not be started again for several minutes. */
  onLost?: (reason: Fatal) => void
}

const databaseName = 'platekeep'

/**
 * Starts the data folder's database and waits until it takes connections.
 * @throws Mendable when a person must do something first: wrong user, wrong version, no package, a damaged folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder, log, settings = {} } = options
  const startedAt = performance.now()
  const former = parseState(await folder.readJson(stateName), folder)
  const place = await openPlace(folder, former?.place, log)
  if (former === undefined && (await findClusterVersion(place.dataPath)) !== undefined) {
    throw new Mendable(
      `${folder.path}/${stateName}.json, which holds the password of the database in ${place.dataPath}, is missing. Put it back from a backup of the data folder.`,
    )
  }
  const binaries = await findPostgresBinaries(place.path, place.runAs)
  if (binaries.copied)
    log('info', "PostgreSQL's programs were copied, since they cannot run where they are installed", { to: place.path })
  await clearLeftover(place, binaries, log)
  const port = await choosePort(former?.port)
  const state: State = {
    place: place.recorded,
    port,
    password: former?.password ?? randomBytes(24).toString('base64url'),
  }
  if (former?.port !== port || former.place !== place.recorded) await folder.writeJson(stateName, state)
  const isNew = await prepareCluster({ place, binaries, password: state.password, settings })

  const supervisor = new Supervisor({ place, binaries, port, settings }, log, options.onLost)
  await supervisor.start()
  const url = urlOf(state, databaseName)
  try {
    await makeDatabase(state)
  } catch (error) {
    await supervisor.stop()
    throw error
  }
  const ms = Math.round(performance.now() - startedAt)
  log('info', isNew ? 'PostgreSQL is ready, with a new database' : 'PostgreSQL is ready', { port, ms })
  return { url, port, stop: () => supervisor.stop() }
}

/** Removes the database of a data folder, wherever it lives, and what the folder notes of it. It must be stopped. */
export async function removeEmbeddedPostgres(folder: DataFolder): Promise<void> {
  const state = parseState(await folder.readJson(stateName), folder)
  if (state) await removePlaceElsewhere(folder, state.place)
}

const stateName = 'postgres'
type State = { place: string; port: number; password: string }

function parseState(value: unknown, folder: DataFolder): State | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && 'place' in value && 'port' in value && 'password' in value) {
    const { place, port, password } = value
    if (typeof place === 'string' && typeof password === 'string' && isPort(port)) return { place, port, password }
  }
  throw new Mendable(`${folder.path}/${stateName}.json is damaged. Put it back from a backup of the data folder.`)
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}

function urlOf({ port, password }: State, database: string): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`
}

async function makeDatabase(state: State): Promise<void> {
  const client = new Client({ connectionString: urlOf(state, 'postgres'), connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName}`)
  } finally {
    await client.end()
  }
}

/**
 * The port used before, if it is free, or another. Chosen from below the ports that systems give to outgoing
 * connections: one of those could be taken by somebody's connection while PostgreSQL is being started again.
 */
async function choosePort(former: number | undefined): Promise<number> {
  if (former !== undefined && (await isFree(former))) return former
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(20_000, 32_000)
    if (await isFree(port)) return port
  }
  throw new Mendable('No port from 20000 to 31999 on 127.0.0.1 is free for PostgreSQL. Stop what uses them.')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

const startsMax = 30
const pauseMsMax = 10_000

/** Keeps PostgreSQL running until it is told to stop. */
class Supervisor {
  readonly #options: PostmasterOptions
  readonly #log: Log
  readonly #onLost: ((reason: Fatal) => void) | undefined
  readonly #stopping = new AbortController()
  readonly #stopTrimming: () => void
  #postmaster: Postmaster | undefined
  #recovering: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(options: PostmasterOptions, log: Log, onLost: ((reason: Fatal) => void) | undefined) {
    this.#options = options
    this.#log = log
    this.#onLost = onLost
    this.#stopTrimming = keepLogSmall(logPath(options.place), log)
  }

  /** The first start: a few attempts, then the reason is for the person who started us. */
  async start(): Promise<void> {
    const problem = await this.#tryToStart(5)
    if (problem === undefined) return
    await this.stop()
    throw new Mendable(`PostgreSQL does not start in ${this.#options.place.path} (${problem}).`)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await this.#recovering
    if (this.#postmaster) await stopPostmaster(this.#postmaster, this.#options, this.#log)
    this.#stopTrimming()
  }

  /** Starts until it is ready, with growing pauses. The answer is why not, after the last attempt. */
  async #tryToStart(attempts: number): Promise<string | undefined> {
    let problem = 'it was told to stop'
    for (let attempt = 0; attempt < attempts && !this.#stopping.signal.aborted; attempt += 1) {
      if (attempt > 0) await this.#pause(Math.min(100 * 2 ** attempt, pauseMsMax))
      try {
        await clearLeftover(this.#options.place, this.#options.binaries, this.#log)
        const postmaster = await startPostmaster(this.#options)
        if (await waitUntilReady(postmaster, this.#options.place.dataPath, this.#log, this.#stopping.signal)) {
          this.#postmaster = postmaster
          void postmaster.ended.then((how) => this.#onEnd(how))
          return undefined
        }
        await stopPostmaster(postmaster, this.#options, this.#log)
        problem = `${await postmaster.ended}: ${await postmaster.recentLog()}`
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error)
      }
      this.#log('warn', 'PostgreSQL did not start', { attempt: attempt + 1, problem })
    }
    return problem
  }

  #onEnd(how: string): void {
    this.#postmaster = undefined
    if (this.#stopping.signal.aborted) return
    this.#log('error', 'PostgreSQL ended without being asked to; starting it again', { how })
    this.#recovering = this.#recover()
  }

  async #recover(): Promise<void> {
    const startedAt = performance.now()
    const problem = await this.#tryToStart(startsMax)
    if (this.#stopping.signal.aborted) return
    if (problem === undefined) {
      this.#log('info', 'PostgreSQL is ready again', { ms: Math.round(performance.now() - startedAt) })
      return
    }
    const reason = new Fatal(`PostgreSQL cannot be started again: ${problem}`)
    this.#log('error', 'PostgreSQL cannot be started again; giving up', errorFields(reason))
    this.#onLost?.(reason)
  }

  async #pause(ms: number): Promise<void> {
    // Cut short by `stop`, which is no error here.
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
