import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bulkObservations, bulkReads } from './bulk.ts'
import { Fleet } from './fleet.ts'
import { instantOf, localMs, rfc3339 } from './localTime.ts'
import { observe } from './observe.ts'
import { perfectOcr, usualOcr } from './ocr.ts'
import { Random } from './prng.ts'
import { simulatedState } from './state.ts'
import { type Delivery, traffic } from './traffic.ts'

const state = simulatedState('traffic test')
const hourMs = 3_600_000

function take<T>(source: Iterable<T>, count: number): T[] {
  const taken: T[] = []
  for (const member of source) {
    taken.push(member)
    if (taken.length === count) break
  }
  return taken
}

function digest(source: Iterable<unknown>): string {
  const hash = createHash('sha256')
  for (const member of source) hash.update(`${JSON.stringify(member)}\n`)
  return hash.digest('hex')
}

describe('reads in bulk', () => {
  const options = {
    seed: 'bulk test',
    count: 20_000,
    from: new Date('2026-03-02T05:00:00Z'),
    to: new Date('2026-03-09T04:00:00Z'),
    fleetSize: 2_000_000,
    devices: state.devices,
  }

  test('are the same for the same seed, byte for byte', () => {
    expect(digest(bulkReads(options))).toBe('f698c6b1d814630ca814dab0b33bd173a7c3dfb155f1929982915c0edd50bdb0')
    const other = { ...options, count: 100 }
    expect(digest(bulkReads({ ...other, stream: 'second' }))).not.toBe(digest(bulkReads(other)))
  })

  test('are as many as asked for, in order, within the span', () => {
    const passes = [...bulkObservations(options)].map(({ truth }) => truth.passedMs)
    expect(passes.length).toBe(options.count)
    expect(passes).toEqual(passes.toSorted((a, b) => a - b))
    expect(passes[0]).toBeGreaterThanOrEqual(options.from.getTime())
    expect(passes.at(-1)).toBeLessThan(options.to.getTime())
  })

  test('follow the curve of a day', () => {
    const hours = [...bulkObservations(options)].map(({ truth }) => new Date(localMs(truth.passedMs)).getUTCHours())
    const at = (hour: number) => hours.filter((other) => other === hour).length
    expect(at(16)).toBeGreaterThan(10 * at(3))
    expect(at(8)).toBeGreaterThan(at(11))
  })

  test('fill a span that is shorter than an hour', () => {
    const short = { ...options, count: 500, to: new Date(options.from.getTime() + 60_000) }
    const passes = [...bulkObservations(short)].map(({ truth }) => truth.passedMs)
    expect(passes.length).toBe(500)
    expect((passes.at(-1) ?? 0) - (passes[0] ?? 0)).toBeGreaterThan(58_000)
    expect(passes.at(-1)).toBeLessThan(short.to.getTime())
    expect(() => take(bulkReads({ ...options, to: options.from }), 1)).toThrow(RangeError)
  })

  test('differ in plate key, time or device, and in event', () => {
    const reads = [...bulkReads(options)]
    const keys = new Set(reads.map(({ plate, capturedAt, device }) => `${plate} ${capturedAt} ${device}`))
    expect(keys.size).toBe(reads.length)
    const events = reads.flatMap(({ device, eventId }) => (eventId === undefined ? [] : [`${device} ${eventId}`]))
    expect(new Set(events).size).toBe(events.length)
  })

  test('name two passes at one instant differently', () => {
    const fleet = new Fleet(options.seed, 10)
    const random = new Random('instant')
    const ids = state.devices
      .slice(0, 1)
      .flatMap((device) => [1, 2, 3].map((vehicle) => observe(random, fleet, vehicle, device, 0, usualOcr).eventId))
    expect(new Set(ids).size).toBe(3)
  })

  test('hit a list as often as the fleet stands on it', () => {
    const fleet = new Fleet(options.seed, options.fleetSize)
    const hits = [...bulkObservations(options)].filter(({ truth }) => fleet.listed(truth.vehicle, 0.01))
    expect(hits.length / options.count).toBeGreaterThan(0.007)
    expect(hits.length / options.count).toBeLessThan(0.013)
  })
})

