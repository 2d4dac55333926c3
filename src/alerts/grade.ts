/**
 * How well a read fits a hot list entry, and whether that alerts (DESIGN section 4): plate *exact* or *look-alike*, times
 * jurisdiction *same*, *unknown* or *other*.
 *
 * | plate      | jurisdiction | recorded                        | alerts                                |
 * | exact      | same         | always                          | always                                |
 * | exact      | unknown      | always                          | always, as "verify jurisdiction"      |
 * | exact      | other        | always                          | only where the list says so           |
 * | look-alike | same         | only where the list says so     | likewise                              |
 * | look-alike | unknown      | never                           | never                                 |
 * | look-alike | other        | never                           | never                                 |
 *
 * This is the function as the patrol car and the tests run it; `grading.ts` is the same in SQL, for the server, and a test
 * holds the two to each other.
 */
import { differsInOneCharacter, plateKeyOf, unread, zeroFolded } from '../reads/plate.ts'
import { alertGrades, type AlertGrade } from './contract.ts'

export type GradedRead = { readonly plate: string; readonly jurisdiction: string | null }
export type GradedEntry = {
  readonly plate: string
  /** Empty where the list does not say. */
  readonly jurisdiction: string
  /** The list writes letter O as zero, so plates are compared under that fold. */
  readonly zeroFolded: boolean
  /** The last day the entry is good for, as `2026-11-23`. */
  readonly expiresOn: string | null
}
export type GradedFeed = { readonly alertsOtherJurisdiction: boolean; readonly alertsLookAlike: boolean }
export type MatchGrade = {
  readonly plateGrade: 'exact' | 'look-alike'
  readonly jurisdictionGrade: 'same' | 'unknown' | 'other'
  readonly alerted: boolean
}

/** The grade of a match, or null where there is none to record. `day` is the day on which entries must still be good. */
export function gradeOf(read: GradedRead, entry: GradedEntry, feed: GradedFeed, day: string): MatchGrade | null {
  if (entry.expiresOn !== null && entry.expiresOn < day) return null
  const plateGrade = plateGradeOf(read.plate, entry.plate, entry.zeroFolded)
  if (!plateGrade) return null
  const jurisdictionGrade = jurisdictionGradeOf(read.jurisdiction, entry.jurisdiction)
  if (plateGrade === 'look-alike') {
    const alerted = feed.alertsLookAlike && jurisdictionGrade === 'same'
    return alerted ? { plateGrade, jurisdictionGrade, alerted } : null
  }
  return {
    plateGrade,
    jurisdictionGrade,
    alerted: jurisdictionGrade !== 'other' || feed.alertsOtherJurisdiction,
  }
}

function plateGradeOf(read: string, entry: string, folded: boolean): MatchGrade['plateGrade'] | null {
  // A character nobody could read might be any character: such a plate never alerts.
  if (read.includes(unread) || entry.includes(unread)) return null
  if (plateKeyOf(read) !== plateKeyOf(entry)) return null
  const [a, b] = folded ? [zeroFolded(read), zeroFolded(entry)] : [read, entry]
  if (a === b) return 'exact'
  return differsInOneCharacter(a, b) ? 'look-alike' : null
}

function jurisdictionGradeOf(read: string | null, entry: string): MatchGrade['jurisdictionGrade'] {
  if (!read || !entry) return 'unknown'
  return read === entry ? 'same' : 'other'
}

/** What an alert is called in plain words, by the best of its matches. */
export function alertGradeOf({
  plateGrade,
  jurisdictionGrade,
}: Pick<MatchGrade, 'plateGrade' | 'jurisdictionGrade'>): AlertGrade {
  const [exact, possible, other, lookAlike] = alertGrades
  if (plateGrade === 'look-alike') return lookAlike
  return { same: exact, unknown: possible, other }[jurisdictionGrade]
}

// Lists say a day, not an instant, and mean the state's own calendar.
const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', dateStyle: 'short' })

/** The day it is in the state at an instant, as `2026-11-23`: entries whose last day is before it are over. */
export function listDayOf(at: Date): string {
  return calendar.format(at)
}
