/**
 * The words that lists use for what is wanted, into the categories of CL-3.
 *
 * Only what a phrase plainly says is recognised. "Stolen" alone may mean the vehicle or the plate, and "suspended" the
 * licence or the registration, so neither is: the row then keeps its words in the note, and the layout or the feed decides.
 */
import type { Category } from './format.ts'

const phrases: readonly (readonly [phrase: RegExp, category: Category])[] = [
  [/\bstolen (?:canadian )?(?:licen[sc]e )?(?:plate|tag)s?\b/, 'stolen-plate'],
  [/\bstolen (?:canadian )?(?:vehicle|veh|auto|car)s?\b|\bcar ?jack/, 'stolen-vehicle'],
  [/\bfelony vehicle\b|\bused in (?:a )?felony\b/, 'felony-vehicle'],
  [/\bamber\b/, 'amber-alert'],
  [/\bmissing child\b/, 'missing-child'],
  [/\bmissing college student\b/, 'missing-college-student'],
  [/\bmissing\b/, 'missing-person'],
  [/\bwanted\b|\bwarrants?\b/, 'wanted-person'],
  [/\bbolo\b|\bbe on the look ?out\b/, 'bolo'],
  [/\batl\b|\battempt to locate\b/, 'atl'],
  [/\bsuspended (?:driver s? ?)?licen[sc]e\b(?! (?:plate|tag))/, 'suspended-licence'],
  [/\brevoked (?:driver s? ?)?licen[sc]e\b(?! (?:plate|tag))/, 'revoked-licence'],
  [/\bsuspended (?:registration|tag|(?:licen[sc]e )?plate)\b/, 'suspended-registration'],
  [/\brevoked (?:registration|tag|(?:licen[sc]e )?plate)\b/, 'revoked-registration'],
  [/\bexpired (?:vehicle )?(?:registration|tag|plate)s?\b/, 'expired-registration'],
  [/\bwatch ?list\b/, 'watch-list'],
  [/^local(?: list)?$/, 'local'],
  [/^manual(?: entry)?$/, 'manual'],
]

/** A list has few different words; a column of free text has many, and must not fill the memory. */
const rememberedMax = 1000

/** A reader of category words that remembers what it has seen, as a file repeats the same words on a million rows. */
export function categoryReader(): (words: string) => Category | undefined {
  const remembered = new Map<string, Category | undefined>()
  return (words) => {
    if (remembered.has(words)) return remembered.get(words)
    const category = categoryOf(words)
    if (remembered.size < rememberedMax) remembered.set(words, category)
    return category
  }
}

/** The category that the words plainly name, if any. */
export function categoryOf(words: string): Category | undefined {
  const plain = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
  return phrases.find(([phrase]) => phrase.test(plain))?.[1]
}
