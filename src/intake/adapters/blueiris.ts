/**
 * Blue Iris with CodeProject.AI: the list of requests that Blue Iris keeps for an alert, with the module's answers. Only
 * `alpr` answers hold plates; others (objects, faces) are ignored.
 *
 * The answer names no camera, so the token must tell. Its only time is when the module answered, a second or so after
 * the picture. `requestId` names one analysis; with the number of the prediction it tells the plates of one picture
 * apart.
 */
import type { Adapter, AdapterResult, VendorMessage } from './adapter.ts'
import { jsonOf } from './body.ts'
import { type Outcome, outcomeOf, requiredObject, resultOfAll, resultsMax } from './draft.ts'
import { type Field, at, confidenceOf, elements, lengthOf, textOf } from './fields.ts'
import { httpTime } from './times.ts'

/** One prediction with the answer it belongs to; no prediction where the answer is not about plates, or found none. */
type Source = { found: Field; prediction: Field | undefined; number: number }

function readOf({ found, prediction, number }: Source): Outcome {
  if (prediction === undefined) return 'ignored'
  const stamp = at(found, 'timestampUTC')
  const request = textOf(at(found, 'requestId'))
  const sighting = { device: null, plate: at(prediction, 'plate'), time: httpTime(stamp), timePath: stamp.path }
  return outcomeOf(sighting, () => ({
    plateConfidence: confidenceOf(at(prediction, 'confidence'), 1),
    eventId: request === undefined ? undefined : `${request}#${number}`,
  }))
}

function predictionsOf(request: Field): { sources: Source[]; total: number } {
  const found = at(request, 'found')
  const predictions = at(found, 'predictions')
  const total = textOf(at(request, 'api')) === 'alpr' && Array.isArray(predictions.value) ? lengthOf(predictions) : 0
  if (total === 0) return { sources: [{ found, prediction: undefined, number: 0 }], total: 1 }
  const sources = elements(predictions, resultsMax).map((prediction, number) => ({ found, prediction, number }))
  return { sources, total }
}

function parse(message: VendorMessage): AdapterResult {
  const root = jsonOf(message)
  const requests = Array.isArray(root.value) ? elements(root, resultsMax) : [requiredObject(root)]
  const answers = requests.map((request) => predictionsOf(requiredObject(request)))
  const unseen = Array.isArray(root.value) ? root.value.length - requests.length : 0
  const total = answers.reduce((sum, answer) => sum + answer.total, unseen)
  const sources = answers.flatMap((answer) => answer.sources).slice(0, resultsMax)
  return resultOfAll(sources, total, { path: '', device: null }, readOf)
}

export const blueiris: Adapter = {
  vendor: 'blueiris',
  title: 'Blue Iris with CodeProject.AI: the JSON of an alert, module ALPR',
  mediaTypes: ['application/json'],
  parse,
}
