import { glob, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Statement } from '../src/kernel/db.ts'
import { openWorld, type World } from './database.ts'
import { describeStatement } from './describe.ts'
import { grantsOf, grantsText } from './grants.ts'
import { schemaText } from './schemaText.ts'

// Every statement announces itself as its module is read, whether or not it is exported.
const declared = vi.hoisted(() => [] as Statement[])
vi.mock('../src/kernel/db.ts', async (original) => {
  const db = await original<typeof import('../src/kernel/db.ts')>()
  const statement: typeof db.statement = (name, text, columns) => {
    const made = db.statement(name, text, columns)
    declared.push(made)
    return made
  }
  declared.push(db.answers)
  return { ...db, statement }
})

let world: World
beforeAll(async () => {
  world = await openWorld()
  await importEveryStatement()
})
afterAll(() => world.close())

const root = new URL('../', import.meta.url)
const declaration = /\bstatement\(\s*'/

async function importEveryStatement(): Promise<void> {
  for await (const file of glob('src/**/*.ts', { cwd: root })) {
    if (file.endsWith('.test.ts')) continue
    const text = await readFile(new URL(file, root), 'utf8')
    if (declaration.test(text)) await import(new URL(file, root).href)
  }
}

/** PostgreSQL's types by the names that statements use for them. */
const oids: Readonly<Record<string, number>> = {
  text: 25,
  int2: 21,
  int4: 23,
  int8: 20,
  float4: 700,
  float8: 701,
  bool: 16,
  timestamptz: 1184,
  date: 1082,
  bytea: 17,
  jsonb: 3802,
  'text[]': 1009,
  'bytea[]': 1001,
}
const voidOid = 2278
/** Columns that may be null, and which the statement itself fills in before it returns them. */
const filledIn = new Set(['installation.claimKeys.keys_fingerprint', 'identity.revokeToken.revoked_at'])
const nameOf = new Map(Object.entries(oids).map(([name, oid]) => [oid, name]))

describe('the schema', () => {
  test('db/schema.sql is what the migrations add up to', async () => {
    const checkedIn = await readFile(new URL('db/schema.sql', root), 'utf8')
    expect(await schemaText(world.owner), 'run `npm run schema` and read the difference').toBe(checkedIn)
  })
  test('no table waits for rows in a text file: every comment and check is there', async () => {
    const { rows } = await world.owner.query<{ name: string }>(
      `select conname as name from pg_constraint where contype = 'c' and not convalidated`,
    )
    expect(rows).toEqual([])
  })
})

describe('every statement', () => {
  test('of the sources was found', async () => {
    let written = 0
    for await (const file of glob('src/**/*.ts', { cwd: root })) {
      if (file.endsWith('.test.ts')) continue
      const text = await readFile(new URL(file, root), 'utf8')
      written += text.split(declaration).length - 1
    }
    expect(written).toBeGreaterThan(30)
    expect(declared.length, 'a statement is made inside a function: declare it at the top of its file').toBe(written)
  })
  test('has a name of its own, by its slice', () => {
    const names = declared.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    expect(names.filter((name) => !/^[a-z]+\.[a-z][A-Za-z]+$/.test(name))).toEqual([])
    // PostgreSQL cuts the names of prepared statements at 63 bytes, and two cut names could be the same.
    expect(names.filter((name) => name.length > 63)).toEqual([])
  })
  test('returns the columns it declares', async () => {
    const wrong: string[] = []
    const nullable = await nullableColumns()
    for (const { name, text, columns } of declared) {
      const returned = await describeStatement(world.owner, text).catch((error: Error) => error)
      if (returned instanceof Error) {
        wrong.push(`${name}: ${returned.message}`)
        continue
      }
      const says = Object.fromEntries(Object.entries(columns).map(([column, type]) => [column, type.replace('?', '')]))
      const does = Object.fromEntries(
        returned
          .filter(({ typeOid }) => typeOid !== voidOid)
          .map((column) => [column.name, nameOf.get(column.typeOid) ?? `type ${column.typeOid}`]),
      )
      if (JSON.stringify(sorted(says)) !== JSON.stringify(sorted(does)))
        wrong.push(`${name}: declares ${JSON.stringify(sorted(says))}, returns ${JSON.stringify(sorted(does))}`)
      for (const column of returned) {
        const type = columns[column.name]
        if (
          type &&
          !type.endsWith('?') &&
          !filledIn.has(`${name}.${column.name}`) &&
          nullable.has(`${column.tableOid}.${column.columnNo}`)
        )
          wrong.push(`${name}: ${column.name} may be null; declare it as '${type}?'`)
      }
    }
    expect(wrong).toEqual([])
  })
})

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function nullableColumns(): Promise<Set<string>> {
  const { rows } = await world.owner.query<{ key: string }>(
    `select attrelid || '.' || attnum as key from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and attnum > 0 and not attnotnull`,
  )
  return new Set(rows.map(({ key }) => key))
}

describe('CR-4.c: who may do what in the database', () => {
  test('is what test/grants.txt says', async () => {
    const written = await readFile(new URL('grants.txt', import.meta.url), 'utf8')
    expect(grantsText(await grantsOf(world.owner))).toEqual(grantsText(written))
  })
  const forbidden: [string, string][] = [
    ['platekeep_app', `update log_leaves set leaf = ''`],
    ['platekeep_app', 'delete from log_leaves'],
    ['platekeep_app', 'truncate log_leaves'],
    ['platekeep_app', `insert into log_leaves (index, hash, leaf) values (99, decode(repeat('00', 32), 'hex'), '')`],
    ['platekeep_app', `update log_values set value = ''`],
    ['platekeep_app', 'delete from log_values'],
    ['platekeep_app', 'delete from log_outbox'],
    ['platekeep_app', `update log_outbox set leaf = ''`],
    ['platekeep_app', 'update log_tree set size = 0'],
    ['platekeep_app', 'delete from reads'],
    ['platekeep_app', `update reads set plate = 'X'`],
    ['platekeep_app', 'drop table reads'],
    ['platekeep_app', 'create table mine (x int)'],
    ['platekeep_sequencer', `update log_leaves set leaf = ''`],
    ['platekeep_sequencer', 'delete from log_leaves'],
    ['platekeep_sequencer', 'select plate from reads'],
    ['platekeep_sequencer', 'select read from alerts'],
    ['platekeep_sequencer', 'select value from log_values'],
    ['platekeep_purge', 'delete from log_leaves'],
    ['platekeep_purge', 'delete from alerts'],
    ['platekeep_purge', 'select secret_hash from access_tokens'],
  ]
  test.each(forbidden)('%s may not: %s', async (role, text) => {
    await world.owner.query('begin')
    await world.owner.query(`set local role ${role}`)
    await expect(world.owner.query(text)).rejects.toMatchObject({ code: '42501' })
    await world.owner.query('rollback')
  })
  test.each([`update log_leaves set leaf = ''`, 'delete from log_leaves', 'truncate log_leaves'])(
    'not even the owner may, by mistake: %s',
    async (text) => {
      await expect(world.owner.query(text)).rejects.toThrow('CR-4.c')
    },
  )
  test('each statement may be run by the part of the program that runs it', async () => {
    const wrong: string[] = []
    for (const { name, text } of declared) {
      if (/^\s*(create|set|analyze|drop|lock|copy)\b/i.test(text)) continue
      const role = bySequencer.has(name) ? 'platekeep_sequencer' : 'platekeep_app'
      await world.owner.query('begin')
      try {
        await world.owner.query(`set local role ${role}`)
        if (role === 'platekeep_app')
          await world.owner.query('create temporary table hotlist_staging (like public.hotlist_staging) on commit drop')
        await world.owner.query(`prepare each as ${text}`)
        const { rows } = await world.owner.query<{ count: number }>(
          `select cardinality(parameter_types) as count from pg_prepared_statements where name = 'each'`,
        )
        const nulls = Array.from({ length: rows[0]?.count ?? 0 }, () => 'null').join(', ')
        // Explaining checks the rights as running would, and runs nothing.
        await world.owner.query(`explain execute each${nulls ? `(${nulls})` : ''}`)
      } catch (error) {
        wrong.push(`${name} as ${role}: ${error instanceof Error ? error.message : ''}`)
      } finally {
        await world.owner.query('rollback')
        await world.owner.query('deallocate all')
      }
    }
    expect(wrong).toEqual([])
  })
})

/** What the sequencer does under its own role; all else is done by acts. */
const bySequencer = new Set([
  'audit.takeFromOutbox',
  'audit.selectTree',
  'audit.appendLeaves',
  'audit.moveHead',
  'alerts.moveQueue',
])
