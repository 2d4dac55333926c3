/** `platekeep intake`: files of reads, in whatever form, to a server. */
import { adapters } from '../../intake/adapters/adapters.ts'
import { Client } from '../client.ts'
import { command, Usage } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { outgoingOf, readsPerRequest } from '../outgoing.ts'
import { Progress } from '../progress.ts'
import { Sender, type Refused, type Tally } from '../sender.ts'
import { FileProblem, openSource, type Source } from '../source.ts'
import { table, type Column } from '../table.ts'
import { counted, jsonLine } from '../terminal.ts'

const vendors = [...adapters.keys()]

export const intake = command({
  operands: { usage: '<file…>', least: 1, most: 100_000 },
  options: {
    vendor: {
      type: 'string',
      value: '<vendor>',
      about: `Whose messages the files are, where that is not plain from them: ${vendors.join(', ')}`,
    },
    ...connectionOptions,
  },
  about: [
    `Sends files of reads in parts of at most ${readsPerRequest}, a few at a time: our own form as JSON ({"reads": […]}) or as one read a line, or vendors’ messages as JSON, XML or multipart. Files compressed with gzip or Zstandard are decompressed; - is standard input.`,
    'It acts under the token of a device or of a department server. A server that is busy is asked again later. Reads that were sent before are answered as duplicates, so an interrupted run is simply started again.',
    'Ends with 1 where anything was refused, and says what, where and why.',
  ],
  examples: [
    'platekeep intake reads.ndjson.gz more.json',
    'platekeep intake --vendor openalpr plates.json',
    'zcat old/*.gz | platekeep intake -',
  ],
  run: async (terminal, values, files) => {
    const { vendor } = values
    if (vendor !== undefined && !adapters.has(vendor))
      throw new Usage(`There is no vendor "${vendor}". There are: ${vendors.join(', ')}.`)
    const client = new Client(await connectionOf(terminal, values))
    try {
      const sources: Source[] = []
      for (const file of files) sources.push(await openSource(file, terminal.stdin))
      const known = sources.every(({ bytes }) => bytes !== undefined)
      const total = known ? sources.reduce((sum, { bytes = 0 }) => sum + bytes, 0) : undefined
      const progress = new Progress(terminal, { unit: 'reads', total })
      const sender = new Sender(client, (waitMs) => {
        if (terminal.draws) terminal.draw(`The server is busy; going on in ${Math.ceil(waitMs / 1000)} s.`)
      })
      const unknown: string[] = []
      let before = 0
      for (const source of sources) {
        const start = before
        try {
          await sender.send(source, outgoingOf(source, vendor), (bytes) =>
            progress.update(start + bytes, sender.tally.sent),
          )
        } catch (error) {
          // One file that is no file of reads loses none of the others; what concerns them all does.
          if (!(error instanceof FileProblem)) throw error
          unknown.push(error.message)
        }
        before += source.bytes ?? 0
      }
      await sender.settled()
      progress.end()
      const done = { files: files.length, ...sender.tally, seconds: Math.round(progress.seconds * 1000) / 1000 }
      if (values.json) terminal.print(jsonLine({ ...done, unknown }))
      else terminal.print(told(sender.tally, progress.seconds))
      for (const message of unknown) terminal.note(`platekeep: ${message}`)
      return sender.tally.refused > 0 || unknown.length > 0 ? 1 : 0
    } finally {
      client.close()
    }
  },
})

const refusalColumns: readonly Column<Refused>[] = [
  { title: 'FILE', value: ({ file }) => file },
  { title: 'LINE', right: true, value: ({ line }) => (line === undefined ? '' : String(line)) },
  { title: 'PATH', value: ({ path }) => path || '(whole)' },
  { title: 'RULE', value: ({ rule, clause }) => (clause === undefined ? rule : `${rule} (${clause})`) },
  { title: 'WHAT IS WRONG', value: ({ message }) => message },
]

function told(tally: Tally, seconds: number): string {
  const { sent, stored, duplicates, refused, heartbeats, ignored, imagesNotStored, refusals } = tally
  const rows = [
    ['stored', stored],
    ['duplicate', duplicates],
    ['refused', refused],
    ...(heartbeats > 0 ? [['signs of life', heartbeats] as const] : []),
    ...(ignored > 0 ? [['rightly no read', ignored] as const] : []),
  ] as const
  const lines = [
    table(
      [
        { title: 'RESULT', value: ([name]) => name },
        { title: 'READS', right: true, value: ([, count]) => count.toLocaleString('en-US') },
      ],
      rows,
    ),
    `${counted(sent, 'read')} sent in ${seconds.toFixed(1)} s (${Math.round(sent / Math.max(seconds, 0.001)).toLocaleString('en-US')} a second).`,
  ]
  if (imagesNotStored > 0)
    lines.push(`${counted(imagesNotStored, 'image')} came along and were not stored: there is no store for them yet.`)
  if (refusals.length > 0) {
    lines.push('', refused > refusals.length ? `The first ${refusals.length} refusals:` : 'Refused:')
    lines.push(table(refusalColumns, refusals))
  }
  return lines.join('\n')
}
