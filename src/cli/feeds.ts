/** Finding a feed by what somebody calls it, and showing feeds. */
import type { Feed } from '../hotlists/contract.ts'
import { listFeeds } from '../hotlists/hotlists.ts'
import type { Client } from './client.ts'
import { Usage } from './command.ts'
import { closest } from './suggest.ts'
import { table } from './table.ts'

/** The feed with that identifier or name, or undefined. Throws `Usage` where several agencies have one of that name. */
export async function findFeed(client: Client, named: string): Promise<Feed | undefined> {
  const { feeds } = await client.call(listFeeds, {})
  const byId = feeds.find(({ id }) => id === named)
  if (byId) return byId
  const byName = feeds.filter(({ name }) => name.toLowerCase() === named.toLowerCase())
  if (byName.length > 1)
    throw new Usage(
      `Several feeds are called "${named}": ${byName.map(({ id, agencyId }) => `${id} (of ${agencyId})`).join(', ')}. Give the identifier.`,
    )
  return byName[0]
}

/** Likewise, where it must be there. */
export async function getFeed(client: Client, named: string, remedy: string): Promise<Feed> {
  const feed = await findFeed(client, named)
  if (feed) return feed
  const { feeds } = await client.call(listFeeds, {})
  const meant = closest(
    named,
    feeds.map(({ name }) => name),
  )
  throw new Usage(
    `There is no feed "${named}".${meant ? ` Did you mean "${meant}"?` : ''} \`platekeep hotlist list\` shows those there are. ${remedy}`.trim(),
  )
}

/** Feeds as rows of text, with how old each is and how old it may be. */
export function feedTable(feeds: readonly Feed[]): string {
  return table(
    [
      { title: 'FEED', value: ({ name }) => name },
      { title: 'CATEGORY', value: ({ category }) => category },
      { title: 'FORMAT', value: ({ format }) => format },
      { title: 'ENTRIES', right: true, value: ({ entries }) => entries.toLocaleString('en-US') },
      { title: 'REVISION', right: true, value: ({ revision }) => String(revision) },
      { title: 'REJECTED', right: true, value: ({ rejected }) => String(rejected) },
      {
        title: 'AGE',
        value: ({ ageHours, refreshHoursMax, stale }) =>
          `${ageHours === null ? 'never imported' : `${ageHours} h of ${refreshHoursMax} h`}${stale ? ', STALE' : ''}`,
      },
      { title: 'IDENTIFIER', value: ({ id }) => id },
    ],
    feeds,
  )
}
