/**
 * The frame around every layout that has one entry on one line: which lines are entries, which are header, trailer or
 * blank, and what becomes of those that cannot be read. A layout itself is only a function from a line to a row.
 */
import { invalid } from '../../kernel/errors.ts'
import { Batch } from './batch.ts'
import { isColumnName } from './csv-columns.ts'
import type { FormatOptions, FormatRow, FormatSummary, ListFormat } from './format.ts'
import { linesOf, textOf } from './lines.ts'

/** Fields of a row whose value is the text of one column. */
export type TextField = Exclude<keyof FormatRow, 'line' | 'plate' | 'category' | 'priority'>

export type LineLayout = Omit<ListFormat, 'parse'> & {
  /** The row in a line that is not blank, or the reason why it holds none. */
  read(text: string, line: number): FormatRow | string
  /**
   * How many lines at the start may be headings. A heading is what does not read as a row, or has a column's name where
   * the plate belongs; any other line is a row, even the first.
   */
  headingLinesMax: number
  /** Where the layout begins and ends its files with a line about the file, both of which are then required. */
  frame?: FileFrame
}

export type FileFrame = {
  /** What the two lines look like, for the message about a file without them. */
  example: { header: string; trailer: string }
  /** The file's own date, ISO 8601 local, or null where the text is not the header. */
  header(text: string): string | null
  /** The number of entries the file claims to hold, or null where the text is not the trailer. */
  trailer(text: string): number | null
}

/** Makes a format of a layout. */
export function lineFormat(layout: LineLayout): ListFormat {
  const { name, title, zeroFolded, jurisdictionCodes } = layout
  return { name, title, zeroFolded, jurisdictionCodes, parse: (input, options) => parseLines(layout, input, options) }
}

async function* parseLines(
  layout: LineLayout,
  input: AsyncIterable<Uint8Array>,
  options: FormatOptions,
): AsyncGenerator<ReturnType<Batch['take']>, FormatSummary> {
  refuseCsvSettings(layout.name, options)
  const file = new LineFile(layout, options)
  for await (const { firstNumber, lines } of linesOf(input)) {
    for (const [index, line] of lines.entries()) {
      file.take(line, firstNumber + index)
      if (file.batch.full) yield file.batch.take()
    }
  }
  const summary = file.end()
  if (!file.batch.empty) yield file.batch.take()
  return summary
}

class LineFile {
  readonly batch: Batch
  #layout: LineLayout
  #hasHeader: boolean | undefined
  #headingsLeft: number
  #lines = 0
  #headerDate: string | undefined
  #trailerCount: number | undefined

  constructor(layout: LineLayout, options: FormatOptions) {
    this.#layout = layout
    this.batch = new Batch(layout.name)
    this.#hasHeader = options.hasHeader
    this.#headingsLeft = options.hasHeader === undefined ? layout.headingLinesMax : options.hasHeader ? 1 : 0
  }

  take(line: Parameters<typeof textOf>[0], number: number): void {
    this.#lines = number
    const read = textOf(line, number)
    if ('fault' in read) this.batch.reject(number, read.fault)
    else if (read.text.trim() !== '') this.#takeText(read.text, number)
  }

  #takeText(text: string, number: number): void {
    const { frame } = this.#layout
    if (frame && this.#takeFrame(frame, text, number)) return
    if (this.#headingsLeft > 0) {
      this.#headingsLeft--
      if (this.#hasHeader === true) return
      const first = this.#layout.read(text, number)
      if (typeof first !== 'string' && !isColumnName(first.plate)) this.batch.add(first)
      return
    }
    const row = this.#layout.read(text, number)
    if (typeof row === 'string') this.batch.reject(number, row)
    else this.batch.add(row)
  }

  /** True where the line was about the file and not an entry. */
  #takeFrame(frame: FileFrame, text: string, number: number): boolean {
    if (this.#headerDate === undefined) {
      const date = frame.header(text)
      if (date === null)
        throw frameless(this.#layout.name, `does not begin with its header, such as "${frame.example.header}"`)
      this.#headerDate = date
      return true
    }
    if (this.#trailerCount !== undefined) {
      this.batch.reject(number, 'the line stands after the trailer, which ends the file')
      return true
    }
    const count = frame.trailer(text)
    if (count === null) return false
    this.#trailerCount = count
    return true
  }

  end(): FormatSummary {
    const { frame, name } = this.#layout
    if (frame && this.#headerDate === undefined) throw frameless(name, 'is empty')
    if (frame && this.#trailerCount === undefined) {
      throw frameless(
        name,
        `does not end with its trailer, such as "${frame.example.trailer}": it was cut off on the way`,
      )
    }
    return this.batch.summary(this.#lines, {
      ...(this.#trailerCount === undefined ? {} : { trailerCount: this.#trailerCount }),
      ...(this.#headerDate === undefined ? {} : { headerDate: this.#headerDate }),
    })
  }
}

function frameless(name: string, what: string): Error {
  return invalid('file', 'incomplete', `The ${name} file ${what}. Fetch it again.`)
}

/** A setting that has no effect would let the person who made it believe that it has one. */
function refuseCsvSettings(name: string, options: FormatOptions): void {
  for (const setting of ['columns', 'delimiter'] as const) {
    if (options[setting] === undefined) continue
    throw invalid(setting, 'not-for-this-format', `The format ${name} has its own ${setting}: leave the setting out.`)
  }
}

/** Puts a remark behind what the note already says. */
export function addNote(row: FormatRow, remark: string): void {
  if (remark !== '') row.note = row.note === undefined ? remark : `${row.note}; ${remark}`
}
