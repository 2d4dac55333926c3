/** `platekeep hotlist import`: a list's file into its feed, as it is read. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Feed, ImportReport } from '../../hotlists/contract.ts'
import { sniff, sniffedBytesMax } from '../../hotlists/formats/sniff.ts'
import { createFeed, importList } from '../../hotlists/hotlists.ts'
import { Client, sendingOf } from '../client.ts'
import { command, Usage, type Values } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { draftOf, feedOptions } from '../feedDraft.ts'
import { findFeed, getFeed } from '../feeds.ts'
import { Progress } from '../progress.ts'
import { retrying } from '../retrying.ts'
import { firstBytes, openSource } from '../source.ts'
import { table, type Column } from '../table.ts'
import { counted, jsonLine, shown, type Terminal } from '../terminal.ts'

const options = {
  feed: { type: 'string', value: '<id or name>', about: 'Required. The feed that the file is a revision of' },
  'accept-shrink': {
    type: 'string',
    value: '<reason>',
    about: 'Import it although the list becomes much shorter, or empty; the reason is recorded',
  },
  ...feedOptions,
  ...connectionOptions,
} as const

export const hotlistImport = command({
  operands: { usage: '<file>', least: 1, most: 1 },
  options,
  about: [
    'Imports a file as the next revision of a feed: what is new is added, what is gone ends, all at one instant. A file that is broken, cut short, or much shorter than the list is refused whole and the list stays as it was. Compressed files (gzip, Zstandard) are decompressed on the way; - is standard input.',
    'With --create, the feed is set up first where there is none of that name.',
  ],
  examples: [
    'platekeep hotlist import stolen.txt --feed "Stolen vehicles"',
    'platekeep hotlist import stolen.txt --feed "Stolen vehicles" --create --category stolen-vehicle \\\n      --format ncic --refresh-hours 24',
    'platekeep hotlist import list.csv.gz --feed feed_0c3v… --accept-shrink "the registry purged expired entries"',
  ],
  run: async (terminal, values, [file = '']) => {
    const named = values.feed
    if (named === undefined)
      throw new Usage('--feed is missing: the identifier or the name of the feed to import into.')
    const client = new Client(await connectionOf(terminal, values))
    try {
      const feed = values.create
        ? ((await findFeed(client, named)) ?? (await created(client, terminal, named, file, values)))
        : await getFeed(client, named, 'To set it up, add --create with its category and format.')
      const report = await imported(client, terminal, feed, file, values['accept-shrink'])
      terminal.print(values.json ? jsonLine({ feed: feed.name, ...report }) : told(feed, report))
    } finally {
      client.close()
    }
  },
})

async function created(
  client: Client,
  terminal: Terminal,
  name: string,
  file: string,
  values: Values<typeof options>,
): Promise<Feed> {
  if (values.format === undefined) throw new Usage(`--format is missing. ${await proposalFor(file, terminal)}`)
  const feed = await client.call(createFeed, await draftOf(client, name, values))
  if (!values.json) terminal.note(`Set up the feed ${shown(feed.name)} (${feed.id}).`)
  return feed
}

/** Which format the file seems to have, for whoever forgot to say it. */
async function proposalFor(file: string, terminal: Terminal): Promise<string> {
  const list = '`platekeep hotlist formats` lists them all.'
  if (file === '-') return list
  const { proposals } = sniff(await firstBytes(await openSource(file, terminal.stdin), sniffedBytesMax))
  if (proposals.length === 0) return list
  const fits = proposals.map(({ format, reason }) => `--format ${format} (${reason})`).join(', or ')
  return `The file looks like ${fits}. ${list}`
}

async function imported(
  client: Client,
  terminal: Terminal,
  feed: Feed,
  file: string,
  reason: string | undefined,
): Promise<ImportReport> {
  const sha256 = file === '-' ? undefined : await digestOf(file, terminal)
  const acceptShrink = reason === undefined ? undefined : true
  const sending = sendingOf(importList, { id: feed.id, sha256, acceptShrink, reason })
  const send = async () => {
    const source = await openSource(file, terminal.stdin)
    const progress = new Progress(terminal, { unit: 'bytes', total: source.bytes })
    try {
      return await client.send({
        ...sending,
        headers: { ...sending.headers, 'content-type': 'application/octet-stream' },
        body: Readable.from(watched(source.content, () => progress.update(source.bytesRead(), source.bytesRead()))),
      })
    } finally {
      progress.end()
    }
  }
  // What came by standard input is gone once it was sent.
  return client.reply(importList, file === '-' ? await send() : await retrying(send))
}

/** Of the content as the server gets it, so that it notices a file that changed on the way. */
async function digestOf(file: string, terminal: Terminal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of (await openSource(file, terminal.stdin)).content) hash.update(chunk)
  return hash.digest('hex')
}

async function* watched(content: AsyncIterable<Uint8Array>, onPiece: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    onPiece()
    yield piece
  }
}

function told(feed: Feed, report: ImportReport): string {
  const { revision, entries, added, changed, removed, duplicates, rejected, rejections, lines } = report
  const summary = [
    `${shown(feed.name)} is at revision ${revision} with ${counted(entries, 'entry', 'entries')}.`,
    `Of ${counted(lines, 'line')}: ${counted(added, 'entry', 'entries')} added, ${changed} changed, ${removed} ended, ${counted(duplicates, 'repeated row')}, ${counted(rejected, 'row')} rejected.`,
  ]
  if (rejected === 0) return summary.join('\n')
  const columns: Column<ImportReport['rejections'][number]>[] = [
    { title: 'LINE', right: true, value: ({ line }) => String(line) },
    { title: 'REASON', value: ({ reason: why }) => why },
  ]
  return [
    ...summary,
    '',
    table(columns, rejections),
    ...(rejected > rejections.length ? [`All of them: platekeep hotlist rejections --feed ${feed.id}`] : []),
  ].join('\n')
}
