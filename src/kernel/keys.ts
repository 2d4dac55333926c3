/**
 * The secret keys, which live outside the database and outside its backups: files of 32 random bytes in one folder, mode
 * 0600, made at the first start. Servers that share a database share the folder. The database remembers a fingerprint of
 * the set, so that a server with other keys refuses to start instead of writing what nobody can check.
 */
import { createHmac, hash, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, writeFile, link, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Mendable } from './errors.ts'

export type Keys = {
  /** Keys the digests of requests in the log. */
  readonly digest: Buffer
  /** Proves to the server that a person has this machine's data folder: what `platekeep bootstrap` shows. */
  readonly operator: string
  readonly fingerprint: Buffer
}

/** Opens the keys in a folder, making what is missing. Throws `Mendable` where a key file is not a key. */
export async function openKeys(folder: string): Promise<Keys> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const digest = await openKey(join(folder, 'digest.key'))
  const operator = await openKey(join(folder, 'operator.key'))
  return {
    digest,
    operator: createHmac('sha256', operator).update('platekeep operator').digest('hex'),
    fingerprint: hash('sha256', Buffer.concat([Buffer.from('platekeep keys\n'), digest]), 'buffer'),
  }
}

async function openKey(path: string): Promise<Buffer> {
  const there = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Mendable(
      `The key file ${path} cannot be read (${error.code ?? 'unknown error'}). Give this user the right to read it.`,
    )
  })
  if (there && there.length !== 32)
    throw new Mendable(`The key file ${path} does not hold 32 bytes. Restore it from your copy of the keys.`)
  if (there) return there
  // Written whole under another name and linked into place: of two servers starting at once, one key wins for both.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(temporary, randomBytes(32), { mode: 0o600, flag: 'wx' })
  const handle = await open(temporary, 'r')
  await handle.sync()
  await handle.close()
  try {
    await link(temporary, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await unlink(temporary)
  }
  return readFile(path)
}
