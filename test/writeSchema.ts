/** `npm run schema`: migrates an empty database on a PostgreSQL of its own, and writes what came of it to `db/schema.sql`. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { systemClock } from '../src/kernel/clock.ts'
import { openDataFolder, removeDataFolder } from '../src/kernel/dataFolder.ts'
import { startEmbeddedPostgres } from '../src/kernel/embeddedPostgres.ts'
import { migrate } from '../src/kernel/migrate.ts'
import { schemaText } from './schemaText.ts'

const folder = await openDataFolder(await mkdtemp(join(tmpdir(), 'platekeep schema ')))
const postgres = await startEmbeddedPostgres({ folder, log: () => {} })
try {
  await migrate(postgres.url, systemClock, () => {})
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  await writeFile(new URL('../db/schema.sql', import.meta.url), await schemaText(client))
  await client.end()
} finally {
  await postgres.stop()
  await removeDataFolder(folder)
}
