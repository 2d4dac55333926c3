/**
 * The SQL of an import: a file is staged in a temporary table, then compared with what is live; only the difference is
 * written. An entry that did not change keeps its row and its id, so importing the same file again writes nothing.
 */
import { must } from '../kernel/assert.ts'
import { copyIn } from '../kernel/copy.ts'
import { statement, type Tx } from '../kernel/db.ts'
import { locks } from '../kernel/locks.ts'
import type { Issued } from '../policy/decision.ts'
import type { FormatRejection } from './formats/format.ts'

type Scope = Issued<{ feedNo: number }>

const setLimits = statement(
  'hotlists.setLimits',
  `select set_config('statement_timeout', $1, true) as statement_timeout, set_config('lock_timeout', $2, true) as lock_timeout,
          set_config('work_mem', $3, true) as work_mem`,
  { statement_timeout: 'text', lock_timeout: 'text', work_mem: 'text' },
)
async function limit(tx: Tx, statementMsMax: number, lockMsMax: number): Promise<void> {
  await tx.row(setLimits, [String(statementMsMax), String(lockMsMax), '64MB'])
}

// The temporary table hides the empty one of the same name, whose columns it has.
const createStaging = statement(
  'hotlists.createStaging',
  `create temporary table hotlist_staging (like public.hotlist_staging) on commit drop`,
  {},
)
const copyStaging = statement(
  'hotlists.copyStaging',
  `copy pg_temp.hotlist_staging (line, plate, plate_key, jurisdiction, category, expires_on, reference, source_ori, details) from stdin`,
  {},
)
/**
 * Takes the lines of a file, each ending in a newline, into the staging table; how many there were. `uploadMsMax` bounds the
 * wait for the sender, since the command lasts as long as the file takes to arrive.
 */
export async function stage(tx: Tx, lines: AsyncIterable<string>, uploadMsMax: number): Promise<number> {
  await limit(tx, uploadMsMax, 10_000)
  await tx.run(createStaging)
  return copyIn(tx.client, copyStaging.text, lines)
}

const dropRepeated = statement(
  'hotlists.dropRepeated',
  `delete from hotlist_staging where ctid in (
     select ctid from (
       select ctid, row_number() over (partition by plate_key, plate, jurisdiction, category order by line) as place from hotlist_staging
     ) numbered where place > 1)`,
  {},
)
// Temporary tables are not analysed by themselves, and the comparison needs to know whether it has ten rows or a million.
const analyzeStaging = statement('hotlists.analyzeStaging', `analyze hotlist_staging`, {})
const comparisonMsMax = 180_000

/** Keeps the first of the rows with the same key; how many went. */
export async function dropRepeatedRows(tx: Tx): Promise<number> {
  await limit(tx, comparisonMsMax, 60_000)
  await tx.run(analyzeStaging)
  return tx.run(dropRepeated)
}

const lockFeed = statement('hotlists.lockFeed', `select revision from feeds where no = $1 for no key update`, {
  revision: 'int4',
})
const selectEntries = statement(
  'hotlists.selectRevisionEntries',
  `select entries from feed_revisions where feed_no = $1 and revision = $2`,
  { entries: 'int4' },
)
/**
 * Locks the feed, so that two imports of it follow each other, and says what is live. The count is asked for afterwards: a
 * statement that waited for a lock sees the locked row anew, but all others as they were before.
 */
export async function getLockedFeed(tx: Tx, { feedNo }: Scope): Promise<{ revision: number; entries: number }> {
  const { revision } = must(await tx.row(lockFeed, [feedNo]), 'feeds are never deleted')
  const row = await tx.row(selectEntries, [feedNo, revision])
  return { revision, entries: row?.entries ?? 0 }
}

const sameKey = `s.plate_key = e.plate_key and s.plate = e.plate and s.jurisdiction = e.jurisdiction and s.category = e.category`
const sameContent = `e.zero_folded = $3 and (s.expires_on, s.reference, s.source_ori, s.details)
  is not distinct from (e.expires_on, e.reference, e.source_ori, e.details)`

