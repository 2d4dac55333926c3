/** An installation in a temporary folder: its server with a PostgreSQL of its own, which may be killed and started again. */
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { openDataFolder, removeDataFolder } from '../../src/kernel/dataFolder.ts'
import { postgresOf, processesIn, untilGone, type PostgresState } from './postgresProcesses.ts'
import { startServerProcess, type ServerProcess } from './serverProcess.ts'

/** Short, so that few days need to be made; longer than the most wrong clock of the simulation. */
export const retention = '3d'

export type Installation = {
  readonly data: string
  readonly keys: string
  /** The server that runs, or ran last. */
  server(): ServerProcess
  /** Starts the next server; the last one has ended. */
  start(): ServerProcess
  /** Where its PostgreSQL works. */
  postgres(): Promise<PostgresState>
  /** A connection with the owner's rights. */
  connect(): Promise<Client>
  /** Lines of all its servers' logs that tell of a mistake in the program. */
  mistakes(): string[]
  /** Ends what runs and removes everything. */
  close(): Promise<void>
}

export async function openInstallation(): Promise<Installation> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'platekeep faults ')))
  // PostgreSQL runs as another user where we are root, and must be able to pass through.
  await chmod(parent, 0o755)
  const data = join(parent, 'data')
  const servers: ServerProcess[] = [startServerProcess({ data, retention })]
  const server = (): ServerProcess => servers[servers.length - 1] as ServerProcess
  return {
    data,
    keys: join(data, 'keys'),
    server,
    start: () => {
      const next = startServerProcess({ data, retention })
      servers.push(next)
      return next
    },
    postgres: () => postgresOf(data),
    connect: async () => {
      const client = new Client({ connectionString: (await postgresOf(data)).url, connectionTimeoutMillis: 10_000 })
      client.on('error', () => {}) // Killed with its server: whoever uses it next hears of it.
      await client.connect()
      return client
    },
    mistakes: () => servers.flatMap((each) => each.mistakes()),
    close: async () => {
      server().signal('SIGKILL')
      await server().ended
      const postgres = await postgresOf(data).catch(() => undefined)
      if (postgres && !(await untilGone(postgres.dataPath)))
        for (const pid of await processesIn(postgres.dataPath)) process.kill(pid, 'SIGKILL')
      await removeDataFolder(await openDataFolder(data))
      await rm(parent, { recursive: true, force: true })
    },
  }
}
