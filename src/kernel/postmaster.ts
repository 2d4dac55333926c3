/** One run of PostgreSQL: started, waited for, watched over, stopped. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, fchownSync, openSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { assert } from './assert.ts'
import type { Log } from './log.ts'
import type { PostgresBinaries } from './postgresBinaries.ts'
import { configurationPath } from './postgresCluster.ts'
import { readPidFile } from './postgresLeftover.ts'
import type { PostgresPlace } from './postgresPlace.ts'
import { durabilityArguments, type Settings } from './postgresSettings.ts'
import { run, spawnOptions, type RunAs } from './postgresUser.ts'

export type Postmaster = {
  readonly pid: number
  /** Settles when it has ended, with how: `exit code 1`, `signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>
  hasEnded(): boolean
  /** What it has written to its log since it was started, the last of it. */
  recentLog(): Promise<string>
}

export type PostmasterOptions = { place: PostgresPlace; binaries: PostgresBinaries; port: number; settings: Settings }

/** PostgreSQL's own log, kept to a size by `postgresLog.ts`. */
export function logPath(place: PostgresPlace): string {
  return join(place.path, 'postgres.log')
}

/** Starts PostgreSQL. It is not ready yet, and may end at once: see `waitUntilReady`. */
export async function startPostmaster({ place, binaries, port, settings }: PostmasterOptions): Promise<Postmaster> {
  const where = ['-D', place.dataPath, '-p', String(port), '-c', `config_file=${configurationPath(place)}`]
  const parameters = [...where, ...durabilityArguments(settings)]
  const logFile = openLog(place)
  const offset = await sizeOf(logPath(place))
  // In a session of its own: Ctrl-C at a terminal goes to all processes of the server's group, and PostgreSQL must
  // outlive the server's last requests.
  const child = spawn(binaries.postgres, parameters, {
    ...spawnOptions(place.runAs, place.path),
    detached: true,
    stdio: ['ignore', logFile, logFile],
    windowsHide: true,
  })
  closeSync(logFile)
  const watcher = child.pid === undefined ? undefined : watchOver(child.pid, place.runAs, place.path)
  let how: string | undefined
  const ended = endOf(child).then(async (text) => {
    how = text
    await watcher?.dismiss()
    return text
  })
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => how !== undefined,
    recentLog: () => readFrom(logPath(place), offset),
  }
}

/** A link in its place is not followed; a log that root begins in somebody's folder is that user's. */
function openLog(place: PostgresPlace): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants
  const file = openSync(logPath(place), O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0), 0o600)
  if (place.runAs) {
    const { uid, gid } = statSync(place.path)
    fchownSync(file, uid, gid)
  }
  return file
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`))
  })
}

/**
 * A shell that waits for the end of its input, which is a pipe from us, and then asks PostgreSQL to stop. However we
 * end, by `kill -9` too, the kernel closes the pipe; so PostgreSQL does not stay behind on its own. (Were the shell to
 * be killed as well, the next start finds the leftover.)
 */
function watchOver(pid: number, runAs: RunAs, cwd: string): { dismiss(): Promise<unknown> } | undefined {
  if (process.platform === 'win32') return undefined
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'sh', String(pid)], {
    ...spawnOptions(runAs, cwd),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = endOf(watcher)
  return {
    dismiss: () => {
      watcher.kill('SIGKILL')
      return ended
    },
  }
}

/**
 * Waits until it takes connections. False when it ended before, or when `signal` was given.
 * Replaying the log after a crash may take minutes, during which it answers nothing: there is a word about it now and then.
 */
export async function waitUntilReady(
  postmaster: Postmaster,
  dataPath: string,
  log: Log,
  signal: AbortSignal,
  timeoutMs = 600_000,
): Promise<boolean> {
  const startedAt = performance.now()
  let saidAt = startedAt
  while (!postmaster.hasEnded() && !signal.aborted) {
    const pidFile = await readPidFile(dataPath)
    if (pidFile?.pid === postmaster.pid && pidFile.status === 'ready') return true
    const now = performance.now()
    if (now - startedAt > timeoutMs) return false
    if (now - saidAt > 5000) {
      saidAt = now
      log('info', 'waiting for PostgreSQL, which recovers from a crash', {
        seconds: Math.round((now - startedAt) / 1000),
      })
    }
    await delay(20)
  }
  return false
}

/** How to end it, from the kindest on: roll back and write all pages; give up and recover at the next start; die. */
const steps = [
  { signal: 'SIGINT', waitMs: 60_000 },
  { signal: 'SIGQUIT', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 5000 },
] as const

/** Stops it, and returns when it has ended, after a bounded time. */
export async function stopPostmaster(postmaster: Postmaster, options: PostmasterOptions, log: Log): Promise<void> {
  const { place, binaries } = options
  for (const { signal, waitMs } of steps) {
    if (postmaster.hasEnded()) return
    if (signal !== 'SIGINT') log('warn', 'PostgreSQL does not stop; asking harder', { signal })
    if (process.platform === 'win32' && signal === 'SIGINT') {
      // Signals do not exist there; pg_ctl speaks to it through a named pipe.
      await run(
        binaries.pgCtl,
        ['stop', '-D', place.dataPath, '-m', 'fast', '-W'],
        spawnOptions(place.runAs, place.path),
      )
    } else kill(postmaster.pid, signal)
    await Promise.race([postmaster.ended, delay(waitMs, undefined, { ref: false })])
  }
}

/** Sends a signal; a process that has just ended is as good. */
export function kill(pid: number, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): void {
  assert(pid > 1, 'a signal goes to one process of ours')
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone.
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

const excerptMax = 4096

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Math.max(size < offset ? 0 : offset, size - excerptMax)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(excerptMax), 0, excerptMax, start)
    return buffer.subarray(0, bytesRead).toString('utf8').trim()
  } finally {
    await file.close()
  }
}
