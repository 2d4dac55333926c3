import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beginMatching } from '../kernel/locks.ts'
import { openWorld, type World } from '../../test/database.ts'
import { setUpState, type TestState } from '../../test/people.ts'
import { csvOf, entriesOf, feedOf, importText, platesOf } from './testing.ts'

let world: World
let state: TestState
let other: Client
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
  other = new Client({ connectionString: world.url })
  await other.connect()
})
afterAll(async () => {
  await other.end()
  await world.close()
})

const admin = () => state.town.person('alpr-administrator')
const load = (feedId: string, file: Parameters<typeof importText>[3], query?: Record<string, unknown>) =>
  importText(world, admin(), feedId, file, query)
async function feedWith(file: string, draft: Parameters<typeof feedOf>[2] = {}): Promise<string> {
  const { id } = await feedOf(world, admin(), draft)
  await load(id, file)
  return id
}
const plates = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `S${10_000 + from + index}`)

/** A file that stops in the middle until it is let go on. */
function gated(
  first: string,
  rest: string,
): { file: AsyncGenerator<string, void>; reached: Promise<void>; open: () => void } {
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  async function* file(): AsyncGenerator<string, void> {
    yield first
    reached.resolve()
    await gate.promise
    yield rest
  }
  return { file: file(), reached: reached.promise, open: () => gate.resolve() }
}
const isWaiting = `select count(*)::int as waiting from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like $1`
async function waitsFor(query: string): Promise<void> {
  for (let look = 0; look < 100; look++) {
    const { rows } = await world.owner.query<{ waiting: number }>(isWaiting, [`%${query}%`])
    if (rows[0]?.waiting === 1) return
    await sleep(50)
  }
  throw new Error(`nothing waits at ${query}`)
}

describe('the swap', () => {
  test('shows a reader the old list or the new one, never a mixture', async () => {
    const id = await feedWith(csvOf(...plates(3000)))
    const running = new AbortController()
    const importing = load(id, csvOf(...plates(3000, 3000))).finally(() => running.abort())
    const seen = new Set<string>()
    while (!running.signal.aborted) {
      const { rows } = await other.query<{ revisions: string; entries: number }>(
        `select array_agg(distinct e.from_revision)::text as revisions, count(*)::int as entries, max(f.revision) as revision
         from hotlist_entries e join feeds f on f.no = e.feed_no where f.id = $1 and e.to_revision is null`,
        [id],
      )
      seen.add(JSON.stringify(rows[0]))
    }
    await importing
    const old = JSON.stringify({ revisions: '{1}', entries: 3000, revision: 1 })
    const fresh = JSON.stringify({ revisions: '{2}', entries: 3000, revision: 2 })
    expect([...seen].filter((each) => each !== old && each !== fresh)).toEqual([])
    expect(seen).toContain(old)
    expect(await platesOf(world, id)).toEqual(plates(3000, 3000))
  })
  test('waits for reads that are being matched against the old list, and nothing of it is seen before', async () => {
    const id = await feedWith(csvOf('AAA111'))
    await other.query(beginMatching)
    let done = false
    const importing = load(id, csvOf('BBB222')).finally(() => (done = true))
    await waitsFor('pg_advisory_xact_lock')
    expect(done).toBe(false)
    expect(await platesOf(world, id)).toEqual(['AAA111'])
    await other.query('commit')
    expect(await importing).toMatchObject({ added: 1, removed: 1 })
    expect(await platesOf(world, id)).toEqual(['BBB222'])
  })
  test('holds back neither intake nor another import while the file arrives', async () => {
    const id = await feedWith(csvOf('AAA111'))
    const { file, reached, open } = gated(csvOf(...plates(5000)), 'LATE11,MA,\n')
    const importing = load(id, file)
    await reached
    await other.query(`set lock_timeout = '500ms'`)
    await other.query(beginMatching)
    await other.query('commit')
    expect(await load(id, csvOf('AAA111', 'BBB222'))).toMatchObject({ revision: 2, added: 1 })
    open()
    expect(await importing).toMatchObject({ revision: 3, rows: 5001, removed: 2 })
  })
})

describe('two imports of one feed at once', () => {
  test('follow each other: the second compares with what the first made', async () => {
    const id = await feedWith(csvOf(...plates(10)))
    await other.query('begin')
    await other.query('select no from feeds where id = $1 for update', [id])
    const first = load(id, csvOf(...plates(10, 5)))
    await waitsFor('for no key update')
    const second = load(id, csvOf(...plates(10, 5)))
    await sleep(300)
    await other.query('commit')
    const reports = await Promise.all([first, second])
    expect(
      reports
        .map(({ revision, added, removed }) => ({ revision, added, removed }))
        .sort((a, b) => a.revision - b.revision),
    ).toEqual([
      { revision: 2, added: 5, removed: 5 },
      { revision: 3, added: 0, removed: 0 },
    ])
    expect(await platesOf(world, id)).toEqual(plates(10, 5))
  })
  test('are two at most in one process, since each holds a connection while its file arrives', async () => {
    const ids: string[] = []
    for (const plate of ['AAA111', 'BBB222', 'CCC333']) ids.push(await feedWith(csvOf(plate)))
    const [a, b] = [gated(csvOf('BBB222'), 'LATE11,MA,\n'), gated(csvOf('BBB222'), 'LATE11,MA,\n')]
    const importing = [load(ids[0] ?? '', a.file), load(ids[1] ?? '', b.file)]
    await Promise.all([a.reached, b.reached])
    await expect(load(ids[2] ?? '', csvOf('BBB222'))).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 30,
    })
    a.open()
    b.open()
    await Promise.all(importing)
    expect(await load(ids[2] ?? '', csvOf('BBB222'))).toMatchObject({ revision: 2 })
  })
})

describe('a crash in the middle leaves the old list', () => {
  test.each([
    ['while the file arrives', 'copy pg_temp.hotlist_staging'],
    ['before the commit', 'pg_advisory_xact_lock($1'],
  ])('%s', async (_name, query) => {
    const id = await feedWith(csvOf(...plates(20)))
    const before = await entriesOf(world, id, 'all')
    const { file, reached, open } = gated(csvOf(...plates(20, 10)), 'LATE11,MA,\n')
    await other.query(beginMatching)
    const importing = load(id, file).catch((error: unknown) => error)
    await reached
    if (query.startsWith('pg_advisory')) {
      open()
      await waitsFor(query)
    }
    const { rows } = await world.owner.query<{ killed: boolean }>(
      `select pg_terminate_backend(pid) as killed from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and strpos(query, $1) > 0`,
      [query],
    )
    expect(rows).toEqual([{ killed: true }])
    expect(await importing).toMatchObject({ code: 'unavailable' })
    open()
    await other.query('commit')
    expect(await entriesOf(world, id, 'all')).toEqual(before)
    expect(await load(id, csvOf(...plates(20, 10)))).toMatchObject({ revision: 2, added: 10, removed: 10 })
  })
  test('and an import that met a deadlock asks for the file again, as it has gone by', async () => {
    const id = await feedWith(csvOf('AAA111'))
    await other.query(`create function deadlock() returns trigger language plpgsql as $$
      begin raise exception 'deadlock' using errcode = '40P01'; end $$;
      create trigger deadlock before insert on hotlist_entries for each row when (new.plate = 'DEADLOCK') execute function deadlock()`)
    await expect(load(id, csvOf('AAA111', 'DEADLOCK'))).rejects.toMatchObject({ code: 'unavailable' })
    expect(await platesOf(world, id)).toEqual(['AAA111'])
  })
})
