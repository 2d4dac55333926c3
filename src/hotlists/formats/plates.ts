/**
 * Importer hygiene: which plates of a list are not worth an alert. Sources write `0` or `000` where they know no plate,
 * and one such row would stop every driver whose camera read came out the same way (FORMATS.md, the skip list in use).
 */
import { plateOf, unread } from '../../reads/plate.ts'

/** Longer raw texts are something other than a plate; every importer seen rejects them. */
export const rawPlateLengthMax = 15

const placeholders: ReadonlySet<string> = new Set(['0', '00', '000', '190'])

/** Letters and digits only, as nearly all rows are: `plateOf` would return them as they are, only more slowly. */
const alreadyPlain = /^[A-Z0-9]{1,10}$/

/** Why the raw text cannot be a list's plate, or null where it can. The text itself is not repeated. */
export function plateFault(raw: string): string | null {
  if (raw === '') return 'the plate is empty'
  if (raw.length > rawPlateLengthMax) return `the plate is over ${rawPlateLengthMax} characters`
  const plate = alreadyPlain.test(raw) ? raw : plateOf(raw)
  if (plate === null) return 'there is no valid plate in the plate column (1 to 10 letters and digits)'
  if (plate.includes(unread)) return 'the plate has an unread character, and could never be matched'
  if (plate.length <= 3 && placeholders.has(plate)) return 'the plate is a placeholder (0, 00, 000, 190)'
  return null
}
