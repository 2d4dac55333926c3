/** The commands against a server as it is in the field: over HTTP, with tokens, on a real database. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../../test/database.ts'
import { json } from '../intake/adapters/samples/samples.ts'
import type { BootstrapReply } from '../installation/contract.ts'
import { systemClock } from '../kernel/clock.ts'
import { readConfig } from '../kernel/config.ts'
import { startServer, type Server } from '../main/server.ts'
import { runCli } from './main.ts'
import { ran, testTerminal, type Ran } from './testing.ts'

let world: World
let server: Server
let folder: string
let secrets: BootstrapReply & { url: string }

beforeAll(async () => {
  world = await openWorld()
  folder = await mkdtemp(join(tmpdir(), 'platekeep cli '))
  const flags = { data: join(folder, 'data'), databaseUrl: world.url, port: '0', logLevel: 'error', retention: '2d' }
  server = await startServer(readConfig(flags, {}), systemClock, () => {})
})
afterAll(async () => {
  await server.stop()
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a command at the server that has the data folder, under a token. */
function as(token: string, ...args: string[]): Promise<Ran> {
  return ran([...args, '--data', join(folder, 'data')], { PLATEKEEP_TOKEN: token })
}
function personToken(role: string): string {
  const people = [...secrets.state.people, ...secrets.agencies.flatMap((agency) => agency.people)]
  return people.find((person) => person.role === role)?.token ?? ''
}
function serverToken(): string {
  return secrets.agencies[0]?.departmentServer.token ?? ''
}
async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}
function ago(seconds: number): string {
  return new Date(systemClock.now().getTime() - seconds * 1000).toISOString()
}

