/**
 * Traffic in bulk, for benches: any number of reads, spread over a span of time by the curve of a day, in order, as fast as
 * the generator can make them. Vehicles are drawn one by one (some often, most seldom), so one vehicle may be seen in two
 * places at once; who needs plausible journeys uses `traffic`.
 *
 * Measured on one core of the two-core development machine: 450,000 to 590,000 items a second once warm, 270,000 in the worst
 * first second beside other work; in constant memory.
 */
import type { SimulatedDevice } from './devices.ts'
import { Fleet } from './fleet.ts'
import { localMs } from './localTime.ts'
import type { ReadItem } from '../intake/contract.ts'
import { asItem, observe, type SimulatedRead } from './observe.ts'
import { type OcrSettings, usualOcr } from './ocr.ts'
import { Random, Weighted } from './prng.ts'

export type BulkOptions = {
  /** Of the fleet: the same seed and `fleetSize` give the same vehicles, here and in hot lists. */
  seed: string
  /** Names one stream of reads over that fleet; other streams are other reads of the same vehicles. */
  stream?: string
  count: number
  /** Passes lie in [from, to). A device's wrong clock may put its reads up to three hours before. */
  from: Date
  to: Date
  fleetSize: number
  devices: readonly SimulatedDevice[]
  ocr?: OcrSettings
}

/** Share of a day's traffic in each local hour, on working days and at weekends. */
const workday = [8, 5, 4, 4, 8, 22, 48, 70, 72, 58, 52, 54, 57, 58, 62, 70, 78, 80, 64, 48, 36, 28, 20, 13]
const weekend = [14, 10, 7, 5, 5, 9, 16, 25, 37, 49, 58, 63, 66, 64, 62, 60, 58, 54, 48, 40, 33, 28, 23, 18]

const hourMs = 3_600_000

/** How busy the roads are at an instant, compared with others. */
export function busyness(at: number): number {
  const local = new Date(localMs(at))
  const day = local.getUTCDay()
  return (day === 0 || day === 6 ? weekend : workday)[local.getUTCHours()] ?? 1
}

/** Instants of `count` events in [from, to), in order, as dense as the traffic is. Lazy; a look at every hour first. */
export function* instants(random: Random, count: number, from: number, to: number): Generator<number> {
  if (!(to > from)) throw new RangeError('the span of time is empty: `to` must lie after `from`')
  const weightOf = (start: number): number => (busyness(start) * (Math.min(start + hourMs, to) - start)) / hourMs
  let total = 0
  for (let start = from; start < to; start += hourMs) total += weightOf(start)
  let start = from
  let passed = 0
  let weight = weightOf(start)
  for (let index = 0; index < count; index++) {
    const aim = ((index + random.fraction()) / count) * total
    while (passed + weight <= aim && start + hourMs < to) {
      passed += weight
      start += hourMs
      weight = weightOf(start)
    }
    const length = Math.min(hourMs, to - start)
    yield Math.min(start + length - 1, Math.floor(start + Math.max(0, (aim - passed) / weight) * length))
  }
}

/** The reads with their truth, for those who need the vendors' forms or count exact hits. */
export function* bulkObservations(options: BulkOptions): Generator<SimulatedRead> {
  const random = new Random(options.seed).fork('bulk').fork(options.stream ?? '')
  const fleet = new Fleet(options.seed, options.fleetSize)
  const devices = new Weighted(options.devices.map((device) => [device, device.volume] as const))
  const ocr = options.ocr ?? usualOcr
  for (const at of instants(random.fork('instants'), options.count, options.from.getTime(), options.to.getTime())) {
    // The square makes low numbers frequent: the busiest hundredth of the fleet gives a tenth of the reads.
    const draw = random.fraction()
    const vehicle = Math.floor(draw * draw * fleet.size)
    yield observe(random, fleet, vehicle, random.weighted(devices), at, ocr)
  }
}

/** The reads as items of `POST /v1/reads`, in order of their true time. */
export function* bulkReads(options: BulkOptions): Generator<ReadItem> {
  for (const read of bulkObservations(options)) yield asItem(read)
}
