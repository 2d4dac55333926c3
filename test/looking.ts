/** Looking behind the door: what stands in the tables, and what was put into the log, as the owner of the database sees it. */
import type { Client } from 'pg'
import { isRecord } from './samples.ts'

const logTables = new Set(['log_outbox', 'log_open', 'log_values', 'log_leaves', 'log_tree'])

/** Every table but the log's, each with its number of rows and a digest of them all: equal means that nothing changed. */
export async function tablesOf(owner: Client): Promise<Record<string, string>> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  )
  const parts = tables
    .filter(({ name }) => !logTables.has(name))
    .map(
      ({ name }) =>
        `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as state from ${name} t`,
    )
  const { rows } = await owner.query<{ name: string; state: string }>(parts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]))
}

export type Leaf = {
  readonly event: string
  readonly act?: string
  readonly operation?: string
  readonly result?: string
  readonly clause?: string
  readonly code?: string
  readonly claimed?: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly commitments?: Readonly<Record<string, string>>
  readonly results?: { readonly count: number; readonly root: string }
  readonly text: string
  readonly whole: Readonly<Record<string, unknown>>
}

/** Leaves that wait for the sequencer, in the order in which they were written; taken away, so that the next look is fresh. */
export async function takeLog(owner: Client): Promise<Leaf[]> {
  const { rows } = await owner.query<{ leaf: string }>('select leaf from log_outbox order by id')
  await owner.query('truncate log_outbox')
  return rows.map(({ leaf: text }) => {
    const whole: unknown = JSON.parse(text)
    if (!isRecord(whole)) throw new Error('a leaf is an object')
    return { ...(whole as Omit<Leaf, 'text' | 'whole'>), text, whole }
  })
}

/** Event and result of each leaf, for a look at the order. */
export function story(leaves: readonly Leaf[]): string[] {
  return leaves.map(({ event, result }) => (result === undefined ? event : `${event} ${result}`))
}
