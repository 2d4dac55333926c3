/**
 * A lock on a folder that dies with the process that holds it.
 *
 * Two servers on one data folder would destroy it, and a server may end by `kill -9` or a power cut, so the lock must
 * vanish by itself. Files that hold a pid do not: pids are used again, and two processes can find the same stale file
 * at once. A listening socket does, but abstract ones exist on Linux only and end at the border of a container. What
 * every kernel offers is a lock on an open file (`fcntl`, `LockFileEx`); Node has no call for it, but the SQLite that
 * Node carries takes exactly this lock, on Linux, macOS and Windows alike, and keeps it apart within one process too.
 * So the lock is an exclusive transaction on an empty SQLite file: nothing is ever written to it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Mendable } from './errors.ts'

/** `release` may be called again. */
export type FolderLock = { release(): void }

/** Another process has the folder. Tells a folder in use from one that cannot be used at all. */
export class FolderInUse extends Mendable {}

const lockFile = 'lock'
const holderFile = 'lock-holder.json'

/**
 * Takes the lock of a folder, which must exist and be writable.
 * @throws FolderInUse when another process has it (named by its pid), and Mendable when the lock file cannot be used.
 */
export function lockFolder(folder: string): FolderLock {
  const database = openLockFile(folder)
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw cannotLock(folder, error)
    throw new FolderInUse(
      `The data folder ${folder} is in use by ${describeHolder(folder)}. Stop that process first, or give this one a folder of its own with --data.`,
    )
  }
  try {
    noteHolder(join(folder, holderFile))
  } catch (error) {
    // SQLite also opens a file that may only be read, and then locks nothing.
    database.close()
    throw cannotLock(folder, error)
  }
  return {
    release: () => {
      if (database.isOpen) database.close()
    },
  }
}

function openLockFile(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, lockFile), { timeout: 0 })
  } catch (error) {
    throw cannotLock(folder, error)
  }
}

function cannotLock(folder: string, error: unknown): Mendable {
  const reason = error instanceof Error ? error.message : String(error)
  return new Mendable(
    `The data folder ${folder} cannot be locked (${reason}). See that this user owns it and that its disk keeps file locks.`,
  )
}

/** SQLITE_BUSY, the only answer that means that somebody else has the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

/** For the message above only; the lock itself is the kernel's. Made anew, so that a link in its place is not followed. */
function noteHolder(path: string): void {
  rmSync(path, { force: true })
  writeFileSync(path, JSON.stringify({ pid: process.pid, program: programName() }), { mode: 0o600, flag: 'wx' })
}

function programName(): string {
  return basename(process.argv[1] ?? process.execPath)
}

function describeHolder(folder: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(join(folder, holderFile), 'utf8'))
    if (typeof holder === 'object' && holder !== null && 'pid' in holder && 'program' in holder) {
      return `process ${String(holder.pid)} (${String(holder.program)})`
    }
  } catch {
    // The holder has the lock but has not noted itself yet, or its note is not for us to read.
  }
  return 'another process'
}
