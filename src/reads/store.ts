/** All SQL of the days that reads live in. Their rows are written by intake's one statement and read by searches. */
import { randomBytes, randomInt } from 'node:crypto'
import { statement, type Tx } from '../kernel/db.ts'
import type { Issued } from '../policy/decision.ts'

const createPartition = statement(
  'reads.createPartition',
  `select create_read_partition(day) as made from unnest($1::date[]) as d(day)`,
  { made: 'bool' },
)
const selectMissing = statement(
  'reads.selectMissingKeys',
  `select d.day::text as day from unnest($1::date[]) as d(day) where not exists (select from read_day_keys k where k.day = d.day)`,
  { day: 'text' },
)
const insertKeys = statement(
  'reads.insertDayKeys',
  `insert into read_day_keys (no, day, secret) select * from unnest($1::int4[], $2::date[], $3::bytea[]) on conflict do nothing`,
  {},
)

/** Makes the partitions and keys of days (as `2026-11-23`) where they are missing; how many partitions were made. */
export async function createDays(
  tx: Tx,
  _scope: Issued<{ prepare: 'days' }>,
  days: readonly string[],
): Promise<number> {
  const missing = (await tx.rows(selectMissing, [days])).map((row) => row.day)
  const partitions = await tx.rows(createPartition, [missing])
  // The numbers are random, so that an id does not tell which of two days came first.
  if (missing.length > 0)
    await tx.run(insertKeys, [
      missing.map(() => randomInt(1, 2 ** 31 - 1)),
      missing,
      missing.map(() => randomBytes(16)),
    ])
  return partitions.filter((row) => row.made).length
}
