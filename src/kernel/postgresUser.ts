/**
 * As whom PostgreSQL runs. It refuses to run as root, so a server that root starts runs it as a user without rights;
 * everybody else runs it as themselves.
 */
import { spawn } from 'node:child_process'
import { chmod, chown, readFile, stat } from 'node:fs/promises'
import { Mendable } from './errors.ts'
import { codeOf } from './systemError.ts'

/** A user to run as, or undefined: as ourselves. */
export type RunAs = { readonly uid: number; readonly gid: number; readonly name: string } | undefined

/** In order of preference: one made for us, one made for PostgreSQL, and the ones every system has. */
const candidates = ['platekeep', 'postgres', '_postgres', 'nobody', 'daemon']

/** True where we may, and must, run PostgreSQL as somebody else. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The user for a database that is at `dataPath`, or is going to be.
 * The owner of one that exists has it for good: what users there are may change, who may read the files does not.
 * @throws Mendable when an ordinary user finds a database that belongs to somebody else.
 */
export async function chooseRunAs(dataPath: string): Promise<RunAs> {
  const owner = await ownerOf(dataPath)
  const self = process.getuid?.()
  if (self === undefined || (self !== 0 && owner === undefined)) return undefined
  if (self !== 0) {
    if (owner?.uid === self) return undefined
    throw new Mendable(
      `The database in ${dataPath} belongs to the user with the number ${owner?.uid}, who made it. Start as that user, or as root.`,
    )
  }
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, name: `uid ${owner.uid}` }
  const chosen = findUnprivileged(await readFile('/etc/passwd', 'utf8').catch(() => ''))
  await checkAllowed(chosen)
  return chosen
}

/** Root of a container may lack the right to become anybody else, or the other user may not exist in it. */
async function checkAllowed(runAs: NonNullable<RunAs>): Promise<void> {
  const { code, output } = await run('/bin/sh', ['-c', 'exit 0'], spawnOptions(runAs, '/'))
  if (code === 0) return
  throw new Mendable(
    `PostgreSQL does not run as root, and this root may not run programs as ${runAs.name} (${output}). Allow the container to change users (SETUID, SETGID, CHOWN), start as an ordinary user, or give an external database in DATABASE_URL.`,
  )
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Mendable(
      `The database in ${path} cannot be reached (${codeOf(error) ?? String(error)}). Start as the user who made it, or as root.`,
    )
  }
}

function findUnprivileged(passwd: string): NonNullable<RunAs> {
  const users = passwd.split('\n').map((line) => line.split(':'))
  for (const candidate of candidates) {
    const [name, , uid, gid] = users.find((fields) => fields[0] === candidate) ?? []
    if (name !== undefined && Number(uid) > 0 && Number(gid) > 0) return { name, uid: Number(uid), gid: Number(gid) }
  }
  throw new Mendable(
    `PostgreSQL does not run as root, and none of the users ${candidates.join(', ')} exists to run it as. Make one (useradd --system platekeep), start as an ordinary user, or give an external database in DATABASE_URL.`,
  )
}

/** What `spawn` needs to run a program as that user, with nothing of our environment. */
export function spawnOptions(
  runAs: RunAs,
  cwd: string,
): { cwd: string; uid?: number; gid?: number; env?: Record<string, string> } {
  // Windows programs do not start without some of the environment; elsewhere PGDATA, PGPORT and the like must not leak in.
  const env = process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }
  return { cwd, ...env, ...(runAs && { uid: runAs.uid, gid: runAs.gid }) }
}

/** Gives a file or folder to that user; nothing to do when we run it as ourselves. */
export async function giveTo(runAs: RunAs, path: string): Promise<void> {
  if (runAs) await chown(path, runAs.uid, runAs.gid)
}

/** Lets that user pass through a folder of ours, and nobody else: by the group, and without the right to list it. */
export async function letThrough(runAs: RunAs, path: string): Promise<void> {
  if (!runAs) return
  const { uid, mode } = await stat(path)
  if (uid !== 0 || (mode & 0o077) !== 0) return
  await chown(path, 0, runAs.gid)
  await chmod(path, 0o710)
}

/** Whether that user can enter a folder. The kernel is asked, since access lists may say other than the mode does. */
export async function canEnter(runAs: RunAs, path: string): Promise<boolean> {
  if (!runAs) return true
  const { code } = await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', path], spawnOptions(runAs, '/'))
  return code === 0
}

export type Ran = { code: number | null; output: string }

const outputMax = 16 * 1024

/**
 * Runs a program to its end; the answer holds the last of what it wrote. One that cannot be started at all gives
 * code null and the reason; one that takes longer than `timeoutMs` is killed.
 */
export function run(
  program: string,
  parameters: readonly string[],
  options: ReturnType<typeof spawnOptions>,
  timeoutMs = 120_000,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-outputMax)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => resolve({ code: null, output: error.message }))
    child.once('close', (code) => resolve({ code, output: output.trim() }))
  })
}
