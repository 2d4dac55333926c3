/**
 * The one statement. Storing a batch, keeping the dictionary of plates, matching against every hot list and raising the alerts
 * is a single statement in a single transaction: an acknowledged read has been matched, and a read is never stored unmatched.
 * It is the one place that writes tables of other slices (reads, plates, matches, alerts).
 *
 * Plans are made once per connection, perhaps while a table is still empty; a join planned then walks the whole table for each
 * row when it holds millions (seen: two seconds a batch). So what is looked up is looked up row by row, by its index: in
 * correlated and lateral subqueries, and with `beginMatching` leaving the planner nothing else.
 *
 * Rows come sorted by the unique key, so that two batches with the same reads in another order cannot wait for each other in
 * a circle. The transaction holds the list-revision lock shared, taken before its snapshot (kernel/locks.ts).
 */
import * as grading from '../alerts/grading.ts'
import { must } from '../kernel/assert.ts'
import { statement, type Tx } from '../kernel/db.ts'
import type { DayKey } from '../reads/readIds.ts'
import type { IntakeScope } from './policy.ts'
import type { Issued } from '../policy/decision.ts'
import { encodeReads, type InputRow } from './encode.ts'

const columns = `captured_at, received_at, event_key, device_no, agency_no, latitude_e6, longitude_e6, heading_degrees, speed_kph, lane,
  plate_permille, jurisdiction_permille, flags, plate, plate_key, jurisdiction, raw, make, model, colour, class, alternatives`

// $1 the reads, $2 this instant, $3 the day on which entries must still be good, $4 the first day of this month, $5 how many reads.
const storeAndMatch = statement(
  'intake.storeAndMatch',
  `with stored as (
     insert into reads (${columns}) select ${columns} from unnest($1::read_input[]) on conflict do nothing
     returning ${columns}),
   new_plates as (
     insert into plates (plate_key, plate, last_seen_on)
     select distinct s.plate_key, s.plate, $4::date from stored s
     where not coalesce((select p.last_seen_on >= $4 from plates p where p.plate_key = s.plate_key and p.plate = s.plate), false)
     order by 1, 2
     on conflict (plate_key, plate) do update set last_seen_on = excluded.last_seen_on),
   hit as materialized (
     select s.captured_at, s.device_no, s.plate_key, e.id as entry_id, e.feed_no, f.priority,
       f.agency_id as list_agency_id, d.agency_id as source_agency_id,
       ${grading.plateGrade} as plate_grade, ${grading.jurisdictionGrade} as jurisdiction_grade,
       ${grading.alerted} as alerted, ${grading.gradeRank} as grade_rank,
       ${grading.matchCopy('$2::timestamptz')} as copy, ${grading.readCopy} as read
     from stored s cross join lateral (select * from hotlist_entries e where ${grading.joined} offset 0) e join feeds f on f.no = e.feed_no
       join devices d on d.no = s.device_no join agencies a on a.id = d.agency_id
     where ${grading.recorded('$3::date')}),
   matched as (
     insert into matches (captured_at, entry_id, device_no, feed_no, plate_key, plate_grade, jurisdiction_grade, alerted)
     select captured_at, entry_id, device_no, feed_no, plate_key, plate_grade, jurisdiction_grade, alerted from hit
     on conflict do nothing),
   raised as (
     insert into alerts (plate_key, id, captured_at, device_no, raised_at, priority, grade, agency_ids, read, matches)
     select plate_key, ${grading.newAlertId}, captured_at, device_no, $2, max(priority), ${grading.gradeWords('min(grade_rank)')},
       array_agg(distinct list_agency_id) || case when bool_or(list_agency_id = source_agency_id) then '{}' else array[min(source_agency_id)] end,
       (array_agg(read))[1], jsonb_agg(copy order by grade_rank, priority desc)
     from hit where alerted group by captured_at, device_no, plate_key
     returning no, plate_key),
   queued as (
     insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'raised', $2 from raised)
   select (count(*))::int4 as stored,
     case when count(*) < $5 then coalesce(array_agg(plate || ' ' || extract(epoch from captured_at) * 1000 || ' ' || device_no), '{}') end as keys
   from stored`,
  { stored: 'int4', keys: 'text[]?' },
)

