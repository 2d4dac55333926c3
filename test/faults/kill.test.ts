/**
 * Killing the server and PostgreSQL with -9 while reads come in: nothing acknowledged is lost, nothing is there twice, no read
 * unmatched, no gap in the log. And the proof that this would be noticed: the same campaign with `synchronous_commit=off`
 * loses reads and says so, and each fault that is put into the database by hand is found.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openCampaign } from './campaign.ts'
import { checkReads } from './checkReads.ts'
import { Findings, kindNames } from './findings.ts'
import { canKill } from './postgresProcesses.ts'
import { checkCampaign, report, runCampaign } from './report.ts'
import { sabotaged, sabotages } from './sabotage.ts'
import { say, seedFor } from './seed.ts'

const kills = 20
/** Of the mutant: it loses reads at the first blow nearly always. */
const triesMax = 6

describe.runIf(canKill)('kill -9 during ingest', () => {
  const seed = seedFor('test/faults/kill.test.ts')

  test(`${kills} times loses no acknowledged read, doubles none, leaves none unmatched and no gap in the log`, async () => {
    say(`seed ${seed}; to play it again: npm run faults -- --kills ${kills} --seed ${seed}`)
    const missed: string[] = []
    const result = await runCampaign(seed, kills, say, async (campaign, client) => {
      for (const sabotage of sabotages) {
        const { findings } = await sabotaged(client, sabotage, () => checkCampaign(campaign, client))
        if (findings.count(sabotage.finds) === 0) missed.push(sabotage.what)
      }
    })
    say(report([result]).join('\n'))
    say(`faults put in by hand and found: ${sabotages.length - missed.length} of ${sabotages.length}`)
    expect(result.findings.examples()).toEqual([])
    expect(missed).toEqual([])
    // A campaign in which nothing happened proves nothing.
    expect(result.trials.acknowledged).toBeGreaterThan(1_000)
    expect(result.trials.matches).toBeGreaterThan(30)
    expect(result.trials.revisions).toBeGreaterThan(3)
    expect(result.unknown).toBeGreaterThan(0)
    expect(new Set(sabotages.map(({ finds }) => finds)).size).toBe(kindNames.length - ['answers', 'mistakes'].length)
  }, 400_000)

  test('with synchronous_commit=off acknowledged reads are lost, and the campaign says so', async () => {
    // The program puts durability on PostgreSQL's command line; only a setting of the database itself goes above that. What
    // was committed then stays in memory for up to the writer's pause: as long as it can be, so that a blow meets some of it.
    const campaign = await openCampaign(`${seed} async`, async (owner) => {
      await owner.query('alter database platekeep set synchronous_commit = off')
      await owner.query(`alter system set wal_writer_delay = '10s'`)
      await owner.query(`alter system set wal_writer_flush_after = '1GB'`)
      await owner.query('select pg_reload_conf()')
    })
    try {
      // Connections that are open keep the setting they began with.
      await campaign.blow('everything')
      const findings = new Findings()
      let tries = 0
      while (findings.count('lost') === 0 && tries < triesMax) {
        tries++
        await delay(1_500)
        await campaign.blow(tries % 2 === 1 ? 'everything' : 'postgres')
        const client = await campaign.installation.connect()
        await client.query('begin isolation level repeatable read')
        await checkReads(client, campaign.traffic.setting, campaign.traffic.load.ledger, findings)
        await client.end()
      }
      const { acknowledgedReads } = campaign.traffic.load.ledger
      say(
        `without durable commits: ${findings.count('lost')} of ${acknowledgedReads} acknowledged reads lost after ${tries} kills`,
      )
      expect(findings.count('lost')).toBeGreaterThan(0)
    } finally {
      await campaign.close()
    }
  }, 200_000)
})
