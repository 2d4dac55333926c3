/**
 * What is new, and for whom: one connection of this process that listens to the sequencer (LISTEN), and what it has learned.
 * A notice carries nothing; whoever hears one looks. So a notice that is lost with its connection loses no alert: after
 * connecting again one look says all. Positions and agencies are no plate data; alerts themselves are read only by acts.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { connectionOptions, parserOf, txOn } from '../kernel/db.ts'
import { errorFields, type Log } from '../kernel/log.ts'
import { alertStream, findNews, getHead } from './store.ts'

export type News = {
  /** Connects and listens; resolves after the first attempt, and goes on trying where that failed. */
  start(): Promise<void>
  /** The newest position seen, or undefined before the first look. */
  head(): number | undefined
  /** Up to where there is, or may be, something for an agency; for everybody where it is null. */
  headFor(agencyId: string | null): number
  /** Looks what is new since the last look. Does nothing while the connection is lost. */
  look(): Promise<void>
  close(): Promise<void>
}

const lookMsMax = 5_000
const retryMsMin = 100
const retryMsMax = 5_000
/** After a longer absence it is simpler to let everybody look than to find out who must. */
const gapMax = 1_000

/** What is new in the database at `url`. `onNotice` is called for each notice, and after each connection. */
export function newsOf(url: string, log: Log, onNotice: () => void): News {
  const closing = new AbortController()
  let client: Client | undefined
  let connecting: Promise<void> = Promise.resolve()
  let head: number | undefined
  /** Up to here it is not known who has something; beyond it, `byAgency` says. */
  let unknownUpTo = 0
  const byAgency = new Map<string, number>()

  async function connect(): Promise<Client> {
    const fresh = new Client({
      connectionString: url,
      options: connectionOptions({ role: 'platekeep_app', statementTimeoutMs: lookMsMax }),
      connectionTimeoutMillis: lookMsMax,
      query_timeout: lookMsMax,
      application_name: 'platekeep alerts',
      keepAlive: true,
      types: { getTypeParser: parserOf },
    })
    fresh.on('error', (error) => lose(fresh, error))
    fresh.on('end', () => lose(fresh, undefined))
    try {
      await fresh.connect()
      await fresh.query(`listen ${alertStream.channel}`)
    } catch (error) {
      await fresh
        .end()
        .catch((failure: unknown) => log('debug', 'a failed connection did not close', errorFields(failure)))
      throw error
    }
    fresh.on('notification', onNotice)
    return fresh
  }

  function lose(lost: Client, error: Error | undefined): void {
    if (client !== lost) return
    client = undefined
    if (closing.signal.aborted) return
    log('warn', 'the connection that listens for alerts was lost and is made again', errorFields(error))
    connecting = persist()
  }

  /** Connects, however often it takes. */
  async function persist(): Promise<void> {
    let waitMs = retryMsMin
    while (!closing.signal.aborted) {
      await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined)
      if (closing.signal.aborted || (await tryOnce())) return
      waitMs = Math.min(waitMs * 2, retryMsMax)
    }
  }

  async function tryOnce(): Promise<boolean> {
    try {
      client = await connect()
    } catch (error) {
      log('warn', 'nobody listens for alerts yet; trying again', errorFields(error))
      return false
    }
    onNotice()
    return true
  }

  async function look(): Promise<void> {
    const current = client
    if (!current) return
    try {
      const tx = txOn(current)
      const newest = await getHead(tx)
      if (head === undefined || newest < head || newest - head > gapMax) {
        unknownUpTo = newest
        byAgency.clear()
      } else if (newest > head) {
        for (const { agency_id, position } of await findNews(tx, head, newest)) byAgency.set(agency_id, position)
      }
      head = newest
    } catch (error) {
      // A connection that does not answer a look will not bring notices either.
      lose(current, error instanceof Error ? error : undefined)
      await current
        .end()
        .catch((failure: unknown) => log('debug', 'a lost connection did not close', errorFields(failure)))
    }
  }

  return {
    start: async () => {
      if (await tryOnce()) await look()
      else connecting = persist()
    },
    head: () => head,
    headFor: (agencyId) => (agencyId === null ? (head ?? 0) : Math.max(unknownUpTo, byAgency.get(agencyId) ?? 0)),
    look,
    close: async () => {
      closing.abort()
      await connecting
      const open = client
      client = undefined
      await open?.end()
    },
  }
}
