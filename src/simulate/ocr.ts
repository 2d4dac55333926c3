/**
 * A camera that errs as cameras do: mostly by mistaking a character for one of its look-alikes (the groups of DESIGN
 * section 4), sometimes otherwise, now and then seeing a character that it cannot read. Its confidence is lower where it errs,
 * but not always, so that no threshold parts right from wrong.
 */
import { type Random, Weighted } from './prng.ts'
import { jurisdictionShares } from './plates.ts'

export type OcrSettings = {
  /** Share of plates with one character mistaken for its look-alike (one time in ten, two). Plates with none are spared. */
  lookAlikeRate: number
  /** Share of plates with another mistake: 7 for 2, U for V, the last character lost. */
  otherRate: number
  /** Share of plates with one character unread, written `?`. */
  unreadRate: number
  jurisdictionWrongRate: number
  jurisdictionUnknownRate: number
}

export const usualOcr: OcrSettings = {
  lookAlikeRate: 0.03,
  otherRate: 0.008,
  unreadRate: 0.004,
  jurisdictionWrongRate: 0.02,
  jurisdictionUnknownRate: 0.08,
}

/** Reads everything right. For tests and benches that count exactly. */
export const perfectOcr: OcrSettings = {
  lookAlikeRate: 0,
  otherRate: 0,
  unreadRate: 0,
  jurisdictionWrongRate: 0,
  jurisdictionUnknownRate: 0,
}

export type Alternative = { plate: string; confidence: number }

export type Reading = {
  plate: string
  /** 0 to 1, four decimals. */
  plateConfidence: number
  jurisdiction: string | undefined
  jurisdictionConfidence: number | undefined
  /** Best first, without the plate itself; none most of the time. */
  alternatives: Alternative[] | undefined
  error: 'none' | 'look-alike' | 'other' | 'unread'
}

const groups = ['0ODQ', '1IL', '2Z', '5S', '6G', '8B']
const otherPairs = ['72', '71', '38', 'UV', 'MN', 'HN', 'EF', 'CG', 'PR', 'KX', 'WV', 'YV', '4A', '93', 'TJ']

/** By character code: what a character may be taken for. */
const lookAlikes = confusions(groups)
const others = confusions(otherPairs)

const takenFor = new Weighted(jurisdictionShares)

function confusions(sets: readonly string[]): readonly string[] {
  const table = Array.from({ length: 128 }, () => '')
  for (const set of sets) {
    for (const character of set) {
      const code = character.charCodeAt(0)
      table[code] = (table[code] ?? '') + set.replace(character, '')
    }
  }
  return table
}

/** What a camera makes of a plate. Draws between 4 and 12 times. */
export function readPlate(random: Random, plate: string, jurisdiction: string, settings: OcrSettings): Reading {
  const reading: Reading = {
    plate,
    plateConfidence: 0,
    jurisdiction,
    jurisdictionConfidence: undefined,
    alternatives: undefined,
    error: 'none',
  }
  readCharacters(random, reading, settings)
  readJurisdiction(random, reading, settings)
  return reading
}

function readCharacters(random: Random, reading: Reading, settings: OcrSettings): void {
  const truth = reading.plate
  let lot = random.fraction()
  if (lot < settings.lookAlikeRate) {
    const once = mistake(random, truth, lookAlikes)
    const twice = random.chance(0.1) ? mistake(random, once, lookAlikes) : once
    // The second mistake may undo the first; then the first stands.
    reading.plate = twice === truth ? once : twice
    if (reading.plate !== truth) reading.error = 'look-alike'
  } else if ((lot -= settings.lookAlikeRate) < settings.otherRate) {
    const wrong = random.chance(0.6) ? mistake(random, truth, others) : truth
    reading.plate = wrong === truth ? truth.slice(0, -1) : wrong
    reading.error = 'other'
  } else if (lot - settings.otherRate < settings.unreadRate) {
    const at = random.int(0, truth.length - 1)
    reading.plate = `${truth.slice(0, at)}?${truth.slice(at + 1)}`
    reading.error = 'unread'
  }
  if (reading.error === 'none') {
    reading.plateConfidence = confidence(random, 0.93, 0.04)
    if (random.chance(0.2)) offer(random, reading, mistake(random, truth, lookAlikes))
  } else {
    reading.plateConfidence = confidence(random, 0.74, 0.09)
    if (random.chance(0.7)) offer(random, reading, truth)
  }
}

/** Adds another reading of the plate, less sure than the first. */
function offer(random: Random, reading: Reading, plate: string): void {
  if (plate === reading.plate) return
  reading.alternatives = [{ plate, confidence: rounded(reading.plateConfidence * (0.6 + 0.39 * random.fraction())) }]
}

/** The plate with one character replaced by another it may be taken for; the plate itself where there is none. */
function mistake(random: Random, plate: string, table: readonly string[]): string {
  const start = random.int(0, plate.length - 1)
  for (let step = 0; step < plate.length; step++) {
    const at = (start + step) % plate.length
    const choices = table[plate.charCodeAt(at)] ?? ''
    if (choices !== '')
      return plate.slice(0, at) + choices.charAt(random.int(0, choices.length - 1)) + plate.slice(at + 1)
  }
  return plate
}

function readJurisdiction(random: Random, reading: Reading, settings: OcrSettings): void {
  const lot = random.fraction()
  if (lot < settings.jurisdictionUnknownRate) {
    reading.jurisdiction = undefined
    return
  }
  const truth = reading.jurisdiction
  if (lot < settings.jurisdictionUnknownRate + settings.jurisdictionWrongRate) {
    while (reading.jurisdiction === truth) reading.jurisdiction = random.weighted(takenFor)
  }
  reading.jurisdictionConfidence = confidence(random, reading.jurisdiction === truth ? 0.87 : 0.6, 0.07)
}

function confidence(random: Random, mean: number, deviation: number): number {
  return rounded(Math.min(0.9999, random.normal(mean, deviation)))
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
