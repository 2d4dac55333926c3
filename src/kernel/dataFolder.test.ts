import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openDataFolder, removeDataFolder } from './dataFolder.ts'
import { Mendable } from './errors.ts'
import { canEnter, isRoot, run, spawnOptions } from './postgresUser.ts'

let parent: string
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'platekeep data folder '))
})
afterAll(() => rm(parent, { recursive: true, force: true }))

const others: ChildProcess[] = []
afterEach(() => {
  for (const other of others.splice(0)) other.kill('SIGKILL')
})

/** Another process that opens a folder and keeps it. Settles when it has it. */
async function openElsewhere(path: string): Promise<ChildProcess> {
  const code = `const { openDataFolder } = await import(${JSON.stringify(new URL('dataFolder.ts', import.meta.url).href)})
    await openDataFolder(${JSON.stringify(path)}); console.log('open'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  others.push(child)
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', () => reject(new Error('the other process ended')))
  })
  return child
}

describe('a data folder', () => {
  test('is made, for its user alone, and is the same one when it is opened again', async () => {
    const path = join(parent, 'deep', 'er', 'new')
    const first = await openDataFolder(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    first.close()
    const second = await openDataFolder(path)
    expect(second.id).toBe(first.id)
    second.close()
  })

  test('that was there, empty and open to all, is closed to others', async () => {
    const path = join(parent, 'open')
    await mkdir(path, { mode: 0o755 })
    const folder = await openDataFolder(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    folder.close()
  })

  test('is not made of a folder that holds something else, whose rights stay as they are', async () => {
    const path = join(parent, 'home')
    await mkdir(path, { mode: 0o755 })
    await writeFile(join(path, 'letter.txt'), 'dear')
    await expect(openDataFolder(path)).rejects.toThrow(/letter\.txt/)
    await expect(openDataFolder(path)).rejects.toBeInstanceOf(Mendable)
    expect((await stat(path)).mode & 0o777).toBe(0o755)
    expect(await readdir(path)).toEqual(['letter.txt'])
  })

  test('is not made where a file is', async () => {
    const path = join(parent, 'file')
    await writeFile(path, '')
    await expect(openDataFolder(path)).rejects.toThrow(/a file is in its place/)
    await expect(openDataFolder(join(path, 'below'))).rejects.toThrow(/a file is in its place/)
  })

  test('is one and the same through a symbolic link', async () => {
    const folder = await openDataFolder(join(parent, 'real'))
    await symlink(folder.path, join(parent, 'link'))
    await expect(openDataFolder(join(parent, 'link'))).rejects.toThrow(/in use/)
    folder.close()
  })

  test('can be removed by who has it', async () => {
    const folder = await openDataFolder(join(parent, 'short-lived'))
    await removeDataFolder(folder)
    await expect(stat(folder.path)).rejects.toThrow(/ENOENT/)
  })
})

describe('the lock', () => {
  test('refuses a second opener in the same process, and lets it in after the first has closed', async () => {
    const path = join(parent, 'own')
    const first = await openDataFolder(path)
    await expect(openDataFolder(path)).rejects.toBeInstanceOf(Mendable)
    first.close()
    const second = await openDataFolder(path)
    second.close()
  })

  test.runIf(isRoot())('of a folder that somebody else may only read is refused with what to do', async (context) => {
    await chmod(parent, 0o755)
    const first = await openDataFolder(join(parent, 'readable'))
    first.close()
    await chmod(first.path, 0o755)
    const code = `const { openDataFolder } = await import(${JSON.stringify(new URL('dataFolder.ts', import.meta.url).href)})
      await openDataFolder(${JSON.stringify(first.path)}).catch((error) => console.log(error.name, error.message))`
    const user = { uid: 65_534, gid: 65_534, name: 'nobody' }
    const readable = await canEnter(user, new URL('.', import.meta.url).pathname)
    if (!readable) context.skip('the other user cannot read the program here')
    const { output } = await run(process.execPath, ['--input-type=module', '-e', code], spawnOptions(user, '/'))
    expect(output).toMatch(/^Mendable The data folder .*readable cannot be locked \(EACCES.*See that this user owns it/)
  })

  test('names the folder and the process that has it, and dies with that process', async () => {
    const path = join(parent, 'shared')
    const other = await openElsewhere(path)
    await expect(openDataFolder(path)).rejects.toThrow(new RegExp(`${path} is in use by process ${other.pid}`))
    const ended = new Promise((resolve) => {
      other.once('exit', resolve)
    })
    other.kill('SIGKILL')
    await ended
    const folder = await openDataFolder(path)
    folder.close()
  })
})

describe('state', () => {
  test('comes back as it was written, only its owner can read it, and none is undefined', async () => {
    const folder = await openDataFolder(join(parent, 'state'))
    expect(await folder.readJson('thing')).toBeUndefined()
    await folder.writeJson('thing', { at: [1, 'two'] })
    await folder.writeJson('thing', { at: [3, 'four'] })
    expect(await folder.readJson('thing')).toEqual({ at: [3, 'four'] })
    expect((await stat(join(folder.path, 'thing.json'))).mode & 0o777).toBe(0o600)
    folder.close()
  })

  test('written by many at once is the whole of one of them', async () => {
    const folder = await openDataFolder(join(parent, 'many'))
    const values = Array.from({ length: 20 }, (_, index) => ({ index, text: String(index).repeat(2000 + index) }))
    await Promise.all(values.map((value) => folder.writeJson('thing', value)))
    expect(values).toContainEqual(await folder.readJson('thing'))
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    folder.close()
  })

  test('that is damaged is said to be, with its path', async () => {
    const folder = await openDataFolder(join(parent, 'damaged'))
    await writeFile(join(folder.path, 'thing.json'), '{"at": [1,')
    await expect(folder.readJson('thing')).rejects.toThrow(/thing\.json is damaged/)
    await writeFile(join(folder.path, 'thing.json'), 'x'.repeat(1024 * 1024 + 1))
    await expect(folder.readJson('thing')).rejects.toThrow(/thing\.json is damaged/)
    folder.close()
  })

  test('half written when the power went is removed at the next start', async () => {
    const first = await openDataFolder(join(parent, 'half'))
    first.close()
    await writeFile(join(first.path, 'thing.json.0123abcd.tmp'), '{"at"')
    const second = await openDataFolder(first.path)
    expect((await readdir(second.path)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    second.close()
  })

  test('has plain names only', async () => {
    const folder = await openDataFolder(join(parent, 'names'))
    await expect(folder.writeJson('../outside', 1)).rejects.toThrow(/plain word/)
    await expect(folder.readJson('/etc/passwd')).rejects.toThrow(/plain word/)
    folder.close()
  })
})
