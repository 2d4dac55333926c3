/**
 * Times without a zone. Some devices write their wall clock and nothing else; the device's registered zone tells which instant
 * that was. In the hour that daylight saving repeats in autumn, the earlier instant is taken; in the one it skips in spring,
 * the clock is read as it would have gone on. Such reads say that their zone was assumed.
 */
const form = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?$/
const formats = new Map<string, Intl.DateTimeFormat>()

/** The instant, in milliseconds, of a wall clock `YYYY-MM-DDTHH:MM:SS.sss` in a zone; undefined where there is no such time. */
export function instantInZone(wallClock: string, timezone: string): number | undefined {
  const parts = form.exec(wallClock)
  if (!parts) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number)
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second, Number((parts[7] ?? '0').padEnd(3, '0')))
  const there = new Date(asUtc)
  if (there.getUTCMonth() !== month - 1 || there.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
    return undefined
  // The offset at about that time, then the offset at the instant it gives: they differ only near a change of clocks.
  const before = asUtc - offsetMs(asUtc - 24 * 3_600_000, timezone)
  const after = asUtc - offsetMs(asUtc + 24 * 3_600_000, timezone)
  return [before, after].find((instant) => instant + offsetMs(instant, timezone) === asUtc) ?? before
}

/** How far a zone's clocks are ahead of UTC at an instant. */
function offsetMs(instant: number, timezone: string): number {
  let format = formats.get(timezone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timezone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const wall = Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute, parts.second)
  return wall - Math.floor(instant / 1000) * 1000
}
