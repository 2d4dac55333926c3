/**
 * Axis cameras, with two applications that write differently: FF Group's LPR (JSON by HTTP, alone or as multipart with a
 * picture) and AXIS License Plate Verifier through a publisher (JSON by MQTT, taken by HTTP as well).
 *
 * FF Group sends several messages about one vehicle (`new`, `update`, `lost`) with one `carID`. That number counts from
 * the application's start, so it comes again after a restart; the event identifier therefore carries the UTC day. A
 * vehicle seen across midnight UTC may so become two reads; two vehicles never become one. License Plate Verifier has no
 * identifier. Directions are `in` and `out` relative to the camera, and addresses of pictures inside the camera are not
 * fetched.
 */
import { invalid } from '../../kernel/errors.ts'
import type { Adapter, AdapterResult, DraftImage, VendorMessage } from './adapter.ts'
import { jsonOf } from './body.ts'
import { type Outcome, outcomeOf, requiredObject, resultOf } from './draft.ts'
import { type Field, at, confidenceOf, coordinatesOf, issuerOf, numberOf, textOf } from './fields.ts'
import { imageIn, imagesAmong, withImages } from './images.ts'
import { type Time, compactTime, epochTime, isoTime } from './times.ts'

/** The plate in the encodings FF Group sends it in, the complete ones first. */
const plateNames = ['plateUTF8', 'plateUnicode', 'plateText', 'plateASCII']

const imageKinds: Readonly<Record<string, DraftImage['kind']>> = {
  plate: 'plate',
  vehicle: 'vehicle',
  mmrcrop: 'vehicle',
}

function carEventId(event: Field, time: Time): string | undefined {
  const car = textOf(at(event, 'carID'))
  if (car === undefined || time === undefined || 'fault' in time) return undefined
  const day = 'instant' in time.captured ? time.captured.instant.toISOString() : time.captured.zoneless
  return `${car}/${day.slice(0, 10)}`
}

function ffGroupRead(event: Field, message: VendorMessage): Outcome {
  const device = textOf(at(event, 'camera_info', 'SerialNumber')) ?? textOf(at(event, 'sensorProviderID')) ?? null
  const spellings = plateNames.map((name) => at(event, name))
  const plate = spellings.find((field) => textOf(field) !== undefined) ?? at(event, 'plateUTF8')
  const time =
    epochTime(at(event, 'capture_timestamp'), 'ms') ??
    epochTime(at(event, 'capture_ts'), 'ns') ??
    compactTime(at(event, 'datetime'))
  const timePath = at(event, 'capture_timestamp').path
  const kind = imageKinds[textOf(at(event, 'imageType')) ?? ''] ?? 'context'
  return outcomeOf({ device, plate, time, timePath }, () => ({
    ...coordinatesOf(numberOf(at(event, 'geotag', 'lat')), numberOf(at(event, 'geotag', 'lon'))),
    jurisdiction: issuerOf(at(event, 'plateCountry')),
    plateConfidence: confidenceOf(at(event, 'plateConfidence'), 1),
    eventId: carEventId(event, time),
    ...withImages(imagesAmong(message.parts, () => kind)),
  }))
}

function plateVerifierRead(event: Field): Outcome {
  const device = textOf(at(event, 'device')) ?? null
  const time = epochTime(at(event, 'timestamp'), 'ms') ?? isoTime(at(event, 'localTime'))
  return outcomeOf({ device, plate: at(event, 'plate'), time, timePath: at(event, 'timestamp').path }, () =>
    withImages([imageIn(at(event, 'image'), 'context')]),
  )
}

function parse(message: VendorMessage): AdapterResult {
  const event = requiredObject(jsonOf(message))
  const has = (name: string) => at(event, name).value !== undefined
  if ([...plateNames, 'carID', 'carState'].some(has)) return resultOf([ffGroupRead(event, message)])
  if (has('plate')) return resultOf([plateVerifierRead(event)])
  throw invalid('', 'known-shape', 'The message has neither plateUTF8 (FF Group) nor plate (License Plate Verifier).')
}

export const axis: Adapter = {
  vendor: 'axis',
  title: "Axis cameras: FF Group's LPR application by HTTP, AXIS License Plate Verifier by MQTT or HTTP",
  mediaTypes: ['application/json', 'multipart/form-data'],
  parse,
}
