/**
 * Hikvision ISAPI `EventNotificationAlert`, as XML or as multipart with the XML and its pictures. Only the event type
 * `ANPR` is a read. Other events that are `inactive` (a camera repeats `videoloss` so every few seconds) are signs of
 * life, other active ones are not for us.
 *
 * The device is named by its MAC address and channel, `d4:e8:53:00:00:01/1`, since a recorder sends for all its cameras.
 * The UUID is the event's. Country and make are numbers of the vendor's tables, and directions are relative to the
 * camera: all three are left out rather than guessed at.
 */
import type { Adapter, AdapterResult, DraftImage, VendorMessage } from './adapter.ts'
import { textPart } from './body.ts'
import { type Outcome, outcomeOf, requiredObject, resultOf } from './draft.ts'
import { type Field, at, confidenceOf, coordinatesOf, numberOf, textOf, wordOf } from './fields.ts'
import { imagesAmong, withImages } from './images.ts'
import { isoTime } from './times.ts'
import { xmlIn } from './xml.ts'

function deviceOf(event: Field): string | null {
  const unit = textOf(at(event, 'macAddress')) ?? textOf(at(event, 'ipAddress'))
  const channel = textOf(at(event, 'channelID')) ?? textOf(at(event, 'dynChannelID'))
  if (unit === undefined) return null
  return channel === undefined ? unit : `${unit}/${channel}`
}

/** Degrees, minutes and seconds as one number, negative to the south and west. Missing minutes or seconds are zero. */
function degreesOf(angle: Field, hemisphere: Field): number | undefined {
  const degree = numberOf(at(angle, 'degree'))
  if (degree === undefined) return undefined
  const value = degree + (numberOf(at(angle, 'minute')) ?? 0) / 60 + (numberOf(at(angle, 'sec')) ?? 0) / 3600
  return /^[SW]/i.test(textOf(hemisphere)?.trim() ?? '') ? -value : value
}

function placeOf(event: Field) {
  const gps = at(event, 'DeviceGPSInfo')
  return coordinatesOf(
    degreesOf(at(gps, 'Latitude'), at(gps, 'latitudeType')),
    degreesOf(at(gps, 'Longitude'), at(gps, 'longitudeType')),
  )
}

function imageKind(part: VendorMessage['parts'][number]): DraftImage['kind'] {
  const name = `${part.name} ${part.fileName ?? ''}`.toLowerCase()
  if (name.includes('licenseplate')) return 'plate'
  return name.includes('vehicle') ? 'vehicle' : 'context'
}

/** Positive numbers only: zero is what the device writes for a lane or a speed that it does not measure. */
function measured(field: Field): number | undefined {
  const number = numberOf(field)
  return number !== undefined && number > 0 ? number : undefined
}

function readOf(event: Field, message: VendorMessage): Outcome {
  const anpr = at(event, 'ANPR')
  const dateTime = at(event, 'dateTime')
  const sighting = {
    device: deviceOf(event),
    plate: at(anpr, 'licensePlate'),
    time: isoTime(dateTime),
    timePath: dateTime.path,
  }
  return outcomeOf(sighting, () => ({
    ...placeOf(event),
    plateConfidence: confidenceOf(at(anpr, 'confidenceLevel'), 100),
    lane: measured(at(anpr, 'line')),
    speedKph: measured(at(anpr, 'vehicleInfo', 'speed')),
    colour: wordOf(at(anpr, 'vehicleInfo', 'color')),
    class: wordOf(at(anpr, 'vehicleType')),
    eventId: textOf(at(event, 'UUID')),
    ...withImages(imagesAmong(message.parts, imageKind)),
  }))
}

function heartbeatOf(event: Field): AdapterResult {
  const time = isoTime(at(event, 'dateTime'))
  const instant =
    time !== undefined && 'captured' in time && 'instant' in time.captured ? time.captured.instant : undefined
  const device = deviceOf(event)
  return { items: [], heartbeats: [instant === undefined ? { device } : { device, sentAt: instant }], ignored: 0 }
}

function parse(message: VendorMessage): AdapterResult {
  const root = xmlIn(textPart(message, 'xml')?.body ?? message.body)
  const event = requiredObject(at(root, 'EventNotificationAlert'))
  const type = textOf(at(event, 'eventType'))?.toLowerCase()
  if (type === 'anpr') return resultOf([readOf(event, message)])
  const isAlive = type === 'heartbeat' || textOf(at(event, 'eventState'))?.toLowerCase() === 'inactive'
  return isAlive ? heartbeatOf(event) : resultOf([])
}

export const hikvision: Adapter = {
  vendor: 'hikvision',
  title: 'Hikvision ISAPI: EventNotificationAlert with ANPR, XML alone or multipart with pictures',
  mediaTypes: ['application/xml', 'text/xml', 'multipart/form-data'],
  parse,
}
