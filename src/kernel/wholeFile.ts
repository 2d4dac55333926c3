/** Files that are there whole or not at all, whenever the power goes. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { base32 } from './ids.ts'

/** Rights of a file: the mode, and whom it is given to, which only root may say. */
export type FileRights = { mode: number; uid?: number; gid?: number }

/**
 * Puts `text` in the place of a file, existing or not: written beside it, synced, renamed over it; then the folder is
 * synced, since the rename is a change of the folder. A link in its place is replaced, not followed.
 */
export async function replaceFile(path: string, text: string, { mode, uid, gid }: FileRights): Promise<void> {
  const temporary = `${path}.${base32(randomBytes(5))}.tmp`
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(text)
    if (uid !== undefined && gid !== undefined) await file.chown(uid, gid)
    await file.chmod(mode)
    await file.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** Makes what was made, renamed and removed in a folder last. Windows cannot open one to sync it, and does not need to. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await syncFile(path)
}

/** Makes the content of a file last. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
