/**
 * A fresh, real database for one test file, copied from the template, and a door on it with a clock the test drives.
 *
 *   const world = await openWorld()
 *   afterAll(() => world.close())
 *   const reply = await perform(world.door, searches.run, world.caller(investigator), { … })
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { DrivenClock } from '../src/kernel/clock.ts'
import { openDb, type Db } from '../src/kernel/db.ts'
import { openMetrics } from '../src/kernel/metrics.ts'
import type { Door } from '../src/door/perform.ts'
import { databaseUrl, testTime } from './times.ts'

export type World = {
  readonly url: string
  readonly door: Door
  readonly db: Db
  readonly clock: DrivenClock
  /** A connection with the owner's rights, for looking behind the door and for breaking things on purpose. */
  readonly owner: pg.Client
  close(): Promise<void>
}

let made = 0

export async function openWorld(): Promise<World> {
  const server = inject('postgresUrl')
  const name = `platekeep_test_${process.pid}_${++made}_${randomBytes(3).toString('hex')}`
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  await createFromTemplate(admin, name, inject('template'))
  const url = databaseUrl(server, name)
  const clock = new DrivenClock(testTime)
  const db = openDb({ url, connections: 6, log: () => {}, role: 'platekeep_app' })
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  const bugs: string[] = []
  const door: Door = {
    db,
    clock,
    log: (level, message, fields) => {
      if (level === 'error') bugs.push(`${message} ${JSON.stringify(fields)}`)
      if (level === 'error') process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
    },
    metrics: openMetrics(),
    digestKey: Buffer.alloc(32, 7),
    broken: () => undefined,
    committed: () => {},
  }
  return {
    url,
    door,
    db,
    clock,
    owner,
    close: async () => {
      await db.close()
      await owner.end()
      await admin.query(`drop database if exists ${name} with (force)`)
      await admin.end()
    },
  }
}

/** Two copies of one template cannot be made at the same moment: PostgreSQL says so, and the later one waits. */
async function createFromTemplate(admin: pg.Client, name: string, template: string): Promise<void> {
  await admin.query('select pg_advisory_lock(7001)')
  await admin.query(`create database ${name} template ${template}`)
  await admin.query('select pg_advisory_unlock(7001)')
}
