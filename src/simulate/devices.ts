/**
 * The cameras of the simulated state: 200, fixed on roads and squares, in patrol cars, and on trailers.
 *
 * Each has a vendor, whose form its messages take, and a clock that is right, drifts, or is plainly wrong: a simulation in
 * which all clocks agree would hide the faults that matter (DESIGN section 4, "time is a claim").
 */
import { type Random, Weighted } from './prng.ts'
import { type DeviceKind, type Owners, type Spot, spotsOf } from './spots.ts'

/** Whose message form a device speaks; `platekeep` is our own contract. */
export const vendors = [
  'platekeep',
  'openalpr',
  'platerecognizer',
  'axis',
  'hikvision',
  'blueiris',
  'frigate',
  'genetec',
  'verkada',
] as const
export type Vendor = (typeof vendors)[number]

export type DeviceClock = {
  /** What the device says of its own clock. */
  state: 'synced' | 'unsynced' | 'unknown'
  /** How wrong it is just after it was last set, in milliseconds; positive runs ahead. */
  offsetMs: number
  /** How much it gains a day (or loses) until it is set again at midnight UTC. */
  driftMsPerDay: number
}

export type SimulatedDevice = Spot & {
  /** Position in the list, from 0. */
  number: number
  /** What the device calls itself in its messages, in its vendor's manner. Unique; `device` of our own form. */
  reference: string
  vendor: Vendor
  timeZone: 'America/New_York'
  clock: DeviceClock
  /** A patrol car that keeps its reads until the end of the shift (CR-7.a), instead of sending them at once. */
  uploadsAtShiftEnd: boolean
}

const vendorsOf: Readonly<Record<DeviceKind, Weighted<Vendor>>> = {
  fixed: new Weighted<Vendor>([
    ['openalpr', 24],
    ['genetec', 15],
    ['hikvision', 14],
    ['axis', 13],
    ['platerecognizer', 11],
    ['platekeep', 9],
    ['verkada', 6],
    ['blueiris', 4],
    ['frigate', 4],
  ]),
  mobile: new Weighted<Vendor>([
    ['platekeep', 60],
    ['openalpr', 40],
  ]),
  portable: new Weighted<Vendor>([
    ['platekeep', 40],
    ['openalpr', 40],
    ['platerecognizer', 20],
  ]),
}

/** All devices, in a fixed order. */
export function devicesOf(random: Random, owners: Owners): SimulatedDevice[] {
  const chance = random.fork('devices')
  return spotsOf(random.fork('spots'), owners).map((spot, number): SimulatedDevice => {
    const vendor = chance.weighted(vendorsOf[spot.kind])
    const equipment = {
      number,
      vendor,
      reference: referenceOf(vendor, number, spot.name, chance),
      timeZone: 'America/New_York' as const,
      clock: clockOf(chance),
      uploadsAtShiftEnd: spot.kind === 'mobile' && chance.chance(0.3),
    }
    return Object.assign(equipment, spot)
  })
}

function referenceOf(vendor: Vendor, number: number, name: string, random: Random): string {
  const words = name.toUpperCase().replace(/[^A-Z0-9]+/g, '-')
  if (vendor === 'openalpr') return String(104_200_000 + number * 37)
  if (vendor === 'axis') return `B8A44F${random.hex(6).toUpperCase()}`
  if (vendor === 'hikvision') return `d4:e8:53:${random.hex(6).replace(/(..)(..)/, '$1:$2:')}/1`
  if (vendor === 'verkada') return random.uuid()
  if (vendor === 'frigate') return words.toLowerCase().replaceAll('-', '_')
  return words
}

/**
 * 90 % right to a quarter of a second; 5 % that nobody vouches for, off by seconds; 4 % that were never set, behind by
 * minutes to hours; 1 % an hour behind, since nobody told them of summer time.
 */
function clockOf(random: Random): DeviceClock {
  const lot = random.fraction()
  if (lot < 0.9) return { state: 'synced', offsetMs: random.int(-120, 120), driftMsPerDay: random.int(-100, 100) }
  if (lot < 0.95) {
    return { state: 'unknown', offsetMs: random.int(-8000, 8000), driftMsPerDay: random.int(-4000, 4000) }
  }
  const offsetMs = lot < 0.99 ? -random.int(90_000, 10_800_000) : -3_600_000
  return { state: 'unsynced', offsetMs, driftMsPerDay: random.int(-20_000, 20_000) }
}

const dayMs = 86_400_000

/** How wrong a device's clock is at an instant, in milliseconds: a saw-tooth, since it is set again every midnight UTC. */
export function clockErrorMs(clock: DeviceClock, at: number): number {
  const sinceSet = (((at % dayMs) + dayMs) % dayMs) / dayMs
  return Math.round(clock.offsetMs + clock.driftMsPerDay * sinceSet)
}
