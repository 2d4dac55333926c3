/**
 * What every bench stands on: a data folder of its own that is removed at the end, the embedded PostgreSQL with its durable
 * settings, the server as a process of its own (so that its memory can be told from ours), a simulated state with 200
 * devices, and a hot list of a million entries.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { openDataFolder, removeDataFolder } from '../src/kernel/dataFolder.ts'
import { startEmbeddedPostgres } from '../src/kernel/embeddedPostgres.ts'
import { hotListFile } from '../src/simulate/hotlists.ts'
import { Fleet } from '../src/simulate/fleet.ts'
import { simulatedState, type SimulatedState } from '../src/simulate/state.ts'
import type { BootstrapReply } from '../src/installation/contract.ts'

export const seed = 'bench'
export const hotListEntries = 1_000_000

export type BenchWorld = {
  readonly url: URL
  readonly state: SimulatedState
  readonly fleet: Fleet
  /** The department server's token; it speaks for all devices. */
  readonly token: string
  readonly investigator: string
  readonly officer: string
  readonly administrator: string
  readonly owner: pg.Client
  readonly databaseUrl: string
  /** Peak resident memory of the server's process so far, in MiB. */
  peakRssMb(): Promise<number>
  /** CPU seconds the server has used. */
  cpuSeconds(): Promise<number>
  close(): Promise<void>
}

export type WorldOptions = { fleetSize: number; entries?: number; share?: number; say?: (line: string) => void }

/** Opens the world: about twenty seconds, most of them the hot list. */
export async function openBenchWorld({
  fleetSize,
  entries = hotListEntries,
  share = 0.01,
  say = tell,
}: WorldOptions): Promise<BenchWorld> {
  const folder = await openDataFolder(join(await mkdtemp(join(tmpdir(), 'platekeep-bench-')), 'postgres'))
  const serverFolder = await mkdtemp(join(tmpdir(), 'platekeep-bench-server-'))
  const postgres = await startEmbeddedPostgres({ folder, log: (level, message) => level === 'error' && tell(message) })
  say('starting the server')
  const server = await startServerProcess(postgres.url, serverFolder)
  const owner = new pg.Client({ connectionString: postgres.url })
  await owner.connect()
  const state = simulatedState(seed)
  const fleet = new Fleet(seed, fleetSize)
  const made = await post<BootstrapReply>(server.url, '/v1/installation/bootstrap', server.operatorToken, {
    agencies: [{ name: 'Bench Police Department', ori: 'MA0999900', devices: [] }],
  })
  const [agency] = made.agencies
  if (!agency) throw new Error('bootstrap made no agency')
  const tokenOf = (role: string): string => agency.people.find((person) => person.role === role)?.token ?? ''
  const administrator = tokenOf('alpr-administrator')
  for (const device of state.devices) {
    await post(server.url, '/v1/devices', administrator, {
      agencyId: agency.agencyId,
      name: device.reference,
      kind: device.kind,
      aliases: [device.reference],
      latitude: device.latitude,
      longitude: device.longitude,
      clockState: device.clock.state,
    })
  }
  const closing = async (): Promise<void> => {
    await owner.end()
    await server.stop()
    await postgres.stop()
    await removeDataFolder(folder)
  }
  const world: BenchWorld = {
    url: server.url,
    state,
    fleet,
    token: agency.departmentServer.token,
    investigator: tokenOf('investigator'),
    officer: tokenOf('officer'),
    administrator,
    owner,
    databaseUrl: postgres.url,
    peakRssMb: async () => statusMb(server.pid, 'VmHWM'),
    cpuSeconds: () => cpuSecondsOf(server.pid),
    close: closing,
  }
  if (entries > 0) {
    say(`importing a hot list of ${entries.toLocaleString('en')} entries`)
    await importHotList(world, agency.agencyId, entries, share)
  }
  return world
}

async function importHotList(world: BenchWorld, agencyId: string, entries: number, share: number): Promise<void> {
  const feed = await post<{ id: string }>(world.url, '/v1/feeds', world.administrator, {
    agencyId,
    name: 'Bench list',
    category: 'stolen-vehicle',
    format: 'ncic',
    mode: 'replace',
    refreshHoursMax: 24,
  })
  const file = hotListFile('ncic', {
    seed,
    fleet: world.fleet,
    agencies: world.state.agencies,
    share,
    count: entries,
    categories: ['stolen-vehicle'],
    at: new Date(),
  })
  const reply = await fetch(new URL(`/v1/feeds/${feed.id}/revisions`, world.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${world.administrator}`, 'content-type': 'text/plain' },
    body: ReadableStream.from(file).pipeThrough(new TextEncoderStream()),
    duplex: 'half',
  })
  if (!reply.ok) throw new Error(`the hot list was refused: ${await reply.text()}`)
  await world.owner.query('vacuum analyze hotlist_entries')
}

export async function post<Reply>(url: URL, path: string, token: string, body: unknown): Promise<Reply> {
  const reply = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${text.slice(0, 400)}`)
  return JSON.parse(text) as Reply
}

export type ServerProcess = {
  readonly url: URL
  readonly pid: number
  readonly operatorToken: string
  stop(): Promise<void>
}

/** `platekeep serve` on an existing database, as a process of its own. */
export async function startServerProcess(databaseUrl: string, data: string): Promise<ServerProcess> {
  const launcher = fileURLToPath(new URL('../bin/platekeep.js', import.meta.url))
  const child: ChildProcess = spawn(
    process.execPath,
    [launcher, 'serve', '--data', data, '--port', '0', '--log-level', 'warn', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DATABASE_URL: databaseUrl },
    },
  )
  const line = await firstLine(child)
  const ready = JSON.parse(line) as { url: string; pid?: number }
  const state = JSON.parse(await readFile(join(data, 'server.json'), 'utf8')) as { operatorToken: string }
  return {
    url: new URL(ready.url),
    pid: ready.pid ?? child.pid ?? 0,
    operatorToken: state.operatorToken,
    stop: async () => {
      if (child.exitCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)))
  })
}

async function statusMb(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
}

async function cpuSecondsOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