describe('bootstrap', () => {
  test('asks the server that has the folder, and prints secrets for programs', async () => {
    const agency = 'Arlington Police Department=MA0010100=north gate,5071'
    const { code, out, err } = await as('', 'bootstrap', '--agency', agency, '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    secrets = JSON.parse(out) as typeof secrets
    expect(secrets.url).toBe(server.url)
    expect(secrets.agencies[0]).toMatchObject({ ori: 'MA0010100', devices: [{ name: 'north gate' }, { name: '5071' }] })
    expect(secrets.state.people.map(({ role }) => role)).toEqual(['dcjis-administrator', 'auditor'])
  })

  test('a second time says that it was done, and how to go on', async () => {
    const { code, out, err } = await as('', 'bootstrap')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('was bootstrapped before')
    expect(err).toContain('an administrator adds people')
  })
})

describe('intake and search', () => {
  const reads = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        plate: index % 2 ? '4ABC12' : '7XYZ89',
        capturedAt: ago(600 - index / 10),
        device: 'north gate',
      }),
    )

  test('a compressed file of lines is stored once, and what is wrong is told by line', async () => {
    const lines = [...reads(1_200), '{not json', JSON.stringify({ plate: '1AB', device: 'north gate' })]
    const content = Buffer.from(`${lines.join('\n')}\n`)
    const path = await file('reads.ndjson.gz', gzipSync(content))
    const first = await as(serverToken(), 'intake', path, '--json')
    expect(JSON.parse(first.out)).toMatchObject({ sent: 1_202, stored: 1_200, duplicates: 0, refused: 2, unknown: [] })
    expect(JSON.parse(first.out)).toMatchObject({
      refusals: [
        { file: path, line: 1_201, path: '', rule: 'json' },
        { file: path, line: 1_202, path: '/capturedAt', rule: 'required', clause: 'GA-15' },
      ],
    })
    expect(first).toMatchObject({ code: 1, err: '' })
    const second = await as(serverToken(), 'intake', await file('reads.zst', zstdCompressSync(content)))
    expect(second.code).toBe(1)
    expect(second.out).toMatch(/stored +0\n/)
    expect(second.out).toMatch(/duplicate +1,200\n/)
    expect(second.out).toMatch(/reads\.zst +1202 +\/capturedAt +required \(GA-15\) +is missing/)
  })

  test('a vendor’s message goes in, and comes out of a search', async () => {
    const message = { ...json('openalpr-group.json'), epoch_start: systemClock.now().getTime() - 5_000 }
    const path = await file('openalpr.json', JSON.stringify(message, null, 1))
    const sent = await as(serverToken(), 'intake', path)
    expect(sent).toMatchObject({ code: 0, err: '' })
    expect(sent.out).toMatch(/stored +1\n/)
    const found = await as(personToken('officer'), 'search', '7krw42', '--purpose', 'safety', '--facts', facts)
    expect(found).toMatchObject({ code: 0, err: '' })
    expect(found.out).toMatch(/7KRW42 .*Arlington Police Department +5071 .*unconfirmed/)
  })

  test('files that are none are named, and lose none of the others', async () => {
    const good = await file('good.json', JSON.stringify({ reads: [JSON.parse(reads(1)[0] ?? '')] }))
    const { code, out, err } = await as(serverToken(), 'intake', await file('picture.jpg', 'JFIF'), good)
    expect(code).toBe(1)
    expect(err).toMatch(/picture\.jpg is in no form that is known/)
    expect(out).toMatch(/^1 read sent/m)
    const missing = await as(serverToken(), 'intake', good, join(folder, 'nowhere.json'))
    expect(missing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('There is no file') })
    const cut = await as(serverToken(), 'intake', await file('cut.gz', gzipSync(reads(50).join('\n')).subarray(0, -20)))
    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining('cut.gz is damaged') })
  })

  test('standard input is a file too', async () => {
    const args = ['intake', '-', '--data', join(folder, 'data'), '--json']
    const { code, out } = await ran(args, { PLATEKEEP_TOKEN: serverToken() }, reads(3).join('\n'))
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ sent: 3, refused: 0 })
  })

  test('a person’s token sends nothing', async () => {
    const { code, err } = await as(personToken('officer'), 'intake', await file('one.ndjson', reads(1).join('\n')))
    expect(code).toBe(1)
    expect(err).toContain('CR-6.a')
  })

  const facts = 'Driver reported missing by family this morning, last seen driving to work'

  test('pages come one by one or all together', async () => {
    const search = ['search', '4ABC12', '--purpose', 'safety', '--facts', facts]
    const first = await as(personToken('officer'), ...search, '--limit', '5')
    expect(first.out).toContain('5 reads, newest first. Unconfirmed')
    const after = /--after (\S+)/.exec(first.out)?.[1] ?? ''
    const next = await as(personToken('officer'), ...search, '--limit', '5', '--after', after, '--json')
    expect((JSON.parse(next.out) as { reads: object[] }).reads).toHaveLength(5)
    const all = await as(personToken('officer'), ...search, '--all', '--json')
    const { reads: found, next: rest } = JSON.parse(all.out) as { reads: { id: string }[]; next: string | null }
    expect(found.length).toBeGreaterThan(600)
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
    expect(rest).toBeNull()
    const none = await as(personToken('officer'), 'search', '0NONE0', '--purpose', 'safety', '--facts', facts)
    expect(none).toMatchObject({ code: 0, out: expect.stringContaining('No read of 0NONE0 is kept') })
  })

  test('a refusal says its clause and what to do', async () => {
    const vague = await as(
      personToken('officer'),
      'search',
      '4ABC12',
      '--purpose',
      'safety',
      '--facts',
      'police business',
    )
    expect(vague).toMatchObject({ code: 1, out: '' })
    expect(vague.err).toMatch(/Refused by policy: .*\(CR-1\.1\)\. Say in a sentence what happened/)
    const stranger = await as('pk_nobody', 'search', '4ABC12', '--purpose', 'safety', '--facts', facts)
    expect(stranger).toMatchObject({ code: 1, out: '', err: expect.stringContaining('does not know this token') })
  })
})

