/**
 * The dates that lists write, into `yyyy-mm-dd`. A date that is not in the calendar is null, never moved to a near one.
 */

const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The three parts are digits, of four, two and two characters. */
function isoDate(year: string, month: string, day: string): string | null {
  const numberOfYear = Number(year)
  const numberOfDay = Number(day)
  const days = daysInMonth[Number(month) - 1]
  if (days === undefined || numberOfDay < 1 || numberOfDay > days) return null
  if (numberOfDay === 29 && month === '02' && !isLeap(numberOfYear)) return null
  return numberOfYear >= 1900 && numberOfYear < 2200 ? `${year}-${month}-${day}` : null
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** `yyyymmdd`, as NCIC writes. */
export function dateOfYyyymmdd(text: string): string | null {
  return /^\d{8}$/.test(text) ? isoDate(text.slice(0, 4), text.slice(4, 6), text.slice(6)) : null
}

/** `mmddyy`, as Illinois writes. Two-digit years: 00 to 69 are 2000 to 2069, as POSIX has it. */
export function dateOfMmddyy(text: string): string | null {
  if (!/^\d{6}$/.test(text)) return null
  const century = text[4] !== undefined && text[4] <= '6' ? '20' : '19'
  return isoDate(century + text.slice(4), text.slice(0, 2), text.slice(2, 4))
}

const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ].{0,30})?$/
const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: .{0,20})?$/

/** Any of `yyyy-mm-dd`, `yyyymmdd` and `mm/dd/yyyy`, with or without a time of day behind it, which is dropped. */
export function dateOf(text: string): string | null {
  const inIso = iso.exec(text)
  if (inIso) return isoDate(inIso[1] ?? '', inIso[2] ?? '', inIso[3] ?? '')
  const inAmerican = american.exec(text)
  if (inAmerican) return isoDate(inAmerican[3] ?? '', pad(inAmerican[1]), pad(inAmerican[2]))
  return dateOfYyyymmdd(text)
}

function pad(part: string | undefined): string {
  return (part ?? '').padStart(2, '0')
}
