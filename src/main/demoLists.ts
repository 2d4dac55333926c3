/** The demonstration's hot lists: set up once, and imported again whenever they have become stale. */
import type { Caller } from '../door/operation.ts'
import { perform } from '../door/perform.ts'
import { createFeed, importList, listFeeds } from '../hotlists/hotlists.ts'
import type { Fleet } from '../simulate/fleet.ts'
import { demoLists } from '../simulate/hotlists.ts'
import type { SimulatedState } from '../simulate/state.ts'
import type { Server } from './server.ts'

/** Sets up the feeds that are missing and imports those that are stale; how many entries the lists have together. */
export async function fillLists(
  { door }: Server,
  administrator: Caller,
  { agencies, seed }: SimulatedState,
  fleet: Fleet,
): Promise<number> {
  const { feeds } = await perform(door, listFeeds, administrator, {})
  let entries = 0
  for (const { title, category, layout, refreshHours, text } of demoLists({
    seed,
    fleet,
    agencies,
    at: door.clock.now(),
  })) {
    const feed =
      feeds.find(({ name }) => name === title) ??
      (await perform(door, createFeed, administrator, {
        agencyId: administrator.actor.agencyId,
        name: title,
        category,
        format: layout,
        mode: 'replace',
        refreshHoursMax: refreshHours,
        alertsOtherJurisdiction: category === 'amber-alert',
        priority: category === 'amber-alert' ? 100 : 50,
      }))
    if (!feed.stale) {
      entries += feed.entries
      continue
    }
    const report = await perform(door, importList, administrator, { id: feed.id, stream: bytesOf(text()) })
    entries += report.entries
  }
  return entries
}

async function* bytesOf(pieces: Iterable<string>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
}
