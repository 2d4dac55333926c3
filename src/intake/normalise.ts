/**
 * From a draft, whoever sent it, to a read that can be stored; or the one rule it breaks. Rules, in order:
 *
 *   device    it is one of the sender's own, and in service (CR-6.a, MP-IV.B.1h)
 *   plate     it holds a plate at all (GA-15)
 *   time      not over two minutes ahead of us, not older than what we keep (GA-14, CR-7.b)
 *   place     coordinates in range; absent ones are the device's own
 *
 * What the vendor claims stays as it is beside what we make of it: raw text, clock state, whether the zone was assumed.
 */
import type { Actor } from '../door/operation.ts'
import type { DeviceDirectory, KnownDevice } from '../equipment/equipment.ts'
import { minute } from '../kernel/clock.ts'
import { jurisdictionOf } from '../reads/jurisdiction.ts'
import { plateKeyOf, plateOf } from '../reads/plate.ts'
import type { DraftImage, ReadDraft } from './adapters/adapter.ts'
import { rawPlateLengthMax } from './contract.ts'
import type { ItemFault, ParsedItem } from './parse.ts'
import { instantInZone } from './zones.ts'

export const futureToleranceMs = 2 * minute

/** A read as it is stored: `db/migrations`, table reads. */
export type NormalRead = {
  readonly capturedMs: number
  readonly device: KnownDevice
  readonly plate: string
  readonly plateKey: string
  readonly raw: string | null
  readonly jurisdiction: string | null
  readonly eventKey: bigint | null
  readonly latitudeE6: number | null
  readonly longitudeE6: number | null
  readonly headingDegrees: number | null
  readonly speedKph: number | null
  readonly lane: number | null
  readonly platePermille: number | null
  readonly jurisdictionPermille: number | null
  readonly flags: number
  readonly make: string | null
  readonly model: string | null
  readonly colour: string | null
  readonly class: string | null
  readonly alternatives: string | null
  readonly imagesNotStored: number
  readonly imagesRefused: number
}

/** Bits of `reads.flags`. */
export const readFlags = { synced: 1, unsynced: 2, zoneAssumed: 4, superseded: 8, withdrawn: 16 } as const

export type Sender = { readonly agencyId: string; readonly devices: Actor['devices'] }

/** What a message calls its device; a message that names none means the one device its token speaks for. */
export function deviceNameOf(device: string | null, sender: Sender): string | undefined {
  if (device !== null) return device
  return sender.devices !== 'all of its agency' && sender.devices.length === 1 ? `#${sender.devices[0]}` : undefined
}

export type Context = {
  readonly sender: Sender
  readonly directory: DeviceDirectory
  readonly at: Date
  readonly retentionMs: number
}

/** A stored form of an item, or what it breaks. `place` is its JSON pointer. */
export function normalised(
  item: ParsedItem,
  place: string,
  context: Context,
): { read: NormalRead } | { fault: ItemFault } {
  if ('fault' in item) return item
  const { draft } = item
  const fault = (
    field: string,
    rule: string,
    message: string,
    clause?: string,
    known: KnownDevice | null = null,
  ): { fault: ItemFault } => ({
    fault: { path: `${place}/${field}`, rule, message, device: known?.id ?? null, ...(clause ? { clause } : {}) },
  })
  const device = ownDevice(draft.device, context)
  if (!device) {
    return draft.device === null
      ? fault('device', 'device-required', 'is missing: name the device, since this token speaks for several', 'GA-15')
      : fault('device', 'device-not-yours', 'is no device that this token may speak for', 'CR-6.a')
  }
  if (!device.in_service)
    return fault('device', 'device-out-of-service', 'is out of service until it is put right', 'MP-IV.B.1h', device)
  const plate = draft.plate.length <= rawPlateLengthMax ? plateOf(draft.plate) : null
  if (plate === null)
    return fault(
      'plate',
      'plate',
      'must hold 1 to 10 letters A to Z and digits, besides spaces, hyphens and dots',
      'GA-15',
      device,
    )
  const capturedMs =
    'instant' in draft.captured
      ? draft.captured.instant.getTime()
      : instantInZone(draft.captured.zoneless, device.timezone)
  if (capturedMs === undefined || Number.isNaN(capturedMs))
    return fault('capturedAt', 'date-time', 'is no time that exists', 'GA-15', device)
  const now = context.at.getTime()
  if (capturedMs > now + futureToleranceMs)
    return fault(
      'capturedAt',
      'future',
      'lies more than 2 minutes ahead of this server: set the clock of the device',
      'GA-15',
      device,
    )
  if (capturedMs <= now - context.retentionMs)
    return fault('capturedAt', 'retention', 'is older than what may be kept', 'CR-7.b', device)
  if (!inRange(draft.latitude, 90) || !inRange(draft.longitude, 180))
    return fault(
      'latitude',
      'coordinates',
      'must be degrees: latitude -90 to 90, longitude -180 to 180',
      undefined,
      device,
    )
  const broken = draft.images?.findIndex((image) => !isImage(image)) ?? -1
  if (broken >= 0) return fault(`images/${broken}`, 'image', 'is not a JPEG, PNG or WebP image', undefined, device)
  return { read: readOf(item, device, plate, capturedMs) }
}

