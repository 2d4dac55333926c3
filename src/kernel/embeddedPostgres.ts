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
import { Client } from 'pg'
import type { DataFolder } from './dataFolder.ts'
import { Mendable, type Fatal } from './errors.ts'
import type { Log } from './log.ts'
import { findPostgresBinaries } from './postgresBinaries.ts'
import { findClusterVersion, prepareCluster, superuser } from './postgresCluster.ts'
import { clearLeftover } from './postgresLeftover.ts'
import { openPlace } from './postgresPlace.ts'
import type { Settings } from './postgresSettings.ts'
import { isPortTaken, Supervisor } from './postgresSupervisor.ts'
import type { PostmasterOptions } from './postmaster.ts'

export type EmbeddedPostgres = {
  /** `postgres://…` of the superuser, with its password: not for logs. */
  readonly url: string
  readonly port: number
  /** The process, while there is one. */
  pid(): number | undefined
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
  const password = former?.password ?? randomBytes(24).toString('base64url')
  // The password must be kept before the database is made with it.
  const state: State = { place: place.recorded, port: await choosePort(former?.port), password }
  await folder.writeJson(stateName, state)
  const isNew = await prepareCluster({ place, binaries, password, settings })
  const supervisor = await startOnFreePort(options, state, { place, binaries, settings })
  try {
    await makeDatabase(state)
  } catch (error) {
    await supervisor.stop()
    throw error
  }
  const { port } = state
  const ms = Math.round(performance.now() - startedAt)
  log('info', isNew ? 'PostgreSQL is ready, with a new database' : 'PostgreSQL is ready', { port, ms })
  return { url: urlOf(state, databaseName), port, pid: () => supervisor.pid(), stop: () => supervisor.stop() }
}

const portsMax = 5

/** Between finding a port free and taking it, somebody else may: then another is chosen, and noted. */
async function startOnFreePort(
  { folder, log, onLost = () => {} }: EmbeddedPostgresOptions,
  state: State,
  options: Omit<PostmasterOptions, 'port'>,
): Promise<Supervisor> {
  for (let attempt = 1; ; attempt += 1) {
    const supervisor = new Supervisor({ ...options, port: state.port }, log, onLost)
    const problem = await supervisor.start()
    if (problem === undefined) return supervisor
    if (!isPortTaken(problem) || attempt === portsMax) {
      throw new Mendable(`PostgreSQL does not start in ${options.place.path}. It ended with ${problem}`)
    }
    state.port = await choosePort(undefined)
    await folder.writeJson(stateName, state)
  }
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
