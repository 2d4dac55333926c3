/**
 * Which column of a CSV is what: by the feed's settings, or by the names that lists commonly give their columns.
 */
import { invalid } from '../../kernel/errors.ts'
import type { FormatOptions, FormatRow } from './format.ts'

export type ColumnField = Exclude<keyof FormatRow, 'line'>
export type Columns = { field: ColumnField; index: number }[]

/** Names in lower case without anything but letters and digits; the first that a header has is taken. */
const knownNames: Readonly<Record<ColumnField, readonly string[]>> = {
  plate: [
    'plate',
    'platenumber',
    'plateno',
    'hotplate',
    'licenseplate',
    'licenceplate',
    'licenseplatenumber',
    'licenceplatenumber',
    'license',
    'licence',
    'lic',
    'lpn',
    'tag',
    'tagnumber',
    'registration',
  ],
  jurisdiction: [
    'state',
    'stateprovince',
    'platestate',
    'licensestate',
    'licenseplatestate',
    'issuingstate',
    'lis',
    'jurisdiction',
    'province',
    'region',
  ],
  category: ['category', 'alert', 'alerttype', 'alertclass', 'listtype', 'entrytype'],
  sourceOri: ['ori', 'agencyori', 'sourceori', 'originatingagency', 'enteringagency'],
  reference: [
    'nic',
    'reference',
    'casenumber',
    'caseno',
    'case',
    'filenumber',
    'oca',
    'incidentnumber',
    'permitid',
    'recordid',
  ],
  enteredOn: ['enteredon', 'dateentered', 'entrydate', 'effectivedate', 'startdate', 'dateoftheft', 'dot', 'date'],
  expiresOn: ['expireson', 'expires', 'expiry', 'expirydate', 'expiration', 'expirationdate', 'validuntil', 'enddate'],
  make: ['make', 'vehiclemake', 'vma'],
  model: ['model', 'vehiclemodel', 'vmo'],
  year: ['year', 'vehicleyear', 'modelyear', 'vyr'],
  style: ['style', 'vehiclestyle', 'bodystyle', 'bodytype', 'body', 'vst'],
  colour: ['colour', 'color', 'vehiclecolour', 'vehiclecolor', 'vco'],
  plateType: ['platetype', 'licenseplatetype', 'lit'],
  plateYear: ['plateyear', 'licenseyear', 'tagyear', 'liy'],
  note: ['note', 'notes', 'description', 'remarks', 'comment', 'comments', 'reason', 'message', 'misc'],
  priority: ['priority', 'alarmpriority'],
}
const fields = Object.keys(knownNames).filter(isField)

export const columnIndexMax = 255

/** The columns that a header names, or null where it names none as the plate. */
export function recognise(header: readonly string[]): Columns | null {
  const plain = header.map(plainName)
  const columns: Columns = []
  for (const field of fields) {
    const name = knownNames[field].find((known) => plain.includes(known))
    if (name !== undefined) columns.push({ field, index: plain.indexOf(name) })
  }
  return columns.some(({ field }) => field === 'plate') ? columns : null
}

/** True where a cell in the place of the plate is a name for it: the line is a heading. */
export function isColumnName(plate: string): boolean {
  return knownNames.plate.includes(plainName(plate))
}

/** The columns as the feed sets them. Throws `Invalid` where a name is not in the header, or a number out of range. */
export function settle(columns: NonNullable<FormatOptions['columns']>, header: readonly string[] | null): Columns {
  const plain = header?.map(plainName)
  const settled: Columns = []
  for (const [field, column] of Object.entries(columns)) {
    if (!isField(field))
      throw invalid(`columns/${field}`, 'unknown-field', `There is no field ${field}. There are: ${fields.join(', ')}.`)
    settled.push({ field, index: typeof column === 'number' ? column : indexOfName(field, column, header, plain) })
  }
  for (const { field, index } of settled) {
    if (Number.isInteger(index) && index >= 0 && index <= columnIndexMax) continue
    throw invalid(
      `columns/${field}`,
      'out-of-range',
      `A column is a whole number from 0 (the first) to ${columnIndexMax}, or a name.`,
    )
  }
  if (settled.some(({ field }) => field === 'plate')) return settled
  throw invalid('columns', 'no-plate', 'The columns do not say which one is the plate: add, for example, plate=0.')
}

function indexOfName(
  field: string,
  name: string,
  header: readonly string[] | null,
  plain: string[] | undefined,
): number {
  const index = plain?.indexOf(plainName(name)) ?? -1
  if (index !== -1) return index
  const has = header
    ? `It has: ${shownNames(header)}.`
    : 'The file is set to have no header: give the number of the column.'
  throw invalid(`columns/${field}`, 'no-such-column', `The header has no column "${name}". ${has}`)
}

/** Only what looks like a column's name: where a file has no header after all, its first line holds plates. */
function shownNames(header: readonly string[]): string {
  const names = header.filter((name) => /^[A-Za-z][A-Za-z /_.-]{0,40}$/.test(name.trim()))
  return names.length === 0 ? 'nothing that looks like a name' : names.slice(0, 30).join(', ')
}

function isField(name: string): name is ColumnField {
  return Object.hasOwn(knownNames, name)
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '')
}
