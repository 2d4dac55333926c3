/** The demonstration as its user has it: the launcher, a process of its own, its commands as it prints them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ran } from '../cli/testing.ts'
import { currentEnvironment } from '../kernel/config.ts'
import { openDataFolder, removeDataFolder } from '../kernel/dataFolder.ts'

const launcher = fileURLToPath(new URL('../../bin/platekeep.js', import.meta.url))
const readyMsMax = 60_000

type Ready = {
  url: string
  people: { role: string; token: string }[]
  sample: { plate: string; jurisdiction: string } | null
  commands: { about: string; command: string }[]
}

let folder: string
let data: string
const started: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platekeep demo '))
  data = join(folder, 'demo-data')
})
afterAll(async () => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  // Where only root can enter the folder, the database lives elsewhere, and goes too.
  await removeDataFolder(await openDataFolder(data))
  await rm(folder, { recursive: true, force: true })
})

/** Starts it with an environment that would lead a real server astray, and waits until it is ready. */
async function startDemo(): Promise<{ child: ChildProcess; ready: Ready; errors: () => string }> {
  const child = spawn(process.execPath, [launcher, 'demo', '--data', data, '--port', '0', '--rate', '40', '--json'], {
    env: {
      PATH: currentEnvironment()['PATH'],
      HOME: folder,
      PLATEKEEP_RETENTION: '3m',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/no',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  if (!child.stdout) throw new Error('its output is a pipe')
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(child, 'exit').then(() => Promise.reject(new Error(`it ended: ${errors}`))),
    delay(readyMsMax).then(() => Promise.reject(new Error(`it is not ready: ${errors}`))),
  ])
  return { child, ready: JSON.parse(line) as Ready, errors: () => errors }
}

/** Sends it a signal and waits for its end; the exit code. */
async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  child.kill(signal)
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

/** The arguments of a printed command, as a shell would take them apart. */
function argumentsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(2)
}

async function postgresIsGone(): Promise<boolean> {
  const { port } = JSON.parse(await readFile(join(data, 'postgres.json'), 'utf8')) as { port: number }
  const socket = createConnection({ host: '127.0.0.1', port })
  const gone = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
  })
  socket.destroy()
  return gone
}

describe('the demonstration', () => {
  test('prints commands that work, and stops cleanly', { timeout: 180_000 }, async () => {
    const { child, ready, errors } = await startDemo()
    expect(new Set(ready.people.map(({ role }) => role)).size).toBe(13)
    expect(ready.sample?.plate).toMatch(/^[A-Z0-9]+$/)
    const results = new Map<string, string>()
    for (const { command } of ready.commands.filter(({ command: each }) => each.startsWith('npx platekeep'))) {
      const args = argumentsOf(command)
      if (args.includes('--follow')) continue
      const { code, out, err } = await ran(args)
      const isVague = command.includes('police business')
      expect({ command, code, err }).toMatchObject(isVague ? { code: 1 } : { code: 0, err: '' })
      results.set(`${args[0]}${isVague ? ' vague' : ''}`, out + err)
    }
    expect(results.get('search')).toContain(`${ready.sample?.plate} `)
    expect(results.get('search vague')).toContain('(CR-1.1)')
    expect(results.get('intake')).toMatch(/stored +1\n/)
    expect(results.get('hotlist')).toMatch(/NCIC stolen vehicles +stolen-vehicle +ncic +20,\d{3}/)
    expect(results.get('audit')).toContain('Every entry has the hash it should have')
    await expectTraffic(ready)
    const { mode } = await stat(join(data, 'demo.json'))
    expect(process.platform === 'win32' ? 0o600 : mode & 0o777).toBe(0o600)
    expect(await stop(child, 'SIGINT')).toBe(0)
    expect(errors()).not.toMatch(/"level":50/)
    expect(await postgresIsGone()).toBe(true)
  })

  test('finds its data at a second start, and stops when its launcher is killed', { timeout: 120_000 }, async () => {
    const before = JSON.parse(await readFile(join(data, 'demo.json'), 'utf8')) as Ready
    const { child, ready } = await startDemo()
    expect(ready.people).toEqual(before.people)
    expect(ready.sample).toEqual(before.sample)
    const search = ready.commands.find(({ command }) => command.includes(' search '))
    expect((await ran(argumentsOf(search?.command ?? ''))).out).toContain(`${ready.sample?.plate} `)
    await stop(child, 'SIGKILL')
    for (let tried = 0; tried < 100 && !(await postgresIsGone()); tried++) await delay(100)
    expect(await postgresIsGone()).toBe(true)
  })

  test('a folder that was set up for something else is left alone', { timeout: 60_000 }, async () => {
    await rm(join(data, 'demo.json'))
    await expect(startDemo()).rejects.toThrow('was not set up as a demonstration')
  })
})

/** Reads arrive, in several forms, and raise alerts. */
async function expectTraffic({ url, people }: Ready): Promise<void> {
  const { token } = people.find(({ role }) => role === 'dcjis-administrator') ?? { token: '' }
  const count = async (): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/acts_total\{operation="intake.vendor",result="done"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
  const before = await count()
  await delay(2_000)
  expect(await count()).toBeGreaterThan(before + 20)
  const { out } = await ran(['alerts', '--limit', '1', '--json', '--server', url, '--token', token])
  expect(JSON.parse(out)).toMatchObject({ readyToAct: false, unconfirmed: true })
}
