/**
 * What other slices ask of entries: the difference between two revisions, for the cars, and what a revision added, for look-back.
 * Each function takes a scope, since entries hold plates.
 */
import { statement, type Row, type Tx } from '../kernel/db.ts'
import type { Issued } from '../policy/decision.ts'

const entryColumns = {
  id: 'int8',
  plate: 'text',
  plate_key: 'text',
  jurisdiction: 'text',
  category: 'text',
  zero_folded: 'bool',
  expires_on: 'date?',
  reference: 'text?',
  source_ori: 'text?',
  details: 'text?',
} as const
export type EntryRow = Row<typeof entryColumns>

const entryList = Object.keys(entryColumns)
  .map((column) => `e.${column}`)
  .join(', ')

const selectChanges = statement(
  'hotlists.selectChanges',
  `select true as live, ${entryList} from hotlist_entries e
   where e.feed_no = $1 and e.from_revision > $2 and e.from_revision <= $3 and (e.to_revision is null or e.to_revision > $3) and e.id > $4
   union all
   select false, ${entryList} from hotlist_entries e
   where e.feed_no = $1 and e.to_revision > $2 and e.to_revision <= $3 and e.from_revision <= $2 and e.id > $4
   order by id limit $5`,
  { live: 'bool', ...entryColumns },
)
/**
 * What a copy of a feed at revision `from` must do to become revision `to`: entries to add (`live`) and to drop, by id, as
 * pages after an id. A changed entry is dropped under its old id and added under a new one.
 */
export function findChanges(
  tx: Tx,
  { feedNo }: Issued<{ feedNo: number }>,
  page: { from: number; to: number; afterId: number; limit: number },
): Promise<(EntryRow & { live: boolean })[]> {
  return tx.rows(selectChanges, [feedNo, page.from, page.to, page.afterId, page.limit])
}

const selectAdded = statement(
  'hotlists.selectAdded',
  `select ${entryList} from hotlist_entries e
   where e.feed_no = $1 and e.from_revision = $2 and e.to_revision is null and e.id > $3
   and (e.expires_on is null or e.expires_on >= $4::date)
   and not exists (
     select from hotlist_entries p where p.feed_no = $1 and p.to_revision = $2 and p.plate_key = e.plate_key and p.plate = e.plate
     and p.jurisdiction = e.jurisdiction and p.category = e.category and (p.expires_on is null or p.expires_on >= $4::date))
   order by e.id limit $5`,
  entryColumns,
)
/**
 * Entries for which a revision must look back, by id, as pages after an id: still live, not expired on `listDay`, and not the
 * same plate with other details, which was matched all along.
 */
export function findAdded(
  tx: Tx,
  { feedNo }: Issued<{ feedNo: number }>,
  page: { revision: number; listDay: string; afterId: number; limit: number },
): Promise<EntryRow[]> {
  return tx.rows(selectAdded, [feedNo, page.revision, page.afterId, page.listDay, page.limit])
}

const selectNotLookedBack = statement(
  'hotlists.selectNotLookedBack',
  `select f.no as feed_no, f.id as feed_id, f.look_back_minutes, r.revision, r.imported_at
   from feed_revisions r join feeds f on f.no = r.feed_no
   where r.looked_back_at is null order by r.imported_at, r.feed_no, r.revision limit 1 for no key update of r skip locked`,
  { feed_no: 'int2', feed_id: 'text', look_back_minutes: 'int4', revision: 'int4', imported_at: 'timestamptz' },
)
/**
 * The oldest revision whose look-back is not finished, locked for this transaction so that no other process does it too. It
 * was committed before this was called, and so was every read that its import's lock held back (src/kernel/locks.ts). A crash
 * leaves it to be found again.
 */
export function findRevisionToLookBack(tx: Tx) {
  return tx.row(selectNotLookedBack)
}

const markLookedBack = statement(
  'hotlists.markLookedBack',
  `update feed_revisions set looked_back_at = $3 where feed_no = $1 and revision = $2`,
  {},
)
/** Says that a revision's look-back is finished. */
export async function writeLookedBack(
  tx: Tx,
  { feedNo }: Issued<{ feedNo: number }>,
  revision: number,
  at: Date,
): Promise<void> {
  await tx.run(markLookedBack, [feedNo, revision, at])
}
