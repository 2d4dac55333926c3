/**
 * What every layout's parser fills: rows and rejections in file order, handed on in arrays of bounded size.
 *
 * It also keeps watch over the file as a whole. A file of which no line at all can be read is not a bad copy of this
 * layout but some other file, and is refused with the first line's reason instead of a million rejections.
 */
import { invalid } from '../../kernel/errors.ts'
import type { FormatRejection, FormatRow, FormatSummary } from './format.ts'

/** Rows and rejections in one array: large enough to be cheap to insert, small enough to be nothing in memory. */
export const batchItemsMax = 2000

/** After so many lines without a single row the file is taken to be of another layout. */
export const hopelessLines = 1000

export class Batch {
  rows: FormatRow[] = []
  rejections: FormatRejection[] = []
  #name: string
  #rowCount = 0
  #rejectedCount = 0
  #first: FormatRejection | undefined

  constructor(name: string) {
    this.#name = name
  }

  get full(): boolean {
    return this.rows.length + this.rejections.length >= batchItemsMax
  }

  get empty(): boolean {
    return this.rows.length === 0 && this.rejections.length === 0
  }

  add(row: FormatRow): void {
    this.rows.push(row)
    this.#rowCount++
  }

  /** Throws `Invalid` where the file turns out to be of another layout. */
  reject(line: number, reason: string): void {
    this.rejections.push({ line, reason })
    this.#rejectedCount++
    this.#first ??= { line, reason }
    if (this.#rowCount === 0 && this.#rejectedCount >= hopelessLines) this.#refuse(this.#first)
  }

  take(): { rows: FormatRow[]; rejections: FormatRejection[] } {
    const taken = { rows: this.rows, rejections: this.rejections }
    this.rows = []
    this.rejections = []
    return taken
  }

  /** Throws `Invalid` where lines were read and none of them held a row. */
  summary(lines: number, file: { trailerCount?: number; headerDate?: string }): FormatSummary {
    if (this.#rowCount === 0 && this.#first) this.#refuse(this.#first)
    return { lines, rows: this.#rowCount, rejected: this.#rejectedCount, ...file }
  }

  #refuse(first: FormatRejection): never {
    throw invalid(
      `line ${first.line}`,
      'not-this-layout',
      `None of the first ${this.#rejectedCount} lines can be read as ${this.#name}: ${first.reason}. Is this the right format for the file?`,
    )
  }
}
