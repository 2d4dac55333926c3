/**
 * The data folder: everything a server keeps, in one place that only its user may enter.
 *
 * It holds the embedded database (`postgres/`), the keys (`keys/`) and small pieces of state as JSON. One process has
 * it at a time (see `folderLock.ts`). A folder that is neither empty nor ours is refused, so that a slip of the hand
 * (`--data ~`) does not fill or lock up somebody's home.
 */
import { chmod, mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { assert } from './assert.ts'
import { Mendable } from './errors.ts'
import { lockFolder } from './folderLock.ts'
import { newId } from './ids.ts'
import { removePlaceElsewhere } from './postgresPlace.ts'
import { isRoot } from './postgresUser.ts'
import { codeOf } from './systemError.ts'
import { replaceFile } from './wholeFile.ts'

export type DataFolder = {
  /** Absolute, with symbolic links resolved. */
  readonly path: string
  /** Made with the folder and never changed: tells a folder from another one at the same path later. */
  readonly id: string
  /** Where keys live unless a setting says otherwise: outside the database and its backups. Made by whoever first needs it. */
  readonly keysPath: string
  /** The value kept under a name, or undefined. The caller parses it. @throws Mendable when it is not JSON. */
  readJson(name: string): Promise<unknown>
  /** Keeps a value under a name: after a crash either the old or the new one is there, whole. */
  writeJson(name: string, value: unknown): Promise<void>
  /** Gives the folder back. */
  close(): void
}

const markerName = 'platekeep'
const bytesMax = 1024 * 1024

/**
 * Opens a data folder, and makes it (0700) where there is none.
 * @throws Mendable when another process has it, when it holds something else, or when this user may not use it.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const wanted = resolve(path)
  await makeFolder(wanted)
  const real = await realpath(wanted)
  const isNew = await checkContents(real)
  const lock = lockFolder(real)
  try {
    if (isNew) await tighten(real)
    await removeUnfinished(real)
    const files = jsonFiles(real)
    const id = await findOrMakeId(files)
    return { path: real, id, keysPath: join(real, 'keys'), ...files, close: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Removes a data folder that this process has open, with its database, wherever that lives; PostgreSQL must be stopped. */
export async function removeDataFolder(folder: DataFolder): Promise<void> {
  await removePlaceElsewhere(folder)
  await rm(folder.path, { recursive: true, force: true })
  folder.close()
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST' && (await isFolder(path))) return
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new Mendable(`The data folder ${path} cannot be made: a file is in its place. Give another with --data.`)
    }
    throw new Mendable(
      `The data folder ${path} cannot be made (${code ?? String(error)}). Give one that this user may write, with --data.`,
    )
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** True when the folder is empty and thus to be made ours. What we put in before the marker may be there after a crash. */
async function checkContents(path: string): Promise<boolean> {
  let names: string[]
  try {
    names = await readdir(path)
  } catch (error) {
    throw new Mendable(
      `The data folder ${path} cannot be read (${codeOf(error) ?? String(error)}). Start as the user who owns it.`,
    )
  }
  if (names.includes(`${markerName}.json`)) return false
  const ours = new Set(['lock', 'lock-holder.json', 'lost+found'])
  const stranger = names.find((name) => !ours.has(name) && !name.startsWith(`${markerName}.json.`))
  if (stranger === undefined) return true
  throw new Mendable(
    `The folder ${path} holds other things (${stranger}, …) and is not a data folder of Platekeep. Give an empty or a new folder with --data.`,
  )
}

/** An empty folder that was there already loses the rights of all others; one that somebody else owns is left to them. */
async function tighten(path: string): Promise<void> {
  const { uid } = await stat(path)
  if (uid === process.getuid?.()) await chmod(path, 0o700)
}

/** What `writeJson` was writing when the power went. */
async function removeUnfinished(path: string): Promise<void> {
  for (const name of await readdir(path))
    if (/\.json\.\w+\.tmp$/.test(name)) await rm(join(path, name), { force: true })
}

async function findOrMakeId(files: JsonFiles): Promise<string> {
  const marker = await files.readJson(markerName)
  if (typeof marker === 'object' && marker !== null && 'id' in marker && typeof marker.id === 'string') return marker.id
  const id = newId('folder')
  await files.writeJson(markerName, { id })
  return id
}

type JsonFiles = Pick<DataFolder, 'readJson' | 'writeJson'>

function jsonFiles(folder: string): JsonFiles {
  const pathOf = (name: string): string => {
    assert(/^[a-z][a-z0-9-]{0,62}$/.test(name), 'state is named by a plain word')
    return join(folder, `${name}.json`)
  }
  return {
    async readJson(name) {
      const text = await readIfThere(pathOf(name))
      if (text === undefined) return undefined
      try {
        return JSON.parse(text)
      } catch {
        throw new Mendable(
          `The file ${pathOf(name)} is damaged: it is not JSON. Put it back from a backup of the data folder.`,
        )
      }
    },
    async writeJson(name, value) {
      const text = `${JSON.stringify(value, null, 2)}\n`
      assert(Buffer.byteLength(text) <= bytesMax, 'what is kept as JSON in the data folder is small')
      // What root writes into somebody's folder goes to that user, who must be able to read it tomorrow.
      const { uid, gid } = await stat(folder)
      await replaceFile(pathOf(name), text, isRoot() && uid !== 0 ? { mode: 0o600, uid, gid } : { mode: 0o600 })
    },
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path)
    if (size > bytesMax)
      throw new Mendable(`The file ${path} is damaged: ${size} bytes are more than ever are written to it.`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
