/**
 * The table of grades in SQL, and the copies that matches and alerts carry: pieces of text that intake's one statement and
 * look-back are both built from, so that the two can never grade differently. `grade.ts` is the same function in TypeScript
 * and explains the table; a test holds the two to each other.
 *
 * The pieces expect these aliases in the query around them:
 *
 * - `s`  a read: `plate`, `plate_key`, `jurisdiction` (null or empty where unknown), and for its copy the other columns of `reads`
 * - `d`  its device, `a`  its agency
 * - `e`  the hot list entry, joined with `joined`
 * - `f`  the entry's feed
 *
 *   from s join hotlist_entries e on ${joined} join feeds f on f.no = e.feed_no where ${recorded('$3')}
 */
import { plateLengthMax, unread } from '../reads/plate.ts'
import { alertGrades } from './contract.ts'

/** How an entry is found: by the plate key, among the live ones. What shares a key is then graded. */
export const joined = `e.plate_key = s.plate_key and e.to_revision is null`

// Both plates under the fold of the entry's list. A list that writes O as zero cannot tell the two apart.
const read = `case when e.zero_folded then replace(s.plate, 'O', '0') else s.plate end`
const entry = `case when e.zero_folded then replace(e.plate, 'O', '0') else e.plate end`

// Spelled out place by place: an expression needs no sub-plan for each pair, and plates are short. `substr` past the end is
// empty, so plates of unequal length differ in more than one place or are told apart by the length.
const differences = Array.from(
  { length: plateLengthMax },
  (_, index) => `(substr(${read}, ${index + 1}, 1) <> substr(${entry}, ${index + 1}, 1))::int`,
).join(' + ')

/** `exact`, `look-alike`, or null where the two are no match at all. */
export const plateGrade = `case
  when strpos(s.plate, '${unread}') > 0 then null
  when ${read} = ${entry} then 'exact'
  when length(s.plate) = length(e.plate) and ${differences} = 1 then 'look-alike'
end`

/** `same`, `unknown` where either side does not say, or `other`. */
export const jurisdictionGrade = `case
  when coalesce(s.jurisdiction, '') = '' or e.jurisdiction = '' then 'unknown'
  when s.jurisdiction = e.jurisdiction then 'same'
  else 'other'
end`

/** Whether there is a match to record at all. `day` is the SQL of the day on which entries must still be good. */
export function recorded(day: string): string {
  return `(e.expires_on is null or e.expires_on >= ${day}) and case ${plateGrade}
    when 'exact' then true
    when 'look-alike' then f.alerts_look_alike and ${jurisdictionGrade} = 'same'
    else false
  end`
}

/** Whether a match that is recorded alerts too. Only a plate of another jurisdiction may be recorded and stay silent. */
export const alerted = `(${jurisdictionGrade} <> 'other' or f.alerts_other_jurisdiction)`

/** The place of a match in `alertGrades`, from 1: an alert is called by the least of its matches. */
export const gradeRank = `case
  when ${plateGrade} = 'look-alike' then 4
  else case ${jurisdictionGrade} when 'same' then 1 when 'unknown' then 2 else 3 end
end`

/** The plain words of a rank, for the column `alerts.grade`. */
export function gradeWords(rank: string): string {
  return `(array[${alertGrades.map((grade) => `'${grade}'`).join(', ')}])[${rank}]`
}

/** A new alert's identifier, made where the alert is made: how many a statement raises is known only in it. */
export const newAlertId = `'alert_' || left(replace(gen_random_uuid()::text, '-', ''), 20)`

function instant(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** The column `alerts.read`: the copy of the read, as `AlertRead` in the contract. From `s`, `d` and `a`. */
export const readCopy = `jsonb_strip_nulls(jsonb_build_object(
  'plate', s.plate, 'jurisdiction', nullif(s.jurisdiction, ''), 'plateConfidence', s.plate_permille / 1000.0,
  'capturedAt', ${instant('s.captured_at')}, 'receivedAt', ${instant('s.received_at')},
  'timeTrust', (array['unknown', 'proven', 'unproven'])[1 + (s.flags & 3)],
  'deviceId', d.id, 'device', d.name, 'agencyId', a.id, 'agency', a.name, 'road', d.road,
  'latitude', coalesce(s.latitude_e6 / 1e6, d.latitude), 'longitude', coalesce(s.longitude_e6 / 1e6, d.longitude),
  'headingDegrees', coalesce(s.heading_degrees, d.heading_degrees),
  'make', s.make, 'model', s.model, 'colour', s.colour, 'class', s.class))`

/** One element of the column `alerts.matches`, as `AlertMatch`. From `e` and `f`; `at` is the SQL of the instant of raising. */
export function matchCopy(at: string): string {
  return `jsonb_strip_nulls(jsonb_build_object(
  'feedId', f.id, 'feed', f.name, 'category', e.category, 'plate', e.plate, 'jurisdiction', nullif(e.jurisdiction, ''),
  'plateGrade', ${plateGrade}, 'jurisdictionGrade', ${jurisdictionGrade},
  'reference', e.reference, 'sourceOri', e.source_ori, 'expiresOn', e.expires_on, 'details', e.details,
  'listRevision', f.revision, 'listRevisedAt', ${instant('f.revised_at')},
  'listStale', coalesce(f.revised_at < ${at}::timestamptz - make_interval(hours => f.refresh_hours_max), true)))`
}
