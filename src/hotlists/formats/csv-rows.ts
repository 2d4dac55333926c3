/**
 * CSV records into rows, once it is known which column is what.
 */
import { categoryReader } from './categories.ts'
import type { Columns } from './csv-columns.ts'
import { dateOf } from './dates.ts'
import type { Category, FormatRow } from './format.ts'
import { addNote } from './layout.ts'
import { plateFault } from './plates.ts'

/** From a record to its row, or to the reason why it holds none. */
export type RowReader = (record: { line: number; cut: boolean; cells: readonly string[] }) => FormatRow | string

/** The reader for these columns. `width` is how many cells the first record of the file has. */
export function rowReader(columns: Columns, width: number): RowReader {
  const categoryOf = categoryReader()
  const plateIndex = columns.find(({ field }) => field === 'plate')?.index ?? 0
  const rest = columns.filter(({ field }) => field !== 'plate')
  return ({ line, cut, cells }) => {
    const shape = shapeFault(cells, cut, width)
    if (shape !== null) return shape
    const plate = cells[plateIndex]?.trim()
    if (plate === undefined) return `the row has ${cells.length} columns, and the plate is column ${plateIndex + 1}`
    const fault = plateFault(plate)
    if (fault !== null) return fault
    const row: FormatRow = { line, plate }
    for (const { field, index } of rest) {
      const value = cells[index]?.trim() ?? ''
      if (value !== '') setField(row, field, value, categoryOf)
    }
    return row
  }
}

/**
 * Blank cells at the end may be missing (some spreadsheets leave them out) or too many. More than that means that a field
 * holds the delimiter without quotes, and every column behind it would be read as another.
 */
function shapeFault(cells: readonly string[], cut: boolean, width: number): string | null {
  if (cut && cells.length < width) return `the last row has ${cells.length} of ${width} columns: the file was cut off`
  for (let index = width; index < cells.length; index++) {
    if (cells[index]?.trim() === '') continue
    return `the row has ${cells.length} columns where the first has ${width}: a field holds the delimiter without quotes`
  }
  return null
}

function setField(
  row: FormatRow,
  field: Columns[number]['field'],
  value: string,
  categoryOf: (words: string) => Category | undefined,
): void {
  if (field === 'category') setCategory(row, value, categoryOf(value))
  else if (field === 'priority') setPriority(row, value)
  else if (field === 'note') addNote(row, value)
  else if (field === 'enteredOn' || field === 'expiresOn') setDate(row, field, value)
  else row[field] = value
}

/** Words that name no category of CL-3 are kept, and the feed's own category applies. */
function setCategory(row: FormatRow, words: string, category: Category | undefined): void {
  if (category === undefined) addNote(row, words)
  else row.category = category
}

/** Genetec's 0 to 100. Other scales ("High") are kept as words: what they mean in ours is not known. */
function setPriority(row: FormatRow, value: string): void {
  const priority = /^\d{1,3}$/.test(value) ? Number(value) : 101
  if (priority <= 100) row.priority = priority
  else addNote(row, `priority ${value}`)
}

function setDate(row: FormatRow, field: 'enteredOn' | 'expiresOn', value: string): void {
  const date = dateOf(value)
  if (date !== null) row[field] = date
  else addNote(row, `${field === 'expiresOn' ? 'expiry' : 'date'} as written: ${value}`)
}
