import { chmod, chown, cp, link, mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { findInstalled, makeUsable, type Installed } from './postgresBinaries.ts'
import { chooseRunAs, isRoot, run, spawnOptions, type RunAs } from './postgresUser.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let parent: string
let pristine: Installed
let runAs: RunAs

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'platekeep binaries '))
  await chmod(parent, 0o711)
  runAs = await chooseRunAs(join(parent, 'none'))
  // The package as npm unpacks it: without links. Installed ones may have been made by an earlier start.
  const installed = await findInstalled()
  const native = join(parent, 'native')
  await cp(installed.native, native, { recursive: true, filter: (path) => !path.endsWith('.a') })
  for (const name of await readdir(join(native, 'lib'))) {
    const path = join(native, 'lib', name)
    if (await isLink(path)) await rm(path)
  }
  pristine = { native, version: installed.version }
})
afterAll(() => rm(parent, { recursive: true, force: true }))

async function isLink(path: string): Promise<boolean> {
  return readlink(path).then(
    () => true,
    () => false,
  )
}

/** The same files again, by hard links where that can be, in a folder of their own. */
async function packageIn(name: string): Promise<Installed> {
  const native = join(parent, name, 'native')
  await cp(pristine.native, native, { recursive: true, filter: (path) => !path.includes('icudata') })
  const data = (await readdir(join(pristine.native, 'lib'))).find((each) => each.startsWith('libicudata'))
  if (data) await link(join(pristine.native, 'lib', data), join(native, 'lib', data))
  return { native, version: pristine.version }
}

async function makePlace(name: string): Promise<string> {
  const place = await mkdtemp(join(parent, name))
  await chmod(place, 0o711)
  return place
}

describe.skipIf(process.platform === 'win32')("PostgreSQL's programs", () => {
  test('do not run as npm unpacks them, which is why there is work to do', async () => {
    const { code } = await run(join(pristine.native, 'bin', 'initdb'), ['-V'], spawnOptions(undefined, parent))
    expect(code).not.toBe(0)
  })

  test('are used where they are once their links are made and they may be executed, by several starts at once', async () => {
    const installed = await packageIn('writable')
    await Promise.all(['initdb', 'postgres'].map((name) => chmod(join(installed.native, 'bin', name), 0o644)))
    const place = await makePlace('place')
    const found = await Promise.all([1, 2, 3, 4].map(() => makeUsable(installed, place, runAs)))
    for (const each of found)
      expect(each).toMatchObject({ copied: false, postgres: join(installed.native, 'bin/postgres') })
    expect(found[0]?.major).toBeGreaterThanOrEqual(18)
    const { code } = await run(found[0]?.initdb ?? '', ['-V'], spawnOptions(runAs, place))
    expect(code).toBe(0)
    expect(await readdir(place)).toEqual([])
  })

  test.runIf(isRoot())('are copied, once, from where their user cannot reach them', async () => {
    const installed = await packageIn('hidden')
    await chmod(join(parent, 'hidden'), 0o700)
    const place = await makePlace('place')
    const first = await makeUsable(installed, place, runAs)
    expect(first).toMatchObject({ copied: true, postgres: join(place, `binaries-${pristine.version}`, 'bin/postgres') })
    expect((await stat(first.postgres)).uid).toBe(0)
    expect(await makeUsable(installed, place, runAs)).toEqual({ ...first, copied: false })
    expect((await run(first.initdb, ['-V'], spawnOptions(runAs, place))).code).toBe(0)

    // A newer version replaces the copy, and a broken copy is made again.
    const newer = await makeUsable({ ...installed, version: 'newer' }, place, runAs)
    expect(await readdir(place)).toEqual(['binaries-newer'])
    await chmod(newer.postgres, 0o644)
    expect(await makeUsable({ ...installed, version: 'newer' }, place, runAs)).toEqual(newer)
  })

  test.runIf(isRoot())('are refused with what is wrong when they run nowhere', async () => {
    const installed = await packageIn('broken')
    const { native } = installed
    const ssl = (await readdir(join(native, 'lib'))).filter(
      (name) => name.startsWith('libssl') || name.startsWith('libxml2'),
    )
    await Promise.all(ssl.map((name) => rm(join(native, 'lib', name))))
    await chown(native, 0, 0)
    await expect(makeUsable(installed, await makePlace('place'), runAs)).rejects.toThrow(
      /do not run here .*(libssl|libxml2)/,
    )
  })
})