const endGoneAndChanged = statement(
  'hotlists.endGoneAndChanged',
  `update hotlist_entries e set to_revision = $2 where e.feed_no = $1 and e.to_revision is null
   and not exists (select from hotlist_staging s where ${sameKey} and ${sameContent})`,
  {},
)
const endChanged = statement(
  'hotlists.endChanged',
  `update hotlist_entries e set to_revision = $2 where e.feed_no = $1 and e.to_revision is null
   and exists (select from hotlist_staging s where ${sameKey} and not (${sameContent}))`,
  {},
)
// In the order of the index of live entries, so that its pages are filled one after the other.
const insertMissing = statement(
  'hotlists.insertMissing',
  `insert into hotlist_entries (feed_no, from_revision, zero_folded, plate, plate_key, jurisdiction, category, expires_on, reference, source_ori, details)
   select $1, $2, $3, plate, plate_key, jurisdiction, category, expires_on, reference, source_ori, details
   from hotlist_staging s
   where not exists (select from hotlist_entries e where e.feed_no = $1 and e.to_revision is null and ${sameKey})
   order by plate_key, plate, jurisdiction, category`,
  {},
)
const countChanged = statement(
  'hotlists.countChanged',
  `select count(*)::int4 as changed from hotlist_entries e
   where e.feed_no = $1 and e.to_revision = $2 and exists (select from hotlist_staging s where ${sameKey})`,
  { changed: 'int4' },
)

export type Difference = { added: number; changed: number; removed: number }

/** Writes the difference between the staged file and what is live, as a revision of a locked feed. */
export async function writeDifference(
  tx: Tx,
  { feedNo }: Scope,
  revision: number,
  { mode, zeroFolded }: { mode: string; zeroFolded: boolean },
): Promise<Difference> {
  const ended = await tx.run(mode === 'replace' ? endGoneAndChanged : endChanged, [feedNo, revision, zeroFolded])
  const inserted = await tx.run(insertMissing, [feedNo, revision, zeroFolded])
  const { changed } = must(await tx.row(countChanged, [feedNo, revision]), 'a count is always returned')
  return { added: inserted - changed, changed, removed: ended - changed }
}

const insertRevision = statement(
  'hotlists.insertRevision',
  `with feed as (update feeds set revision = $2, revised_at = $3 where no = $1 returning no, look_back_minutes)
   insert into feed_revisions (feed_no, revision, imported_at, by_id, sha256, file_dated_at, rows, duplicates, rejected, added, changed, removed, entries, looked_back_at)
   select no, $2, $3, $4, $5, $6::timestamp at time zone $7, $8, $9, $10, $11, $12, $13, $14,
          case when look_back_minutes = 0 or $11::int4 + $12::int4 = 0 then $3 end
   from feed returning file_dated_at`,
  { file_dated_at: 'timestamptz?' },
)
const insertRejections = statement(
  'hotlists.insertRejections',
  `insert into feed_rejections (feed_no, revision, line, reason)
   select $1, $2, line, reason from unnest($3::int4[], $4::text[]) as r(line, reason) on conflict do nothing`,
  {},
)

export type Revision = Difference & {
  revision: number
  at: Date
  byId: string
  sha256: Buffer
  /** Local to the list's zone, as files have none. */
  fileDated: { local: string | null; timezone: string }
  rows: number
  duplicates: number
  rejected: number
  entries: number
  /** Those that are listed. */
  rejections: readonly FormatRejection[]
}

/** Makes the revision the feed's current one; when the file says it was made. Without new entries there is nothing to look back for. */
export async function writeRevision(tx: Tx, { feedNo }: Scope, revision: Revision): Promise<Date | null> {
  const { at, byId, sha256, fileDated, rows, duplicates, rejected, added, changed, removed, entries } = revision
  const written = await tx.row(insertRevision, [
    feedNo,
    revision.revision,
    at,
    byId,
    sha256,
    fileDated.local,
    fileDated.timezone,
    rows,
    duplicates,
    rejected,
    added,
    changed,
    removed,
    entries,
  ])
  const lines = revision.rejections.map(({ line }) => line)
  const reasons = revision.rejections.map(({ reason }) => reason.slice(0, 300))
  if (lines.length > 0) await tx.run(insertRejections, [feedNo, revision.revision, lines, reasons])
  return must(written, 'the feed is locked').file_dated_at
}

const awaitIntake = statement('hotlists.awaitIntake', `select pg_advisory_xact_lock($1::int8)::text as held`, {
  held: 'text',
})
/**
 * Waits until no read is being matched, and holds intake back until COMMIT, so that none is matched against the old list after
 * look-back has begun for the new one (src/kernel/locks.ts). Intake queues behind this wait: nothing slow may follow.
 */
export async function holdIntakeUntilCommit(tx: Tx): Promise<void> {
  await limit(tx, 30_000, 10_000)
  await tx.row(awaitIntake, [locks.listRevision])
}
