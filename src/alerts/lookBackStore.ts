/** SQL of look-back: intake's one statement the other way round, from new entries to the reads that were there before them. */
import { must } from '../kernel/assert.ts'
import { statement, type Tx } from '../kernel/db.ts'
import {
  alerted,
  gradeRank,
  gradeWords,
  joined,
  jurisdictionGrade,
  matchCopy,
  newAlertId,
  plateGrade,
  readCopy,
  recorded,
} from './grading.ts'
import type { LookBackScope } from './policy.ts'

/** The newest reads of a plate that one entry looks back to: bounds what a batch can raise. Older ones are found by a search. */
export const readsPerEntryMax = 100

// In an expression, so that it stays a look-up in a hash table: as a join it would be planned for a handful of rows, and be run
// in square time for a hundred thousand.
const inserted = `case when (plate_key, captured_at, device_no, entry_id) in (
       select m.plate_key, m.captured_at, m.device_no, m.entry_id from matched m) then true else false end`

// $1 feed, $2 revision, $3 the last entry of the batch before, $4 entries at most, $5 how far back, $6 this instant, $7 the day on
// which entries must still be good, $8 since when reads are kept. The partitions of the days ahead are not looked into.
//
// Matches are once-only, and so are the alerts made from them: whoever comes a second time, after a crash or beside another
// process, inserts no match and raises nothing. An entry whose details changed is a new row for the same plate: what the old
// row matched is not matched again, and what it never came to match, because it changed too soon, is.
export const selectAndMatch = statement(
  'alerts.lookBack',
  `with e as materialized (
     select id, feed_no, to_revision, zero_folded, plate, plate_key, jurisdiction, category, expires_on, reference, source_ori, details
     from hotlist_entries where feed_no = $1 and from_revision = $2 and id > $3 order by id limit $4),
   hit as materialized (
     select s.captured_at, s.device_no, s.plate_key, e.id as entry_id, e.feed_no, f.priority, f.agency_id as list_agency_id,
       a.id as agency_id, ${plateGrade} as plate_grade, ${jurisdictionGrade} as jurisdiction_grade, ${alerted} as alerted,
       ${gradeRank} as grade_rank, ${matchCopy('$6')} as match_copy, ${readCopy} as read_copy,
       row_number() over (partition by e.id order by s.captured_at desc, s.device_no) as place
     from e join feeds f on f.no = e.feed_no join reads s on ${joined}
     join devices d on d.no = s.device_no join agencies a on a.id = d.agency_id
     where s.captured_at >= $5 and s.captured_at < $6::timestamptz + interval '1 hour'
       and (case when s.flags & 3 = 1 then s.captured_at else s.received_at end) > $8 and s.flags & 24 = 0 and ${recorded('$7::date')}
       and not exists (
         select from matches m join hotlist_entries p on p.id = m.entry_id
         where m.plate_key = s.plate_key and m.captured_at = s.captured_at and m.device_no = s.device_no
           and p.feed_no = e.feed_no and p.plate = e.plate and p.jurisdiction = e.jurisdiction and p.category = e.category)),
   matched as (
     insert into matches (captured_at, entry_id, device_no, feed_no, plate_key, plate_grade, jurisdiction_grade, alerted)
     select captured_at, entry_id, device_no, feed_no, plate_key, plate_grade, jurisdiction_grade, alerted
     from hit where place <= ${readsPerEntryMax} order by plate_key, captured_at, device_no, entry_id
     on conflict do nothing returning plate_key, captured_at, device_no, entry_id),
   vehicle as (
     select plate_key, captured_at, device_no, max(priority) as priority, min(grade_rank) as grade_rank, min(agency_id) as agency_id,
       array_agg(list_agency_id) as list_agency_ids, (array_agg(read_copy))[1] as read_copy,
       jsonb_agg(match_copy order by grade_rank, priority desc) as match_copies
     from hit where alerted and ${inserted} group by plate_key, captured_at, device_no),
   raised as (
     insert into alerts (plate_key, id, captured_at, device_no, raised_at, priority, grade, look_back, agency_ids, read, matches)
     select v.plate_key, ${newAlertId}, v.captured_at, v.device_no, $6, v.priority, ${gradeWords('v.grade_rank')}, true,
       array(select distinct id from unnest(v.list_agency_ids || v.agency_id) as i(id)), v.read_copy, v.match_copies
     from vehicle v returning no, plate_key, id),
   queued as (
     insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'raised', $6 from raised)
   select (select count(*) from e)::int4 as entries, (select max(id) from e) as last_entry,
     (select count(*) from matched)::int4 as matches, coalesce((select array_agg(id) from raised), '{}') as alert_ids`,
  { entries: 'int4', last_entry: 'int8?', matches: 'int4', alert_ids: 'text[]' },
)

// The planner does not know that the window is one or two days out of hundreds, nor how much matches has grown since it planned:
// it would rather read whole tables than look up a thousand plates.
export const beginLookBack = `begin; set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off`

export type LookedBack = { entries: number; matches: number; alertIds: string[]; lastEntry: number | null }

/** Matches a page of a revision's entries with the reads that came before them, and raises the alerts. `listDay` as `2026-11-23`. */
export async function matchEarlierReads(
  tx: Tx,
  scope: LookBackScope,
  page: { afterEntry: number; limit: number },
  { at, listDay }: { at: Date; listDay: string },
): Promise<LookedBack> {
  const { feedNo, revision, since, keptSince } = scope
  const row = must(
    await tx.row(selectAndMatch, [feedNo, revision, page.afterEntry, page.limit, since, at, listDay, keptSince]),
    'an aggregate gives a row',
  )
  return {
    entries: row.entries,
    matches: row.matches,
    alertIds: row.alert_ids,
    lastEntry: row.entries < page.limit ? null : row.last_entry,
  }
}

const takeBack = statement(
  'alerts.takeBack',
  `with mistaken as (
     update alerts a set state = 'superseded' from reads r
     where a.look_back and a.state = 'raised' and a.raised_at >= $1
       and r.plate_key = a.plate_key and r.captured_at = a.captured_at and r.device_no = a.device_no and r.flags & 24 <> 0
     returning a.no, a.plate_key),
   queued as (
     insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'superseded', $2 from mistaken)
   select count(*)::int4 as superseded from mistaken`,
  { superseded: 'int4' },
)
/** Takes back alerts that look-back raised since an instant from reads that were replaced or withdrawn meanwhile; how many. */
export async function takeBackMistaken(tx: Tx, _scope: LookBackScope, raisedSince: Date, at: Date): Promise<number> {
  return must(await tx.row(takeBack, [raisedSince, at]), 'a count is always returned').superseded
}

/** The oldest revision whose look-back is not finished. Only a peek, for the job: the act itself asks again and locks. */
export const selectWaiting = statement(
  'alerts.selectWaitingRevision',
  `select feed_no, revision from feed_revisions where looked_back_at is null order by imported_at, feed_no, revision limit 1`,
  { feed_no: 'int2', revision: 'int4' },
)
