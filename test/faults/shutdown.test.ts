/**
 * The end that is asked for (SIGTERM), under load: requests in progress finish, everything acknowledged is there, PostgreSQL is
 * stopped, the folder is free again, all in good time. And the start that must not be: a second server on the same folder.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { openDataFolder } from '../../src/kernel/dataFolder.ts'
import { Random } from '../../src/simulate/prng.ts'
import { openInstallation, retention, type Installation } from './installation.ts'
import { canKill, processesIn } from './postgresProcesses.ts'
import { figures } from './report.ts'
import { say, seedFor } from './seed.ts'
import { operatorTokenOf, startServerProcess } from './serverProcess.ts'
import { openSetting } from './setting.ts'
import { check, settle, startTraffic } from './traffic.ts'

const stops = 4
const stopMsMax = 15_000

describe.runIf(canKill)('SIGTERM', () => {
  const seed = seedFor('test/faults/shutdown.test.ts')
  let installation: Installation | undefined
  afterEach(() => installation?.close())

  test(`${stops} times under load ends with code 0 in ${stopMsMax / 1000} s, loses nothing, and leaves nothing running`, async () => {
    installation = await openInstallation()
    let url = await installation.server().ready
    const { dataPath, url: databaseUrl } = await installation.postgres()
    const traffic = startTraffic(await openSetting(url, await operatorTokenOf(installation.data), seed), () => url)
    const random = new Random(seed).fork('stops')
    const tookMs: number[] = []
    for (let stop = 0; stop < stops; stop++) {
      await delay(random.int(500, 2_500))
      const server = installation.server()
      server.signal('SIGTERM')
      const { code, signal, ms } = await server.ended
      expect({ code, signal }).toEqual({ code: 0, signal: null })
      tookMs.push(ms)
      expect(await processesIn(dataPath)).toEqual([])
      const folder = await openDataFolder(installation.data)
      folder.close()
      url = await installation.start().ready
    }
    const client = await installation.connect()
    await settle(traffic, client, databaseUrl, installation.keys)
    await client.query('begin isolation level repeatable read')
    const { findings, trials } = await check(traffic, client, installation.keys, installation.mistakes())
    await client.end()
    say(`stopped after ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms`)
    say(figures(trials, (kind) => findings.count(kind)).join('\n'))
    expect(findings.examples()).toEqual([])
    // An end that was asked for lets what has begun finish: nothing is left for a job to close.
    expect(trials.unknownActs).toBe(0)
    expect(Math.max(...tookMs)).toBeLessThan(stopMsMax)
    expect(trials.acknowledged).toBeGreaterThan(200)
  })

  test('a second server on the same folder is refused in words, and the first goes on', async () => {
    installation = await openInstallation()
    const url = await installation.server().ready
    const second = startServerProcess({ data: installation.data, retention })
    await expect(second.ready).rejects.toThrow('before it was ready')
    const { code } = await second.ended
    expect(code).toBe(1)
    const words = second.said().replaceAll(/\s+/g, ' ')
    expect(words).toContain(`The data folder ${installation.data} is in use by process ${installation.server().pid}`)
    expect(words).toContain('Stop that process first, or give this one a folder of its own with --data.')
    expect(words).not.toMatch(/at .*\.ts:\d+/)
    expect((await fetch(new URL('/readyz', url))).status).toBe(200)
  })
})
