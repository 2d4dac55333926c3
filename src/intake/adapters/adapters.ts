/**
 * Every vendor that is understood, by the last segment of `POST /v1/intake/<vendor>`. A new adapter is one file beside
 * this one, a sample under `samples/`, a row in `adapters.test.ts`, and a line here.
 */
import type { Adapter } from './adapter.ts'
import { axis } from './axis.ts'
import { blueiris } from './blueiris.ts'
import { frigate } from './frigate.ts'
import { genetec } from './genetec.ts'
import { hikvision } from './hikvision.ts'
import { openalpr } from './openalpr.ts'
import { platerecognizer } from './platerecognizer.ts'
import { verkada } from './verkada.ts'

export const adapters: ReadonlyMap<string, Adapter> = new Map(
  [axis, blueiris, frigate, genetec, hikvision, openalpr, platerecognizer, verkada].map((adapter) => [
    adapter.vendor,
    adapter,
  ]),
)
