/**
 * Entries of hot lists as lines of text, in three layouts of the field: NCIC fixed width, CSV with a header, and CLEW with its
 * header and trailer. Streams: a million lines are never held.
 */
import type { Category } from '../hotlists/formats/format.ts'

/** Names as in `hotlists/formats/formats.ts`. */
export type ListLayout = 'ncic' | 'csv' | 'ca_doj_clew'

export type ListEntry = {
  plate: string
  /** As the repository stores it: `MA`, `CA-QC`. */
  jurisdiction: string
  category: Category
  ori: string
  /** The list's number of the entry, nine digits. */
  serial: number
  /** ISO 8601 date. */
  enteredOn: string
  expiresOn?: string
  make: string
  model: string
  makeCode: string
  modelCode: string
  styleCode: string
  year: number
  colour: string
  colourCode: string
  reason: string
}

const chunkChars = 65_536

/** The whole file in pieces of about 64 KB. `at` is the file's date, for the layouts that have one. */
export function* listFile(layout: ListLayout, entries: Iterable<ListEntry>, at: Date): Generator<string> {
  const line = layout === 'ncic' ? ncicLine : layout === 'csv' ? csvLine : clewLine
  let chunk = `${headerOf(layout, at)}\n`
  let count = 0
  for (const entry of entries) {
    chunk += `${line(entry)}\n`
    count++
    if (chunk.length >= chunkChars) {
      yield chunk
      chunk = ''
    }
  }
  if (layout === 'ca_doj_clew') chunk += `TOTAL RECORD ${String(count).padStart(7, '0')}\n`
  if (chunk !== '') yield chunk
}

function headerOf(layout: ListLayout, at: Date): string {
  const iso = at.toISOString()
  if (layout === 'ncic') return `SIMULATED EXTRACT ${iso.slice(0, 10)}`
  if (layout === 'ca_doj_clew') {
    return `DATE${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)} ${iso.slice(11, 16)}`
  }
  return 'Plate,State,Category,ORI,Reference,Date Entered,Expires,Make,Model,Year,Color,Reason'
}

/** NCIC's files by letter; what has none there comes as a felony. */
const fileLetters: Partial<Record<Category, string>> = {
  'stolen-vehicle': 'V',
  'stolen-plate': 'P',
  'wanted-person': 'W',
  'missing-person': 'M',
  'amber-alert': 'A',
  'felony-vehicle': 'F',
}

/** NCIC's codes (LIS) where they are not the post's. */
const ncicStates: Readonly<Record<string, string>> = { 'CA-QC': 'PQ', 'CA-NB': 'NK', 'US-GOV': 'US', NE: 'NB' }

/** The two letters of a state, or of a province without its country. */
function twoLetters(jurisdiction: string): string {
  return jurisdiction === 'US-GOV' ? 'US' : jurisdiction.slice(-2)
}

/** As the feed does: letter O is written as zero everywhere, also in states and makes (`C0`, `F0RD`). */
function ncicLine(entry: ListEntry): string {
  const line =
    (fileLetters[entry.category] ?? 'F') +
    String(entry.serial).padStart(9, '0') +
    entry.ori.padEnd(9) +
    entry.enteredOn.replaceAll('-', '') +
    entry.plate.padEnd(10) +
    (ncicStates[entry.jurisdiction] ?? twoLetters(entry.jurisdiction)) +
    entry.enteredOn.slice(0, 4) +
    'PC' +
    String(entry.year) +
    entry.makeCode.padEnd(4) +
    entry.modelCode.padEnd(3) +
    entry.styleCode +
    entry.colourCode
  return line.replaceAll('O', '0')
}

function csvLine(entry: ListEntry): string {
  const cells = [
    entry.plate,
    entry.jurisdiction,
    entry.category,
    entry.ori,
    `S${String(entry.serial).padStart(9, '0')}`,
    entry.enteredOn,
    entry.expiresOn ?? '',
    entry.make,
    entry.model,
    String(entry.year),
    entry.colour,
    entry.reason,
  ]
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')
}

function clewLine(entry: ListEntry): string {
  // The county that the ORI names, of which there are fourteen.
  const county = entry.ori.slice(3, 5)
  return entry.plate.padEnd(8) + twoLetters(entry.jurisdiction) + county + entry.enteredOn.replaceAll('-', '')
}
