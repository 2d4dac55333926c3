/** All SQL of the searches. */
import { statement, type Row, type Tx } from '../kernel/db.ts'
import type { ReadScope } from './policy.ts'

// A partition at a time, newest first: the planner walks the days in order and stops when the page is full. What has expired is
// not there, whether or not it is still on disk; it counts from capture, or from receipt where the time is unproven.
export const selectReads = statement(
  'searches.selectReads',
  `select r.captured_at, r.received_at, r.device_no, r.plate, r.raw, r.jurisdiction, r.plate_permille, r.flags, r.latitude_e6, r.longitude_e6,
          r.heading_degrees, r.speed_kph, r.lane, r.make, r.model, r.colour, r.class, r.alternatives,
          d.id as device_id, d.name as device, d.kind as device_kind, d.road, d.latitude as device_latitude, d.longitude as device_longitude,
          d.heading_degrees as device_heading, a.id as agency_id, a.name as agency, k.no as key_no, k.day::text as key_day, k.secret as key_secret
   from (
     select * from reads
     where plate_key = $1 and plate = $2 and captured_at >= $3 and captured_at <= $4
       and (captured_at, device_no) < ($5, $6)
       and ($7::text is null or jurisdiction is null or jurisdiction = $7)
       and flags & 24 = 0
       and (case when flags & 3 = 1 then captured_at else received_at end) > $8
     order by captured_at desc, device_no desc
     limit $9) r
   join devices d on d.no = r.device_no join agencies a on a.id = d.agency_id
   join read_day_keys k on k.day = (r.captured_at at time zone 'UTC')::date
   order by r.captured_at desc, r.device_no desc`,
  {
    captured_at: 'timestamptz',
    received_at: 'timestamptz',
    device_no: 'int4',
    plate: 'text',
    raw: 'text?',
    jurisdiction: 'text?',
    plate_permille: 'int2?',
    flags: 'int2',
    latitude_e6: 'int4?',
    longitude_e6: 'int4?',
    heading_degrees: 'int2?',
    speed_kph: 'int2?',
    lane: 'int2?',
    make: 'text?',
    model: 'text?',
    colour: 'text?',
    class: 'text?',
    alternatives: 'text?',
    device_id: 'text',
    device: 'text',
    device_kind: 'text',
    road: 'text?',
    device_latitude: 'float8?',
    device_longitude: 'float8?',
    device_heading: 'int2?',
    agency_id: 'text',
    agency: 'text',
    key_no: 'int4',
    key_day: 'text',
    key_secret: 'bytea',
  },
)
export type ReadRow = Row<(typeof selectReads)['columns']>

export type ReadQuery = {
  readonly plate: string
  readonly plateKey: string
  readonly jurisdiction: string | null
  readonly from: Date
  readonly to: Date
  /** Where the page before ended. */
  readonly before: { readonly capturedAt: Date; readonly deviceNo: number }
  readonly limit: number
}

/** Reads of a plate, newest first, of those that the scope still keeps. */
export function findReads(tx: Tx, scope: ReadScope, query: ReadQuery): Promise<ReadRow[]> {
  const { plate, plateKey, jurisdiction, from, to, before, limit } = query
  return tx.rows(selectReads, [
    plateKey,
    plate,
    from,
    to,
    before.capturedAt,
    before.deviceNo,
    jurisdiction,
    scope.keptSince,
    limit,
  ])
}
