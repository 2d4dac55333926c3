import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { permit, type Issued } from '../policy/decision.ts'
import { openWorld, type World } from '../../test/database.ts'
import { setUpState, type TestState } from '../../test/people.ts'
import {
  findAdded,
  findChanges,
  findRevisionToLookBack,
  importList,
  onListRevision,
  writeLookedBack,
} from './hotlists.ts'
import { csvOf, feedOf, importText } from './testing.ts'

let world: World
let state: TestState
beforeAll(async () => {
  world = await openWorld()
  state = await setUpState(world)
})
afterAll(() => world.close())

const admin = () => state.town.person('alpr-administrator')
const load = (feedId: string, file: string) => importText(world, admin(), feedId, file)
async function feedWith(file: string, draft: Parameters<typeof feedOf>[2] = {}): Promise<string> {
  const { id } = await feedOf(world, admin(), draft)
  await load(id, file)
  return id
}
const plates = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `S${10_000 + from + index}`)

/** The scope that the policy of the slice to the right would make. */
async function scopeOf(feedId: string): Promise<Issued<{ feedNo: number }>> {
  const { rows } = await world.owner.query<{ no: number }>('select no from feeds where id = $1', [feedId])
  return permit({ feedNo: rows[0]?.no ?? 0 }).scope
}

describe('the difference between two revisions', () => {
  test('makes a copy at the one into the other, whichever two they are', async () => {
    const id = await feedWith(csvOf('AAA111', 'BBB222', 'CCC333'))
    await load(id, csvOf('BBB222', 'CCC333', 'DDD444'))
    await load(id, csvOf('BBB222,MA,KIA', 'DDD444', 'EEE555'))
    await load(id, csvOf('AAA111', 'BBB222,MA,KIA', 'EEE555'))
    const lists = [
      [],
      ['AAA111', 'BBB222', 'CCC333'],
      ['BBB222', 'CCC333', 'DDD444'],
      ['BBB222', 'DDD444', 'EEE555'],
      ['AAA111', 'BBB222', 'EEE555'],
    ]
    const scope = await scopeOf(id)
    for (const [from] of lists.entries()) {
      for (const [to, list] of lists.entries()) {
        if (to < from) continue
        const copy = new Map<number, string>()
        for (const step of [from, to]) {
          const page = step === from ? { from: 0, to: from } : { from, to }
          for (const { id: entry, plate, live } of await changes(scope, page)) {
            if (live) copy.set(entry, plate)
            else if (!copy.delete(entry)) throw new Error(`${plate} is dropped, and was not there`)
          }
        }
        expect([...copy.values()].sort()).toEqual(list)
      }
    }
  })
  test('comes in pages', async () => {
    const id = await feedWith(csvOf(...plates(25)))
    const scope = await scopeOf(id)
    expect(await changes(scope, { from: 0, to: 1 }, 10)).toHaveLength(25)
  })
  async function changes(scope: Issued<{ feedNo: number }>, span: { from: number; to: number }, limit = 1000) {
    const found = []
    for (let afterId = 0; ;) {
      const page = await world.db.transaction((tx) => findChanges(tx, scope, { ...span, afterId, limit }))
      found.push(...page)
      const last = page.at(-1)
      if (!last || page.length < limit) return found
      afterId = last.id
    }
  }
})

describe('look-back', () => {
  const added = async (feedId: string, revision: number, listDay = '2026-11-23') => {
    const scope = await scopeOf(feedId)
    const page = { revision, listDay, afterId: 0, limit: 1000 }
    return (await world.db.transaction((tx) => findAdded(tx, scope, page))).map(({ plate }) => plate).sort()
  }
  /** Does what the slice to the right does: takes every revision that waits, and says that it is done. */
  async function lookBack(): Promise<string[]> {
    const found: string[] = []
    while (true) {
      const next = await world.db.transaction(async (tx) => {
        const waiting = await findRevisionToLookBack(tx)
        if (waiting)
          await writeLookedBack(tx, permit({ feedNo: waiting.feed_no }).scope, waiting.revision, world.clock.now())
        return waiting
      })
      if (!next) return found
      found.push(`${next.feed_id} ${next.revision}`)
    }
  }
  test('is for what a revision added and is still live; a change of details was matched all along', async () => {
    const id = await feedWith(csvOf('AAA111', 'BBB222'))
    expect(await added(id, 1)).toEqual(['AAA111', 'BBB222'])
    await load(id, csvOf('AAA111', 'BBB222,MA,KIA', 'CCC333', 'DDD444'))
    expect(await added(id, 2)).toEqual(['CCC333', 'DDD444'])
    await load(id, csvOf('AAA111', 'BBB222,MA,KIA', 'CCC333'))
    expect(await added(id, 2)).toEqual(['CCC333'])
    expect(await added(id, 3)).toEqual([])
  })
  test('is not for what has expired, and is for what had expired and was renewed', async () => {
    const file = (expires: string) => `plate,state,expires\nAAA111,MA,${expires}\nBBB222,MA,2027-01-01\n`
    const id = await feedWith(file('2026-11-23'))
    expect(await added(id, 1, '2026-11-23')).toEqual(['AAA111', 'BBB222'])
    expect(await added(id, 1, '2026-11-24')).toEqual(['BBB222'])
    await load(id, file('2026-12-31'))
    expect(await added(id, 2, '2026-11-23')).toEqual([])
    expect(await added(id, 2, '2026-11-24')).toEqual(['AAA111'])
  })
  test('waits in the database until it is done, so that a crash loses none', async () => {
    await lookBack()
    const id = await feedWith(csvOf('AAA111'))
    await load(id, csvOf('AAA111', 'BBB222'))
    await expect(
      world.db.transaction(async (tx) => {
        expect(await findRevisionToLookBack(tx)).toMatchObject({ feed_id: id, revision: 1, look_back_minutes: 60 })
        throw new Error('crash')
      }),
    ).rejects.toThrow('crash')
    expect(await lookBack()).toEqual([`${id} 1`, `${id} 2`])
    expect(await lookBack()).toEqual([])
  })
  test('is taken by one process at a time', async () => {
    await lookBack()
    await feedWith(csvOf('AAA111'))
    await world.db.transaction(async (tx) => {
      expect(await findRevisionToLookBack(tx)).toBeDefined()
      expect(await world.db.transaction((second) => findRevisionToLookBack(second))).toBeUndefined()
    })
  })
  test('has nothing to do where nothing was added, or where the feed wants none', async () => {
    await lookBack()
    const id = await feedWith(csvOf('AAA111', 'BBB222'))
    expect(await lookBack()).toEqual([`${id} 1`])
    await load(id, csvOf('AAA111', 'BBB222'))
    await load(id, csvOf('AAA111'))
    await feedWith(csvOf('AAA111'), { lookBackMinutes: 0 })
    expect(await lookBack()).toEqual([])
  })
  test('is told of each revision, until it asks no longer', () => {
    let told = 0
    const stop = onListRevision(() => told++)
    importList.committed?.()
    expect(told).toBe(1)
    stop()
    importList.committed?.()
    expect(told).toBe(1)
  })
})
