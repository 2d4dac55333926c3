/**
 * Fixed-width layouts, as tables of columns. Positions are 0-based and count characters, `to` is the first one after the
 * column; a column without `to` runs to the end of the line. What is blank is absent from the row.
 */
import { dateOfMmddyy, dateOfYyyymmdd } from './dates.ts'
import type { FormatRow } from './format.ts'
import { addNote, type TextField } from './layout.ts'
import { plateFault } from './plates.ts'

export type FixedColumn = {
  field: TextField
  from: number
  to?: number
  /** How a date column writes its date. The row gets `yyyy-mm-dd`; a date that is not in the calendar goes to the note. */
  date?: 'yyyymmdd' | 'mmddyy'
}

export type FixedTable = {
  /** A shorter line was cut off within what makes an entry: the plate, its state, and what tells entries apart. */
  lengthMin: number
  plate: readonly [from: number, to: number]
  columns: readonly FixedColumn[]
}

const digits = { yyyymmdd: /^\d{8}$/, mmddyy: /^\d{6}$/ }
const readers = { yyyymmdd: dateOfYyyymmdd, mmddyy: dateOfMmddyy }

/** Reads a line by a table. Returns the reason where it is cut off, shifted, or without a plate worth an alert. */
export function readFixed(text: string, line: number, table: FixedTable): FormatRow | string {
  if (text.length < table.lengthMin) {
    return `the line has ${text.length} characters, and an entry at least ${table.lengthMin}: it was cut off`
  }
  const plate = cell(text, table.plate[0], table.plate[1])
  const fault = plateFault(plate)
  if (fault !== null) return fault
  const row: FormatRow = { line, plate }
  for (const column of table.columns) {
    const value = cell(text, column.from, column.to ?? text.length)
    if (value === '') continue
    if (column.date === undefined) row[column.field] = value
    else if (!setDate(row, column.field, value, column.date)) {
      return `characters ${column.from + 1} to ${column.to ?? text.length} hold no date: the line is shifted, or of another layout`
    }
  }
  return row
}

/** The text of a column without the blanks around it. By hand, since this is most of the time an import takes. */
function cell(text: string, from: number, to: number): string {
  let end = Math.min(to, text.length)
  let start = from
  while (start < end && text.charCodeAt(start) <= 32) start++
  while (end > start && text.charCodeAt(end - 1) <= 32) end--
  return text.slice(start, end)
}

function setDate(row: FormatRow, field: TextField, value: string, written: 'yyyymmdd' | 'mmddyy'): boolean {
  if (!digits[written].test(value)) return false
  const date = readers[written](value)
  if (date !== null) row[field] = date
  else if (!/^0+$/.test(value)) addNote(row, `date as written: ${value}`)
  return true
}
