/**
 * What a device makes of a vehicle that passes it: a read with the device's errors, beside the truth that only the simulator
 * knows.
 */
import type { ReadItem } from '../intake/contract.ts'
import { clockErrorMs, type SimulatedDevice } from './devices.ts'
import type { Fleet } from './fleet.ts'
import { rfc3339 } from './localTime.ts'
import { type OcrSettings, readPlate, type Reading } from './ocr.ts'
import type { Random } from './prng.ts'

/** A vehicle passing a device, as it truly was. */
export type Pass = {
  vehicle: number
  plate: string
  jurisdiction: string
  device: SimulatedDevice
  /** Milliseconds since the epoch, by a clock that is right. */
  passedMs: number
}

export type SimulatedRead = {
  truth: Pass
  device: SimulatedDevice
  reading: Reading
  /** By the device's own clock. */
  capturedMs: number
  latitude: number
  longitude: number
  headingDegrees: number
  speedKph: number
  lane: number
  make: string
  model: string
  colour: string
  class: string
  /** The same in every message about this pass; unique, also between runs with other seeds. */
  eventId: string
}

/** The device's view of a pass. Cars see others within about 3 km of their town's centre. */
export function observe(
  random: Random,
  fleet: Fleet,
  vehicle: number,
  device: SimulatedDevice,
  passedMs: number,
  ocr: OcrSettings,
): SimulatedRead {
  const plate = fleet.plates.plateOf(vehicle)
  const jurisdiction = fleet.plates.jurisdictionOf(vehicle)
  const model = fleet.model(vehicle)
  const mobile = device.kind === 'mobile'
  const capturedMs = passedMs + clockErrorMs(device.clock, passedMs)
  return {
    truth: { vehicle, plate, jurisdiction, device, passedMs },
    device,
    reading: readPlate(random, plate, jurisdiction, ocr),
    capturedMs,
    latitude: mobile ? coordinate(random.normal(device.latitude, 0.012)) : device.latitude,
    longitude: mobile ? coordinate(random.normal(device.longitude, 0.016)) : device.longitude,
    headingDegrees: device.headingDegrees ?? random.int(0, 359),
    speedKph: Math.max(0, Math.round(random.normal(device.speedKph * 0.95, device.speedKph * 0.12))),
    lane: device.lanes === 1 ? 1 : random.int(1, device.lanes),
    make: model.make,
    model: model.model,
    colour: fleet.colour(vehicle).colour,
    class: model.class,
    eventId: `${capturedMs.toString(36)}-${random.next().toString(36)}`,
  }
}

function coordinate(degrees: number): number {
  return Math.round(degrees * 100_000) / 100_000
}

/** Vendors whose messages carry an identifier of the pass. */
const namesEvents: ReadonlySet<string> = new Set(['platekeep', 'openalpr', 'axis', 'hikvision', 'frigate', 'genetec'])

/**
 * The read as an item of our own contract. A fixed or portable device leaves out its coordinates: its registered place
 * counts. `reference` stands in for the device's own, where the caller has registered it under another name.
 */
export function asItem(read: SimulatedRead, reference: string = read.device.reference): ReadItem {
  const { device, reading } = read
  const item: ReadItem = {
    plate: reading.plate,
    capturedAt: rfc3339(read.capturedMs),
    device: reference,
    clockState: device.clock.state,
    plateConfidence: reading.plateConfidence,
    headingDegrees: read.headingDegrees,
    speedKph: read.speedKph,
    lane: read.lane,
    make: read.make,
    model: read.model,
    colour: read.colour,
    class: read.class,
  }
  if (reading.jurisdiction !== undefined) item.jurisdiction = reading.jurisdiction
  if (reading.jurisdictionConfidence !== undefined) item.jurisdictionConfidence = reading.jurisdictionConfidence
  if (device.kind === 'mobile') {
    item.latitude = read.latitude
    item.longitude = read.longitude
  }
  if (reading.alternatives !== undefined) item.alternatives = reading.alternatives
  if (namesEvents.has(device.vendor)) item.eventId = read.eventId
  return item
}
