/**
 * Lists as CSV (RFC 4180), of any columns: with a header whose names are recognised, or with the columns set by the feed.
 * The presets are the same reader with the settings of one product.
 */
import { invalid } from '../../kernel/errors.ts'
import { Batch } from './batch.ts'
import { type RowReader, rowReader } from './csv-rows.ts'
import { type Columns, recognise, settle } from './csv-columns.ts'
import { type CsvRecord, RecordReader } from './csv-records.ts'
import type { FormatOptions, FormatSummary, ListFormat } from './format.ts'
import { lineFormat } from './layout.ts'
import { linesOf, textOf } from './lines.ts'
import { plateFault } from './plates.ts'

/** Delimiters that a feed may set, by themselves or, where a shell makes that hard, by name. */
const delimiters: Readonly<Record<string, string>> = {
  ',': ',',
  ';': ';',
  ':': ':',
  '|': '|',
  '\t': '\t',
  tab: '\t',
  '\\t': '\t',
}

/** Tried in this order where the feed sets none. A colon is never guessed, since times of day hold it. */
const guessed = [',', ';', '\t'] as const

type Preset = Pick<ListFormat, 'name' | 'title' | 'jurisdictionCodes'> & { options: FormatOptions }

function csvFormat(preset: Preset): ListFormat {
  const { name, title, jurisdictionCodes } = preset
  return {
    name,
    title,
    zeroFolded: false,
    jurisdictionCodes,
    parse: (input, options) => parseCsv(name, input, withPreset(preset, options)),
  }
}

/** A preset's own settings hold; only whether there is a header may differ from one export to the next. */
function withPreset(preset: Preset, options: FormatOptions): FormatOptions {
  for (const setting of ['columns', 'delimiter'] as const) {
    if (preset.options[setting] === undefined || options[setting] === undefined) continue
    throw invalid(
      setting,
      'not-for-this-format',
      `The format ${preset.name} has its own ${setting}: leave it out, or use the format csv.`,
    )
  }
  return { ...preset.options, ...options }
}

async function* parseCsv(
  name: string,
  input: AsyncIterable<Uint8Array>,
  options: FormatOptions,
): AsyncGenerator<ReturnType<Batch['take']>, FormatSummary> {
  const file = new CsvFile(name, options)
  for await (const { firstNumber, lines, cut } of linesOf(input)) {
    for (const [index, line] of lines.entries()) {
      const number = firstNumber + index
      const read = textOf(line, number)
      if ('fault' in read) file.fault(read.fault, number)
      else file.push(read.text, number, cut && index === lines.length - 1)
      if (file.full) yield* file.take()
    }
  }
  return yield* file.end()
}

class CsvFile {
  readonly batch: Batch
  #lines = 0
  #options: FormatOptions
  #reader: RecordReader | null = null
  #row: RowReader | null = null

  constructor(name: string, options: FormatOptions) {
    this.batch = new Batch(name)
    this.#options = options
  }

  get full(): boolean {
    return this.#reader?.full ?? false
  }

