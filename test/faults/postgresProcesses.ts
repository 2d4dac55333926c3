/**
 * The processes of a data folder's PostgreSQL, by the kernel's word (`/proc`), and ways to kill them. A process is killed only
 * if it works in the folder that this test made, or is the shell that our own server started to watch over it.
 */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { must } from '../../src/kernel/assert.ts'
import { superuser } from '../../src/kernel/postgresCluster.ts'
import type { Random } from '../../src/simulate/prng.ts'
import type { ServerProcess } from './serverProcess.ts'

/** Where killing one by one works at all. */
export const canKill = process.platform === 'linux'

/**
 * - `server`: the server alone; the shell beside it then stops PostgreSQL.
 * - `server and watcher`: PostgreSQL stays behind, running.
 * - `everything`: both, and PostgreSQL with all its children, in the same instant.
 * - `postgres`: PostgreSQL with all its children; the server stays up.
 * - `postmaster`: PostgreSQL's first process only; its children find out.
 * - `backend`: one of its children, any; PostgreSQL then ends all others and recovers.
 */
export const kills = ['server', 'server and watcher', 'everything', 'postgres', 'postmaster', 'backend'] as const
export type Kill = (typeof kills)[number]

export type PostgresState = { readonly url: string; readonly dataPath: string; readonly port: number }

/** Where the embedded PostgreSQL of a data folder lives, from what the server notes there. */
export async function postgresOf(data: string): Promise<PostgresState> {
  const state = JSON.parse(await readFile(join(data, 'postgres.json'), 'utf8')) as Record<string, unknown>
  const { place, port, password } = state
  if (typeof place !== 'string' || typeof port !== 'number' || typeof password !== 'string')
    throw new Error('postgres.json does not say where PostgreSQL is')
  return {
    url: `postgres://${superuser}:${password}@127.0.0.1:${port}/platekeep`,
    dataPath: join(place === 'inside' ? join(data, 'postgres') : place, 'data'),
    port,
  }
}

/** All processes of the PostgreSQL that works in a folder. Zombies have no working directory, and so are not among them. */
export async function processesIn(dataPath: string): Promise<number[]> {
  const pids = await allPids()
  const inside = await Promise.all(
    pids.map(async (pid) => (await cwdOf(pid)) === dataPath && (await nameOf(pid)) === 'postgres'),
  )
  return pids.filter((_, index) => inside[index])
}

async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 1)
}
function cwdOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/cwd`).catch(() => undefined)
}
async function nameOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
}
async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return Number(status.replace(/^.*\) /s, '').split(' ')[1])
}

async function postmasterOf(dataPath: string): Promise<number | undefined> {
  const text = await readFile(join(dataPath, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return (await processesIn(dataPath)).find((each) => each === pid)
}

async function watchersOf(server: number): Promise<number[]> {
  const pids = await allPids()
  const theirs = await Promise.all(
    pids.map(async (pid) => (await nameOf(pid)) === 'sh' && (await parentOf(pid)) === server),
  )
  return pids.filter((_, index) => theirs[index])
}

/** Kills what is named, at once. Returns how many processes it killed; 0 where none was there. */
export async function killNow(kill: Kill, server: ServerProcess, dataPath: string, random: Random): Promise<number> {
  const postmaster = await postmasterOf(dataPath)
  const children = (await processesIn(dataPath)).filter((pid) => pid !== postmaster)
  const watchers = await watchersOf(server.pid)
  const postgres = [...(postmaster === undefined ? [] : [postmaster]), ...children]
  const victims = {
    server: [],
    'server and watcher': watchers,
    everything: [...watchers, ...postgres],
    postgres,
    postmaster: postgres.slice(0, postmaster === undefined ? 0 : 1),
    backend: children.length === 0 ? [] : [random.pick(children)],
  }[kill]
  // In one turn of the event loop, without a wait between them.
  const killed = victims.filter(killed9)
  if (!endsServer(kill)) return killed.length
  server.signal('SIGKILL')
  await server.ended
  return killed.length + 1
}

export function endsServer(kill: Kill): boolean {
  return kill === 'server' || kill === 'server and watcher' || kill === 'everything'
}

function killed9(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false // It ended by itself meanwhile.
  }
}

/** Waits until no process works in the folder. */
export async function untilGone(dataPath: string, msMax = 30_000): Promise<boolean> {
  const begun = performance.now()
  while ((await processesIn(dataPath)).length > 0) {
    if (performance.now() - begun > msMax) return false
    await delay(100)
  }
  return true
}

/**
 * The process that has the near end of a TCP connection, by both its ports (one port may have several connections, to other
 * places): tells which of two servers a database connection belongs to.
 */
export async function ownerOfConnection(
  { from, to }: { from: number; to: number },
  among: readonly number[],
): Promise<number | undefined> {
  const ends = (address: string | undefined, port: number): boolean =>
    address?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`) === true
  const row = (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => ends(local, from) && ends(remote, to))
  if (!row) return undefined
  const socket = `socket:[${must(row[9], 'a row of /proc/net/tcp has its inode')}]`
  for (const pid of among) {
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => []))
      if ((await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')) === socket) return pid
  }
  return undefined
}
