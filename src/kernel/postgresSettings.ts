/**
 * The settings that the embedded PostgreSQL runs with.
 *
 * They are written at every start, so that an upgrade of the program takes effect on old data folders. The file stands
 * beside the database's folder, not in it: what root writes into a folder of another user could be a link by then. It
 * first includes the file in which initdb keeps what it found out about the machine; the last word counts. An
 * operator's `alter system` is read after both and so wins over them. Durability is not for anybody to switch off: it
 * goes on the command line, which wins over every file.
 */
import { totalmem } from 'node:os'

const mebibyte = 1024 * 1024
const notice = '# Written by Platekeep at every start; changes are lost.'

/** Memory that this process may count on, in bytes: the machine's, or a container's limit where that is less. */
export function usableMemory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

export type Settings = Readonly<Record<string, string>>

/** The configuration file for a machine with `memory` bytes. `overrides` win; `hostRules` is the path of that file. */
export function renderSettings(memory: number, hostRules: string, overrides: Settings = {}): string {
  const part = (share: number, leastMb: number, mostMb: number): string =>
    `${Math.round(Math.min(Math.max((memory * share) / mebibyte, leastMb), mostMb))}MB`
  const settings: Record<string, string> = {
    // On this machine only, over TCP only: a Unix socket's path may have 107 bytes, a data folder's has no such limit.
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    hba_file: hostRules,

    shared_buffers: part(0.25, 64, 2048),
    effective_cache_size: part(0.6, 128, 1024 * 1024),
    maintenance_work_mem: part(0.02, 32, 512),
    work_mem: part(0.001, 4, 16),
    huge_pages: 'try',
    max_connections: '100',
    // A query over a year of daily partitions locks every partition and every index of it.
    max_locks_per_transaction: '1024',

    // Fewer checkpoints, fewer full pages in the log; a crash then costs up to a minute of replay.
    max_wal_size: '4GB',
    min_wal_size: '512MB',
    checkpoint_timeout: '15min',
    // The package is built without lz4 and zstd.
    wal_compression: 'pglz',
    random_page_cost: '1.1',
    jit: 'off',

    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',

    // PostgreSQL quotes values in its errors (`Key (plate)=(…) already exists`), and a plate must not get into a log.
    // Errors of statements reach the program anyway; what the server says about itself is LOG, FATAL and PANIC.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_line_prefix: '%m [%p] ',
    logging_collector: 'off',
    log_destination: 'stderr',
    ...overrides,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  return `${notice} Use ALTER SYSTEM for settings of your own.\ninclude 'data/postgresql.conf'\n${lines.join('\n')}\n`
}

/** What loses acknowledged reads when it is off, as arguments of `postgres`; `overrides` win, for the test that shows so. */
export function durabilityArguments(overrides: Settings = {}): string[] {
  const settings = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${overrides[name] ?? value}`])
}

/** Who may connect: whoever knows the password, from this machine. */
export const hostRules = `${notice}
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`
