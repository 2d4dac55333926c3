/**
 * Everything that goes on while servers are killed (a load of reads, list revisions, a follower of alerts), brought to rest at
 * the end, and then compared with what the database holds.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { systemCaller } from '../../src/door/jobs.ts'
import { perform } from '../../src/door/perform.ts'
import { day, DrivenClock } from '../../src/kernel/clock.ts'
import { openDb } from '../../src/kernel/db.ts'
import { openKeys } from '../../src/kernel/keys.ts'
import { openMetrics } from '../../src/kernel/metrics.ts'
import { closeUnknown } from '../../src/oversight/oversight.ts'
import { checkLog, checkPositions, checkRevisions } from './checkLog.ts'
import { checkReads } from './checkReads.ts'
import { checkAnswers, Findings, type Trials } from './findings.ts'
import { startFollower, type Follower } from './follower.ts'
import { startLoad, type Load } from './load.ts'
import { startRevisions, type Revisions } from './revisions.ts'
import type { Setting } from './setting.ts'

const settleMsMax = 60_000

export type Traffic = {
  readonly setting: Setting
  readonly load: Load
  readonly revisions: Revisions
  readonly follower: Follower
  /** Ends the load and the revisions, once all of it is acknowledged, and the follower at once. */
  stop(): Promise<void>
}

/** Starts it all; `urlOf` says where a server is, each time somebody asks one. */
export function startTraffic(setting: Setting, urlOf: () => string): Traffic {
  const load = startLoad(setting, urlOf)
  const revisions = startRevisions(setting, urlOf)
  const follower = startFollower(setting, urlOf)
  const stop = async (): Promise<void> => {
    await Promise.all([load.drain(), revisions.stop(), follower.stop()])
  }
  return { setting, load, revisions, follower, stop }
}

const pending = `select (select count(*) from log_outbox) + (select count(*) from alert_queue)
  + (select count(*) from feed_revisions where looked_back_at is null) as pending`

/** Ends the traffic and waits until all is acknowledged, matched and sequenced, and every act has its outcome. */
export async function settle(traffic: Traffic, client: Client, url: string, keysFolder: string): Promise<void> {
  const { load, revisions, follower } = traffic
  const isSettled = async (): Promise<boolean> => {
    const { rows } = await client.query<{ pending: string }>(pending)
    return rows[0]?.pending === '0'
  }
  await Promise.all([load.drain(), revisions.stop()])
  await until('everything is sequenced and looked back for', settleMsMax, isSettled)
  const { rows } = await client.query<{ head: number }>(
    'select coalesce(max(position), 0)::int as head from alert_events',
  )
  const head = rows[0]?.head ?? 0
  // What never comes is a finding of the check, not a failure of the wait.
  await until('the follower has everything', 10_000, async () => (follower.positions.at(-1) ?? 0) >= head).catch(
    () => {},
  )
  await follower.stop()
  await closeActs(url, keysFolder)
  await until('every outcome is sequenced', settleMsMax, isSettled)
}

/** Waits until something holds. */
export async function until(what: string, msMax: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const begun = performance.now()
  while (!(await holds())) {
    if (performance.now() - begun > msMax) throw new Error(`it did not happen in ${msMax} ms: ${what}`)
    await delay(50)
  }
}

/** Does the job that closes acts without an outcome, as it would be done a day later: by then no act is still in progress. */
async function closeActs(url: string, keysFolder: string): Promise<void> {
  const log = (): void => {}
  const db = openDb({ url, connections: 2, log, role: 'platekeep_app' })
  const door = {
    db,
    clock: new DrivenClock(new Date(Date.now() + day)),
    log,
    metrics: openMetrics(),
    digestKey: (await openKeys(keysFolder)).digest,
    broken: () => undefined,
    committed: () => {},
  }
  try {
    while ((await perform(door, closeUnknown, systemCaller('unknown outcomes'), {})).closed > 0);
  } finally {
    await db.close()
  }
}

/** Looks at everything that a settled traffic left, through one snapshot of `client`, which is in a transaction. */
export async function check(
  { setting, load, revisions, follower }: Traffic,
  client: Client,
  keysFolder: string,
  mistakes: readonly string[],
): Promise<{ findings: Findings; trials: Trials }> {
  const findings = new Findings()
  const { ledger } = load
  checkAnswers(ledger, findings)
  findings.addAll('mistakes', mistakes)
  const reads = await checkReads(client, setting, ledger, findings)
  const log = await checkLog(client, ledger, (await openKeys(keysFolder)).digest, findings)
  const events = await checkPositions(client, follower.positions, findings)
  const made = await checkRevisions(client, setting.revisedFeed, revisions, findings)
  const trials = {
    acknowledged: ledger.acknowledgedReads,
    sent: ledger.reads.size,
    answers: ledger.batchesAcknowledged,
    events,
    revisions: made,
    ...reads,
    ...log,
  }
  return { findings, trials }
}
