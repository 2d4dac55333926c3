/**
 * Layouts of a fixed number of columns between delimiters, one entry a line. They are written by programs that do not
 * quote, so a line is simply split; a line that does hold quotes is read as RFC 4180 has it.
 */
import type { FormatRow } from './format.ts'
import { addNote, type TextField } from './layout.ts'
import { plateFault } from './plates.ts'
import { splitPlain, splitRecords } from './quotes.ts'

export type DelimitedTable = {
  delimiter: ',' | ';'
  /** What each column is; null for one that is not kept. */
  fields: readonly (TextField | 'plate' | null)[]
  /** A line with fewer cells was cut off, or is of another layout. */
  cellsMin: number
  /** Cells beyond the last field: part of that field (free text with the delimiter in it). Otherwise they must be blank. */
  lastTakesRest?: boolean
  /** Reads a date as this layout writes it. */
  dateOf(text: string): string | null
}

/** Reads a line by a table. Returns the reason where it has another number of cells, or no plate worth an alert. */
export function readDelimited(text: string, line: number, table: DelimitedTable): FormatRow | string {
  const cells = cellsOf(text, table)
  return typeof cells === 'string' ? cells : rowOfCells(cells, line, table)
}

/** The row in a line's cells, or why its plate is not worth an alert. */
export function rowOfCells(cells: readonly string[], line: number, table: DelimitedTable): FormatRow | string {
  const plate = cells[table.fields.indexOf('plate')]?.trim() ?? ''
  const fault = plateFault(plate)
  if (fault !== null) return fault
  const row: FormatRow = { line, plate }
  for (const [index, field] of table.fields.entries()) {
    if (field === null || field === 'plate') continue
    const value = cells[index]?.trim() ?? ''
    if (value === '') continue
    if (field !== 'enteredOn') row[field] = value
    else if (/\d/.test(value)) setDate(row, value, table)
    else return `column ${index + 1} holds no date: the line is shifted, or of another layout`
  }
  return row
}

function setDate(row: FormatRow, value: string, table: DelimitedTable): void {
  const date = table.dateOf(value)
  if (date === null) addNote(row, `date as written: ${value}`)
  else row.enteredOn = date
}

/** The cells of a line of this table, at least `cellsMin`, or the reason why it has not got them. */
export function cellsOf(text: string, table: DelimitedTable): string[] | string {
  const cells = splitPlain(text, table.delimiter) ?? splitRecords([text], table.delimiter)[0]
  if (!cells) return 'the quotes in the line are not as CSV has them'
  if (cells.length < table.cellsMin) {
    return `the line has ${cells.length} columns, and an entry at least ${table.cellsMin}: it was cut off, or is of another layout`
  }
  if (cells.length <= table.fields.length) return cells
  const last = table.fields.length - 1
  if (table.lastTakesRest) return [...cells.slice(0, last), cells.slice(last).join(table.delimiter)]
  if (cells.slice(last + 1).every((cell) => cell.trim() === '')) return cells
  return `the line has ${cells.length} columns, and an entry ${table.fields.length}: it is of another layout, or a column holds the delimiter`
}
