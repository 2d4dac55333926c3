/** `platekeep explain`: what an operation does, printed from the list that the server runs. */
import { day } from '../../kernel/clock.ts'
import { allOperations } from '../../operations.ts'
import { command, Usage } from '../command.ts'
import { explained, type Explained } from '../explained.ts'
import { closest } from '../suggest.ts'
import { table } from '../table.ts'
import { jsonLine } from '../terminal.ts'

export const explain = command({
  operands: { usage: '[operation]', least: 0, most: 1 },
  options: {},
  about: [
    'Says of one operation how it is reached, what happens in which order, which clauses it keeps, what crosses the wire, and what is recorded. Without one, lists them all: nothing else can be done to a server.',
  ],
  examples: ['platekeep explain', 'platekeep explain intake.submit'],
  run: async (terminal, values, [id]) => {
    const all = allOperations({ retentionMs: 365 * day }).list.map(explained)
    if (id === undefined) return terminal.print(values.json ? jsonLine({ operations: all.map(brief) }) : listed(all))
    const one = all.find((each) => each.id === id)
    if (!one) {
      const meant = closest(
        id,
        all.map((each) => each.id),
      )
      throw new Usage(
        `There is no operation "${id}".${meant ? ` Did you mean ${meant}?` : ''} \`platekeep explain\` lists them all.`,
      )
    }
    terminal.print(values.json ? jsonLine(one) : told(one))
  },
})

function brief({ id, title, route }: Explained) {
  return { id, title, route }
}

function listed(all: readonly Explained[]): string {
  return table(
    [
      { title: 'OPERATION', value: ({ id }) => id },
      { title: 'ROUTE', value: ({ route }) => route ?? '(the program’s own jobs)' },
      { title: 'WHAT IT DOES', value: ({ title }) => title },
    ],
    all,
  )
}

function told({ id, title, route, effect, steps, clauses, request, reply, recorded }: Explained): string {
  return [
    `${id}: ${title}`,
    '',
    `Route     ${route ?? 'none: only the program’s own jobs perform it'}`,
    `Effect    ${effect}`,
    '',
    'Steps',
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
    '',
    'Clauses',
    ...(clauses.length > 0 ? clauses.map(({ clause, title: text }) => `  ${clause.padEnd(12)} ${text}`) : ['  none']),
    '',
    'Request',
    ...fieldLines(request),
    '',
    'Reply',
    ...fieldLines(reply),
    '',
    'Recorded',
    '  attempt      who, agency, operation, when, from where, a keyed digest of the request; committed before anything happens',
    '  outcome      how it ended (done; refused, with its clause; invalid; failed; unknown), when, how long it took',
    ...recordedLine('in the leaf', recorded.fields),
    ...recordedLine('sealed', recorded.sealed, ' (a commitment in the leaf; the value can be erased)'),
    ...(recorded.results ? [`  results      ${recorded.results}`] : []),
  ].join('\n')
}

function recordedLine(label: string, names: readonly string[], more = ''): string[] {
  return names.length > 0 ? [`  ${label.padEnd(12)} ${names.join(', ')}${more}`] : []
}

function fieldLines(fields: Explained['request']): string[] {
  if (fields.length === 0) return ['  nothing']
  return fields.map(({ path, type, required, about }) => {
    const words = [type, required ? '' : 'optional', about].filter(Boolean).join('; ')
    return `  ${path.padEnd(34)} ${words}`
  })
}
