/**
 * One PostgreSQL for the whole test run: the embedded one in a folder of its own, or the one named by
 * PLATEKEEP_TEST_DATABASE_URL. Its template database has the newest schema and a few days of partitions; each test file
 * gets a copy (test/database.ts).
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { DrivenClock } from '../src/kernel/clock.ts'
import { openDataFolder, removeDataFolder } from '../src/kernel/dataFolder.ts'
import { startEmbeddedPostgres } from '../src/kernel/embeddedPostgres.ts'
import { migrate } from '../src/kernel/migrate.ts'
import { databaseUrl, testTime } from './times.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env['PLATEKEEP_TEST_DATABASE_URL']
  const folder = external ? undefined : await openDataFolder(await mkdtemp(join(tmpdir(), 'platekeep test ')))
  const embedded = folder ? await startEmbeddedPostgres({ folder, log: () => {} }) : undefined
  const url = external ?? embedded?.url ?? ''
  const template = `platekeep_template_${process.pid}`
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`create database ${template}`)
  await migrate(databaseUrl(url, template), new DrivenClock(testTime), () => {})
  const client = new pg.Client({ connectionString: databaseUrl(url, template) })
  await client.connect()
  await client.query(`select create_read_partition(date '2026-11-23' + n) from generate_series(-10, 3) n`)
  await client.end()
  project.provide('postgresUrl', url)
  project.provide('template', template)
  return async () => {
    await admin.query(`drop database if exists ${template} with (force)`)
    await admin.end()
    await embedded?.stop()
    if (folder) await removeDataFolder(folder)
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    template: string
  }
}
