/** The SQL of feeds and of what was rejected of their files. Imports are in importStore.ts, what others ask of entries in entryStore.ts. */
import { parsed } from '../door/contract.ts'
import { isUniqueViolation, statement, type Row, type Tx } from '../kernel/db.ts'
import { Conflict, NotFound } from '../kernel/errors.ts'
import type { Issued } from '../policy/decision.ts'
import { FeedOptions } from './contract.ts'
import type { FormatRejection } from './formats/format.ts'

const feedColumns = {
  no: 'int2',
  id: 'text',
  agency_id: 'text',
  name: 'text',
  category: 'text',
  format: 'text',
  mode: 'text',
  priority: 'int2',
  refresh_hours_max: 'int4',
  look_back_minutes: 'int4',
  alerts_other_jurisdiction: 'bool',
  alerts_look_alike: 'bool',
  shrink_ratio_min: 'float4',
  options: 'jsonb',
  revision: 'int4',
  revised_at: 'timestamptz?',
  file_dated_at: 'timestamptz?',
  entries: 'int4',
  rejected: 'int4',
} as const

export type StoredFeed = {
  no: number
  id: string
  agencyId: string
  name: string
  category: string
  format: string
  mode: 'replace' | 'merge'
  priority: number
  refreshHoursMax: number
  lookBackMinutes: number
  alertsOtherJurisdiction: boolean
  alertsLookAlike: boolean
  shrinkRatioMin: number
  options: FeedOptions
  revision: number
  revisedAt: Date | null
  fileDatedAt: Date | null
  entries: number
  rejected: number
}

function feedOf(row: Row<typeof feedColumns>): StoredFeed {
  return {
    no: row.no,
    id: row.id,
    agencyId: row.agency_id,
    name: row.name,
    category: row.category,
    format: row.format,
    mode: row.mode === 'merge' ? 'merge' : 'replace',
    priority: row.priority,
    refreshHoursMax: row.refresh_hours_max,
    lookBackMinutes: row.look_back_minutes,
    alertsOtherJurisdiction: row.alerts_other_jurisdiction,
    alertsLookAlike: row.alerts_look_alike,
    shrinkRatioMin: row.shrink_ratio_min,
    options: parsed(FeedOptions, row.options),
    revision: row.revision,
    revisedAt: row.revised_at,
    fileDatedAt: row.file_dated_at,
    entries: row.entries,
    rejected: row.rejected,
  }
}

const selectFeeds = `select f.no, f.id, f.agency_id, f.name, f.category, f.format, f.mode, f.priority, f.refresh_hours_max,
    f.look_back_minutes, f.alerts_other_jurisdiction, f.alerts_look_alike, f.shrink_ratio_min, f.options, f.revision, f.revised_at,
    r.file_dated_at, coalesce(r.entries, 0) as entries, coalesce(r.rejected, 0) as rejected
  from feeds f left join feed_revisions r on r.feed_no = f.no and r.revision = f.revision`

const insert = statement(
  'hotlists.insertFeed',
  `insert into feeds (id, agency_id, name, category, format, mode, priority, refresh_hours_max, look_back_minutes,
     alerts_other_jurisdiction, alerts_look_alike, shrink_ratio_min, options, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14)`,
  {},
)
export type NewFeed = Omit<
  StoredFeed,
  'no' | 'agencyId' | 'revision' | 'revisedAt' | 'fileDatedAt' | 'entries' | 'rejected'
>
/** Stores a feed of the permitted owner. Throws `Conflict` where the agency has one of that name. */
export async function insertFeed(tx: Tx, { ownerId }: Issued<{ ownerId: string }>, feed: NewFeed, at: Date) {
  try {
    await tx.run(insert, [
      feed.id,
      ownerId,
      feed.name,
      feed.category,
      feed.format,
      feed.mode,
      feed.priority,
      feed.refreshHoursMax,
      feed.lookBackMinutes,
      feed.alertsOtherJurisdiction,
      feed.alertsLookAlike,
      feed.shrinkRatioMin,
      JSON.stringify(feed.options),
      at,
    ])
  } catch (error) {
    if (isUniqueViolation(error)) throw new Conflict(`The agency already has a feed named ${feed.name}.`)
    throw error
  }
}

const selectOne = statement('hotlists.selectFeed', `${selectFeeds} where f.id = $1`, feedColumns)
/** A feed by id, for the facts of decisions. Throws `NotFound`: which feeds there are is no secret. */
export async function getFeed(tx: Tx, id: string): Promise<StoredFeed> {
  const row = await tx.row(selectOne, [id])
  if (!row) throw new NotFound('There is no such feed.')
  return feedOf(row)
}

const selectAll = statement('hotlists.selectFeeds', `${selectFeeds} order by f.name, f.no limit 2000`, feedColumns)
/** All feeds by name, each with its last revision. */
export async function findFeeds(tx: Tx, _scope: Issued<{ see: 'feeds' }>): Promise<StoredFeed[]> {
  return (await tx.rows(selectAll)).map(feedOf)
}

const selectRejected = statement(
  'hotlists.selectRejected',
  `select revision, rejected from feed_revisions
   where feed_no = $1 and revision = coalesce($2, (select revision from feeds where no = $1))`,
  { revision: 'int4', rejected: 'int4' },
)
const selectRejections = statement(
  'hotlists.selectRejections',
  `select line, reason from feed_rejections where feed_no = $1 and revision = $2 and line > $3 order by line limit $4`,
  { line: 'int4', reason: 'text' },
)
/** Rejected rows of a revision (null: the current one), by line. Throws `NotFound` where there is no such revision. */
export async function getRejections(
  tx: Tx,
  { feedNo }: Issued<{ feedNo: number }>,
  asked: { revision: number | null; afterLine: number; limit: number },
): Promise<{ revision: number; rejected: number; rejections: FormatRejection[] }> {
  const found = await tx.row(selectRejected, [feedNo, asked.revision])
  if (!found) throw new NotFound('The feed has no such revision, or none at all yet.')
  const rejections = await tx.rows(selectRejections, [feedNo, found.revision, asked.afterLine, asked.limit])
  return { ...found, rejections }
}
