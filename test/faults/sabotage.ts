/**
 * Faults put into the database on purpose, each of which the check of a campaign must find: a check that finds nothing proves
 * nothing. Everything is undone by the caller's transaction.
 */
import type { Client } from 'pg'
import type { Kind } from './findings.ts'

type Sabotage = { readonly what: string; readonly finds: Kind; readonly sql: string }

const one = (table: string, where = 'true'): string =>
  `(select ctid from ${table} where ${where} order by ctid offset (select count(*) / 2 from ${table} where ${where}) limit 1)`

export const sabotages: readonly Sabotage[] = [
  {
    what: 'an acknowledged read is gone',
    finds: 'lost',
    sql: `delete from reads where (captured_at, plate, device_no) in
          (select captured_at, plate, device_no from reads where flags & 8 = 0 order by plate limit 1)`,
  },
  {
    what: 'a read is there twice',
    finds: 'storedTwice',
    sql: `alter table reads drop constraint reads_once; insert into reads select * from reads order by plate limit 1`,
  },
  {
    what: 'a read is there that nobody sent',
    finds: 'phantom',
    sql: `insert into reads (captured_at, received_at, device_no, agency_no, plate, plate_key)
          select captured_at, received_at, device_no, agency_no, 'XXNOBODYX', 'XXN0800YX' from reads limit 1`,
  },
  { what: 'a match is missing', finds: 'unmatched', sql: `delete from matches where ctid = ${one('matches')}` },
  {
    what: 'a match has the wrong grade',
    finds: 'wronglyMatched',
    sql: `update matches set jurisdiction_grade = 'other', alerted = not alerted where ctid = ${one('matches', 'alerted')}`,
  },
  {
    what: 'an alert is missing',
    finds: 'unalerted',
    sql: `delete from alerts where ctid = ${one('alerts')}`,
  },
  {
    what: 'an alert is there twice',
    finds: 'alertedTwice',
    sql: `insert into alerts (plate_key, id, captured_at, device_no, raised_at, priority, grade, agency_ids, read, matches)
          select plate_key, id, captured_at, device_no, raised_at, priority, grade, agency_ids, read, matches from alerts
          where ctid = ${one('alerts')}`,
  },
  {
    what: 'the alert of a replaced read stands again',
    finds: 'alertedTwice',
    sql: `with gone as (select plate_key, captured_at, device_no from alerts limit 1)
          update reads r set flags = r.flags | 8 from gone g
          where r.plate_key = g.plate_key and r.captured_at = g.captured_at and r.device_no = g.device_no;
          update alerts set state = 'raised'`,
  },
  {
    what: 'a position is left out',
    finds: 'positions',
    sql: `delete from alert_events where ctid = ${one('alert_events')}`,
  },
  {
    what: 'an alert is raised at two positions',
    finds: 'positions',
    sql: `insert into alert_events select (select max(position) + 1 from alert_events), alert_no, plate_key, kind, at
          from alert_events where ctid = ${one('alert_events')}`,
  },
  {
    what: 'an event is for another agency',
    finds: 'positions',
    sql: `update alert_audience set agency_id = 'agency_other' where ctid = ${one('alert_audience')}`,
  },
  {
    what: 'the follower missed an event',
    finds: 'followed',
    sql: `update alert_events set position = position + 1000000 where position = (select max(position) from alert_events)`,
  },
  {
    what: 'a leaf was rewritten',
    finds: 'log',
    sql: `update log_leaves set leaf = replace(leaf, '"schema":1', '"schema":2') where ctid = ${one('log_leaves')}`,
  },
  {
    what: 'a leaf was rewritten together with its hash',
    finds: 'log',
    sql: `update log_leaves set leaf = leaf || ' ', hash = sha256('\\x00'::bytea || convert_to(leaf || ' ', 'UTF8'))
          where ctid = ${one('log_leaves')}`,
  },
  { what: 'a leaf is gone', finds: 'log', sql: `delete from log_leaves where ctid = ${one('log_leaves')}` },
  {
    what: 'the last leaf is gone',
    finds: 'log',
    sql: `delete from log_leaves where index = (select max(index) from log_leaves)`,
  },
  {
    what: 'an outcome is gone',
    finds: 'acts',
    sql: `delete from log_leaves where ctid = ${one('log_leaves', `leaf like '%"event":"outcome"%'`)}`,
  },
  {
    what: 'an act has two outcomes',
    finds: 'acts',
    sql: `insert into log_leaves select (select max(index) + 1 from log_leaves), hash, leaf from log_leaves
          where ctid = ${one('log_leaves', `leaf like '%"event":"outcome"%'`)}`,
  },
  {
    what: 'an outcome stands before its attempt',
    finds: 'acts',
    sql: `update log_leaves set index = -1 where ctid = ${one('log_leaves', `leaf like '%"event":"outcome"%'`)}`,
  },
  {
    what: 'an acknowledged act is recorded as failed',
    finds: 'unrecorded',
    sql: `update log_leaves set leaf = replace(leaf, '"result":"done"', '"result":"failed"')
          where leaf like '%intake.submit%' and leaf like '%"event":"outcome"%'`,
  },
  {
    what: 'what was stored is recorded otherwise',
    finds: 'unrecorded',
    sql: `update log_leaves set leaf = regexp_replace(leaf, '"sha256":"..', '"sha256":"zz')
          where leaf like '%intake.submit%' and leaf like '%"sha256"%'`,
  },
  {
    what: 'an acknowledged revision is gone',
    finds: 'lists',
    sql: `delete from feed_revisions where (feed_no, revision) in (select feed_no, revision from feed_revisions order by revision desc limit 1)`,
  },
  {
    what: 'a revision was made twice',
    finds: 'lists',
    sql: `insert into feed_revisions select feed_no, revision + 1000, imported_at, file_dated_at, by_id, rows, duplicates, rejected, added,
            changed, removed, entries, sha256, looked_back_at from feed_revisions order by revision desc limit 1`,
  },
]

/** Puts a fault into the open transaction, calls `check`, and takes it out again. */
export async function sabotaged<T>(client: Client, { sql }: Sabotage, check: () => Promise<T>): Promise<T> {
  await client.query('savepoint whole')
  // Without the triggers and foreign keys that would refuse it: a broken disk does not ask them either.
  await client.query(`set local session_replication_role = replica`)
  await client.query(sql)
  const found = await check()
  await client.query('rollback to whole')
  return found
}
