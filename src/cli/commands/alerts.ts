/** `platekeep alerts`: the latest page, or the stream. */
import { Alert, AlertListRequest, pageMax } from '../../alerts/contract.ts'
import { alertOperations } from '../../alerts/alerts.ts'
import { validatorOf } from '../../door/contract.ts'
import { must } from '../../kernel/assert.ts'
import { day } from '../../kernel/clock.ts'
import { Mendable } from '../../kernel/errors.ts'
import { Client } from '../client.ts'
import { command, Usage } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { follow } from '../eventSource.ts'
import { parsedRequest, wholeNumber } from '../requests.ts'
import { counted, jsonLine, localTime, shown } from '../terminal.ts'

const operations = alertOperations(365 * day)

export const alerts = command({
  operands: { usage: '', least: 0, most: 0 },
  options: {
    follow: { type: 'boolean', about: 'Show alerts as they are raised, until Ctrl-C' },
    since: { type: 'string', value: '<position>', about: 'With --follow: first what came after this position' },
    limit: { type: 'string', value: '<n>', about: `Without --follow: how many, 1 to ${pageMax} (default 50)` },
    before: { type: 'string', value: '<position>', about: 'Without --follow: only those before this position' },
    ...connectionOptions,
  },
  about: [
    'Shows the alerts of your agency’s reads and lists, newest first; with --follow, each as it is raised. When the connection is lost it is made again, and goes on after the last alert that was shown: none is lost and none is repeated.',
    'An alert is never ready to act on by itself: a person compares the plate and the state with the vehicle, and asks whether the entry still stands. With --json, each alert is one line.',
  ],
  examples: [
    'platekeep alerts --follow',
    'platekeep alerts --follow --since 1200 --json',
    'platekeep alerts --limit 20',
  ],
  run: async (terminal, values) => {
    if (values.since !== undefined && !values.follow) throw new Usage('--since goes with --follow.')
    const since = wholeNumber('since', values.since)
    const request = parsedRequest(AlertListRequest, {
      limit: wholeNumber('limit', values.limit),
      before: wholeNumber('before', values.before),
    })
    const show = (alert: Alert): void => terminal.print(values.json ? jsonLine(alert) : told(alert))
    const client = new Client(await connectionOf(terminal, values))
    try {
      if (!values.follow) {
        const page = await client.call(operations.list, request)
        for (const alert of page.alerts) show(alert)
        if (!values.json) terminal.note(endOf(page))
        return
      }
      if (!values.json) terminal.note('Following alerts. Ctrl-C ends it.')
      await follow(client, {
        route: must(operations.stream.route, 'the stream is reached over HTTP'),
        since,
        signal: terminal.interruption(),
        onEvent: ({ event, data }) => {
          if (event === 'alert') show(alertOf(data))
        },
        onLost: (reason) => {
          if (!values.json) terminal.note(`The connection was lost (${reason}); connecting again.`)
        },
      })
    } finally {
      client.close()
    }
  },
})

/** An alert from the stream. Throws `Mendable` for one of another version of the program. */
export function alertOf(data: string): Alert {
  const value: unknown = JSON.parse(data)
  if (validatorOf(Alert).Check(value)) return value as Alert
  throw new Mendable(
    'An alert came in a form this program does not know. Use the same version of Platekeep here and there.',
  )
}

function endOf({ alerts: page, next }: { alerts: readonly Alert[]; next: number | null }): string {
  if (page.length === 0) return 'There is no alert.'
  return next === null ? `${counted(page.length, 'alert')}, newest first.` : `For older ones: --before ${next}`
}

/** One alert in two lines: what and where, and why. */
function told({ position, kind, raisedAt, read, matches, grade, lookBack }: Alert): string {
  const plate = `${read.plate} ${read.jurisdiction ?? '(state not read)'}`
  const vehicle = [read.colour, read.make, read.model].filter((each) => each !== undefined).join(' ')
  const where = [read.device, read.agency].join(', ')
  const why = matches.map(
    ({ category, feed, reference, listStale }) =>
      `${category}: ${feed}${reference ? ` ${reference}` : ''}${listStale ? ' (list is stale)' : ''}`,
  )
  const cautions = [
    kind === 'superseded' ? 'WITHDRAWN: a later reading of the same pass corrected the plate' : 'not verified',
    grade,
    ...(read.timeTrust === 'proven' ? [] : [`time ${read.timeTrust}`]),
    ...(lookBack ? ['read before it was listed'] : []),
  ]
  return [
    shown(`#${position}  ${localTime(raisedAt)}  ${plate}  ${vehicle ? `${vehicle}  ` : ''}at ${where}`),
    shown(`    ${why.join('; ')}  [${cautions.join(', ')}]`),
  ].join('\n')
}
