/**
 * Wires a server together and takes it apart again; decides nothing. In order: the data folder and its lock, the database, its
 * schema, the keys, the sequencer, the door, the days ahead, the jobs, HTTP. Stopping goes the other way: no new requests, those
 * in progress finish, streams end, the last leaves are sequenced, the database stops.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { timingSafeEqual } from 'node:crypto'
import { lookBackDue, openAlertHub, alertStream } from '../alerts/alerts.ts'
import { startSequencer } from '../audit/sequencer.ts'
import { recordRefusedSignIn } from '../audit/signIns.ts'
import { collect } from '../door/collector.ts'
import { openHttp } from '../door/http.ts'
import { startJobs, systemCaller } from '../door/jobs.ts'
import type { Actor } from '../door/operation.ts'
import { perform, type Act, type Door } from '../door/perform.ts'
import { onListRevision } from '../hotlists/hotlists.ts'
import { claimedTokenId, tokenReader } from '../identity/identity.ts'
import { checkKeys } from '../installation/installation.ts'
import { hour, minute, second, type Clock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import { openDataFolder } from '../kernel/dataFolder.ts'
import { answers, openDb, type Db } from '../kernel/db.ts'
import { startEmbeddedPostgres } from '../kernel/embeddedPostgres.ts'
import { errorFields, type Log } from '../kernel/log.ts'
import { openKeys } from '../kernel/keys.ts'
import { openMetrics } from '../kernel/metrics.ts'
import { migrate } from '../kernel/migrate.ts'
import { allOperations, type Operations } from '../operations.ts'
import { closeUnknown } from '../oversight/oversight.ts'
import { daysKept, prepareDays } from '../reads/reads.ts'
import { startMqttBridge } from './mqttBridge.ts'

export type Server = {
  readonly url: string
  /** The key that lets `platekeep bootstrap` in; it never leaves the machine. */
  readonly operatorToken: string
  readonly databaseUrl: string
  readonly door: Door
  readonly operations: Operations
  stop(): Promise<void>
}

const stopMsMax = 10 * second

