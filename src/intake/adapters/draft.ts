/**
 * From a vendor's result to a draft, a refusal, or nothing, by one rule for all vendors:
 *
 * - no plate (missing, empty, `Unknown`) is not a read: ignored and counted, for cameras report every vehicle;
 * - a plate of an impossible type, or a time that is missing or cannot be read, is refused with its path and rule;
 * - any other text is passed on exactly as written. Whether it can be a plate, and whether its time and place are
 *   acceptable, the intake decides, for vendors' reads and our own contract alike.
 *
 * Only the fields of `ReadDraft` leave an adapter, whatever else the vendor sent (CR-5.c).
 */
import { invalid } from '../../kernel/errors.ts'
import type { AdapterResult, ReadDraft } from './adapter.ts'
import { type Field, elements, isAbsent, lengthOf, textOf } from './fields.ts'
import type { Time } from './times.ts'

/** How many results one message may hold. More are refused as one, naming the number. */
export const resultsMax = 64

export type Outcome = AdapterResult['items'][number] | 'ignored'

type Details = Omit<ReadDraft, 'device' | 'plate' | 'captured'>
/** What a vendor may have said beside plate, time and device; undefined where it did not. */
export type MaybeDetails = { [K in keyof Details]?: Details[K] | undefined }

const detailNames = [
  'jurisdiction',
  'plateConfidence',
  'jurisdictionConfidence',
  'latitude',
  'longitude',
  'headingDegrees',
  'speedKph',
  'lane',
  'make',
  'model',
  'colour',
  'class',
  'alternatives',
  'eventId',
  'images',
  'imagesRefused',
] as const satisfies readonly (keyof Details)[]

function set<K extends keyof Details>(draft: ReadDraft, name: K, value: MaybeDetails[K]): void {
  if (value !== undefined) draft[name] = value
}

/** Vendors that write `unknown` for "no plate" also write it in lower case; where plates come in lower case it may be one. */
const noPlate = new Set(['Unknown', 'unknown'])

function isNoPlate(plate: Field, lowerCasePlates: boolean): boolean {
  if (isAbsent(plate)) return true
  const text = typeof plate.value === 'string' ? plate.value.trim() : ''
  return noPlate.has(text) && !(lowerCasePlates && text === 'unknown')
}

/** What is known of one result before its details are read. */
export type Sighting = { device: string | null; plate: Field; time: Time; timePath: string; lowerCasePlates?: boolean }

/** One result's outcome. `details` is asked only when plate and time are good. */
export function outcomeOf(sighting: Sighting, details: (plate: string) => MaybeDetails): Outcome {
  const { device, plate, time, timePath, lowerCasePlates = false } = sighting
  if (isNoPlate(plate, lowerCasePlates)) return 'ignored'
  const text = textOf(plate)
  if (text === undefined) {
    return { refused: { path: plate.path, rule: 'plate-type', message: 'The plate is not text.', device } }
  }
  if (time === undefined) {
    const message = 'The message does not say when the plate was seen.'
    return { refused: { path: timePath, rule: 'time-required', message, device } }
  }
  if ('fault' in time) return { refused: { ...time.fault, device } }
  const read: ReadDraft = { device, plate: text, captured: time.captured }
  const said = details(text)
  for (const name of detailNames) set(read, name, said[name])
  return { read }
}

/** The message's result from the outcomes of its parts, in order. A message that holds none counts as one thing ignored. */
export function resultOf(outcomes: readonly Outcome[]): AdapterResult {
  const items = outcomes.filter((outcome) => outcome !== 'ignored')
  return { items, heartbeats: [], ignored: outcomes.length === 0 ? 1 : outcomes.length - items.length }
}

/**
 * The result of several sightings. `sources` are the first ones, at most as many as a message may hold; `total` is how
 * many the message has, and those beyond the limit are refused as one at `path`.
 */
export function resultOfAll<T>(
  sources: readonly T[],
  total: number,
  where: { path: string; device: string | null },
  read: (source: T) => Outcome,
): AdapterResult {
  const outcomes = sources.map(read)
  if (total > resultsMax) {
    const message = `The message holds ${total} results. At most ${resultsMax} are taken: send fewer in a message.`
    outcomes.push({ refused: { path: where.path, rule: 'results-count', message, device: where.device } })
  }
  return resultOf(outcomes)
}

/** The result of a list. A value that is no array is a list of one, as XML gives an element that is not repeated. */
export function resultOfList(list: Field, device: string | null, read: (element: Field) => Outcome): AdapterResult {
  const total = lengthOf(list)
  const sources = Array.isArray(list.value) || total === 0 ? elements(list, resultsMax) : [list]
  return resultOfAll(sources, total, { path: list.path, device }, read)
}

/** The array that the format requires; `Invalid` where it is something else. */
export function requiredList(field: Field): Field {
  if (!Array.isArray(field.value)) throw invalid(field.path, 'array-required', "The vendor's format has a list here.")
  return field
}

/** The object that the format requires; `Invalid` where it is something else. */
export function requiredObject(field: Field): Field {
  const { path, value } = field
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'object-required', "The vendor's format has an object here.")
  }
  return field
}
