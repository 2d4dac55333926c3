/**
 * The kill campaign (CAMPAIGN.md, F1 to F3): a server as installed, with its own PostgreSQL, under a load of reads, list
 * revisions and a follower of alerts, is killed with -9 at random points, started again, and at the end everything that it
 * acknowledged is looked for. What happens follows from the seed; the instant at which a kill meets the server does not,
 * so a seed repeats the same blows, not the same interleaving.
 *
 * It shows what a process's crash does. The page cache outlives `kill -9`: it says nothing about a power cut.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { Random } from '../../src/simulate/prng.ts'
import { openInstallation, type Installation } from './installation.ts'
import { endsServer, killNow, type Kill } from './postgresProcesses.ts'
import { operatorTokenOf } from './serverProcess.ts'
import { openSetting } from './setting.ts'
import { settle, startTraffic, until, type Traffic } from './traffic.ts'

const backMsMax = 90_000
/** PostgreSQL's first process finds out this soon that one of its children was killed. */
const noticeMs = 100

export type Campaign = {
  readonly installation: Installation
  readonly traffic: Traffic
  readonly random: Random
  /** Kills, and has it all running again. Milliseconds from the blow to the next batch that was acknowledged. */
  blow(kill: Kill): Promise<number>
  settle(): Promise<void>
  close(): Promise<void>
}

/** Starts a server in a folder of its own with its load. `prepare` runs between setting up and the load. */
export async function openCampaign(
  seed: string,
  prepare: (owner: Client) => Promise<void> = async () => {},
): Promise<Campaign> {
  const installation = await openInstallation()
  try {
    let url = await installation.server().ready
    const setting = await openSetting(url, await operatorTokenOf(installation.data), seed)
    const { url: databaseUrl, dataPath } = await installation.postgres()
    const owner = await installation.connect()
    await prepare(owner)
    await owner.end()
    const random = new Random(seed).fork('blows')
    const traffic = startTraffic(setting, () => url)

    async function restart(): Promise<void> {
      // Now and then it is killed again before it is ready: recovering from a crash must survive a crash.
      if (random.chance(0.2)) {
        const cutShort = installation.start()
        await delay(random.int(50, 1_500))
        cutShort.signal('SIGKILL')
        await cutShort.ended
      }
      url = await installation.start().ready
    }

    return {
      installation,
      traffic,
      random,
      blow: async (kill) => {
        const killed = await killNow(kill, installation.server(), dataPath, random)
        if (killed === 0) throw new Error(`there was nothing to kill for "${kill}"`)
        const begun = performance.now()
        if (endsServer(kill)) await restart()
        else await delay(noticeMs)
        const { load } = traffic
        const sentAfter = performance.now()
        await until('a batch is acknowledged again', backMsMax, () => load.lastSentMs() > sentAfter).catch(explained)
        return load.lastAcknowledgedMs() - begun
      },
      settle: async () => {
        const client = await installation.connect()
        await settle(traffic, client, databaseUrl, installation.keys).catch(explained)
        await client.end()
      },
      close: async () => {
        await traffic.stop()
        await installation.close()
      },
    }
  } catch (error) {
    await installation.close()
    throw error
  }

  function explained(error: unknown): never {
    throw new Error(`${String(error)}; the server's last words:\n${installation.server().said()}`, { cause: error })
  }
}
