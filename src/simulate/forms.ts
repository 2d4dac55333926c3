/**
 * A simulated read as it comes over the wire: in our own form or in its device's vendor's. What a vendor's form cannot say is
 * lost here as it is in the field: Axis and Verkada name no state, Hikvision and Verkada give whole seconds, Blue Iris does not
 * name the camera.
 */
import { unreachable } from '../kernel/assert.ts'
import type { Vendor } from './devices.ts'
import { asItem, type SimulatedRead } from './observe.ts'
import { picture } from './pictures.ts'
import {
  axisEvent,
  blueirisAlert,
  frigateUpdate,
  openalprGroup,
  platerecognizerHook,
  verkadaWebhook,
} from './vendorJson.ts'
import { hikvisionAlert, sharpVRead } from './vendorXml.ts'

/** A request's body with its `Content-Type`. */
export type WireMessage = { mediaType: string; body: Buffer }

/**
 * One read as its vendor's message, for `POST /v1/intake/<vendor>`; for `platekeep` the JSON of `POST /v1/reads`. With
 * `pictures`, the vendors that send pictures do: in base64 (openalpr, genetec, platekeep) or as multipart (hikvision,
 * platerecognizer, axis).
 */
export function asVendorMessage(
  vendor: Vendor,
  read: SimulatedRead,
  options: { pictures?: boolean } = {},
): WireMessage {
  const pictures = options.pictures ?? false
  switch (vendor) {
    case 'platekeep':
      return json({ reads: [pictures ? { ...asItem(read), images: ownImages(read) } : asItem(read)] })
    case 'openalpr':
      return json(
        openalprGroup(read, pictures ? { plate: base64(read, 'plate'), vehicle: base64(read, 'vehicle') } : undefined),
      )
    case 'platerecognizer':
      return pictures ? withUpload(read, platerecognizerHook(read), 'upload') : json(platerecognizerHook(read))
    case 'axis':
      return pictures ? withUpload(read, axisEvent(read), 'image') : json(axisEvent(read))
    case 'hikvision':
      return pictures ? hikvisionWithPictures(read) : xml(hikvisionAlert(read))
    case 'genetec':
      return xml(
        sharpVRead(read, pictures ? { plate: base64(read, 'plate'), context: base64(read, 'context') } : undefined),
      )
    case 'blueiris':
      return json(blueirisAlert(read))
    case 'frigate':
      return json(frigateUpdate(read))
    case 'verkada':
      return json(verkadaWebhook(read))
    default:
      return unreachable(vendor)
  }
}

function json(value: object): WireMessage {
  return { mediaType: 'application/json', body: Buffer.from(JSON.stringify(value)) }
}

function xml(text: string): WireMessage {
  return { mediaType: 'application/xml', body: Buffer.from(text) }
}

type PictureKind = 'plate' | 'vehicle' | 'context'

function pictureOf(read: SimulatedRead, kind: PictureKind): Buffer {
  return picture(`simulated ${kind} picture of ${read.eventId} at device ${read.device.number}`)
}

function base64(read: SimulatedRead, kind: PictureKind): string {
  return pictureOf(read, kind).toString('base64')
}

function ownImages(read: SimulatedRead): object[] {
  return [{ kind: 'plate', mediaType: 'image/jpeg', base64: base64(read, 'plate') }]
}

type Part = { name: string; fileName?: string; mediaType: string; body: Buffer }

function withUpload(read: SimulatedRead, message: object, name: string): WireMessage {
  return multipart(read.eventId, [
    { name: 'json', mediaType: 'application/json', body: Buffer.from(JSON.stringify(message)) },
    { name, fileName: `${read.capturedMs}.jpg`, mediaType: 'image/jpeg', body: pictureOf(read, 'context') },
  ])
}

function hikvisionWithPictures(read: SimulatedRead): WireMessage {
  const jpeg = (name: string, kind: PictureKind): Part => ({
    name,
    fileName: `${name}.jpg`,
    mediaType: 'image/jpeg',
    body: pictureOf(read, kind),
  })
  const alert = {
    name: 'anpr.xml',
    fileName: 'anpr.xml',
    mediaType: 'text/xml',
    body: Buffer.from(hikvisionAlert(read)),
  }
  return multipart(read.eventId, [alert, jpeg('licensePlatePicture', 'plate'), jpeg('detectionPicture', 'context')])
}

/** RFC 7578. The boundary comes from the event, so that equal reads give equal bytes. */
function multipart(eventId: string, parts: readonly Part[]): WireMessage {
  const boundary = `simulated-${eventId}`
  const chunks = parts.flatMap(({ name, fileName, mediaType, body }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\nContent-Type: ${mediaType}\r\n\r\n`
    return [Buffer.from(head), body, Buffer.from('\r\n')]
  })
  const body = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)])
  return { mediaType: `multipart/form-data; boundary=${boundary}`, body }
}
