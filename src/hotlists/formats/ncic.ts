/**
 * The extract of the National Crime Information Center, and the layouts that states made of it.
 *
 * The first letter of an entry's NIC number is its NCIC file. The FBI's own record layout was not found; positions are
 * those of the public parsers, and of licence year, plate type and style (39-45, 56-58) inferred from an example row
 * (FORMATS.md section 1). The date column is called date of entry here, but parsers also call it date of the incident;
 * so no expiry is computed from it, although stolen plates are known to stay for the year of entry plus four.
 *
 * Most of these feeds write letter O as zero, in plates, states (`0H`) and makes (`D0DG`). What was received is kept.
 */
import type { Category, FormatRow, ListFormat } from './format.ts'
import { categoryOf } from './categories.ts'
import { dateOfYyyymmdd } from './dates.ts'
import { type DelimitedTable, readDelimited } from './delimited.ts'
import { type FixedTable, readFixed } from './fixed.ts'
import { addNote, lineFormat } from './layout.ts'

/**
 * The NCIC files by letter. Only those whose meaning is one of CL-3's categories have one; the others are people or
 * things that CL-3 does not name, so they are put on the watch list with the file's name in the note:
 * - B: a boat's registration is no plate, but the same number on a trailer may be seen;
 * - C, H, K, L, T, N, X: the person is to be met with care or is supervised, and is not by this wanted or missing;
 * - R: Canadian entries are of vehicles and of plates alike, and the layout does not say which.
 */
const files: Readonly<Record<string, readonly [name: string, category: Category]>> = {
  A: ['Amber alert', 'amber-alert'],
  B: ['boat', 'watch-list'],
  C: ['supervised release', 'watch-list'],
  F: ['felony', 'felony-vehicle'],
  H: ['protection order', 'watch-list'],
  K: ['protective interest', 'watch-list'],
  L: ['violent person', 'watch-list'],
  M: ['missing person', 'missing-person'],
  N: ['immigration violator', 'watch-list'],
  P: ['stolen plate', 'stolen-plate'],
  R: ['Canadian (CPIC)', 'watch-list'],
  T: ['gang or terrorist member', 'watch-list'],
  V: ['stolen vehicle', 'stolen-vehicle'],
  W: ['wanted person', 'wanted-person'],
  X: ['sex offender', 'watch-list'],
}

const letter = /^[A-Z]$/

/** Sets the category of a file's letter, or returns why the text is no letter. Unknown letters go to the watch list. */
export function setNcicFile(row: FormatRow, text: string): FormatRow | string {
  if (!letter.test(text)) return 'the entry does not begin with the letter of an NCIC file'
  const file = files[text]
  row.category = file?.[1] ?? 'watch-list'
  if (row.category === 'watch-list') addNote(row, `NCIC file ${text} (${file?.[0] ?? 'unknown'})`)
  return row
}

const columns = [
  { field: 'reference', from: 0, to: 10 },
  { field: 'sourceOri', from: 10, to: 19 },
  { field: 'enteredOn', from: 19, to: 27, date: 'yyyymmdd' },
  { field: 'jurisdiction', from: 37, to: 39 },
  { field: 'plateYear', from: 39, to: 43 },
  { field: 'plateType', from: 43, to: 45 },
  { field: 'year', from: 45, to: 49 },
  { field: 'make', from: 49, to: 53 },
  { field: 'model', from: 53, to: 56 },
  { field: 'style', from: 56, to: 58 },
] as const satisfies FixedTable['columns']

const extract: FixedTable = { lengthMin: 39, plate: [27, 37], columns: [...columns, { field: 'colour', from: 58 }] }

const ncic = lineFormat({
  name: 'ncic',
  title: 'NCIC extract, fixed width (also as Pennsylvania and North Carolina pass it on)',
  zeroFolded: true,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, extract)
    return typeof row === 'string' ? row : setNcicFile(row, text.slice(0, 1))
  },
})

/** Washington puts two digits before the file's letter and its own number behind it; shown without a vehicle. */
const washington = lineFormat({
  name: 'wa_ncic',
  title: "Washington's NCIC extract, fixed width",
  zeroFolded: true,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, extract)
    return typeof row === 'string' ? row : setNcicFile(row, text.slice(2, 3))
  },
})

const michiganTable: FixedTable = { ...extract, columns: [...columns, { field: 'colour', from: 58, to: 65 }] }

/** Michigan mixes its own entries with NCIC's and says what each is in words, from character 65 on. */
const michigan = lineFormat({
  name: 'mi_state',
  title: 'Michigan: NCIC and state entries, fixed width, with the kind of entry in words',
  zeroFolded: true,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, michiganTable)
    if (typeof row === 'string') return row
    const kind = text.slice(65).trim()
    row.category = categoryOf(kind) ?? 'watch-list'
    addNote(row, kind)
    return row
  },
})

/** New Jersey fills the same columns from its own records: no number, no ORI, no date; style (56-58) is a code of its own. */
const newJersey = lineFormat({
  name: 'nj_mvc',
  title: 'New Jersey Motor Vehicle Commission, fixed width',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, michiganTable)
    return typeof row === 'string' ? row : setNewJerseyCode(row, text.slice(0, 1))
  },
})

/** S is called "suspended owner": taken as the owner's licence, which is what makes the driver worth a second look. */
function setNewJerseyCode(row: FormatRow, code: string): FormatRow | string {
  delete row.reference
  if (code === 'E') row.category = 'expired-registration'
  else if (code === 'S') row.category = 'suspended-licence'
  else if (letter.test(code)) row.category = 'watch-list'
  else return 'the entry does not begin with a code letter (E expired, S suspended owner)'
  addNote(row, code === 'S' ? 'New Jersey code S (suspended owner)' : code === 'E' ? '' : `New Jersey code ${code}`)
  return row
}

const twelve = [
  'reference',
  'sourceOri',
  'enteredOn',
  'plate',
  'jurisdiction',
  'plateYear',
  'plateType',
  'year',
  'make',
  'model',
  'style',
  'colour',
] as const
const eleven = twelve.filter((field) => field !== 'plateType')

const minnesota = commaSeparated('mn_ncic', "Minnesota's NCIC extract, comma-separated, 12 columns", twelve, 1)
const texas = commaSeparated('tx_ncic', "Texas's NCIC extract, comma-separated, 11 columns (no plate type)", eleven, 1)
const topeka = commaSeparated(
  'ks_topeka',
  "Topeka's NCIC extract, comma-separated, with the file's letter alone",
  twelve,
  1,
)

function commaSeparated(
  name: string,
  title: string,
  fields: readonly (typeof twelve)[number][],
  headingLinesMax: number,
): ListFormat {
  const table: DelimitedTable = { delimiter: ',', fields, cellsMin: fields.length, dateOf: dateOfYyyymmdd }
  return lineFormat({
    name,
    title,
    zeroFolded: true,
    jurisdictionCodes: 'ncic',
    headingLinesMax,
    read(text, line) {
      const row = readDelimited(text, line, table)
      if (typeof row === 'string') return row
      const number = row.reference ?? ''
      if (!/^[A-Z](?:\d{9})?$/.test(number)) return 'the first column is no NIC number (a letter and nine digits)'
      if (number.length === 1) delete row.reference
      return setNcicFile(row, number.slice(0, 1))
    },
  })
}

export const ncicFormats: readonly ListFormat[] = [ncic, washington, michigan, newJersey, minnesota, texas, topeka]
