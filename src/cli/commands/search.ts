/** `platekeep search`: one plate, with a reason. Each page is a search of its own to the server, and recorded as one. */
import { day } from '../../kernel/clock.ts'
import { purposes, purposeTitles, SearchRequest, type FoundRead, type SearchReply } from '../../searches/contract.ts'
import { searchOperations } from '../../searches/searches.ts'
import { Client } from '../client.ts'
import { command, Usage } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { parsedRequest, wholeNumber } from '../requests.ts'
import { table, type Column } from '../table.ts'
import { counted, jsonLine, localTime, shown } from '../terminal.ts'

const allMax = 10_000
// What is kept is the server's setting; to call it, only the shapes matter.
const { run: operation } = searchOperations(365 * day)

export const search = command({
  operands: { usage: '<plate>', least: 1, most: 1 },
  options: {
    purpose: {
      type: 'string',
      value: '<purpose>',
      about: `Required. One of ${purposes.map((purpose) => `${purpose} (${purposeTitles[purpose].toLowerCase()})`).join(', ')}`,
    },
    facts: { type: 'string', about: 'Required. What happened, and why this plate matters to it, in a sentence' },
    case: {
      type: 'string',
      value: '<number>',
      about: 'Number of the case or call; needed for investigations and court orders',
    },
    jurisdiction: {
      type: 'string',
      value: '<state>',
      about: 'State of issuance, such as MA; reads of unknown state are included',
    },
    from: { type: 'string', value: '<time>', about: 'Not before: 2026-11-23, 2026-11-23T09:00, or with an offset' },
    to: { type: 'string', value: '<time>', about: 'Not after' },
    limit: { type: 'string', value: '<n>', about: 'Reads on a page, 1 to 500 (default 50)' },
    all: { type: 'boolean', about: `Page after page, up to ${allMax.toLocaleString('en-US')} reads` },
    after: { type: 'string', value: '<next>', about: 'Go on after a page: the `next` it ended with' },
    ...connectionOptions,
  },
  about: [
    'Finds the reads of one whole plate, newest first. The purpose and the facts are recorded with your name before anything is shown, and what was shown is recorded too.',
    'A read says who took it, where and when, and whether the clock of its device was right. All are unconfirmed: ask the source agency before you act on one (CR-6.b).',
  ],
  examples: [
    'platekeep search 4ABC12 --purpose safety --facts "Driver reported missing by family, last seen leaving work at six"',
    'platekeep search "4ABC 12" --jurisdiction MA --from 2026-11-01 --all --purpose criminal-investigation \\\n      --case 26-1044 --facts "Car seen leaving the burglary at the pharmacy, plate given by a witness"',
  ],
  run: async (terminal, values, [plate = '']) => {
    const { purpose, facts, all } = values
    if (purpose === undefined)
      throw new Usage(`--purpose is missing: one of ${purposes.join(', ')}. A search needs a lawful basis (CR-1.1).`)
    if (facts === undefined)
      throw new Usage('--facts is missing: say in a sentence what happened and why this plate matters to it (CR-1.1).')
    const request = parsedRequest(SearchRequest, {
      plate,
      purpose,
      facts,
      caseNumber: values.case,
      jurisdiction: values.jurisdiction,
      from: instantOf('from', values.from),
      to: instantOf('to', values.to),
      limit: wholeNumber('limit', values.limit) ?? (all ? 500 : undefined),
      after: values.after,
    })
    const client = new Client(await connectionOf(terminal, values))
    try {
      const reply = await found(client, request, all === true)
      terminal.print(values.json ? jsonLine(reply) : told(plate, reply))
    } finally {
      client.close()
    }
  },
})

/** A time as people write it, in this machine's zone where it names none. */
function instantOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text.replace(/^(\S+) (?=\d)/, '$1T'))
  if (Number.isNaN(ms))
    throw new Usage(`--${option} "${text}" is no time. Write 2026-11-23T09:00 or 2026-11-23T09:00:00-05:00.`)
  return new Date(ms).toISOString()
}

async function found(client: Client, request: SearchRequest, all: boolean): Promise<SearchReply> {
  let page = await client.call(operation, request)
  if (!all) return page
  const reads = [...page.reads]
  while (page.next !== null && reads.length < allMax) {
    page = await client.call(operation, { ...request, after: page.next })
    reads.push(...page.reads)
  }
  return { ...page, reads }
}

const columns: readonly Column<FoundRead>[] = [
  { title: 'CAPTURED', value: ({ capturedAt }) => localTime(capturedAt) },
  { title: 'TIME', value: ({ timeTrust, zoneAssumed }) => `${timeTrust}${zoneAssumed ? ', zone assumed' : ''}` },
  { title: 'PLATE', value: ({ plate, raw }) => (raw === null ? plate : `${plate} (read ${raw})`) },
  { title: 'STATE', value: ({ jurisdiction }) => jurisdiction ?? '?' },
  { title: 'SOURCE AGENCY', value: ({ agency }) => agency },
  { title: 'DEVICE', value: ({ device }) => device },
  { title: 'PLACE', value: placeOf },
  { title: 'VEHICLE', value: vehicleOf },
  { title: 'CONFIRMATION', value: ({ confirmation }) => confirmation },
]

function placeOf({ latitude, longitude }: FoundRead): string {
  return latitude === null || longitude === null ? '' : `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`
}

function vehicleOf({ colour, make, model }: FoundRead): string {
  return [colour, make, model].filter((each) => each !== null).join(' ')
}

function told(plate: string, { reads, next }: SearchReply): string {
  if (reads.length === 0)
    return `No read of ${shown(plate)} is kept for that state and time. The search is recorded all the same.`
  const more = next === null ? '' : `\nThere are more: --all for all of them, or --after ${next} for the next page.`
  return `${table(columns, reads)}\n\n${counted(reads.length, 'read')}, newest first. Unconfirmed: confirm with the source agency before you act (CR-6.b).${more}`
}