describe('hot lists and alerts', () => {
  const header = 'plate,state,category,ori,entered,expires,make,colour,priority,note'
  const rows = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `9HOT${String(from + index).padStart(2, '0')},MA,,,,,,,,`)
  const list = (count: number) => [header, ...rows(0, count)].join('\n')

  test('a feed without a format is not set up, and the file’s own is proposed', async () => {
    const path = await file('list.csv', list(20))
    const args = ['hotlist', 'import', path, '--feed', 'Town list']
    const unknown = await as(personToken('alpr-administrator'), ...args)
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('There is no feed "Town list".') })
    const bare = await as(personToken('alpr-administrator'), ...args, '--create', '--category', 'local')
    expect(bare.code).toBe(2)
    expect(bare.err).toContain('--format is missing. The file looks like --format csv')
    const guess = await ran(['hotlist', 'formats', path, '--json'])
    expect(JSON.parse(guess.out)).toMatchObject({ certain: true, proposals: [{ format: 'csv' }] })
  })

  test('a file becomes a revision, and rejected rows are told', async () => {
    const path = await file('list.csv.gz', gzipSync(`${list(20)}\n,MA,,,,,,,,\n`))
    const create = ['--create', '--category', 'local', '--format', 'csv']
    const { code, out, err } = await as(
      personToken('alpr-administrator'),
      'hotlist',
      'import',
      path,
      '--feed',
      'Town list',
      ...create,
    )
    expect(err).toContain('Set up the feed Town list')
    expect(code).toBe(0)
    expect(out).toContain('Town list is at revision 1 with 20 entries.')
    expect(out).toMatch(/^ +22 /m)
    const rejections = await as(
      personToken('alpr-administrator'),
      'hotlist',
      'rejections',
      '--feed',
      'town list',
      '--json',
    )
    expect(JSON.parse(rejections.out)).toMatchObject({ revision: 1, rejected: 1, rejections: [{ line: 22 }] })
    const feeds = await as(personToken('officer'), 'hotlist', 'list')
    expect(feeds.out).toMatch(/Town list +local +csv +20 +1 +1 +0 h of 24 h/)
  })

  test('a list that shrinks is refused, unless somebody says why', async () => {
    const path = await file('short.csv', list(3))
    const args = ['hotlist', 'import', path, '--feed', 'Town list']
    const refused = await as(personToken('alpr-administrator'), ...args)
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toMatch(/shr/)
    const accepted = await as(personToken('alpr-administrator'), ...args, '--accept-shrink', 'most were found again')
    expect(accepted).toMatchObject({ code: 0, err: '' })
    expect(accepted.out).toContain('revision 2 with 3 entries')
  })

  test('alerts are followed as they are raised, and listed afterwards', async () => {
    const seen: string[] = []
    const terminal = testTerminal({ PLATEKEEP_TOKEN: personToken('officer') }, '', (text) => {
      seen.push(text)
      terminal.interrupt()
    })
    const follow = ['alerts', '--follow', '--since', '0', '--json', '--data', join(folder, 'data')]
    const following = runCli(follow, terminal)
    const read = JSON.stringify({ plate: '9HOT01', jurisdiction: 'MA', capturedAt: ago(1), device: 'north gate' })
    expect(await as(serverToken(), 'intake', await file('hot.ndjson', read))).toMatchObject({ code: 0 })
    expect(await following).toBe(0)
    expect(JSON.parse(seen[0] ?? '')).toMatchObject({ read: { plate: '9HOT01' }, matches: [{ feed: 'Town list' }] })
    const listed = await as(personToken('officer'), 'alerts')
    expect(listed.code).toBe(0)
    expect(listed.out).toMatch(
      /9HOT01 MA .*north gate, Arlington Police Department\n +local: Town list .*\[not verified, exact/,
    )
  })
})

describe('audit verify', () => {
  test('finds the log sound, and says the head to note', async () => {
    const { code, out, err } = await as(personToken('auditor'), 'audit', 'verify')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Every entry has the hash it should have')
    const head = /--earlier (\S+)/.exec(out)?.[1] ?? ''
    const later = await as(personToken('auditor'), 'audit', 'verify', '--earlier', head)
    expect(later).toMatchObject({ code: 0, out: expect.stringContaining('It still begins with the') })
    const otherHead = head.replace(/:.*/, `:${'0'.repeat(64)}`)
    const other = await as(personToken('auditor'), 'audit', 'verify', '--earlier', otherHead)
    expect(other).toMatchObject({ code: 1, out: expect.stringContaining('no longer those whose root you noted') })
  })

  test('is for auditors', async () => {
    const { code, err } = await as(personToken('officer'), 'audit', 'verify')
    expect(code).toBe(1)
    expect(err).toContain('GA-6.3')
  })

  test('finds an entry that somebody changed behind the server’s back', async () => {
    await world.owner.query('alter table log_leaves disable trigger all')
    await world.owner.query(`update log_leaves set leaf = replace(leaf, '"at":"2', '"at":"1') where index = 3`)
    const { code, out } = await as(personToken('auditor'), 'audit', 'verify')
    expect(code).toBe(1)
    expect(out).toContain('IT IS NOT SOUND:\n  - entry 3 does not have the hash that is kept for it')
    const asJson = await as(personToken('auditor'), 'audit', 'verify', '--json')
    expect(asJson.code).toBe(1)
    expect(JSON.parse(asJson.out)).toMatchObject({ sound: false })
  })
})
