/**
 * What a hot list file becomes, whatever its layout: a stream of rows and rejections, and what the file says of itself.
 *
 * A format is a pure parser: bytes in, rows out, no database and no clock. It never repairs what it reads: a row it
 * cannot understand is rejected with its line and reason, and a file whose trailer disagrees with its rows is refused
 * as a whole by the importer (a list that is silently shorter is an alert that silently never comes).
 */

/** The categories of CL-3, one word each. */
export const categories = [
  'suspended-licence',
  'revoked-licence',
  'suspended-registration',
  'revoked-registration',
  'stolen-vehicle',
  'stolen-plate',
  'felony-vehicle',
  'amber-alert',
  'missing-child',
  'missing-college-student',
  'bolo',
  'atl',
  'wanted-person',
  'missing-person',
  'expired-registration',
  'watch-list',
  'local',
  'manual',
] as const
export type Category = (typeof categories)[number]

/** One entry as the file gives it. `plate` is the raw text; the importer normalises. Absent means the file does not say. */
export type FormatRow = {
  line: number
  plate: string
  jurisdiction?: string
  /** Only where the layout itself says it per row; otherwise the feed's category applies. */
  category?: Category
  /** The agency that entered it (ORI), as written. */
  sourceOri?: string
  /** The list's own number for the entry (NIC, case or file number). */
  reference?: string
  enteredOn?: string
  expiresOn?: string
  make?: string
  model?: string
  year?: string
  style?: string
  colour?: string
  plateType?: string
  plateYear?: string
  /** Free text of the row (reason, remarks, "VERIFY 425…"). */
  note?: string
  priority?: number
}

export type FormatRejection = { line: number; reason: string }

/** What is known once the whole file was read. Undefined where the layout has no such thing. */
export type FormatSummary = {
  lines: number
  rows: number
  rejected: number
  /** The count in the file's trailer; the importer refuses the file when it is not `rows + rejected`. */
  trailerCount?: number
  /** The date in the file's header, for staleness; ISO 8601 local, as the file has no zone. */
  headerDate?: string
}

/** Options from the feed's settings. */
export type FormatOptions = {
  /** CSV only: which column is what; keys are FormatRow fields, values header names or 0-based numbers. */
  columns?: Partial<Record<Exclude<keyof FormatRow, 'line'>, string | number>>
  delimiter?: string
  hasHeader?: boolean
}

export type ListFormat = {
  name: string
  title: string
  /**
   * True where this layout writes letter O as zero, even in plates and states, so that its entries must be compared
   * under that fold (FORMATS.md).
   */
  zeroFolded: boolean
  /**
   * Whose two-letter codes stand in the state column: the postal ones, NCIC's (where `NB` is Nebraska and `MX` one state
   * of Mexico), or ISO country codes. Given to `reads/jurisdiction.ts` with the row's jurisdiction, which is left as written.
   */
  jurisdictionCodes: 'postal' | 'ncic' | 'iso'
  /**
   * Yields rows and rejections in arrays of at most a few thousand, in file order, reading the input as a stream (a million
   * rows must not sit in memory), and returns the summary. Throws `Invalid` where the file is not of this layout at all, for
   * example not UTF-8 or Latin-1 text, or without the required header.
   */
  parse(
    input: AsyncIterable<Uint8Array>,
    options: FormatOptions,
  ): AsyncGenerator<{ rows: FormatRow[]; rejections: FormatRejection[] }, FormatSummary>
}
