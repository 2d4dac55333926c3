/**
 * Layouts of single states with columns between delimiters. The columns are those of the public parsers and of one
 * example row each; where a meaning is inferred, the layout says so.
 */
import { categoryOf } from './categories.ts'
import { dateOf } from './dates.ts'
import { cellsOf, type DelimitedTable, readDelimited, rowOfCells } from './delimited.ts'
import type { Category, FormatRow, ListFormat } from './format.ts'
import { addNote, lineFormat } from './layout.ts'

type Codes = Readonly<Record<string, readonly [name: string, category: Category]>>

/** Sets the category that a layout's own code stands for; what CL-3 does not name goes to the watch list with its name. */
function setCode(row: FormatRow, list: string, code: string, codes: Codes): FormatRow {
  const known = codes[code]
  row.category = known?.[1] ?? 'watch-list'
  if (row.category === 'watch-list') addNote(row, `${list} code ${code} (${known?.[0] ?? 'unknown'})`)
  return row
}

const tcicTable: DelimitedTable = {
  delimiter: ',',
  fields: ['reference', 'plate', 'jurisdiction', 'year', 'make', 'model', 'style', 'colour'],
  cellsMin: 8,
  dateOf,
}
const tcicCodes: Codes = {
  E: ['violent person', 'watch-list'],
  M: ['missing person', 'missing-person'],
  O: ['protection order', 'watch-list'],
  P: ['stolen plate', 'stolen-plate'],
  T: ['threat against a peace officer', 'watch-list'],
  V: ['stolen vehicle', 'stolen-vehicle'],
  W: ['wanted person', 'wanted-person'],
  X: ['sex offender', 'watch-list'],
  Y: ['child safety check', 'watch-list'],
}

/** Texas TCIC: the code is the second letter of the number. The example writes FORD with the letter: not folded. */
const texas = lineFormat({
  name: 'tx_tcic',
  title: 'Texas TCIC, comma-separated, 8 columns',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readDelimited(text, line, tcicTable)
    if (typeof row === 'string') return row
    const code = row.reference?.slice(1, 2) ?? ''
    if (!/^T[A-Z]\d/.test(row.reference ?? '')) return 'the first column is no TCIC number (T, the code letter, digits)'
    return setCode(row, 'TCIC', code, tcicCodes)
  },
})

const iowaTable: DelimitedTable = {
  delimiter: ',',
  fields: ['plate', 'plateYear', 'plateType', 'jurisdiction', 'reference', null, 'sourceOri'],
  cellsMin: 7,
  dateOf,
}
const iowaCodes: Codes = {
  B: ['stolen boat', 'watch-list'],
  CNVP: ['stolen Canadian plate', 'stolen-plate'],
  LP: ['stolen plate', 'stolen-plate'],
  MP: ['missing person', 'missing-person'],
  N: ['deported felon', 'watch-list'],
  PO: ['protection order or interest, or violent person', 'watch-list'],
  SFV: ['stolen or felony vehicle', 'stolen-vehicle'],
  SOR: ['sex offender', 'watch-list'],
  SR: ['supervised release', 'watch-list'],
  VGT: ['violent gang member or terrorist', 'watch-list'],
  WP: ['wanted person', 'wanted-person'],
}

/** Iowa. 9999 as the plate's year means that it is not known. The ORI of the example keeps letter O: not folded. */
const iowa = lineFormat({
  name: 'ia_state',
  title: 'Iowa, comma-separated, 7 columns',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const cells = cellsOf(text, iowaTable)
    if (typeof cells === 'string') return cells
    const row = rowOfCells(cells, line, iowaTable)
    if (typeof row === 'string') return row
    const code = cells[5]?.trim() ?? ''
    if (!/^[A-Z]{1,4}$/.test(code)) return 'the sixth column is no reason code (such as SFV or WP)'
    if (row.plateYear === '9999') delete row.plateYear
    return setCode(row, 'Iowa', code, iowaCodes)
  },
})

const georgiaTable: DelimitedTable = {
  delimiter: ',',
  fields: ['plate', 'make', 'year', 'model', 'colour'],
  cellsMin: 5,
  dateOf,
}
const georgiaKinds: Readonly<Record<string, Category>> = {
  EXPIRED: 'expired-registration',
  SUSPENDED: 'suspended-licence',
}

/**
 * Georgia, as Spalding County receives it: plate, state and kind share the first column, by position. SUSPENDED is called
 * "suspended owner", taken as the owner's licence.
 */
