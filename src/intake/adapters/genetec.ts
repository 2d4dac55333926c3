/**
 * Genetec AutoVu, two XML forms: the template that a SharpV fills for each read (`AutoVu`), and the answer of
 * Patroller's Simple Host in a patrol car (`AutoVuReturn`, one `Vehicle` for each read).
 *
 * A SharpV's template gives UTC and a Guid for each read, the pictures as base64. Patroller writes the car's local time
 * without a zone, month first, and no identifier; the user's name in it is not ALPR data and stays out. The device is
 * the SharpV's name, or Patroller's unit.
 */
import { invalid } from '../../kernel/errors.ts'
import type { Adapter, AdapterResult, VendorMessage } from './adapter.ts'
import { type Outcome, outcomeOf, requiredObject, resultOf, resultOfList } from './draft.ts'
import { type Field, at, confidenceOf, coordinatesOf, issuerOf, numberOf, textOf } from './fields.ts'
import { imageIn, withImages } from './images.ts'
import { americanTime, utcDateAndTime } from './times.ts'
import { xmlIn } from './xml.ts'

function sharpRead(event: Field): Outcome {
  const device = textOf(at(event, 'SourceName')) ?? textOf(at(event, 'CameraName')) ?? null
  const date = at(event, 'UTCDate')
  const time = utcDateAndTime(date, at(event, 'UTCTime'))
  return outcomeOf({ device, plate: at(event, 'Plate'), time, timePath: date.path }, () => ({
    ...coordinatesOf(numberOf(at(event, 'LatitudeY')), numberOf(at(event, 'LongitudeX'))),
    jurisdiction: issuerOf(at(event, 'State')),
    // Not in the default template; the vendor's guide names it for those who add it.
    plateConfidence: confidenceOf(at(event, 'ConfidenceScore'), 100),
    eventId: textOf(at(event, 'Guid')),
    ...withImages([imageIn(at(event, 'PlateImage'), 'plate'), imageIn(at(event, 'ContextImage'), 'context')]),
  }))
}

function patrollerRead(vehicle: Field): Outcome {
  const stamp = at(vehicle, 'TimeStamp')
  const device = textOf(at(vehicle, 'UnitName')) ?? null
  const sighting = { device, plate: at(vehicle, 'PlateNumber'), time: americanTime(stamp), timePath: stamp.path }
  return outcomeOf(sighting, () => ({ jurisdiction: issuerOf(at(vehicle, 'Attributes', '@State')) }))
}

function parse(message: VendorMessage): AdapterResult {
  const root = xmlIn(message.body, ['State'])
  const sharp = at(root, 'AutoVu')
  if (sharp.value !== undefined) return resultOf([sharpRead(requiredObject(sharp))])
  const patroller = at(root, 'AutoVuReturn')
  if (patroller.value !== undefined) return resultOfList(at(patroller, 'Vehicle'), null, patrollerRead)
  throw invalid('', 'known-root', 'The root element is neither AutoVu (SharpV) nor AutoVuReturn (Patroller).')
}

export const genetec: Adapter = {
  vendor: 'genetec',
  title: "Genetec AutoVu: SharpV's XML template, Patroller's Simple Host answer",
  mediaTypes: ['application/xml', 'text/xml'],
  parse,
}
