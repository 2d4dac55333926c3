/**
 * What adapters read vendors' messages with: values of unknown shape, each with the place where it was found.
 *
 * Nothing here throws and nothing here trusts: a key is looked up only among an object's own properties, so that a
 * message with `__proto__` or `constructor` in it finds nothing of ours; a value of the wrong type is absent where it
 * is optional, and named with its path where it is needed. A vendor's placeholder for "not known" is absent too.
 */
import type { ReadDraft } from './adapter.ts'

/** A value and its place as a JSON pointer (RFC 6901). For XML the pointer names elements instead of keys. */
export type Field = { readonly path: string; readonly value: unknown }

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The field below `parent` that the names lead to. Missing at any step gives a field whose value is undefined. */
export function at(parent: Field, ...names: readonly string[]): Field {
  return names.reduce<Field>(
    (field, name) => ({
      path: `${field.path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      value: isRecord(field.value) && Object.hasOwn(field.value, name) ? field.value[name] : undefined,
    }),
    parent,
  )
}

/** How many elements of a list are looked at where the caller sets no other limit. */
const elementsMax = 256

/** The first elements of an array, at most `max`; none where the value is anything else. */
export function elements(field: Field, max: number = elementsMax): Field[] {
  const { path, value } = field
  if (!Array.isArray(value)) return []
  return value.slice(0, max).map((element: unknown, index) => ({ path: `${path}/${index}`, value: element }))
}

/** How long a list is; a single value, as XML gives an element that is not repeated, is a list of one. */
export function lengthOf(field: Field): number {
  if (Array.isArray(field.value)) return field.value.length
  return field.value === undefined ? 0 : 1
}

/** True where the vendor sent nothing: no such field, null, or text without a visible character. */
export function isAbsent(field: Field): boolean {
  const { value } = field
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

/** Text as written. Whole numbers are taken too: several vendors write identifiers and plates without quotes. */
export function textOf(field: Field): string | undefined {
  if (isAbsent(field)) return undefined
  if (typeof field.value === 'string') return field.value
  return Number.isSafeInteger(field.value) ? String(field.value) : undefined
}

const numeral = /^[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/

/** A finite number, written as a number or as a decimal string. */
export function numberOf(field: Field): number | undefined {
  const { value } = field
  if (typeof value !== 'number' && (typeof value !== 'string' || !numeral.test(value.trim()))) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

const unknownWords = new Set(['unknown', 'none', 'null', 'undefined', 'n/a', 'na', '-', '--', 'non', '0'])

/** A describing word (colour, make, class), trimmed; absent where the vendor writes that it does not know. */
export function wordOf(field: Field): string | undefined {
  const word = textOf(field)?.trim()
  return word === undefined || unknownWords.has(word.toLowerCase()) ? undefined : word
}

const noState = new Set(['us', 'usa', 'us-unknown'])

/**
 * The issuer of the plate as the vendor names it. "USA" is absent: it does not say which state, and a jurisdiction
 * that is merely unknown is treated otherwise than one that is known to differ (the table of grades, DESIGN section 4).
 */
export function issuerOf(field: Field): string | undefined {
  const issuer = wordOf(field)
  return issuer === undefined || noState.has(issuer.toLowerCase()) ? undefined : issuer
}

/** A confidence from 0 to 1. `scale` is what the vendor calls certain; values outside it (also -1 for none) are absent. */
export function confidenceOf(field: Field, scale: 1 | 100): number | undefined {
  const value = numberOf(field)
  if (value === undefined || value < 0 || value > 100) return undefined
  return scale === 100 || value > 1 ? value / 100 : value
}

type Coordinates = Pick<ReadDraft, 'latitude' | 'longitude'>

/** Both coordinates, or neither: half a place is none, and 0/0 is what receivers without a fix write. */
export function coordinatesOf(latitude: number | undefined, longitude: number | undefined): Coordinates {
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return {}
  return { latitude, longitude }
}

/** The element whose number under `score` is highest; the first of equals. Undefined for an empty list. */
export function likeliest(list: Field, score: string): Field | undefined {
  let best: Field | undefined
  let bestScore = -Infinity
  for (const element of elements(list)) {
    const elementScore = numberOf(at(element, score)) ?? 0
    if (best === undefined || elementScore > bestScore) {
      best = element
      bestScore = elementScore
    }
  }
  return best
}

/** How many of the other readings of a plate a read keeps. */
export const alternativesMax = 16

/** The other readings in a list of candidates, best first, without the plate itself. */
export function alternativesOf(
  list: Field,
  plate: string,
  names: { plate: string; confidence: string; scale: 1 | 100 },
): ReadDraft['alternatives'] {
  const alternatives: NonNullable<ReadDraft['alternatives']> = []
  for (const candidate of elements(list)) {
    const text = textOf(at(candidate, names.plate))
    if (text === undefined || text === plate) continue
    const confidence = confidenceOf(at(candidate, names.confidence), names.scale)
    alternatives.push(confidence === undefined ? { plate: text } : { plate: text, confidence })
  }
  alternatives.sort((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0))
  return alternatives.length === 0 ? undefined : alternatives.slice(0, alternativesMax)
}
