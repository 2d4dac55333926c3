/**
 * Migrations: plain SQL files, forward only, each applied once in its own transaction, under a lock so that two servers
 * starting together do not race. A file that was applied may not change afterwards; its digest is kept and compared. The
 * grants in `db/roles.sql` are applied after every run, since they name every table.
 */
import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Clock } from './clock.ts'
import { Mendable } from './errors.ts'
import { locks } from './locks.ts'
import type { Log } from './log.ts'

const folder = new URL('../../db/', import.meta.url)

const oldestServer = 150_000

/** Brings a database to the newest schema. Throws `Mendable` where it is too old, newer than the program, or changed. */
export async function migrate(url: string, clock: Clock, log: Log): Promise<{ applied: string[] }> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC -c client_min_messages=warning' })
  await client.connect()
  try {
    const { rows: version } = await client.query<{ number: number }>(
      `select current_setting('server_version_num')::int as number`,
    )
    if ((version[0]?.number ?? 0) < oldestServer)
      throw new Mendable('The database is PostgreSQL older than 15. Use PostgreSQL 15 or newer.')
    await client.query('select pg_advisory_lock($1)', [locks.migration])
    await client.query(
      'create table if not exists migrations (name text primary key, sha256 bytea not null, applied_at timestamptz(3) not null)',
    )
    const { rows } = await client.query<{ name: string; sha256: Buffer }>('select name, sha256 from migrations')
    const known = new Map(rows.map((row) => [row.name, row.sha256]))
    const applied: string[] = []
    const files = (await readdir(new URL('migrations/', folder))).filter((name) => name.endsWith('.sql')).sort()
    for (const name of known.keys()) {
      if (!files.includes(name))
        throw new Mendable(
          `The database has migration ${name}, which this version of Platekeep does not know. Use the version that made it, or a newer one.`,
        )
    }
    for (const name of files) {
      const text = await readFile(new URL(`migrations/${name}`, folder), 'utf8')
      const digest = hash('sha256', text, 'buffer')
      const before = known.get(name)
      if (before && !before.equals(digest))
        throw new Mendable(
          `Migration ${name} was changed after it had been applied. Put it back and add a new migration instead.`,
        )
      if (before) continue
      await client.query('begin')
      await client.query(text)
      await client.query('insert into migrations values ($1, $2, $3)', [name, digest, clock.now()])
      await client.query('commit')
      applied.push(name)
      log('info', 'applied a migration', { name })
    }
    await client.query(`begin; ${await readFile(new URL('roles.sql', folder), 'utf8')}; commit`)
    return { applied }
  } finally {
    await client.end()
  }
}

/** Where the SQL lies, for messages and tests. */
export const sqlFolder = fileURLToPath(folder)
