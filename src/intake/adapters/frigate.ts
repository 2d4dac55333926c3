/**
 * Frigate over MQTT: `frigate/events` (an object it tracks has changed: `before` and `after`) and
 * `frigate/tracked_object_update` (something was recognised on it; `lpr` is a plate).
 *
 * The event identifier is the tracked object's, which both kinds of message carry from first to last. Most events hold
 * no plate yet and are ignored, as is what Frigate itself calls a false positive. Of an event only `after` is read.
 * Speeds are in whatever unit the installation chose and angles are relative to the picture, so neither is taken; nor
 * is the name that an installation may have given to a plate, for it can be a person's.
 */
import { invalid } from '../../kernel/errors.ts'
import type { Adapter, AdapterResult, VendorMessage } from './adapter.ts'
import { jsonOf } from './body.ts'
import { type Outcome, outcomeOf, requiredObject, resultOf } from './draft.ts'
import { type Field, at, confidenceOf, textOf } from './fields.ts'
import { epochTime } from './times.ts'

/** The labels of Frigate's models that say what kind of vehicle it is; others are not a vehicle's class. */
const vehicleLabels = new Set(['car', 'motorcycle', 'bus', 'truck', 'school_bus', 'garbage_truck'])

function eventRead(event: Field): Outcome {
  const object = requiredObject(at(event, 'after'))
  if (at(object, 'false_positive').value === true) return 'ignored'
  const label = textOf(at(object, 'label'))
  const frame = at(object, 'frame_time')
  const device = textOf(at(object, 'camera')) ?? null
  const sighting = {
    device,
    plate: at(object, 'recognized_license_plate'),
    time: epochTime(frame, 's'),
    timePath: frame.path,
  }
  return outcomeOf(sighting, () => ({
    plateConfidence: confidenceOf(at(object, 'recognized_license_plate_score'), 1),
    class: label !== undefined && vehicleLabels.has(label) ? label : undefined,
    eventId: textOf(at(object, 'id')),
  }))
}

function updateRead(update: Field): Outcome {
  const stamp = at(update, 'timestamp')
  const device = textOf(at(update, 'camera')) ?? null
  const sighting = { device, plate: at(update, 'plate'), time: epochTime(stamp, 's'), timePath: stamp.path }
  return outcomeOf(sighting, () => ({
    plateConfidence: confidenceOf(at(update, 'score'), 1),
    eventId: textOf(at(update, 'id')),
  }))
}

function parse(message: VendorMessage): AdapterResult {
  const root = requiredObject(jsonOf(message))
  if (at(root, 'after').value !== undefined) return resultOf([eventRead(root)])
  const type = textOf(at(root, 'type'))
  if (type === undefined) throw invalid('/type', 'required', 'The message says neither after nor type.')
  // Descriptions, faces and classifications come on the same topic.
  return type === 'lpr' ? resultOf([updateRead(root)]) : resultOf([])
}

export const frigate: Adapter = {
  vendor: 'frigate',
  title: 'Frigate: frigate/events and frigate/tracked_object_update, by MQTT or HTTP',
  mediaTypes: ['application/json'],
  parse,
}
