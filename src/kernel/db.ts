/**
 * PostgreSQL, plainly. A statement is SQL text with a name and the types of its columns; a test prepares every statement
 * on the real schema and compares what the server says with what is declared, so rows are typed without a generator and
 * without an ORM (docs/decisions/0002-sql-as-sql.md). Every statement is prepared once per connection and planned
 * generically: with hundreds of partitions, planning afresh costs more than running.
 *
 * Only `door/` opens transactions; slices receive a `Tx`.
 */
import pg from 'pg'
import { assert } from './assert.ts'
import { Unavailable } from './errors.ts'
import { errorFields, type Log } from './log.ts'

/** Column types: PostgreSQL's name for each, and what it becomes. */
type ColumnTypes = {
  text: string
  int2: number
  int4: number
  int8: number
  float4: number
  float8: number
  bool: boolean
  timestamptz: Date
  date: string
  bytea: Buffer
  jsonb: unknown
  'text[]': string[]
  'bytea[]': Buffer[]
}
type Column = keyof ColumnTypes | `${keyof ColumnTypes}?`
type Columns = Readonly<Record<string, Column>>
type Value<C extends Column> = C extends `${infer T extends keyof ColumnTypes}?`
  ? ColumnTypes[T] | null
  : C extends keyof ColumnTypes
    ? ColumnTypes[C]
    : never
export type Row<C extends Columns> = { [Name in keyof C]: Value<C[Name]> }

export type Statement<C extends Columns = Columns> = {
  readonly name: string
  readonly text: string
  readonly columns: C
}

/**
 * Declares a statement. `columns` is what it returns, in any order: `text`, `int4`, …, with `?` where null may come.
 * The name is the prepared statement's, so it must be unique: `<slice>.<function>`.
 */
export function statement<const C extends Columns>(name: string, text: string, columns: C): Statement<C> {
  return { name, text, columns }
}

export type Parameter =
  | string
  | number
  | boolean
  | null
  | Date
  | Buffer
  | readonly string[]
  | readonly (number | null)[]
  | readonly (string | null)[]
  | readonly Buffer[]
  | readonly Date[]

/** An open transaction. What is done through it is committed together or not at all. */
export type Tx = {
  /** All rows of a statement. */
  rows<C extends Columns>(statement: Statement<C>, parameters?: readonly Parameter[]): Promise<Row<C>[]>
  /** The first row, or undefined. */
  row<C extends Columns>(statement: Statement<C>, parameters?: readonly Parameter[]): Promise<Row<C> | undefined>
  /** Runs a statement for its effect; the number of rows it touched. */
  run(statement: Statement, parameters?: readonly Parameter[]): Promise<number>
  /** The client itself, for COPY streams. */
  readonly client: pg.ClientBase
}

export type Db = {
  /** Runs `work` in one transaction. `begin` is the text that opens it, for locks that must be taken before the first snapshot. */
  transaction<T>(work: (tx: Tx) => Promise<T>, begin?: string): Promise<T>
  /** One statement as its own transaction. */
  once<C extends Columns>(statement: Statement<C>, parameters?: readonly Parameter[]): Promise<Row<C>[]>
  /** Connections in use and acts waiting for one. */
  load(): { used: number; waiting: number; most: number }
  close(): Promise<void>
}

/** SQLSTATE codes after which the same transaction may simply be run again. */
const rerunnable = new Set(['40P01', '40001'])
/** Whether the same transaction may simply be run again: it met another one, and PostgreSQL ended it. */
export function mayRunAgain(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && rerunnable.has(error.code)
}

/** True where a unique or exclusion constraint refused a row; `constraint` narrows it to one by name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  )
}

/** The database is gone, starting, stopping, full of connections, or too slow: the same act may succeed later. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^(08|57P0|53|58)/.test(code) || code === '57014' || code === '55P03') return true
  if (/^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN)/.test(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Cannot use a pool after/i.test(
    error.message,
  )
}
/** Turns an outage of the database into `Unavailable`; anything else is left as it is. */
export function explained(error: unknown): unknown {
  return isOutage(error)
    ? Object.assign(
        new Unavailable('The database does not answer for now. Nothing was done; send the same request again.'),
        { cause: error },
      )
    : error
}

