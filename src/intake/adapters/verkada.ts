/**
 * Verkada's webhook, one read a message, times in seconds. Webhooks of other types are ignored.
 *
 * `webhook_id` names the webhook that the organisation configured, not the event, so that all reads would become one by
 * it; there is no event identifier. The picture is only an address, which is not fetched.
 */
import { invalid } from '../../kernel/errors.ts'
import type { Adapter, AdapterResult, VendorMessage } from './adapter.ts'
import { jsonOf } from './body.ts'
import { outcomeOf, requiredObject, resultOf } from './draft.ts'
import { at, confidenceOf, issuerOf, textOf } from './fields.ts'
import { epochTime } from './times.ts'

function parse(message: VendorMessage): AdapterResult {
  const root = requiredObject(jsonOf(message))
  const type = textOf(at(root, 'webhook_type'))
  if (type === undefined) throw invalid('/webhook_type', 'required', 'The message does not say its webhook_type.')
  if (type.toLowerCase() !== 'lpr') return resultOf([])
  const data = requiredObject(at(root, 'data'))
  const created = at(data, 'created')
  const device = textOf(at(data, 'camera_id')) ?? null
  const sighting = {
    device,
    plate: at(data, 'license_plate_number'),
    time: epochTime(created, 's'),
    timePath: created.path,
  }
  const outcome = outcomeOf(sighting, () => ({
    jurisdiction: issuerOf(at(data, 'license_plate_state')),
    plateConfidence: confidenceOf(at(data, 'confidence'), 1),
  }))
  return resultOf([outcome])
}

export const verkada: Adapter = {
  vendor: 'verkada',
  title: 'Verkada: LPR webhook',
  mediaTypes: ['application/json'],
  parse,
}
