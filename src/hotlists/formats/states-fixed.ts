/**
 * Fixed-width layouts of single states that are not the NCIC extract. Positions are those of the public parsers; where a
 * meaning is inferred from an example row, the layout says so.
 */
import { categoryOf } from './categories.ts'
import { dateOfMmddyy } from './dates.ts'
import { readFixed, type FixedTable } from './fixed.ts'
import type { Category, FormatRow, ListFormat } from './format.ts'
import { addNote, lineFormat } from './layout.ts'

const clewTable: FixedTable = {
  lengthMin: 20,
  plate: [0, 8],
  columns: [
    { field: 'jurisdiction', from: 8, to: 10 },
    { field: 'enteredOn', from: 12, to: 20, date: 'yyyymmdd' },
  ],
}

/**
 * California's CLEW. Three files with nothing in a row to tell them apart: svs (stolen vehicles), sfr (felony vehicles)
 * and slr (stolen plates); so the category is the feed's. Header and trailer are required, since a list that was cut off
 * looks like any other. The example row shows the date without a separator: eight digits, taken as yyyymmdd.
 */
const clew = lineFormat({
  name: 'ca_doj_clew',
  title: 'California CLEW (svs, sfr, slr), fixed width, with header and trailer',
  zeroFolded: false,
  jurisdictionCodes: 'postal',
  headingLinesMax: 0,
  frame: {
    example: { header: 'DATE07/02/2018 09:00', trailer: 'TOTAL RECORD 0000072' },
    header(text) {
      const found = /^DATE(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2})\s*$/.exec(text)
      return found ? `${found[3]}-${found[1]}-${found[2]}T${found[4]}` : null
    },
    trailer(text) {
      const found = /^TOTAL RECORD\s+(\d{1,9})\s*$/.exec(text)
      return found ? Number(found[1]) : null
    },
  },
  read(text, line) {
    const row = readFixed(text, line, clewTable)
    if (typeof row === 'string') return row
    const county = text.slice(10, 12).trim()
    if (county !== '') addNote(row, `county ${county}`)
    return row
  },
})

const newYorkTable: FixedTable = {
  lengthMin: 16,
  plate: [0, 10],
  columns: [
    { field: 'jurisdiction', from: 10, to: 12 },
    { field: 'plateType', from: 12, to: 15 },
    { field: 'make', from: 16, to: 20 },
    { field: 'colour', from: 20 },
  ],
}

/** X and Z are in use (FORMATS.md) and their meaning is not known. */
const newYorkCodes: Readonly<Record<string, readonly [name: string, category: Category]>> = {
  M: ['missing person', 'missing-person'],
  P: ['stolen plate', 'stolen-plate'],
  R: ['stolen Canadian plate', 'stolen-plate'],
  S: ['sex offender', 'watch-list'],
  T: ['possible terrorist', 'watch-list'],
  V: ['stolen vehicle', 'stolen-vehicle'],
  W: ['wanted person', 'wanted-person'],
  X: ['unknown', 'watch-list'],
  Z: ['unknown', 'watch-list'],
}

/** New York. The make is taken as four characters wide and the colour as the rest, as FORMATS.md has it. */
const newYork = lineFormat({
  name: 'ny_state',
  title: 'New York State, fixed width',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, newYorkTable)
    if (typeof row === 'string') return row
    const code = text.slice(15, 16)
    const known = newYorkCodes[code]
    if (!known) return 'character 16 is none of the codes M P R S T V W X Z: the line is shifted, or of another layout'
    row.category = known[1]
    if (known[1] === 'watch-list' || code === 'R') addNote(row, `New York code ${code} (${known[0]})`)
    return row
  },
})

const leadsHead: FixedTable = {
  lengthMin: 18,
  plate: [0, 8],
  columns: [
    { field: 'jurisdiction', from: 8, to: 10 },
    { field: 'plateType', from: 10, to: 12 },
  ],
}
const leadsStolen: FixedTable = {
  ...leadsHead,
  columns: [
    ...leadsHead.columns,
    { field: 'year', from: 23, to: 25 },
    { field: 'make', from: 30, to: 35 },
    { field: 'model', from: 39, to: 42 },
    { field: 'style', from: 47, to: 49 },
    { field: 'colour', from: 54, to: 62 },
    { field: 'enteredOn', from: 66, to: 72, date: 'mmddyy' },
    { field: 'reference', from: 77 },
  ],
}

/**
 * Illinois LEADS. Only the stolen entries have columns behind the kind; of missing and wanted persons the rest of the line
 * is a description of the person, kept as one remark. DOT is taken as the date of theft. The example writes DODG with the
 * letter, so unlike Ohio's LEADS this one is not taken to fold O to zero.
 */
const illinoisLeads = lineFormat({
  name: 'il_leads',
  title: 'Illinois LEADS, fixed width',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const kind = text.slice(12, 19).trim()
    if (kind === 'STOLEN' && text.startsWith('VYR/', 19) && text.startsWith('DOT/', 62)) {
      const row = readFixed(text, line, leadsStolen)
      if (typeof row !== 'string') row.category = 'stolen-vehicle'
      return row
    }
    const category = kind === 'STOLEN' ? 'stolen-vehicle' : kind === 'MISSING' ? 'missing-person' : 'wanted-person'
    if (category === 'wanted-person' && kind !== 'WANTED') {
      return 'characters 13 to 19 are none of STOLEN, MISSING, WANTED: the line is shifted, or of another layout'
    }
    const row = readFixed(text, line, leadsHead)
    if (typeof row === 'string') return row
    row.category = category
    addNote(row, text.slice(19).trim().replace(/ {2,}/g, ' '))
    return row
  },
})

