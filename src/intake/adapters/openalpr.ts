/**
 * OpenALPR / Rekor Scout agent, posted as JSON. `data_type` tells what a message is: `alpr_group` (one vehicle's pass,
 * version 2), `alpr_results` (one video frame), `heartbeat`.
 *
 * Which messages are about one pass. The agent names a frame `<agent>-<camera>-<milliseconds>`, and a group lists the
 * names of its frames in `uuids` with the plate's number in each frame in `plate_indexes`. `best_uuid` changes when a
 * better frame comes, and previews of a group come before the group, so the event identifier is the **first frame's
 * name and the plate's number in it**: the same in every preview and in the group, different for two vehicles in one
 * picture, and equal to the identifier of the `alpr_results` of that first frame.
 *
 * What cannot be joined by an equal identifier: the group and its later frames. An agent that sends both kinds yields
 * one read for the group with its first frame, and one for each later frame (their times differ, too). Set the agent to
 * send groups, or single frames, but not both.
 */
import { invalid } from '../../kernel/errors.ts'
import type { Adapter, AdapterResult, VendorMessage } from './adapter.ts'
import { jsonOf } from './body.ts'
import {
  type MaybeDetails,
  type Outcome,
  outcomeOf,
  requiredList,
  requiredObject,
  resultOf,
  resultOfList,
} from './draft.ts'
import {
  type Field,
  alternativesOf,
  at,
  confidenceOf,
  coordinatesOf,
  elements,
  issuerOf,
  likeliest,
  numberOf,
  textOf,
  wordOf,
} from './fields.ts'
import { imageIn, withImages } from './images.ts'
import { epochTime, sentAtOf } from './times.ts'

const candidateNames = { plate: 'plate', confidence: 'confidence', scale: 100 } as const
const framesMax = 4_096
const frameTime = /-(\d{10,16})$/

function cameraOf(message: Field): string | null {
  return textOf(at(message, 'camera_id')) ?? null
}

function placeOf(message: Field) {
  return coordinatesOf(numberOf(at(message, 'gps_latitude')), numberOf(at(message, 'gps_longitude')))
}

/** The first frame of a group and the plate's number in it; without a list of frames, the best frame. */
function groupEventId(group: Field): string | undefined {
  const indexes = elements(at(group, 'plate_indexes'), framesMax)
  let first: { uuid: string; at: number; index: string } | undefined
  for (const [number, frame] of elements(at(group, 'uuids'), framesMax).entries()) {
    const uuid = textOf(frame)
    const time = uuid === undefined ? undefined : frameTime.exec(uuid)?.[1]
    if (uuid === undefined || time === undefined || (first !== undefined && Number(time) >= first.at)) continue
    const indexField = indexes[number]
    first = { uuid, at: Number(time), index: (indexField && textOf(indexField)) ?? '0' }
  }
  if (first !== undefined) return `${first.uuid}#${first.index}`
  const best = textOf(at(group, 'best_uuid'))
  return best === undefined ? undefined : `${best}#${textOf(at(group, 'best_plate', 'plate_index')) ?? '0'}`
}

/** The vendor's likeliest guesses, however unsure. The model is taken only where it is one of the likeliest make. */
function vehicleOf(vehicle: Field): MaybeDetails {
  const guess = (name: string) => {
    const best = likeliest(at(vehicle, name), 'confidence')
    return best && wordOf(at(best, 'name'))
  }
  const make = guess('make')
  const makeAndModel = guess('make_model')
  const model =
    make !== undefined && makeAndModel?.startsWith(`${make}_`) ? makeAndModel.slice(make.length + 1) : undefined
  return { make, model, colour: guess('color'), class: guess('body_type') }
}

function groupRead(group: Field): Outcome {
  const best = at(group, 'best_plate')
  const number = at(group, 'best_plate_number')
  const plate = number.value === undefined ? at(best, 'plate') : number
  const time = epochTime(at(group, 'epoch_start'), 'ms')
  return outcomeOf({ device: cameraOf(group), plate, time, timePath: at(group, 'epoch_start').path }, (text) => ({
    ...placeOf(group),
    ...vehicleOf(at(group, 'vehicle')),
    jurisdiction: issuerOf(at(group, 'best_region')),
    jurisdictionConfidence: confidenceOf(at(group, 'best_region_confidence'), 100),
    plateConfidence: confidenceOf(at(group, 'best_confidence'), 100),
    headingDegrees: numberOf(at(group, 'travel_direction')),
    alternatives: alternativesOf(at(group, 'candidates'), text, candidateNames),
    eventId: groupEventId(group),
    ...withImages([imageIn(at(best, 'plate_crop_jpeg'), 'plate'), imageIn(at(group, 'vehicle_crop_jpeg'), 'vehicle')]),
  }))
}

function frameRead(frame: Field, result: Field): Outcome {
  const time = epochTime(at(frame, 'epoch_time'), 'ms')
  const uuid = textOf(at(frame, 'uuid'))
  const index = textOf(at(result, 'plate_index')) ?? result.path.slice(result.path.lastIndexOf('/') + 1)
  const sighting = { device: cameraOf(frame), plate: at(result, 'plate'), time, timePath: at(frame, 'epoch_time').path }
  return outcomeOf(sighting, (text) => ({
    ...placeOf(frame),
    jurisdiction: issuerOf(at(result, 'region')),
    jurisdictionConfidence: confidenceOf(at(result, 'region_confidence'), 100),
    plateConfidence: confidenceOf(at(result, 'confidence'), 100),
    alternatives: alternativesOf(at(result, 'candidates'), text, candidateNames),
    eventId: uuid === undefined ? undefined : `${uuid}#${index}`,
    ...withImages([imageIn(at(result, 'plate_crop_jpeg'), 'plate')]),
  }))
}

/** One sign of life for each camera that streams, all with the agent's time; the agent's own where it has no cameras. */
function heartbeatsOf(message: Field): AdapterResult {
  const sentAt = sentAtOf(at(message, 'timestamp'), 'ms')
  const streams = elements(at(message, 'video_streams'))
  const streaming = streams.filter((stream) => at(stream, 'is_streaming').value !== false)
  const devices = streams.length === 0 ? [null] : streaming.map(cameraOf)
  const heartbeats = devices.map((device) => (sentAt === undefined ? { device } : { device, sentAt }))
  return { items: [], heartbeats, ignored: streams.length - streaming.length }
}

function parse(message: VendorMessage): AdapterResult {
  const root = requiredObject(jsonOf(message))
  const type = at(root, 'data_type')
  switch (textOf(type) ?? '') {
    case 'alpr_group':
      return resultOf([groupRead(root)])
    case 'alpr_results':
      return resultOfList(requiredList(at(root, 'results')), cameraOf(root), (result) => frameRead(root, result))
    case 'heartbeat':
      return heartbeatsOf(root)
    // A vehicle without a plate; and the agent's own alert, which repeats a group that is sent by itself.
    case 'vehicle':
    case 'alpr_alert':
      return resultOf([])
    default:
      throw invalid(
        type.path,
        'known-type',
        'The message is none of alpr_group, alpr_results, heartbeat, vehicle, alpr_alert.',
      )
  }
}

export const openalpr: Adapter = {
  vendor: 'openalpr',
  title: 'OpenALPR / Rekor Scout agent: alpr_group, alpr_results and heartbeat, JSON version 2',
  mediaTypes: ['application/json'],
  parse,
}