function ownDevice(name: string | null, { sender, directory }: Context): KnownDevice | undefined {
  const asked = deviceNameOf(name, sender)
  const device = asked === undefined ? undefined : directory.find(sender.agencyId, asked)
  const allowed = device && (sender.devices === 'all of its agency' || sender.devices.includes(device.no))
  return allowed ? device : undefined
}

function inRange(degrees: number | undefined, limit: number): boolean {
  return degrees === undefined || (degrees >= -limit && degrees <= limit)
}

type Drafted = { readonly draft: ReadDraft; readonly clockState: 'synced' | 'unsynced' | 'unknown' | undefined }

function readOf({ draft, clockState }: Drafted, device: KnownDevice, plate: string, capturedMs: number): NormalRead {
  const placed = draft.latitude !== undefined && draft.longitude !== undefined
  const clock = clockState ?? device.clock_state
  const flags =
    (clock === 'synced' ? readFlags.synced : clock === 'unsynced' ? readFlags.unsynced : 0) |
    ('zoneless' in draft.captured ? readFlags.zoneAssumed : 0)
  return {
    capturedMs,
    device,
    plate,
    plateKey: plateKeyOf(plate),
    raw: draft.plate === plate ? null : draft.plate,
    jurisdiction: draft.jurisdiction === undefined ? null : jurisdictionOf(draft.jurisdiction),
    eventKey: draft.eventId === undefined ? null : eventKeyOf(device.no, draft.eventId),
    latitudeE6: placed ? micro(draft.latitude) : null,
    longitudeE6: placed ? micro(draft.longitude) : null,
    headingDegrees: rounded(draft.headingDegrees, 360),
    speedKph: rounded(draft.speedKph, 32_767),
    lane: rounded(draft.lane, 32_767),
    platePermille: permille(draft.plateConfidence),
    jurisdictionPermille: permille(draft.jurisdictionConfidence),
    flags,
    make: described(draft.make),
    model: described(draft.model),
    colour: described(draft.colour),
    class: described(draft.class),
    alternatives: alternativesOf(draft.alternatives),
    // Counted until their store exists.
    imagesNotStored: draft.images?.length ?? 0,
    imagesRefused: draft.imagesRefused?.length ?? 0,
  }
}

function micro(degrees: number | undefined): number | null {
  return degrees === undefined ? null : Math.round(degrees * 1e6)
}
function rounded(value: number | undefined, most: number): number | null {
  return value === undefined || value < 0 || value > most ? null : Math.round(value)
}
function permille(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(Math.min(1, Math.max(0, value)) * 1000)
}
const control = /[\u0000-\u001f\u007f]/g
function described(text: string | undefined): string | null {
  return text === undefined ? null : text.replace(control, ' ').slice(0, 40).trim().toUpperCase() || null
}

/** `M5984O:748 M598KO:735`: plates of other readings with their confidence in thousandths, best first. */
function alternativesOf(alternatives: ReadDraft['alternatives']): string | null {
  if (!alternatives?.length) return null
  const texts = alternatives.slice(0, 16).flatMap(({ plate, confidence }) => {
    const alternative = plateOf(plate)
    return alternative ? [confidence === undefined ? alternative : `${alternative}:${permille(confidence)}`] : []
  })
  return texts.length > 0 ? texts.join(' ') : null
}

/** By its first bytes, not by what it is called: nothing else is kept as evidence. */
function isImage({ bytes }: DraftImage): boolean {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  return (
    start.startsWith('\u00ff\u00d8\u00ff') ||
    start.startsWith('\u0089PNG\r\n') ||
    (start.startsWith('RIFF') && start.endsWith('WEBP'))
  )
}

/**
 * 64 bits that stand for a vendor's event on a device: equal ids give equal keys, and the id's own text is not kept. Not a
 * cryptographic digest: whoever could make two ids meet would only join two messages of a device that is theirs anyway.
 */
function eventKeyOf(deviceNo: number, eventId: string): bigint {
  let high = 0x811c9dc5 ^ deviceNo
  let low = 0x9e3779b9 ^ eventId.length
  for (let index = 0; index < eventId.length; index++) {
    const unit = eventId.charCodeAt(index)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x85ebca6b) ^ (low >>> 13)
  }
  keyHalves[0] = mixed(low ^ deviceNo)
  keyHalves[1] = mixed(high ^ low)
  return keyWhole[0] ?? 0n
}

// The finishing step of a 32-bit hash: every bit of the input moves about half of the output's.
function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}

// Two 32-bit halves seen as one 64-bit integer, without the arithmetic of big integers.
const keyHalves = new Int32Array(2)
const keyWhole = new BigInt64Array(keyHalves.buffer)