/** What identifies a read, as one text. */
export function keyTextOf(plate: string, capturedMs: number, deviceNo: number): string {
  return `${plate} ${capturedMs} ${deviceNo}`
}

export type StoreTimes = { readonly at: Date; readonly listDay: string; readonly month: string }

/**
 * Stores reads that are not there yet, matches them and raises their alerts. Returns the key texts of those that were new, or
 * undefined where all were. `rows` must be sorted by plate key, instant and device, and hold no key twice.
 */
export async function storeReads(
  tx: Tx,
  _scopes: readonly IntakeScope[],
  rows: readonly InputRow[],
  typeOid: number,
  { at, listDay, month }: StoreTimes,
): Promise<ReadonlySet<string> | undefined> {
  const row = await tx.row(storeAndMatch, [encodeReads(rows, typeOid), at, listDay, month, rows.length])
  const { keys } = must(row, 'an aggregate gives a row')
  return keys === null ? undefined : new Set(keys.map((key) => key.replace(/\.0+(?= )/, '')))
}

const selectDayKeys = statement(
  'intake.selectDayKeys',
  `select k.no, k.day::text as day, k.secret, (select oid from pg_type where typname = 'read_input')::int8 as type_oid
   from unnest($1::date[]) as d(day) left join read_day_keys k on k.day = d.day`,
  { no: 'int4?', day: 'text?', secret: 'bytea?', type_oid: 'int8' },
)
/** The keys of days (as `2026-11-23`), by their first millisecond; a day without one is not kept. And the composite type's number. */
export async function findDayKeys(
  tx: Tx,
  days: readonly string[],
): Promise<{ keys: Map<number, DayKey>; typeOid: number }> {
  const rows = await tx.rows(selectDayKeys, [days])
  const keys = new Map<number, DayKey>()
  for (const { no, day, secret } of rows) {
    if (no === null || day === null || secret === null) continue
    const dayMs = Date.parse(`${day}T00:00:00Z`)
    keys.set(dayMs, { no, dayMs, secret })
  }
  return { keys, typeOid: must(rows[0], 'at least one day is asked for').type_oid }
}

// Several messages about one pass arrive close together; what lies further apart than this is another pass.
export const passWindowMs = 10 * 60_000

const lockEvents = statement(
  'intake.lockEvents',
  `select pg_advisory_xact_lock(key) from (select unnest($1::int8[]) as key order by 1) as k`,
  {},
)
// $3 and $4 span the whole batch: known when the statement starts, they leave only the days that matter of the year's.
const selectEvents = statement(
  'intake.selectEvents',
  `select e.event_key::text as event_key, r.plate, r.captured_at, r.device_no, r.plate_permille, r.plate_key
   from unnest($1::int8[], $2::timestamptz[]) as e(event_key, captured_at)
   cross join lateral (
     select * from reads r where r.event_key = e.event_key and r.flags & 8 = 0
       and r.captured_at between e.captured_at - interval '10 minutes' and e.captured_at + interval '10 minutes'
       and r.captured_at between $3 and $4
     limit 1) r`,
  {
    event_key: 'text',
    plate: 'text',
    captured_at: 'timestamptz',
    device_no: 'int4',
    plate_permille: 'int2?',
    plate_key: 'text',
  },
)
export type EventRead = {
  plate: string
  plateKey: string
  capturedMs: number
  deviceNo: number
  permille: number | null
}

