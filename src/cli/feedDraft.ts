/** A new feed from options. */
import { list as listAgencies } from '../agencies/agencies.ts'
import { FeedDraft } from '../hotlists/contract.ts'
import { categories } from '../hotlists/formats/format.ts'
import { me } from '../identity/identity.ts'
import type { Client } from './client.ts'
import { Usage, type Values } from './command.ts'
import { parsedRequest, wholeNumber } from './requests.ts'

/** The options that go with `--create`. */
export const feedOptions = {
  create: { type: 'boolean', about: 'Set the feed up where there is none of that name' },
  category: { type: 'string', value: '<category>', about: `With --create: ${categories.join(', ')}` },
  format: { type: 'string', value: '<format>', about: 'With --create: the layout of its files; see hotlist formats' },
  mode: {
    type: 'string',
    value: '<mode>',
    about: 'With --create: replace (each file is the whole list, the default) or merge (files only add and change)',
  },
  'refresh-hours': {
    type: 'string',
    value: '<n>',
    about: 'With --create: older than this, the list is stale (default 24)',
  },
  'look-back-minutes': {
    type: 'string',
    value: '<n>',
    about: 'With --create: how far back new entries look for reads',
  },
  priority: { type: 'string', value: '<n>', about: 'With --create: 0 to 100, where 100 comes first (default 50)' },
  agency: {
    type: 'string',
    value: '<id or ORI>',
    about: 'With --create: who owns the list (default: your own agency)',
  },
  column: {
    type: 'string',
    multiple: true,
    value: '<field=column>',
    about: 'With --create, for CSV: which column is what, by header or by number from 0: plate=TAG',
  },
  delimiter: { type: 'string', value: '<character>', about: 'With --create, for CSV: what stands between columns' },
  'no-header': { type: 'boolean', about: 'With --create, for CSV: the first line is an entry already' },
} as const

/** The draft of a feed. Throws `Usage` where something is missing or cannot be. */
export async function draftOf(client: Client, name: string, values: Values<typeof feedOptions>): Promise<FeedDraft> {
  if (values.category === undefined) throw new Usage(`--category is missing. One of ${categories.join(', ')}.`)
  const csv = {
    ...(values.column ? { columns: Object.fromEntries(values.column.map(columnOf)) } : {}),
    ...(values.delimiter === undefined ? {} : { delimiter: values.delimiter }),
    ...(values['no-header'] ? { hasHeader: false } : {}),
  }
  return parsedRequest(FeedDraft, {
    agencyId: await agencyIdOf(client, values.agency),
    name,
    category: values.category,
    format: values.format,
    mode: values.mode ?? 'replace',
    refreshHoursMax: wholeNumber('refresh-hours', values['refresh-hours']) ?? 24,
    lookBackMinutes: wholeNumber('look-back-minutes', values['look-back-minutes']),
    priority: wholeNumber('priority', values.priority),
    options: Object.keys(csv).length > 0 ? csv : undefined,
  })
}

function columnOf(text: string): [string, string | number] {
  const at = text.indexOf('=')
  if (at < 1) throw new Usage(`--column "${text}" is not field=column, such as plate=TAG or plate=0.`)
  const column = text.slice(at + 1)
  return [text.slice(0, at), /^\d+$/.test(column) ? Number(column) : column]
}

async function agencyIdOf(client: Client, named: string | undefined): Promise<string> {
  if (named === undefined) return (await client.call(me, {})).agencyId
  const { agencies } = await client.call(listAgencies, {})
  const found = agencies.find(({ id, ori, name }) => [id, ori, name].includes(named))
  if (found) return found.id
  throw new Usage(`There is no agency "${named}". Give its identifier, its ORI or its name.`)
}
