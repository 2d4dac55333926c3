/**
 * Traffic by habit: vehicles leave home, work and run errands, pass devices on their way, and the devices send what they
 * made of it, each in its own time. In order of sending, lazily, without end if none is set; the same for the same seed.
 *
 * What arrives is what arrives in the field: some messages twice, some passes first as a hasty reading and then as a better one,
 * patrol cars with a whole shift at once, clocks that are wrong. For volume rather than likelihood see `bulk.ts`.
 *
 * Measured: about eleven reads for each vehicle and day, a third of them at rush hours, so that 20,000 vehicles give 2.5 a
 * second on average and six at five o'clock; a day of them takes 1.5 seconds of one core and less than 64 MB of heap. Memory
 * holds one day's trips (about 100 bytes each), hence `vehiclesMax`.
 */
import { dayMs, type Encounter, type Happening, happeningsOn, hourMs, slownessMax, type Trip } from './days.ts'
import type { SimulatedDevice } from './devices.ts'
import type { Fleet } from './fleet.ts'
import { Heap } from './heap.ts'
import { instantOf, localMs } from './localTime.ts'
import { observe, type SimulatedRead } from './observe.ts'
import { type OcrSettings, readPlate, usualOcr } from './ocr.ts'
import { Random } from './prng.ts'
import { Routes } from './routes.ts'

/** A message leaving its device. */
export type Delivery = {
  /** When it is sent, in milliseconds since the epoch, by a clock that is right. Never before the pass. */
  sentMs: number
  /** `hasty`: a first reading of a pass, to be followed by a better one of the same event. `again`: the same message once more. */
  kind: 'once' | 'hasty' | 'better' | 'again'
  read: SimulatedRead
}

export type TrafficOptions = {
  seed: string
  fleet: Fleet
  devices: readonly SimulatedDevice[]
  /** Passes lie in [from, to); deliveries may come up to eight hours later. Without `to` there is no end. */
  from: Date
  to?: Date
  ocr?: OcrSettings
  /** Share of messages that are sent twice. */
  againRate?: number
  /** Share of passes that are first reported hastily. */
  hastyRate?: number
}

/** Of which a day's trips still fit into memory with ease. */
const vehiclesMax = 200_000

/** The longest way through the state, in traffic. */
const tripHoursMax = 8

/** Devices miss some vehicles: others stand in the way, plates are dirty. */
const captureRate = { fixed: 0.92, portable: 0.4, mobile: 1 }

export function* traffic(options: TrafficOptions): Generator<Delivery> {
  const { fleet } = options
  if (fleet.size > vehiclesMax) {
    throw new RangeError(`traffic by habit is for up to ${vehiclesMax} vehicles, not ${fleet.size}: use bulkReads`)
  }
  const from = options.from.getTime()
  const to = options.to?.getTime() ?? Infinity
  const random = new Random(options.seed).fork('traffic')
  const routes = new Routes(options.devices)
  const sender = new Sender(random.fork('passes'), options, routes)
  for (const happening of happenings(random, options, routes, from - tripHoursMax * hourMs, to)) {
    yield* sender.upTo(happening.at)
    if (happening.kind === 'trip') sender.travel(happening)
    else sender.encounter(happening)
  }
  yield* sender.upTo(Infinity)
}

/** Day after day in order of time. What a day begins after midnight (night shifts, late errands) waits for the next day's. */
function* happenings(
  random: Random,
  options: TrafficOptions,
  routes: Routes,
  from: number,
  to: number,
): Generator<Happening> {
  let carried: Happening[] = []
  for (let localDay = Math.floor(localMs(from) / dayMs) * dayMs; instantOf(localDay) < to; localDay += dayMs) {
    const midnight = instantOf(localDay + dayMs)
    const today = [...carried, ...happeningsOn(random, localDay, options.fleet, options.devices, routes)]
    today.sort((a, b) => a.at - b.at)
    carried = today.filter(({ at }) => at >= midnight)
    for (const happening of today) {
      if (happening.at >= Math.min(midnight, to)) break
      yield happening
    }
  }
}

/** Holds what was seen until it is sent. */
class Sender {
  readonly #random: Random
  readonly #options: TrafficOptions
  readonly #routes: Routes
  readonly #waiting = new Heap<Delivery>((delivery) => delivery.sentMs)

  constructor(random: Random, options: TrafficOptions, routes: Routes) {
    this.#random = random
    this.#options = options
    this.#routes = routes
  }

  /** What is sent at or before an instant, in order. */
  *upTo(at: number): Generator<Delivery> {
    for (let next = this.#waiting.peek(); next && next.sentMs <= at; next = this.#waiting.peek()) {
      this.#waiting.pop()
      yield next
    }
  }

  travel(trip: Trip): void {
    const route = this.#routes.between(trip.from, trip.to)
    // Rush hours and temperaments: from a little faster than posted to nearly twice as slow.
    const slowness = Math.min(slownessMax, 0.92 + Math.abs(this.#random.normal(0, 0.25)))
    for (const { device, afterMinutes } of route.sightings) {
      if (!this.#random.chance(captureRate[device.kind])) continue
      this.#see(trip.vehicle, device, trip.at + Math.round(afterMinutes * slowness * 60_000))
    }
  }

  encounter({ vehicle, device, at, shiftEndsAt }: Encounter): void {
    this.#see(vehicle, device, at, device.uploadsAtShiftEnd ? shiftEndsAt : undefined)
  }

  #see(vehicle: number, device: SimulatedDevice, passedMs: number, uploadMs?: number): void {
    const { from, to, fleet, ocr = usualOcr, againRate = 0.01, hastyRate = 0.02 } = this.#options
    if (passedMs < from.getTime() || (to && passedMs >= to.getTime())) return
    const random = this.#random
    const read = observe(random, fleet, vehicle, device, passedMs, ocr)
    const sentMs = (uploadMs ?? passedMs) + Math.round(300 + random.exponential(700))
    const hasty = uploadMs === undefined && device.kind === 'fixed' && random.chance(hastyRate)
    if (hasty) this.#waiting.push({ sentMs, kind: 'hasty', read: this.#worse(read) })
    const finalMs = hasty ? sentMs + random.int(200, 1500) : sentMs
    this.#waiting.push({ sentMs: finalMs, kind: hasty ? 'better' : 'once', read })
    if (random.chance(againRate)) {
      this.#waiting.push({ sentMs: finalMs + Math.round(random.exponential(20_000)) + 1000, kind: 'again', read })
    }
  }

  /** An earlier reading of the same pass: less sure, and wrong more often than not. */
  #worse(read: SimulatedRead): SimulatedRead {
    const { plate, jurisdiction } = read.truth
    const settings = { ...usualOcr, lookAlikeRate: 0.5, unreadRate: 0.2 }
    const reading = readPlate(this.#random, plate, jurisdiction, settings)
    const plateConfidence = Math.round(read.reading.plateConfidence * 7000) / 10_000
    return { ...read, reading: { ...reading, plateConfidence } }
  }
}