/** The read that stands for each event so far. Until commit nobody else stores one of these events. */
export async function findEventReads(
  tx: Tx,
  events: readonly { eventKey: bigint; capturedMs: number }[],
): Promise<Map<string, EventRead>> {
  const keys = events.map((each) => String(each.eventKey))
  await tx.run(lockEvents, [keys])
  const instants = events.map((each) => each.capturedMs)
  const rows = await tx.rows(selectEvents, [
    keys,
    instants.map((ms) => new Date(ms)),
    new Date(instants.reduce((least, ms) => Math.min(least, ms)) - passWindowMs),
    new Date(instants.reduce((most, ms) => Math.max(most, ms)) + passWindowMs),
  ])
  return new Map(
    rows.map((row) => [
      row.event_key,
      {
        plate: row.plate,
        plateKey: row.plate_key,
        capturedMs: row.captured_at.getTime(),
        deviceNo: row.device_no,
        permille: row.plate_permille,
      },
    ]),
  )
}

const supersede = statement(
  'intake.supersede',
  `with gone as (
     update reads r set flags = r.flags | 8
     from unnest($1::text[], $2::timestamptz[], $3::int4[]) as g(plate_key, captured_at, device_no)
     where r.plate_key = g.plate_key and r.captured_at = g.captured_at and r.device_no = g.device_no
     returning r.plate_key, r.captured_at, r.device_no),
   mistaken as (
     update alerts a set state = 'superseded' from gone g
     where a.plate_key = g.plate_key and a.captured_at = g.captured_at and a.device_no = g.device_no and a.state = 'raised'
     returning a.no, a.plate_key)
   insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'superseded', $4 from mistaken`,
  {},
)
/** Marks reads that a better reading of the same pass replaced. They stay as tombstones, so that a resend does not bring them back; their alerts are taken back. */
export async function supersedeReads(
  tx: Tx,
  _scopes: readonly IntakeScope[],
  reads: readonly EventRead[],
  at: Date,
): Promise<void> {
  if (reads.length === 0) return
  await tx.run(supersede, [
    reads.map((r) => r.plateKey),
    reads.map((r) => new Date(r.capturedMs)),
    reads.map((r) => r.deviceNo),
    at,
  ])
}

const insertRefusals = statement(
  'intake.insertRefusals',
  `insert into device_refusals (day, agency_id, device, rule, count, last_path, last_at)
   select $1, agency_id, device, rule, count, path, $2 from unnest($3::text[], $4::text[], $5::text[], $6::int8[], $7::text[]) as r(agency_id, device, rule, count, path)
   order by agency_id, device, rule
   on conflict (day, agency_id, device, rule) do update
   set count = device_refusals.count + excluded.count, last_path = excluded.last_path, last_at = excluded.last_at`,
  {},
)
export type RefusalCount = { agencyId: string; device: string; rule: string; count: number; path: string }
/** Adds to the counts of what was refused that day, by device and rule. */
export async function countRefusals(tx: Tx, refusals: readonly RefusalCount[], at: Date): Promise<void> {
  if (refusals.length === 0) return
  await tx.run(insertRefusals, [
    at.toISOString().slice(0, 10),
    at,
    refusals.map((r) => r.agencyId),
    refusals.map((r) => r.device),
    refusals.map((r) => r.rule),
    refusals.map((r) => r.count),
    refusals.map((r) => r.path),
  ])
}

const selectRefusals = statement(
  'intake.selectRefusals',
  `select agency_id, device, rule, sum(count)::int8 as count, (array_agg(last_path order by last_at desc))[1] as last_path, max(last_at) as last_at
   from device_refusals where day >= $1 and ($2::text is null or agency_id = $2) group by agency_id, device, rule order by count desc limit 1000`,
  { agency_id: 'text', device: 'text', rule: 'text', count: 'int8', last_path: 'text', last_at: 'timestamptz' },
)
/** What was refused within the scope since a day, the most recent first. */
export function findRefusals(tx: Tx, scope: Issued<{ refusalsOf: string | null }>, since: Date) {
  return tx.rows(selectRefusals, [since.toISOString().slice(0, 10), scope.refusalsOf])
}
