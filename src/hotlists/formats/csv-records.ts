/**
 * Lines into CSV records (RFC 4180): the cells, and the line on which the record begins.
 *
 * A quoted field may hold line ends, so a record may span lines. One stray quote must not swallow the rest of a list:
 * where the quotes of a line are not closed within a bounded distance, that one line is rejected and reading resumes with
 * the next.
 */
import { lineBytesMax } from './lines.ts'
import { splitRecords } from './quotes.ts'

/** A quoted field with more line ends than this is taken for a stray quote. */
export const recordLinesMax = 50
export const recordCharactersMax = 4 * lineBytesMax
export const cellsMax = 256

/** `cut` is true where the file ended without a line end behind the record. */
export type CsvRecord = { line: number; cut: boolean } & ({ cells: readonly string[] } | { fault: string })

type Assembled = { line: number; cut: boolean } & ({ text: string } | { fault: string })

const unclosed = `a quote is opened and not closed within ${recordLinesMax} lines`
const misquoted = 'the quotes are not as CSV has them (a quote within a field is written twice)'

/** Joins lines to records. Feed it every line in order, then `end`; take the records whenever there are enough. */
export class RecordReader {
  #delimiter: string
  #pending: { line: number; texts: string[]; characters: number } | null = null
  #assembled: Assembled[] = []
  #characters = 0

  constructor(delimiter: string) {
    this.#delimiter = delimiter
  }

  /** Enough records wait to be read at once. */
  get full(): boolean {
    return this.#assembled.length >= 2000 || this.#characters > 1_000_000
  }

  push(text: string, line: number, cut: boolean): void {
    const odd = hasOddQuotes(text)
    if (this.#pending) return this.#extend(this.#pending, text, odd, cut)
    if (odd) this.#pending = { line, texts: [text], characters: text.length }
    else if (text.trim() !== '') this.#assemble({ line, cut, text })
  }

  /** A line that could not be read as text: it ends any quoted field that was open. */
  pushFault(fault: string, line: number): void {
    this.#giveUp()
    this.#assemble({ line, cut: false, fault })
  }

  end(): void {
    this.#giveUp()
  }

  #extend(
    pending: { line: number; texts: string[]; characters: number },
    text: string,
    odd: boolean,
    cut: boolean,
  ): void {
    pending.texts.push(text)
    pending.characters += text.length + 1
    if (pending.characters > recordCharactersMax || pending.texts.length > recordLinesMax)
      return this.#resume(pending, cut)
    if (!odd) return
    this.#pending = null
    this.#assemble({ line: pending.line, cut, text: pending.texts.join('\n') })
  }

  /** Rejects the line with the stray quote, and reads the lines behind it again as what they are without it. */
  #resume(pending: { line: number; texts: string[] }, cut: boolean): void {
    this.#pending = null
    this.#assemble({ line: pending.line, cut: false, fault: unclosed })
    const last = pending.texts.length - 1
    for (let index = 1; index <= last; index++)
      this.push(pending.texts[index] ?? '', pending.line + index, cut && index === last)
  }

  #giveUp(): void {
    while (this.#pending) this.#resume(this.#pending, true)
  }

  #assemble(record: Assembled): void {
    this.#assembled.push(record)
    this.#characters += 'text' in record ? record.text.length : 0
  }

  take(): CsvRecord[] {
    const assembled = this.#assembled
    this.#assembled = []
    this.#characters = 0
    const split = splitRecords(
      assembled.map((record) => ('text' in record ? record.text : '')),
      this.#delimiter,
    )
    return assembled.map((record, index) => {
      const { line, cut } = record
      if ('fault' in record) return { line, cut, fault: record.fault }
      const cells = split[index] ?? null
      if (cells === null) return { line, cut, fault: misquoted }
      return cells.length > cellsMax
        ? { line, cut, fault: `the record has over ${cellsMax} columns` }
        : { line, cut, cells }
    })
  }
}

function hasOddQuotes(text: string): boolean {
  let at = text.indexOf('"')
  let odd = false
  while (at !== -1) {
    odd = !odd
    at = text.indexOf('"', at + 1)
  }
  return odd
}