export type DbOptions = {
  url: string
  connections: number
  log: Log
  /** The role to act as; absent means the login's own (migrations). */
  role?: string
  statementTimeoutMs?: number
}

/** How connections behave, set as they open: UTC, generic plans, limits on every wait, and the role's rights. */
export function connectionOptions(options: Pick<DbOptions, 'role' | 'statementTimeoutMs'>): string {
  const limit = options.statementTimeoutMs ?? 30_000
  return [
    ...(options.role ? [`-c role=${options.role}`] : []),
    '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c jit=off -c client_min_messages=warning',
    `-c statement_timeout=${limit} -c lock_timeout=${Math.min(limit || 60_000, 60_000)} -c idle_in_transaction_session_timeout=60000`,
  ].join(' ')
}

/** Opens a pool of connections that act under one role. Nothing is connected before the first act. */
export function openDb(options: DbOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    options: connectionOptions(options),
    types: { getTypeParser: parserOf },
    keepAlive: true,
  })
  // An idle connection that dies (a restart of the server) is simply replaced; without a listener it would end the program.
  // The pool is closed a little before its connections are, which a database that stops just then does not wait for.
  pool.on('error', (error) => {
    if (!pool.ending) options.log('warn', 'an idle database connection was lost', errorFields(error))
  })

  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient
    try {
      client = await pool.connect()
    } catch (error) {
      throw explained(error)
    }
    let broken: Error | undefined
    const onError = (error: Error): void => {
      broken = error
    }
    client.on('error', onError)
    try {
      return await work(client)
    } catch (error) {
      if (isOutage(error)) broken ??= error instanceof Error ? error : new Error('outage')
      throw explained(error)
    } finally {
      client.off('error', onError)
      client.release(broken ?? false)
    }
  }

  return {
    transaction: (work, begin = 'begin') =>
      withClient(async (client) => {
        await client.query(begin)
        let result
        try {
          result = await work(txOn(client))
        } catch (error) {
          // If the roll-back itself fails the connection is broken, and PostgreSQL rolls back by itself.
          await client.query('rollback').catch((failure: Error) => {
            options.log(
              'warn',
              'a transaction could not be rolled back; its connection is dropped',
              errorFields(failure),
            )
            client.emit('error', failure)
          })
          throw error
        }
        await client.query('commit')
        return result
      }),
    once: (each, parameters = []) => withClient((client) => txOn(client).rows(each, parameters)),
    load: () => ({ used: pool.totalCount - pool.idleCount, waiting: pool.waitingCount, most: options.connections }),
    close: () => pool.end(),
  }
}

/** A `Tx` over a client that has a transaction open (or none, for single statements). */
export function txOn(client: pg.ClientBase): Tx {
  async function query<C extends Columns>(
    { name, text }: Statement<C>,
    values: readonly Parameter[],
  ): Promise<pg.QueryResult<Row<C>>> {
    return client.query<Row<C>>({ name, text, values: [...values] })
  }
  return {
    client,
    rows: async (each, parameters = []) => (await query(each, parameters)).rows,
    row: async (each, parameters = []) => (await query(each, parameters)).rows[0],
    run: async (each, parameters = []) => (await query(each, parameters)).rowCount ?? 0,
  }
}

/** 64-bit integers become numbers; ours all stay below 2^53, and one that does not is a broken invariant. */
function parseInt8(text: string): number {
  const value = Number(text)
  assert(Number.isSafeInteger(value), 'a 64-bit integer from the database fits a number')
  return value
}
/** How a column of a type is read: 64-bit integers as numbers, dates as text, all else as `pg` does. */
export function parserOf(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (format !== 'binary') {
    if (oid === pg.types.builtins.INT8) return parseInt8
    if (oid === pg.types.builtins.DATE) return (value) => value
  }
  return pg.types.getTypeParser(oid, format)
}

/** Whether the database answers at all. */
export const answers = statement('db.answers', 'select 1::int4 as one', { one: 'int4' })