  push(text: string, line: number, cut: boolean): void {
    this.#lines = line
    if (!this.#reader && text.trim() === '') return
    this.#reader ??= new RecordReader(delimiterOf(this.#options, text))
    this.#reader.push(text, line, cut)
  }

  fault(fault: string, line: number): void {
    this.#lines = line
    if (this.#reader) this.#reader.pushFault(fault, line)
    else this.batch.reject(line, fault)
  }

  *take(): Generator<ReturnType<Batch['take']>, void> {
    for (const record of this.#reader?.take() ?? []) {
      this.#takeRecord(record)
      if (this.batch.full) yield this.batch.take()
    }
  }

  *end(): Generator<ReturnType<Batch['take']>, FormatSummary> {
    this.#reader?.end()
    yield* this.take()
    const summary = this.batch.summary(this.#lines, {})
    if (!this.batch.empty) yield this.batch.take()
    return summary
  }

  #takeRecord(record: CsvRecord): void {
    if ('fault' in record) return this.batch.reject(record.line, record.fault)
    if (record.cells.every((cell) => cell.trim() === '')) return
    if (!this.#row) {
      const { columns, isHeader } = columnsOf(record.cells, this.#options)
      this.#row = rowReader(columns, record.cells.length)
      if (isHeader) return
    }
    const row = this.#row(record)
    if (typeof row === 'string') this.batch.reject(record.line, row)
    else this.batch.add(row)
  }
}

/** The delimiter that the feed sets; else the one by which the first line is a header; else the one it has most of. */
function delimiterOf(options: FormatOptions, firstLine: string): string {
  if (options.delimiter !== undefined) {
    const delimiter = delimiters[options.delimiter]
    if (delimiter !== undefined) return delimiter
    throw invalid('delimiter', 'unknown-delimiter', 'A delimiter is one of , ; : | and tab.')
  }
  const heading = guessed.find((delimiter) => recognise(cellsOf(firstLine, delimiter)) !== null)
  if (heading !== undefined) return heading
  const [most] = [...guessed].sort((a, b) => firstLine.split(b).length - firstLine.split(a).length)
  return most ?? ','
}

function cellsOf(line: string, delimiter: string): string[] {
  return line.split(delimiter).map((cell) => cell.replaceAll('"', ''))
}

/** Which column is what, and whether the first record is the header that says so. */
function columnsOf(first: readonly string[], options: FormatOptions): { columns: Columns; isHeader: boolean } {
  const { columns: set, hasHeader } = options
  const recognised = hasHeader === false ? null : recognise(first)
  if (set) {
    const named = Object.values(set).some((column) => typeof column === 'string')
    const columns = settle(set, hasHeader === false ? null : first)
    const plate = columns.find(({ field }) => field === 'plate')?.index
    const looksLikeHeader = recognised?.some(({ field, index }) => field === 'plate' && index === plate) ?? false
    return { columns, isHeader: hasHeader ?? (named || looksLikeHeader) }
  }
  if (recognised) return { columns: recognised, isHeader: true }
  if (first.length === 1) return { columns: [{ field: 'plate', index: 0 }], isHeader: hasHeader ?? false }
  throw invalid(
    'columns',
    'no-plate',
    `None of the ${first.length} columns of the first line has a name known for plates (such as "Plate Number"): set which column is what, for example plate=0.`,
  )
}

const csv = csvFormat({
  name: 'csv',
  title: 'CSV with a header whose names are recognised, or with the columns set by the feed',
  jurisdictionCodes: 'postal',
  options: {},
})

const openAlpr = csvFormat({
  name: 'openalpr_webserver_import_header',
  title: 'OpenALPR / Rekor webserver import: Plate Number, Description, State/Province',
  jurisdictionCodes: 'postal',
  options: { delimiter: ',', columns: { plate: 'Plate Number', note: 'Description', jurisdiction: 'State/Province' } },
})

/** Genetec's permit list as its documentation shows it: state, plate, effective and expiry date, permit. */
const genetecPermits = csvFormat({
  name: 'genetec_permit_list_semicolon',
  title: 'Genetec permit list: state; plate; effective; expiry; permit',
  jurisdictionCodes: 'postal',
  options: { delimiter: ';', columns: { jurisdiction: 0, plate: 1, enteredOn: 2, expiresOn: 3, reference: 4 } },
})

const nedap = csvFormat({
  name: 'nedap_check_list',
  title: 'Nedap check list: plate; country; remark',
  jurisdictionCodes: 'iso',
  options: { delimiter: ';', columns: { plate: 0, jurisdiction: 1, note: 2 } },
})

/** One plate on a line and nothing else. */
const simple = lineFormat({
  name: 'simple',
  title: 'One plate on a line',
  zeroFolded: false,
  jurisdictionCodes: 'postal',
  headingLinesMax: 1,
  read(text, line) {
    const plate = text.trim()
    return plateFault(plate) ?? { line, plate }
  },
})

export const csvFormats: readonly ListFormat[] = [csv, simple, openAlpr, genetecPermits, nedap]