describe('traffic by habit', () => {
  const fleet = new Fleet('traffic test', 2000)
  const from = new Date('2026-03-03T05:00:00Z')
  const to = new Date('2026-03-04T05:00:00Z')
  const options = { seed: 'traffic test', fleet, devices: state.devices, from, to }
  const day: Delivery[] = [...traffic(options)]
  const passes = day.filter(({ kind }) => kind === 'once' || kind === 'better')

  test('is the same for the same seed, byte for byte', () => {
    expect(digest(take(traffic(options), 5000))).toBe(
      '69f78b012348e603fe66b7f91c91dae690f337dc25377c49a63e117fa6cb2b9d',
    )
    expect(digest(take(traffic({ ...options, seed: 'another' }), 100))).not.toBe(digest(take(traffic(options), 100)))
  })

  test('comes in order of sending, never before the pass, which lies in the span', () => {
    const sent = day.map(({ sentMs }) => sentMs)
    expect(sent).toEqual(sent.toSorted((a, b) => a - b))
    expect(day.filter(({ sentMs, read }) => sentMs < read.truth.passedMs)).toEqual([])
    expect(day.filter(({ read }) => read.truth.passedMs < +from || read.truth.passedMs >= +to)).toEqual([])
  })

  test('goes on from one day to the next in order', () => {
    const later = { ...options, from: new Date('2026-03-07T02:00:00Z'), to: new Date('2026-03-09T16:00:00Z') }
    const sent = [...traffic(later)].map(({ sentMs }) => sentMs)
    expect(sent.length).toBeGreaterThan(10_000)
    expect(sent).toEqual(sent.toSorted((a, b) => a - b))
  })

  test('has no end unless it is given one', () => {
    const { to: _, ...endless } = options
    const some = take(traffic(endless), day.length + 10)
    expect(some.length).toBe(day.length + 10)
  })

  test('has rush hours', () => {
    const hours = passes.map(({ read }) => new Date(localMs(read.truth.passedMs)).getUTCHours())
    const at = (hour: number) => hours.filter((other) => other === hour).length
    expect(Math.min(at(8), at(16), at(17))).toBeGreaterThan(4 * at(3))
    expect(at(17)).toBeGreaterThan(at(11))
  })

  test('shows vehicles on journeys: places far apart are not passed at once', () => {
    const byVehicle = Map.groupBy(
      passes.filter(({ read }) => read.device.kind === 'fixed'),
      ({ read }) => read.truth.vehicle,
    )
    const journeys = [...byVehicle.values()].filter((of) => of.length > 3)
    expect(journeys.length).toBeGreaterThan(300)
    const pairs = journeys.flatMap((of) => of.slice(1).map((next, index) => [of[index]?.read, next.read] as const))
    const impossible = pairs.filter(([a, b]) => {
      const apart = a ? Math.hypot(a.latitude - b.latitude, (a.longitude - b.longitude) * 0.74) * 111 : 0
      const hours = a ? Math.abs(b.truth.passedMs - a.truth.passedMs) / hourMs : 1
      return apart / Math.max(hours, 1 / 60) > 170
    })
    expect(impossible.length / pairs.length).toBeLessThan(0.002)
  })

  test('sends some messages again, and some passes in a hasty reading first', () => {
    const again = day.filter(({ kind }) => kind === 'again')
    const hasty = day.filter(({ kind }) => kind === 'hasty')
    expect(again.length / passes.length).toBeCloseTo(0.01, 2)
    expect(again.length).toBeGreaterThan(50)
    expect(hasty.length).toBeGreaterThan(100)
    const better = new Map(day.filter(({ kind }) => kind === 'better').map((one) => [one.read.eventId, one]))
    for (const { read, sentMs } of hasty) {
      const final = better.get(read.eventId)
      expect(final?.read.capturedMs).toBe(read.capturedMs)
      expect(final?.sentMs).toBeGreaterThan(sentMs)
      expect(final?.read.reading.plateConfidence).toBeGreaterThan(read.reading.plateConfidence)
    }
  })

  test('has patrol cars that upload at the end of the shift', () => {
    const late = passes.filter(({ read }) => read.device.uploadsAtShiftEnd)
    expect(late.length).toBeGreaterThan(100)
    const delays = late.map(({ sentMs, read }) => (sentMs - read.truth.passedMs) / hourMs)
    expect(Math.max(...delays)).toBeGreaterThan(6)
    expect(Math.max(...delays)).toBeLessThan(8.1)
    const ends = new Set(late.map(({ sentMs }) => new Date(localMs(sentMs)).getUTCHours()))
    expect([...ends].filter((hour) => ![7, 15, 23].includes(hour))).toEqual([])
    const atOnce = passes.filter(({ read }) => !read.device.uploadsAtShiftEnd)
    expect(atOnce.filter(({ sentMs, read }) => sentMs - read.truth.passedMs > 60_000)).toEqual([])
  })

  test('has patrols that go on after midnight', () => {
    const small = passes.filter(({ read }) => new Date(localMs(read.truth.passedMs)).getUTCHours() < 6)
    expect(small.filter(({ read }) => read.device.kind === 'mobile').length).toBeGreaterThan(100)
  })

  test('reports by the clocks that the devices have', () => {
    const errors = passes.map(({ read }) => Math.abs(read.capturedMs - read.truth.passedMs))
    const wrong = errors.filter((error) => error > 60_000).length
    expect(wrong / errors.length).toBeGreaterThan(0.001)
    expect(wrong / errors.length).toBeLessThan(0.2)
  })

  test('is read without error by perfect cameras', () => {
    const perfect = take(traffic({ ...options, ocr: perfectOcr, hastyRate: 0 }), 2000)
    expect(perfect.filter(({ read }) => read.reading.plate !== read.truth.plate)).toEqual([])
  })

  test('is not for fleets that do not fit into memory', () => {
    const large = new Fleet('large', 1_000_000)
    expect(() => take(traffic({ ...options, fleet: large }), 1)).toThrow(/bulkReads/)
  })
})

describe('local time', () => {
  test('is written with the offset of its day', () => {
    expect(rfc3339(Date.parse('2026-03-04T13:15:30.250Z'))).toBe('2026-03-04T08:15:30.250-05:00')
    expect(rfc3339(Date.parse('2026-07-04T04:00:00.007Z'))).toBe('2026-07-04T00:00:00.007-04:00')
    for (const at of ['2026-01-31T23:59:59.999Z', '2026-11-01T05:59:59.000Z', '2026-11-01T06:00:00.000Z']) {
      expect(new Date(rfc3339(Date.parse(at))).toISOString()).toBe(at)
    }
  })

  test('changes on the nights of summer time', () => {
    const before = Date.parse('2026-03-08T06:59:00Z')
    expect(rfc3339(before)).toContain('T01:59:00.000-05:00')
    expect(rfc3339(before + 60_000)).toContain('T03:00:00.000-04:00')
    expect(instantOf(Date.parse('2026-03-09T00:00:00Z'))).toBe(Date.parse('2026-03-09T04:00:00Z'))
    expect(instantOf(Date.parse('2026-11-01T01:30:00Z'))).toBe(Date.parse('2026-11-01T05:30:00Z'))
  })
})