const secretaryTable: FixedTable = {
  lengthMin: 20,
  plate: [0, 9],
  columns: [
    { field: 'jurisdiction', from: 9, to: 11 },
    { field: 'plateType', from: 11, to: 13 },
  ],
}

/** Illinois Secretary of State. DOT is taken as the date of the suspension, EXP as the plate's month and year of expiry. */
const illinoisSecretary = lineFormat({
  name: 'il_sos',
  title: 'Illinois Secretary of State: suspended and revoked, fixed width',
  zeroFolded: false,
  jurisdictionCodes: 'postal',
  headingLinesMax: 1,
  read(text, line) {
    const kind = text.slice(13, 21).trim()
    if (kind !== 'SUSPEND' && kind !== 'REVOKED') {
      return 'characters 14 to 21 are neither SUSPEND nor REVOKED: the line is shifted, or of another layout'
    }
    const row = readFixed(text, line, secretaryTable)
    if (typeof row === 'string') return row
    row.category = kind === 'SUSPEND' ? 'suspended-licence' : 'revoked-licence'
    const remarks = text.slice(21).trim()
    const date = dateOfMmddyy(/\bDOT\/(\d{6})\b/.exec(remarks)?.[1] ?? '')
    if (date !== null) row.enteredOn = date
    addNote(row, remarks)
    return row
  },
})

const coloradoTable: FixedTable = {
  lengthMin: 13,
  plate: [0, 10],
  columns: [{ field: 'jurisdiction', from: 10, to: 12 }],
}

/** Colorado's kinds as the feed writes them, some cut at 22 characters. The others have no category of CL-3. */
const coloradoKinds: Readonly<Record<string, Category>> = {
  'Attempt To Locate': 'atl',
  'Felony Warrant': 'wanted-person',
  'Local Warrant': 'wanted-person',
  'Stolen/Car Jacking/Ca': 'stolen-vehicle',
  'Stolen Plate': 'stolen-plate',
  'Stolen Vehicle': 'stolen-vehicle',
  'Used in Felony or By': 'felony-vehicle',
}
const coloradoVehicle = /^(\d{4}) +(\S{1,4}) +(\S{1,3}) +(\S{1,7})$/

/** Colorado CCIC. The vehicle behind character 34 has no columns: it is taken apart where it has all four parts, else kept whole. */
const colorado = lineFormat({
  name: 'co_ccic',
  title: 'Colorado CCIC, fixed width',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, coloradoTable)
    if (typeof row === 'string') return row
    const kind = text.slice(12, 34).trim()
    if (!/^[A-Za-z][A-Za-z/ ]+$/.test(kind))
      return 'characters 13 to 34 hold no kind of entry: the line is shifted, or of another layout'
    row.category = coloradoKinds[kind] ?? categoryOf(kind) ?? 'watch-list'
    addNote(row, kind)
    const vehicle = text.slice(34).trim()
    const parts = coloradoVehicle.exec(vehicle)
    if (!parts) addNote(row, vehicle)
    else Object.assign(row, { year: parts[1], make: parts[2], model: parts[3], colour: parts[4] })
    return row
  },
})

const collectTable: FixedTable = {
  lengthMin: 200,
  plate: [0, 8],
  columns: [
    { field: 'plateType', from: 8, to: 38 },
    { field: 'make', from: 38, to: 68 },
    { field: 'model', from: 68, to: 98 },
    { field: 'style', from: 98, to: 128 },
    { field: 'colour', from: 128, to: 158 },
    { field: 'year', from: 158, to: 162 },
  ],
}

/** Connecticut COLLECT: 202 characters, all of Connecticut plates. Of its states of registration only EX (expired) is known. */
const connecticut = lineFormat({
  name: 'ct_collect',
  title: 'Connecticut COLLECT, fixed width of 202 characters',
  zeroFolded: false,
  jurisdictionCodes: 'postal',
  headingLinesMax: 1,
  read(text, line) {
    const row = readFixed(text, line, collectTable)
    if (typeof row === 'string') return row
    row.jurisdiction = 'CT'
    const expiry = text.slice(192, 200).trim()
    if (expiry !== '' && !/^\d{8}$/.test(expiry))
      return 'characters 193 to 200 hold no date: the line is shifted, or of another layout'
    if (expiry !== '') row.plateYear = expiry.slice(0, 4)
    const status = text.slice(200, 202).trim()
    if (status === 'EX') row.category = 'expired-registration'
    addCollectRemarks(row, expiry, status, text.slice(162, 192).trim())
    return row
  },
})

function addCollectRemarks(row: FormatRow, expiry: string, status: string, usage: string): void {
  if (expiry !== '') addNote(row, `registration to ${expiry}`)
  if (status !== '') addNote(row, `status ${status}`)
  if (usage !== '') addNote(row, `usage ${usage}`)
}

export const stateFixedFormats: readonly ListFormat[] = [
  clew,
  newYork,
  illinoisLeads,
  illinoisSecretary,
  colorado,
  connecticut,
]
