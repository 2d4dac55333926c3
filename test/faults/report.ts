/** A campaign from its first blow to its report: what the short test and the long run both do. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { must } from '../../src/kernel/assert.ts'
import { Random } from '../../src/simulate/prng.ts'
import { openCampaign, type Campaign } from './campaign.ts'
import { addUp, bound, kindNames, kinds, trialsOf, type Findings, type Trials } from './findings.ts'
import { kills, type Kill } from './postgresProcesses.ts'
import { check } from './traffic.ts'

export type Result = {
  readonly findings: Findings
  readonly trials: Trials
  readonly blows: readonly { kill: Kill; recoveredMs: number }[]
  /** Sends without an answer, all of them settled by sending again. */
  readonly unknown: number
  readonly connections: number
}

/** The blows of a seed: each kind equally often, in random order. */
export function blowsOf(seed: string, count: number): Kill[] {
  const dealt = Array.from({ length: count }, (_, index) =>
    must(kills[index % kills.length], 'there are kinds of kills'),
  )
  return new Random(seed).fork('order').shuffled(dealt)
}

/** What is found in a settled campaign; `client` is in a transaction. */
export function checkCampaign({ traffic, installation }: Campaign, client: Client) {
  return check(traffic, client, installation.keys, installation.mistakes())
}

/** Plays a campaign; `look` may look at the database before it is thrown away, inside a transaction that is rolled back. */
export async function runCampaign(
  seed: string,
  count: number,
  say: (line: string) => void,
  look: (campaign: Campaign, client: Client) => Promise<void> = async () => {},
): Promise<Result> {
  const campaign = await openCampaign(seed)
  const { load, follower } = campaign.traffic
  try {
    const blows = []
    for (const [index, kill] of blowsOf(seed, count).entries()) {
      await delay(campaign.random.int(200, 1_400))
      const recoveredMs = await campaign.blow(kill)
      blows.push({ kill, recoveredMs })
      const acknowledged = `${load.ledger.acknowledgedReads} reads acknowledged so far`
      say(`${index + 1}/${count} ${kill}: back after ${Math.round(recoveredMs)} ms, ${acknowledged}`)
    }
    await campaign.settle()
    const client = await campaign.installation.connect()
    await client.query('begin isolation level repeatable read')
    const { findings, trials } = await checkCampaign(campaign, client)
    await look(campaign, client)
    await client.query('rollback')
    await client.end()
    return { findings, trials, blows, unknown: load.ledger.unknown, connections: follower.connections() }
  } finally {
    await campaign.close()
  }
}

/** The figures of one or more campaigns. */
export function report(results: readonly Result[]): string[] {
  const trials = addUp(results.map((each) => each.trials))
  const blows = results.flatMap((each) => each.blows)
  const sorted = blows.map(({ recoveredMs }) => recoveredMs).sort((a, b) => a - b)
  const at = (share: number): string =>
    `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)} ms`
  const sum = (pick: (result: Result) => number): number => results.reduce((total, each) => total + pick(each), 0)
  const byKind = kills.map((kill) => `${kill} ${blows.filter((each) => each.kill === kill).length}`).join(', ')
  const unknown = sum((each) => each.unknown)
  return [
    `kills            ${blows.length} (${byKind}); a zero below is < ${bound(blows.length)} per kill (95 %)`,
    `back in service  p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`,
    `acknowledged     ${trials.acknowledged} reads in ${trials.answers} batches; ${unknown} sends without an answer, settled by sending again`,
    `follower         ${sum((each) => each.connections)} connections`,
    ...figures(trials, (kind) => sum((each) => each.findings.count(kind))),
    ...results.flatMap((each) => each.findings.examples()).slice(0, 40),
  ]
}

/** What is in the tables, and how often each kind of fault was found, with the number of trials behind each zero. */
export function figures(trials: Trials, countOf: (kind: keyof typeof kinds) => number): string[] {
  return [
    `in the tables    ${trials.stored} reads, ${trials.matches} matches, ${trials.alerts} of them in alerts, ${trials.events} alert events, ${trials.revisions} list revisions`,
    `in the log       ${trials.leaves} leaves, ${trials.acts} acts, ${trials.unknownActs} closed as unknown`,
    ...kindNames.map((kind) => {
      const [count, tried] = [countOf(kind), trialsOf(kind, trials)]
      const zero = count === 0 ? ` (95 %: < ${bound(tried)})` : ''
      return `${String(count).padStart(6)} of ${String(tried).padStart(8)}  ${kinds[kind]}${zero}`
    }),
  ]
}
