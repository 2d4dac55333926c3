/**
 * From a row of a file to an entry as it is stored and compared: the plate without separators, its key, the jurisdiction as a
 * code, and everything else that the list says, as one text that is the same for the same content.
 */
import { copyValue } from '../kernel/copy.ts'
import { jurisdictionOf } from '../reads/jurisdiction.ts'
import { plateKeyOf, plateOf } from '../reads/plate.ts'
import type { FormatRow, ListFormat } from './formats/format.ts'

/** Why a row cannot become an entry, for `feed_rejections`. */
export type Unfit = { readonly reason: string }

/** A list names few jurisdictions and repeats them a million times; free text in that column must not fill the memory. */
const rememberedMax = 1000

const manualByFile = 'manual entries are made one by one and checked by a second person (MP-IV.E.2), not by file'

/**
 * Makes the function that turns rows into lines of COPY text for the staging table, in its column order, or says why not.
 * `category` is the feed's, for rows that do not say theirs.
 */
export function entryEncoder(
  category: string,
  { jurisdictionCodes: codes, zeroFolded }: Pick<ListFormat, 'jurisdictionCodes' | 'zeroFolded'>,
): (row: FormatRow) => string | Unfit {
  const remembered = new Map<string, string>()
  // What cannot be settled is unknown: such an entry still alerts, with the order to verify the jurisdiction.
  function codeOf(written: string): string {
    const known = remembered.get(written)
    if (known !== undefined) return known
    const code = jurisdictionOf(written, { codes, zeroFolded }) ?? ''
    if (remembered.size < rememberedMax) remembered.set(written, code)
    return code
  }
  return (row) => {
    const plate = plateOf(row.plate)
    if (plate === null) return { reason: 'there is no valid plate (1 to 10 letters and digits)' }
    if (row.category === 'manual') return { reason: manualByFile }
    const jurisdiction = row.jurisdiction === undefined ? '' : codeOf(row.jurisdiction)
    return [
      row.line,
      plate,
      plateKeyOf(plate),
      jurisdiction,
      row.category ?? category,
      copyValue(row.expiresOn),
      copyValue(row.reference),
      copyValue(row.sourceOri),
      copyValue(detailsOf(row, jurisdiction)),
    ].join('\t')
  }
}

/**
 * What the list says besides, as JSON in a fixed order; null where it says nothing. Shown with an alert, never matched. A
 * jurisdiction that could not be settled is here as written.
 */
function detailsOf(row: FormatRow, code: string): string | null {
  const { make, model, year, style, colour, plateType, plateYear, enteredOn, priority, note } = row
  const jurisdiction = code === '' ? row.jurisdiction : undefined
  const details = { make, model, year, style, colour, plateType, plateYear, jurisdiction, enteredOn, priority, note }
  const text = JSON.stringify(details)
  return text === '{}' ? null : text
}
