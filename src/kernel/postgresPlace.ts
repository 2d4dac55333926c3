/**
 * Where the embedded database lives: in the data folder (`postgres/`), or, when root's data folder is below a path
 * that only root can enter and so PostgreSQL's user cannot, in a folder of root's elsewhere, noted in the data folder.
 * `/var/lib` and `/var/db` come before `/var/tmp`, which many systems empty of files that are a month old.
 */
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataFolder } from './dataFolder.ts'
import { Mendable } from './errors.ts'
import type { Log } from './log.ts'
import { canEnter, chooseRunAs, isRoot, letThrough, type RunAs } from './postgresUser.ts'
import { codeOf } from './systemError.ts'

export type PostgresPlace = {
  /** Owned by us; PostgreSQL's user can enter it and not write to it. */
  readonly path: string
  /** PostgreSQL's own folder, made by initdb. */
  readonly dataPath: string
  /** What the data folder notes: `inside`, or the path. */
  readonly recorded: string
  readonly runAs: RunAs
}

const inside = 'inside'
const basesElsewhere = ['/var/lib', '/var/db', '/var/tmp']
const markerName = 'platekeep-place.json'

/**
 * The place of a data folder's database; made when there is none yet.
 * @param recorded what an earlier start noted, undefined for a new data folder
 * @throws Mendable when the place is gone, belongs to another folder, or cannot be used by this user.
 */
export async function openPlace(folder: DataFolder, recorded: string | undefined, log: Log): Promise<PostgresPlace> {
  if (recorded !== undefined && recorded !== inside) return openElsewhere(folder, recorded, log)
  const path = join(folder.path, 'postgres')
  const dataPath = join(path, 'data')
  const runAs = await chooseRunAs(dataPath)
  await letThrough(runAs, folder.path)
  if (await canEnter(runAs, folder.path)) {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await letThrough(runAs, path)
    return { path, dataPath, recorded: inside, runAs }
  }
  if (await exists(dataPath)) {
    throw new Mendable(
      `PostgreSQL runs as ${runAs?.name ?? 'this user'}, who owns the database in ${dataPath} but can no longer enter ${folder.path}. Give that user the right to pass through the folders above it.`,
    )
  }
  return makeElsewhere(folder, runAs, log)
}

/** Removes a database that lives outside its data folder. One inside goes with the folder. */
export async function removePlaceElsewhere(folder: DataFolder): Promise<void> {
  const { place } = asObject(await folder.readJson('postgres'))
  if (typeof place !== 'string' || place === inside) return
  const marker = await readMarker(place)
  if (marker?.folderId === folder.id) await rm(place, { recursive: true, force: true })
}

async function makeElsewhere(folder: DataFolder, runAs: RunAs, log: Log): Promise<PostgresPlace> {
  for (const base of basesElsewhere) {
    // The folder's id is random and remains, so nobody can have taken the name, and a start cut short finds it again.
    const path = join(base, `platekeep-${folder.id}`)
    if (!(await isTrustworthy(base)) || !(await canEnter(runAs, base)) || !(await makeOwn(path))) continue
    await letThrough(runAs, path)
    await warnOfOrphans(folder, base, log)
    await writeMarker(path, folder)
    log('warn', 'the database lives outside the data folder, since only root can enter the folders above that', {
      dataFolder: folder.path,
      database: path,
      user: runAs?.name,
    })
    return { path, dataPath: join(path, 'data'), recorded: path, runAs }
  }
  throw new Mendable(
    `PostgreSQL runs as ${runAs?.name ?? 'this user'}, who cannot enter ${folder.path}, and none of ${basesElsewhere.join(', ')} can be used instead. Give a data folder that others may pass through (mode 0711 on the folders above it) with --data.`,
  )
}

async function openElsewhere(folder: DataFolder, path: string, log: Log): Promise<PostgresPlace> {
  if (!isRoot()) {
    throw new Mendable(`The database of ${folder.path} was made by root and lives in ${path}. Start as root.`)
  }
  const marker = await readMarker(path)
  if (marker?.folderId !== folder.id || !(await isOurs(path))) {
    throw new Mendable(
      `The database of ${folder.path} lived in ${path}, and is not there any more. Put it back from a backup, or start with a new data folder.`,
    )
  }
  if (marker.folderPath !== folder.path) {
    if ((await readMarkerId(marker.folderPath)) === folder.id) {
      throw new Mendable(
        `${folder.path} is a copy of ${marker.folderPath}, whose database lives in ${path} and was not copied with it. Start with a new data folder.`,
      )
    }
    log('info', 'the data folder has moved; its database stays', { dataFolder: folder.path, database: path })
    await writeMarker(path, folder)
  }
  const dataPath = join(path, 'data')
  return { path, dataPath, recorded: path, runAs: await chooseRunAs(dataPath) }
}

/** A folder in which nobody but root can rename or replace what root has made. */
async function isTrustworthy(base: string): Promise<boolean> {
  const found = await stat(base).catch(() => undefined)
  if (found === undefined || !found.isDirectory() || found.uid !== 0) return false
  return (found.mode & 0o022) === 0 || (found.mode & 0o1000) !== 0
}

async function makeOwn(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    return codeOf(error) === 'EEXIST' && (await isOurs(path))
  }
}

/** A real folder, root's, that nobody else can write to: one that somebody planted is not. */
async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found !== undefined && found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0
}

/** A data folder that was removed by hand leaves its database behind; it is the operator's to remove, so say so. */
async function warnOfOrphans(folder: DataFolder, base: string, log: Log): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.startsWith('platekeep-')) continue
    const marker = await readMarker(join(base, name))
    if (marker?.folderPath !== folder.path || marker.folderId === folder.id) continue
    log('warn', 'the database of a data folder that was here before is left over; remove it when it is not needed', {
      database: join(base, name),
    })
  }
}

type Marker = { folderId: string; folderPath: string }

async function writeMarker(path: string, folder: DataFolder): Promise<void> {
  const marker: Marker = { folderId: folder.id, folderPath: folder.path }
  await writeFile(join(path, markerName), `${JSON.stringify(marker)}\n`, { mode: 0o600 })
}

async function readMarker(path: string): Promise<Marker | undefined> {
  const value = await readObject(join(path, markerName))
  const { folderId, folderPath } = value
  return typeof folderId === 'string' && typeof folderPath === 'string' ? { folderId, folderPath } : undefined
}

async function readMarkerId(folderPath: string): Promise<unknown> {
  return (await readObject(join(folderPath, 'platekeep.json'))).id
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return {}
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
