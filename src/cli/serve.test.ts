/** The server as a process: how it starts, says that it is ready, and ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { currentEnvironment } from '../kernel/config.ts'
import { openDataFolder, removeDataFolder } from '../kernel/dataFolder.ts'
import { ran } from './testing.ts'

const launcher = fileURLToPath(new URL('../../bin/platekeep.js', import.meta.url))
/** Each starts a database, which takes its time on a busy machine. */
const timeout = 90_000
let folder: string
let child: ChildProcess | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platekeep serve '))
})
afterAll(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL')
  // Where only root can enter the folder, the database lives elsewhere, and goes too.
  await removeDataFolder(await openDataFolder(join(folder, 'data')))
  await rm(folder, { recursive: true, force: true })
})

function options(): string[] {
  return ['--data', join(folder, 'data'), '--log-level', 'silent', '--retention', '1d']
}

/** Another program on a port. */
async function withTakenPort<T>(use: (port: number) => Promise<T>): Promise<T> {
  const other = createServer()
  other.listen({ host: '127.0.0.1', port: 0 })
  await once(other, 'listening')
  try {
    return await use((other.address() as AddressInfo).port)
  } finally {
    other.close()
  }
}

test(
  'bootstrap starts a server for the moment, and tells the address that `serve` will have',
  { timeout },
  async () => {
    const { code, out, err } = await ran(['bootstrap', ...options(), '--port', '8499'])
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toMatch(/^Server +http:\/\/127\.0\.0\.1:8499$/m)
    expect(out).toMatch(/^First Example Police Department \(MA0010100\)/m)
    expect(out).toMatch(/department server +token_\w+ +pk_\w+/)
    expect(out).toMatch(/dcjis-administrator +person_\w+ +pk_\w+/)
    expect(out).toContain('shown this once')
    expect(await ran(['bootstrap', ...options()])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('was bootstrapped before'),
    })
  },
)

test(
  'serve says that it is ready, keeps others off its folder, and ends with 0 when it is told to',
  { timeout },
  async () => {
    child = spawn(process.execPath, [launcher, 'serve', ...options(), '--port', '0', '--json'], {
      env: { PATH: currentEnvironment()['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    const reader = createInterface({ input: child.stdout ?? process.stdin })
    reader.on('line', (line) => lines.push(line))
    await once(reader, 'line')
    const ready = JSON.parse(lines[0] ?? '') as { url: string; pid: number }
    expect(ready).toMatchObject({ ready: true, data: join(folder, 'data') })
    expect(await (await fetch(`${ready.url}/readyz`)).json()).toEqual({ status: 'ready' })
    const second = await ran(['serve', ...options(), '--port', '0'])
    expect(second).toMatchObject({ code: 1, err: expect.stringMatching(/is in use by process \d+/) })
    const unknown = await ran([
      'search',
      '4ABC12',
      '--purpose',
      'safety',
      '--facts',
      'x',
      '--token',
      't',
      '--data',
      join(folder, 'data'),
    ])
    expect(unknown.err).toContain('does not know this token')
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(lines).toHaveLength(1)
  },
)

test('a taken port is told with the remedy', { timeout }, async () => {
  await withTakenPort(async (port) => {
    const { code, err } = await ran(['serve', ...options(), '--port', String(port)])
    expect(code).toBe(1)
    expect(err).toContain(`Port 127.0.0.1:${port} is taken by another program. Choose another with --port.`)
  })
})

test('a database that is not there is told with the remedy', { timeout }, async () => {
  const args = ['--data', join(folder, 'other'), '--database-url', 'postgres://nobody@127.0.0.1:9/none']
  const { code, err } = await ran(['serve', ...args, '--log-level', 'silent'])
  expect(code).toBe(1)
  expect(err).toMatch(/The database that DATABASE_URL names/)
})
