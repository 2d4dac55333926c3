import { expect, test } from 'vitest'
import { instantInZone } from './zones.ts'

const table = [
  ['2026-07-01T12:00:00', 'America/New_York', '2026-07-01T16:00:00.000Z', 'summer'],
  ['2026-01-01T12:00:00.250', 'America/New_York', '2026-01-01T17:00:00.250Z', 'winter, with milliseconds'],
  ['2026-11-01T01:30:00', 'America/New_York', '2026-11-01T05:30:00.000Z', 'the repeated hour: the earlier one'],
  ['2026-11-01T02:30:00', 'America/New_York', '2026-11-01T07:30:00.000Z', 'after the repeated hour'],
  [
    '2026-03-08T02:30:00',
    'America/New_York',
    '2026-03-08T07:30:00.000Z',
    'the skipped hour: as the clock would have gone on',
  ],
  ['2024-02-29T23:59:59', 'UTC', '2024-02-29T23:59:59.000Z', 'a leap day'],
] as const
test.each(table)('%s in %s is %s (%s)', (wall, zone, instant) => {
  expect(new Date(instantInZone(wall, zone) ?? Number.NaN).toISOString()).toBe(instant)
})
test.each(['2026-02-30T00:00:00', '2026-13-01T00:00:00', '2026-01-01T24:00:00', '2026-01-01 00:00:00', 'now'])(
  '%s is no time',
  (wall) => {
    expect(instantInZone(wall, 'UTC')).toBeUndefined()
  },
)
