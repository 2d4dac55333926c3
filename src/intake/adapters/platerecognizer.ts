/**
 * Plate Recognizer: the Snapshot API's answer, Snapshot's webhook (`hook` and `data` around the same answer), and the
 * Stream product, which posts multipart: the field `json` with `hook` and `data`, the picture in `upload`.
 *
 * Nothing in these messages is an event identifier: the file name repeats from picture to picture of a camera that
 * numbers them, and to join two vehicles is worse than to keep a vehicle twice. Plates come in lower case. `direction`
 * is an angle in the picture, not on the map, and is left out.
 */
import type { Adapter, AdapterResult, VendorMessage } from './adapter.ts'
import { jsonOf } from './body.ts'
import { type Outcome, outcomeOf, requiredList, requiredObject, resultOfList } from './draft.ts'
import { type Field, alternativesOf, at, confidenceOf, issuerOf, likeliest, textOf, wordOf } from './fields.ts'
import { imagesAmong, withImages } from './images.ts'
import { type Time, isoTime } from './times.ts'

const candidateNames = { plate: 'plate', confidence: 'score', scale: 1 } as const

function isInstant(time: Time): boolean {
  return time !== undefined && 'captured' in time && 'instant' in time.captured
}

/** `timestamp` where it names its zone; else `timestamp_local`, which is the better of the two without one as well. */
function capturedAt(data: Field): Time {
  const time = isoTime(at(data, 'timestamp'))
  return isInstant(time) ? time : (isoTime(at(data, 'timestamp_local')) ?? time)
}

function readOf(data: Field, result: Field, message: VendorMessage): Outcome {
  const device = textOf(at(data, 'camera_id')) ?? null
  const timePath = at(data, 'timestamp').path
  const sighting = { device, plate: at(result, 'plate'), time: capturedAt(data), timePath, lowerCasePlates: true }
  return outcomeOf(sighting, (text) => {
    const model = likeliest(at(result, 'model_make'), 'score')
    const colour = likeliest(at(result, 'color'), 'score')
    return {
      jurisdiction: issuerOf(at(result, 'region', 'code')),
      jurisdictionConfidence: confidenceOf(at(result, 'region', 'score'), 1),
      plateConfidence: confidenceOf(at(result, 'score'), 1),
      make: model && wordOf(at(model, 'make')),
      model: model && wordOf(at(model, 'model')),
      colour: colour && wordOf(at(colour, 'color')),
      class: wordOf(at(result, 'vehicle', 'type')),
      alternatives: alternativesOf(at(result, 'candidates'), text, candidateNames),
      // The picture shows the whole scene and belongs to every plate in it.
      ...withImages(imagesAmong(message.parts, () => 'context')),
    }
  })
}

function parse(message: VendorMessage): AdapterResult {
  const root = requiredObject(jsonOf(message, 'json'))
  const wrapped = at(root, 'data')
  const data = wrapped.value === undefined ? root : requiredObject(wrapped)
  const device = textOf(at(data, 'camera_id')) ?? null
  return resultOfList(requiredList(at(data, 'results')), device, (result) => readOf(data, result, message))
}

export const platerecognizer: Adapter = {
  vendor: 'platerecognizer',
  title: 'Plate Recognizer: Snapshot answer and webhook (JSON), Stream webhook (multipart with json and upload)',
  mediaTypes: ['application/json', 'multipart/form-data'],
  parse,
}
