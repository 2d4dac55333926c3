/** For the tests of this slice: feeds and imports through the door, and what is in the database afterwards. */
import type { Caller } from '../door/operation.ts'
import { perform } from '../door/perform.ts'
import type { World } from '../../test/database.ts'
import type { Feed, FeedDraft, ImportReport } from './contract.ts'
import { createFeed, importList } from './hotlists.ts'

let made = 0

/** Sets up a feed of the caller's agency: a CSV list of stolen vehicles that replaces, unless the draft says otherwise. */
export function feedOf(world: World, caller: Caller, draft: Partial<FeedDraft> = {}): Promise<Feed> {
  return perform(world.door, createFeed, caller, {
    agencyId: caller.actor.agencyId,
    name: `List ${++made}`,
    category: 'stolen-vehicle',
    format: 'csv',
    mode: 'replace',
    refreshHoursMax: 24,
    ...draft,
  })
}

/** Imports a file, given as text or as pieces of text. */
export function importText(
  world: World,
  caller: Caller,
  feedId: string,
  file: string | AsyncIterable<string> | Iterable<string>,
  query: Record<string, unknown> = {},
): Promise<ImportReport> {
  return perform(world.door, importList, caller, { id: feedId, ...query, stream: bytesOf(file) })
}

async function* bytesOf(file: string | AsyncIterable<string> | Iterable<string>): AsyncGenerator<Uint8Array, void> {
  for await (const piece of typeof file === 'string' ? [file] : file) yield Buffer.from(piece)
}

/** A CSV of plates of Massachusetts, or of `plate,state,make` as given. */
export function csvOf(...rows: string[]): string {
  return ['plate,state,make', ...rows.map((row) => (row.includes(',') ? row : `${row},MA,`)), ''].join('\n')
}

export type LiveEntry = { id: string; plate: string; from_revision: number; to_revision: number | null }

/** Entries of a feed as they are in the table, live ones or all that ever were. */
export async function entriesOf(world: World, feedId: string, which: 'live' | 'all' = 'live'): Promise<LiveEntry[]> {
  const { rows } = await world.owner.query<LiveEntry>(
    `select e.id, e.plate, e.from_revision, e.to_revision from hotlist_entries e join feeds f on f.no = e.feed_no
     where f.id = $1 and ($2 or e.to_revision is null) order by e.plate, e.id`,
    [feedId, which === 'all'],
  )
  return rows
}

/** The plates that are live, in order. */
export async function platesOf(world: World, feedId: string): Promise<string[]> {
  return (await entriesOf(world, feedId)).map(({ plate }) => plate)
}
