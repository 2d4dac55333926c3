import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorld, type World } from '../../test/database.ts'
import { copyIn, copyValue } from './copy.ts'
import { statement, type Tx } from './db.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
  await world.owner.query('create table lines (no int, line text); grant select, insert on lines to platekeep_app')
})
afterAll(() => world.close())

const command = 'copy lines (no, line) from stdin'
const all = statement('test.lines', 'select no, line from lines order by no', { no: 'int4', line: 'text?' })

async function* chunksOf(...texts: string[]): AsyncGenerator<string, void> {
  yield* texts
}

/** A transaction that is undone at its end, so that each test finds the table empty. */
async function undone<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  let result: { value: T } | undefined
  const undo = new Error('undo')
  await world.db
    .transaction(async (tx) => {
      result = { value: await work(tx) }
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  if (!result) throw new Error('the work has a result')
  return result.value
}

describe('copying in', () => {
  test('gives the rows as they are, however they are cut into chunks', async () => {
    const texts = ['plain', 'tab\there', 'back\\slash', '\\N', 'line\nfeed', 'carriage\rreturn', 'ünïcödé', '']
    const rows = texts.map((text, no) => `${no}\t${copyValue(text)}\n`).join('')
    const found = await undone(async (tx) => {
      expect(await copyIn(tx.client, command, chunksOf(rows.slice(0, 11), rows.slice(11)))).toBe(texts.length)
      return tx.rows(all)
    })
    expect(found.map(({ line }) => line)).toEqual(texts)
  })
  test('writes null and undefined as null', async () => {
    const found = await undone(async (tx) => {
      await copyIn(tx.client, command, chunksOf(`1\t${copyValue(null)}\n2\t${copyValue(undefined)}\n`))
      return tx.rows(all)
    })
    expect(found.map(({ line }) => line)).toEqual([null, null])
  })
  test('of nothing is no rows', async () => {
    expect(await undone((tx) => copyIn(tx.client, command, chunksOf()))).toBe(0)
  })
})

describe('what fails', () => {
  test('in the source is thrown as it is, and nothing was copied; the connection goes on', async () => {
    const broken = new Error('the sender has gone')
    async function* source(): AsyncGenerator<string, void> {
      yield '1\tone\n'
      throw broken
    }
    await expect(world.db.transaction((tx) => copyIn(tx.client, command, source()))).rejects.toBe(broken)
    expect(await world.db.once(all)).toEqual([])
  })
  test('at the server is thrown too, and stops the source', async () => {
    let asked = 0
    async function* endless(): AsyncGenerator<string, void> {
      while (asked < 1_000_000) yield `${++asked === 3 ? 'no number' : asked}\tline\n`
    }
    await expect(world.db.transaction((tx) => copyIn(tx.client, command, endless()))).rejects.toThrow(
      /invalid input syntax for type integer/,
    )
    const askedThen = asked
    await sleep(50)
    expect(asked).toBe(askedThen)
    expect(await world.db.once(all)).toEqual([])
  })
  test('before the first chunk is thrown, and the source never asked', async () => {
    let asked = false
    async function* source(): AsyncGenerator<string, void> {
      asked = true
      yield '1\tone\n'
    }
    await expect(world.db.transaction((tx) => copyIn(tx.client, 'copy no_table from stdin', source()))).rejects.toThrow(
      /no_table/,
    )
    expect(asked).toBe(false)
  })
  test('with the connection is thrown at once, even while the source is silent', async () => {
    const silent = Promise.withResolvers<void>()
    async function* source(): AsyncGenerator<string, void> {
      yield '1\tone\n'
      await silent.promise
    }
    const copying = world.db.transaction((tx) => copyIn(tx.client, command, source()))
    const caught = copying.catch((error: unknown) => error)
    await sleep(100)
    await world.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'copy lines%'`,
    )
    expect(await caught).toBeInstanceOf(Error)
    silent.resolve()
    expect(await world.db.once(all)).toEqual([])
  })
})

test('a database that does not take what it gets slows the source down', async () => {
  // A trigger waits for a lock at the hundredth row, so that the server stops reading.
  await world.owner.query(`
    create function wait_for_lock() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(4711); return new; end $$;
    create trigger wait_at_hundred before insert on lines for each row when (new.no = 100) execute function wait_for_lock();
    select pg_advisory_lock(4711)`)
  const line = 'x'.repeat(1000)
  let given = 0
  async function* source(): AsyncGenerator<string, void> {
    for (let chunk = 0; chunk < 1000; chunk++) yield Array.from({ length: 64 }, () => `${++given}\t${line}\n`).join('')
  }
  const copying = undone((tx) => copyIn(tx.client, command, source()))
  await sleep(1500)
  const whileBlocked = given
  await world.owner.query('select pg_advisory_unlock(4711)')
  expect(await copying).toBe(64_000)
  expect(whileBlocked).toBeLessThan(32_000)
})