/** Starts a server. Throws `Mendable` where a person must do something first. */
export async function startServer(
  config: Config,
  clock: Clock,
  log: Log,
  say: (step: string) => void = () => {},
): Promise<Server> {
  const undo: (() => Promise<void> | void)[] = []
  async function stop(): Promise<void> {
    for (const step of undo.splice(0).toReversed()) {
      try {
        await step()
      } catch (error) {
        log('error', 'a part of the server did not stop cleanly', errorFields(error))
      }
    }
  }
  try {
    return await start()
  } catch (error) {
    await stop()
    throw error
  }

  async function start(): Promise<Server> {
    const folder = await openDataFolder(config.data)
    undo.push(() => folder.close())
    const url = config.databaseUrl || (await embedded())
    say('bringing the database to the newest schema')
    await migrate(url, clock, log)
    const keys = await openKeys(config.keys)
    const db = openDb({ url, connections: config.databaseConnections, log, role: 'platekeep_app' })
    undo.push(() => db.close())
    await checkKeys(db, keys.fingerprint)
    const sequencer = startSequencer({ url, log, streams: [alertStream] })
    undo.push(() => sequencer.stop())
    const metrics = openMetrics()
    metrics.collectRuntime()
    metrics.watch(
      'platekeep_log_leaves',
      'Leaves in the log as the sequencer of this process last saw it',
      () => sequencer.state().size,
    )
    metrics.watch('platekeep_database_waiting', 'Acts that wait for a database connection', () => db.load().waiting)
    const door: Door = {
      db,
      clock,
      log,
      metrics,
      digestKey: keys.digest,
      broken: () => sequencer.state().broken,
      committed: () => sequencer.nudge(),
    }
    const operations = allOperations({ retentionMs: config.retention })
    // The days that reads arrive for now are there before the server is; the rest of the year follows in the background.
    const days = (): string[] => daysKept(clock.now(), config.retention)
    await prepareAll(door, days().slice(-daysAtStart))
    const prepareRest = (signal: AbortSignal): Promise<void> => prepareAll(door, days().toReversed(), signal)
    const jobs = startJobs(
      [
        { name: 'days', everyMs: hour, run: prepareRest },
        {
          name: 'unknown outcomes',
          everyMs: minute,
          run: async () => void (await perform(door, closeUnknown, systemCaller('unknown outcomes'), {})),
        },
        { name: 'look-back', everyMs: 5 * second, run: async () => void (await lookBackDue(door, operations.alerts)) },
      ],
      log,
    )
    undo.push(() => jobs.stop())
    jobs.soon('days')
    undo.push(onListRevision(() => jobs.soon('look-back')))
    const hub = await openAlertHub({ url, door, deliver: operations.alerts.deliver })
    const read = tokenReader(db, clock)
    const operatorToken = `operator_${keys.operator}`
    const actorOf = async (token: string): Promise<Actor> =>
      sameSecret(token, operatorToken) ? systemCaller('operator').actor : read(token)
    const submit = collectIntake(door, operations.intake.submit)
    const vendor = collectIntake(door, operations.intake.vendor)
    const http = await openHttp({
      door,
      operations: operations.list,
      actorOf,
      recordUnauthenticated: (token, operation, from) => recordRefused(db, clock, token, operation, from),
      collected: new Map([
        [operations.intake.submit.id, submit],
        [operations.intake.vendor.id, vendor],
      ]),
      openEvents: (_operation, stream) => hub.subscribe(stream),
      unready: () => unready(db, sequencer.state),
      requestsAtOnce: config.requestsAtOnce,
    })
    undo.push(() => Promise.race([http.close(), delay(stopMsMax)]))
    // Before HTTP, which waits for what is open.
    undo.push(() => hub.close())
    const address = await http.listen({ host: config.host, port: config.port })
    if (config.mqttUrl) {
      const bridge = await startMqttBridge({ config, log, perform: vendor, actorOf })
      undo.push(() => bridge.stop())
    }
    await folder.writeJson('server', { url: address, operatorToken })
    log('info', 'listening', { url: address })
    return { url: address, operatorToken, databaseUrl: url, door, operations, stop }

    async function embedded(): Promise<string> {
      say('starting PostgreSQL')
      const postgres = await startEmbeddedPostgres({ folder, log })
      undo.push(() => postgres.stop())
      return postgres.url
    }
  }
}

/** A week ahead, today, and the days before that ordinary late uploads come from. */
const daysAtStart = 10
const daysAtOnce = 10

async function prepareAll(door: Door, days: readonly string[], signal?: AbortSignal): Promise<void> {
  for (let from = 0; from < days.length && !signal?.aborted; from += daysAtOnce) {
    await perform(door, prepareDays, systemCaller('days'), { days: days.slice(from, from + daysAtOnce) })
  }
}

const lanes = 2
const groupBytesMax = 512 * 1024
const waitingBytesMax = 32 * 1024 * 1024
const waitingActsMax = 2_000
const groupActsMax = 128

function collectIntake(
  door: Door,
  operation: Operations['intake']['submit'],
): (act: Act, bytes: number) => Promise<unknown> {
  const collector = collect(door, operation, { lanes, groupActsMax, groupBytesMax, waitingActsMax, waitingBytesMax })
  return (act, bytes) => collector.perform(act, bytes)
}

function sameSecret(given: string, right: string): boolean {
  return given.length === right.length && timingSafeEqual(Buffer.from(given), Buffer.from(right))
}

/** A refused token is recorded under the identifier it claims, where it claims one; noise is only counted. */
async function recordRefused(
  db: Db,
  clock: Clock,
  token: string | undefined,
  operation: string,
  from: string,
): Promise<void> {
  const claimed = token === undefined ? undefined : claimedTokenId(token)
  if (claimed !== undefined) await recordRefusedSignIn(db, { claimed, operation, from, at: clock.now() })
}

async function unready(
  db: Db,
  state: () => { broken: string | undefined; holdsLock: boolean },
): Promise<string | undefined> {
  const { broken } = state()
  if (broken) return `the log is broken: ${broken}`
  try {
    await db.once(answers)
    return undefined
  } catch {
    return 'the database does not answer'
  }
}
