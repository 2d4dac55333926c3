/**
 * What an earlier run left behind. After a `kill -9` of the server, PostgreSQL may still run, or still be stopping;
 * after one of PostgreSQL, its children may still be at work, its `postmaster.pid` stays, and the number in it may by
 * now be a zombie's that nobody reaps (a container whose first process does not) or another process's altogether.
 *
 * A PostgreSQL that still runs is stopped, not taken over: then there is one way to start, settings and programs are
 * today's, and it is our child, whose end we are told of. Two at once on the same files would destroy them. PostgreSQL
 * guards against that itself, by a piece of shared memory named in `postmaster.pid`; so that file is never removed
 * here. Where only the number in it is in the way, our own is put in its place: PostgreSQL knows its parent cannot be
 * another PostgreSQL, goes on to check the shared memory, and then replaces the file itself.
 */
import { constants } from 'node:fs'
import { open, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Fatal } from './errors.ts'
import type { Log } from './log.ts'
import type { PostgresBinaries } from './postgresBinaries.ts'
import type { PostgresPlace } from './postgresPlace.ts'
import { run, spawnOptions } from './postgresUser.ts'
import { codeOf } from './systemError.ts'

export type PidFile = { pid: number; status: string }

const pidFileName = 'postmaster.pid'

/** Line 1 is the process, line 8 how far it is: `starting`, `ready`, `stopping`. */
export async function readPidFile(dataPath: string): Promise<PidFile | undefined> {
  try {
    const lines = (await readFile(join(dataPath, pidFileName), 'utf8')).split('\n')
    const pid = Number(lines[0])
    return Number.isSafeInteger(pid) && pid > 1 ? { pid, status: lines[7]?.trim() ?? '' } : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Sees to it that nothing of an earlier run works on the database or is in the way of a new one. */
export async function clearLeftover(place: PostgresPlace, binaries: PostgresBinaries, log: Log): Promise<void> {
  const pidFile = await readPidFile(place.dataPath)
  if (pidFile && (await isPostmaster(pidFile.pid, place.dataPath))) {
    log('info', 'stopping the PostgreSQL that an earlier run left behind', { pid: pidFile.pid })
    await stopLeftover(pidFile.pid, place, binaries)
  }
  await endChildren(place.dataPath, log)
  const left = await readPidFile(place.dataPath)
  if (left && exists(left.pid)) await takeOverPidFile(place)
}

async function stopLeftover(pid: number, place: PostgresPlace, binaries: PostgresBinaries): Promise<void> {
  if (process.platform === 'win32') {
    const parameters = ['stop', '-D', place.dataPath, '-m', 'fast', '-w', '-t', '60']
    await run(binaries.pgCtl, parameters, spawnOptions(place.runAs, place.path))
    return
  }
  const isGone = async (): Promise<boolean> => !(await isPostmaster(pid, place.dataPath))
  process.kill(pid, 'SIGINT')
  if (await until(isGone, 60_000)) return
  process.kill(pid, 'SIGQUIT')
  if (await until(isGone, 10_000)) return
  process.kill(pid, 'SIGKILL')
  await until(isGone, 5000)
}

/** The children of a killed PostgreSQL end by themselves as soon as they notice, which a busy one may not. */
async function endChildren(dataPath: string, log: Log): Promise<void> {
  if (process.platform !== 'linux') return
  const areGone = async (): Promise<boolean> => (await processesIn(dataPath)).length === 0
  if (await until(areGone, 1000)) return
  for (const pid of await processesIn(dataPath)) {
    log('warn', 'ending a process of PostgreSQL that has lost its parent', { pid })
    if (exists(pid)) process.kill(pid, 'SIGKILL')
  }
  if (await until(areGone, 5000)) return
  throw new Fatal(`processes of an earlier PostgreSQL on ${dataPath} cannot be ended`)
}

/**
 * Whether a process is the PostgreSQL of this database. Its working directory says so, and it is the kernel's word;
 * zombies have none. Elsewhere the command line must do. This also guards our signals, which root's reach everybody.
 */
async function isPostmaster(pid: number, dataPath: string): Promise<boolean> {
  if (process.platform === 'win32') return exists(pid)
  if (process.platform === 'linux') return isPostgresIn(pid, dataPath)
  const { output } = await run('/bin/ps', ['-o', 'stat=,command=', '-p', String(pid)], spawnOptions(undefined, '/'))
  return !output.startsWith('Z') && output.includes(`-D ${dataPath} `)
}

async function processesIn(dataPath: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 1)
  const inside = await Promise.all(pids.map((pid) => isPostgresIn(pid, dataPath)))
  return pids.filter((_, index) => inside[index])
}

/** By its working directory, and by its name too: an administrator's shell may stand in the same folder. */
async function isPostgresIn(pid: number, dataPath: string): Promise<boolean> {
  if ((await workingDirectory(pid)) !== dataPath) return false
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  return name.trim() === 'postgres'
}

function workingDirectory(pid: number): Promise<string | undefined> {
  // One that has ended, or that is not ours to look at.
  return readlink(`/proc/${pid}/cwd`).catch(() => undefined)
}

/** Zombies exist, and so do processes of others. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Puts our number in the place of one that is not PostgreSQL's. A link in its place would lead root astray: refused. */
async function takeOverPidFile({ dataPath }: PostgresPlace): Promise<void> {
  const file = await open(join(dataPath, pidFileName), constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const { nlink } = await file.stat()
    if (nlink !== 1)
      throw new Fatal(`${join(dataPath, pidFileName)} has other names; somebody meddles with the database`)
    const [, ...rest] = (await file.readFile('utf8')).split('\n')
    const text = [String(process.pid), ...rest].join('\n')
    await file.truncate(0)
    await file.write(text, 0)
  } finally {
    await file.close()
  }
}

async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < timeoutMs) {
    if (await condition()) return true
    await delay(50)
  }
  return condition()
}
