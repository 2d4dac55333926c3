/**
 * Local time in Massachusetts for instants in milliseconds, fast enough for millions of reads: the zone's rules are asked
 * once an hour of simulated time and remembered.
 */
const remembered = new Map<number, number>()
const rememberedMax = 20_000
const hourMs = 3_600_000

const zone = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', timeZoneName: 'longOffset' })

/** Minutes to add to UTC: -300 in winter, -240 in summer. Changes fall on whole hours of UTC. */
export function offsetMinutes(at: number): number {
  const hour = Math.floor(at / hourMs)
  const known = remembered.get(hour)
  if (known !== undefined) return known
  const name = zone.formatToParts(hour * hourMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(name) ?? []
  const offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
  if (remembered.size >= rememberedMax) remembered.clear()
  remembered.set(hour, offset)
  return offset
}

/** A local clock: milliseconds since the epoch that read as local time when printed as UTC. */
export function localMs(at: number): number {
  return at + offsetMinutes(at) * 60_000
}

/** The instant of a local clock's reading; in the hour that comes twice, the first. */
export function instantOf(local: number): number {
  const guess = local - offsetMinutes(local) * 60_000
  return local - offsetMinutes(guess) * 60_000
}

let lastMinute = Number.NaN
let lastPrefix = ''
let lastSuffix = ''

/** RFC 3339 with milliseconds and the local offset: `2026-03-04T08:15:30.250-05:00`. Fast where instants come in order. */
export function rfc3339(at: number): string {
  const minute = Math.floor(at / 60_000)
  if (minute !== lastMinute) {
    const offset = offsetMinutes(at)
    lastMinute = minute
    lastPrefix = new Date(at + offset * 60_000).toISOString().slice(0, 17)
    const size = Math.abs(offset)
    lastSuffix = `${offset < 0 ? '-' : '+'}${digits(Math.floor(size / 60), 2)}:${digits(size % 60, 2)}`
  }
  const rest = at - minute * 60_000
  return `${lastPrefix}${digits(Math.floor(rest / 1000), 2)}.${digits(rest % 1000, 3)}${lastSuffix}`
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
