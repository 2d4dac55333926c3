/**
 * The vendors' times: epochs in four units, ISO 8601 with and without a zone, and forms of their own. Each becomes an
 * instant, or a calendar time without a zone that the intake resolves with the device's configured zone (the read then
 * says so). No clock is asked: whether a time is too old or in the future is the intake's question. What is refused
 * here is only what cannot be a time of a plate reader at all.
 */
import type { CapturedTime } from './adapter.ts'
import { type Field, isAbsent, numberOf, textOf } from './fields.ts'

export type TimeFault = { path: string; rule: string; message: string }

/** What a time field says: when, or why not. Undefined where the vendor sent nothing there. */
export type Time = { captured: CapturedTime } | { fault: TimeFault } | undefined

const yearMin = 2000
const yearMax = 2099
const earliest = Date.UTC(yearMin, 0, 1)
const latest = Date.UTC(yearMax + 1, 0, 1) - 1

function unreadable(field: Field, form: string): Time {
  return {
    fault: { path: field.path, rule: 'time-form', message: `This is not a time in the vendor's form (${form}).` },
  }
}

function outOfRange(field: Field): Time {
  const message = `The time lies outside the years ${yearMin} to ${yearMax}. Set the device's clock.`
  return { fault: { path: field.path, rule: 'time-range', message } }
}

const perMs = { s: 0.001, ms: 1, us: 1_000, ns: 1_000_000 } as const
export type EpochUnit = keyof typeof perMs

/** The instant of a number of seconds to nanoseconds since 1970. Undefined where absent, or zero, which counters start at. */
export function epochTime(field: Field, unit: EpochUnit): Time {
  if (isAbsent(field)) return undefined
  const number = numberOf(field)
  if (number === undefined) return unreadable(field, `a number, ${unit} since 1970`)
  if (number === 0) return undefined
  const ms = Math.round(number / perMs[unit])
  return ms < earliest || ms > latest ? outOfRange(field) : { captured: { instant: new Date(ms) } }
}

type Parts = {
  year: string
  month: string
  day: string
  hour: string
  minute: string
  second: string
  fraction?: string | undefined
}

/** `offsetMinutes` is east of Greenwich; null where the text names no zone. */
function calendarTime(field: Field, parts: Parts, offsetMinutes: number | null): Time {
  const wanted = [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second].map(Number)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = wanted
  if (year < yearMin || year > yearMax) return outOfRange(field)
  const ms = Number((parts.fraction ?? '').slice(0, 3).padEnd(3, '0'))
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second, ms))
  const got = [
    local.getUTCFullYear(),
    local.getUTCMonth() + 1,
    local.getUTCDate(),
    local.getUTCHours(),
    local.getUTCMinutes(),
  ]
  got.push(local.getUTCSeconds())
  if (wanted.some((value, index) => value !== got[index])) return unreadable(field, 'a date and time that exist')
  if (offsetMinutes === null) return { captured: { zoneless: local.toISOString().slice(0, -1) } }
  const instant = new Date(local.getTime() - offsetMinutes * 60_000)
  return instant.getTime() < earliest || instant.getTime() > latest ? outOfRange(field) : { captured: { instant } }
}

/** Minutes east of Greenwich of `Z`, `+08:00`, `-0500`; null without a zone; undefined for an impossible one. */
function offsetOf(zone: string | undefined): number | null | undefined {
  if (zone === undefined || zone === '') return null
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  return hours > 14 || minutes > 59 ? undefined : (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function byPattern(field: Field, pattern: RegExp, form: string): Time {
  if (isAbsent(field)) return undefined
  const groups = pattern.exec(textOf(field)?.trim() ?? '')?.groups
  if (groups === undefined) return unreadable(field, form)
  const { year = '', month = '', day = '', hour = '', minute = '', second = '', fraction, zone } = groups
  const offset = offsetOf(zone)
  if (offset === undefined) return unreadable(field, form)
  return calendarTime(field, { year, month, day, hour, minute, second, fraction }, offset)
}

const iso =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[Tt ](?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?\s?(?<zone>[Zz]|[+-]\d\d:?\d\d)?$/

/** ISO 8601 date and time, with `T` or a space between, with or without a zone. */
export function isoTime(field: Field): Time {
  return byPattern(field, iso, 'ISO 8601')
}

const compact =
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d) (?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)(?<fraction>\d{3})?\s?(?<zone>[+-]\d{4})?$/

/** `20210611 130538252`, the form of FF Group's application, with an optional `+0200`. */
export function compactTime(field: Field): Time {
  return byPattern(field, compact, 'YYYYMMDD HHMMSSmmm')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const http =
  /^[A-Z][a-z]{2},? (?<day>\d\d) (?<name>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/

/** RFC 1123 as in HTTP (`Tue, 19 Nov 2024 23:51:20 GMT`), also without the comma, as some servers write it. */
export function httpTime(field: Field): Time {
  if (isAbsent(field)) return undefined
  const groups = http.exec(textOf(field)?.trim() ?? '')?.groups
  if (groups === undefined) return unreadable(field, 'RFC 1123')
  const { year = '', name = '', day = '', hour = '', minute = '', second = '' } = groups
  return calendarTime(field, { year, month: String(months.indexOf(name) + 1), day, hour, minute, second }, 0)
}

const american =
  /^(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4})[ \u00A0\u202F](?<hour>\d{1,2}):(?<minute>\d\d):(?<second>\d\d)(?:[ \u00A0\u202F](?<half>[AP]M))?$/

/** `12/3/2013 8:15:08 AM`: month first, no zone. Without AM or PM the hours run to 23. */
export function americanTime(field: Field): Time {
  if (isAbsent(field)) return undefined
  const groups = american.exec(textOf(field)?.trim() ?? '')?.groups
  if (groups === undefined) return unreadable(field, 'M/D/YYYY h:mm:ss AM')
  const { year = '', month = '', day = '', hour = '', minute = '', second = '', half } = groups
  const clock = Number(hour)
  if (half !== undefined && (clock < 1 || clock > 12)) return unreadable(field, 'M/D/YYYY h:mm:ss AM')
  const hours = half === undefined ? clock : (clock % 12) + (half === 'PM' ? 12 : 0)
  return calendarTime(field, { year, month, day, hour: String(hours), minute, second }, null)
}

const utcDate = /^(?<year>\d{4})[:\-/](?<month>\d\d)[:\-/](?<day>\d\d)$/
const utcClock = /^(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?$/

/** A UTC date (`2024:06:30`) and a UTC time of day (`14:03:09.120`) in two fields. */
export function utcDateAndTime(date: Field, clock: Field): Time {
  if (isAbsent(date) && isAbsent(clock)) return undefined
  const day = utcDate.exec(textOf(date)?.trim() ?? '')?.groups
  if (day === undefined) return unreadable(date, 'yyyy:MM:dd')
  const time = utcClock.exec(textOf(clock)?.trim() ?? '')?.groups
  if (time === undefined) return unreadable(clock, 'HH:mm:ss.fff')
  const { year = '', month = '' } = day
  const { hour = '', minute = '', second = '', fraction } = time
  return calendarTime(date, { year, month, day: day['day'] ?? '', hour, minute, second, fraction }, 0)
}

/** The instant a heartbeat states, however wrong the device's clock is: the error is what is wanted. Absent where it has no zone. */
export function sentAtOf(time: Field, unit: EpochUnit): Date | undefined {
  const number = numberOf(time)
  const date = number === undefined ? undefined : new Date(Math.round(number / perMs[unit]))
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date
}