const georgia = lineFormat({
  name: 'ga_spalder',
  title: 'Georgia (Spalding County): expired and suspended, comma-separated',
  zeroFolded: false,
  jurisdictionCodes: 'postal',
  headingLinesMax: 1,
  read(text, line) {
    const cells = cellsOf(text, georgiaTable)
    if (typeof cells === 'string') return cells
    const [head = '', ...vehicle] = cells
    const kind = /^#\d([A-Z ]+)$/.exec(head.slice(10).trim())?.[1]
    if (kind === undefined) return 'the first column is not plate, state and kind (such as "#9EXPIRED") at their places'
    const row = rowOfCells([head.slice(0, 8), ...vehicle], line, georgiaTable)
    if (typeof row === 'string') return row
    row.jurisdiction = head.slice(8, 10)
    row.category = georgiaKinds[kind] ?? 'watch-list'
    if (kind !== 'EXPIRED') addNote(row, kind)
    return row
  },
})

const alabamaTable: DelimitedTable = {
  delimiter: ',',
  fields: ['plate', null, 'reference', 'make', 'model', 'colour', 'year', null, 'jurisdiction'],
  cellsMin: 9,
  dateOf,
}

/** Alabama. The third column is taken as the NIC number from its form (V and nine digits); the second is not known. */
const alabama = lineFormat({
  name: 'al_state',
  title: 'Alabama, comma-separated, 9 columns',
  zeroFolded: false,
  jurisdictionCodes: 'postal',
  headingLinesMax: 1,
  read(text, line) {
    const cells = cellsOf(text, alabamaTable)
    if (typeof cells === 'string') return cells
    const row = rowOfCells(cells, line, alabamaTable)
    return typeof row === 'string' ? row : setKind(row, cells[7]?.trim() ?? '')
  },
})

const floridaTable: DelimitedTable = {
  delimiter: ';',
  fields: [
    null,
    'sourceOri',
    null,
    null,
    null,
    null,
    'reference',
    'enteredOn',
    null,
    null,
    'plate',
    'plateYear',
    'jurisdiction',
    'plateType',
    null,
  ],
  cellsMin: 13,
  dateOf,
}

/**
 * Florida, three feeds at different hours of one layout. Where there is no NIC number the agency's own case number (OCA),
 * owner-applied number or process control number stands for it. Columns 9 and 10 are not known and not kept.
 */
const florida = lineFormat({
  name: 'fl_state',
  title: 'Florida, separated by semicolons',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const cells = cellsOf(text, floridaTable)
    if (typeof cells === 'string') return cells
    const row = rowOfCells(cells, line, floridaTable)
    if (typeof row === 'string') return row
    const [kind = '', , agency = '', ...numbers] = cells.slice(0, 6).map((cell) => cell.trim())
    const number = numbers.find((candidate) => candidate !== '')
    if (row.reference === undefined && number !== undefined) row.reference = number
    setKind(row, kind)
    addNote(row, agency)
    return row
  },
})

/** Sets the category of a kind in words; the words are kept where they name none. */
function setKind(row: FormatRow, kind: string): FormatRow {
  row.category = categoryOf(kind) ?? 'watch-list'
  if (row.category === 'watch-list') addNote(row, kind)
  return row
}

const washingtonTable: DelimitedTable = {
  delimiter: ',',
  fields: [
    null,
    'sourceOri',
    'plate',
    'jurisdiction',
    'plateYear',
    'plateType',
    null,
    'year',
    'make',
    'model',
    'style',
    'colour',
    'enteredOn',
    'reference',
    'note',
  ],
  cellsMin: 7,
  lastTakesRest: true,
  dateOf,
}

/**
 * Washington's active stolen vehicles. The remarks at the end ("VERIFY" and a telephone number) hold commas of their own.
 * The vehicle's number is kept in the note: it is what the officer compares before acting.
 */
const washington = lineFormat({
  name: 'wa_stolen_vehicles',
  title: "Washington's active stolen vehicles, comma-separated, with VIN and remarks",
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const cells = cellsOf(text, washingtonTable)
    if (typeof cells === 'string') return cells
    const row = rowOfCells(cells, line, washingtonTable)
    if (typeof row === 'string') return row
    row.category = 'stolen-vehicle'
    const vin = cells[6]?.trim() ?? ''
    if (vin !== '') addNote(row, `VIN ${vin}`)
    return row
  },
})

export const stateDelimitedFormats: readonly ListFormat[] = [texas, iowa, georgia, alabama, florida, washington]
