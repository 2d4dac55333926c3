/** `size`: bytes a read takes, heap and indexes, and a distinct plate in the dictionary, as intake leaves them. */
import { batches, fleetSize, sendAll, today } from './ingest.ts'
import { report, rounded } from './report.ts'
import { openBenchWorld, tell } from './world.ts'

const reads = 1_000_000

export async function run(json: boolean): Promise<void> {
  const world = await openBenchWorld({ fleetSize, entries: 1_000 })
  try {
    const { from, to } = today()
    tell(`sending ${reads.toLocaleString('en')} reads`)
    await sendAll(world, [...batches(world, 'size', reads, from, to)], 600)
    await world.owner.query('vacuum plates')
    const { rows } = await world.owner.query<{
      heap: number
      indexes: number
      reads: number
      plates: number
      plate_bytes: number
      events: number
    }>(
      `select (select sum(pg_table_size(inhrelid)) from pg_inherits where inhparent = 'reads'::regclass and pg_table_size(inhrelid) > 100000)::float8 as heap,
              (select sum(pg_indexes_size(inhrelid)) from pg_inherits where inhparent = 'reads'::regclass and pg_table_size(inhrelid) > 100000)::float8 as indexes,
              (select count(*) from reads)::float8 as reads, (select count(*) from plates)::float8 as plates,
              (select count(event_key) from reads)::float8 as events, pg_total_relation_size('plates')::float8 as plate_bytes`,
    )
    const figures = rows[0]
    if (!figures) throw new Error('no figures')
    const perRead = (figures.heap + figures.indexes) / figures.reads
    const perPlate = figures.plate_bytes / figures.plates
    report(
      'size',
      [
        [
          'bytes per read',
          `${rounded(perRead, 1)} (heap ${rounded(figures.heap / figures.reads, 1)}, indexes ${rounded(figures.indexes / figures.reads, 1)})`,
        ],
        ['reads with an event identifier', `${rounded((100 * figures.events) / figures.reads, 1)} %`],
        ['bytes per distinct plate', `${rounded(perPlate, 1)} over ${figures.plates} plates`],
      ],
      { bytes_per_read: rounded(perRead, 1), bytes_per_plate: rounded(perPlate, 1) },
      json,
    )
  } finally {
    await world.close()
  }
}
