/**
 * The vendors' documented payloads, where the folder that holds them stands beside this checkout. They are not part of
 * this repository; `samples/` are ours in the same shapes. Each file must be accounted for: read, or said why not.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from './samples/samples.ts'

const folder = new URL('../../../../shared/payloads/', import.meta.url)
const isHere = existsSync(folder)

type Expected = {
  vendor: string
  plates?: string[]
  refused?: string[]
  heartbeats?: number
  file?: string
  mend?: (text: string) => string
}

/** Comments and trailing commas, which documentation has and devices have not. */
function strictJson(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*/g, '$1').replaceAll(/,(\s*[}\]])/g, '$1')
}

/** Words in the place of values, and missing commas. */
function spelledOut(text: string): string {
  return text
    .replace('null || base64', 'null')
    .replace('Seconds from midnight', '44614')
    .replaceAll(/(["\d])(\s*\n\s*")/g, '$1,$2')
}

/** The template as a SharpV would fill it. */
function filled(text: string): string {
  const values = {
    PLATE_READ: '5CXT81',
    DATE_UTC: '2024:06:20',
    TIME_UTC: '14:11:05.417',
    LONGITUDE: '0',
    LATITUDE: '0',
  }
  return Object.entries(values)
    .reduce((all, [name, value]) => all.replace(new RegExp(`#${name}#(\\{[^}]*\\})?`), value), text)
    .replaceAll(/#[A-Z_]+#(\{[^}]*\})?/g, '')
}

const expected: Record<string, Expected> = {
  'axis_fflprapp_event.json': { vendor: 'axis', plates: ['AUN44917'] },
  'codeproject_ai_blueiris_example.json': { vendor: 'blueiris', plates: ['C454629L', 'THS8'] },
  'codeproject_ai_blueiris_json-dump-example.json': { vendor: 'blueiris', plates: ['BPG 7923G', 'QO0722'] },
  'frigate_mqtt_events.jsonc': { vendor: 'frigate', plates: ['JKL45678'], mend: strictJson },
  'frigate_mqtt_tracked_object_update_lpr.jsonc': { vendor: 'frigate', plates: ['456JKL'], mend: strictJson },
  'genetec_patroller_simplehost_getreaddata.xml': { vendor: 'genetec', plates: ['ABC123'] },
  'genetec_sharpv_ftp_template.xml': { vendor: 'genetec', refused: ['/AutoVu/UTCDate time-form'] },
  'the same, filled': { vendor: 'genetec', plates: ['5CXT81'], mend: filled, file: 'genetec_sharpv_ftp_template.xml' },
  'hikvision_isapi_anpr.xml': { vendor: 'hikvision', plates: ['YNLC933'] },
  'openalpr_doc_alpr_group.json': { vendor: 'openalpr', plates: ['M5984KO'] },
  'openalpr_doc_alpr_results.json': { vendor: 'openalpr', plates: ['M5984KO', 'LP6U8H'] },
  'openalpr_doc_heartbeat.json': { vendor: 'openalpr', heartbeats: 1 },
  'openalpr_milestone_plugin_alpr_group1.json': { vendor: 'openalpr', plates: ['5KQ608'] },
  'pandosme_axis_lpv_mqtt.txt': { vendor: 'axis', plates: ['ABC123'], mend: spelledOut },
  'platerecognizer_snapshot_response.json': { vendor: 'platerecognizer', plates: ['wqt885'], mend: strictJson },
  'platerecognizer_snapshot_webhook.json': { vendor: 'platerecognizer', plates: ['098743', '163598'] },
  'verkada_lpr_webhook.json': { vendor: 'verkada', plates: ['0WLA190'] },
}

/** Another state's system talking of its own hits and searches: not what a device contributes. */
const notIntake = [
  'SOURCES.md',
  'njsnap_platehits_alert.json',
  'njsnap_search_request.json',
  'njsnap_search_response.json',
  'nlets_lpq_legacy_examples.txt',
]

describe.skipIf(!isHere)(
  "the vendors' documented payloads (skipped where ../shared/payloads is not beside the checkout)",
  () => {
    test.each(Object.entries(expected))('%s', (name, { vendor, mend = (text) => text, file = name, ...wanted }) => {
      const result = parse(vendor, mend(readFileSync(new URL(file, folder), 'utf8')))
      const plates = result.items.flatMap((item) => ('read' in item ? [item.read.plate] : []))
      const refused = result.items.flatMap((item) =>
        'refused' in item ? [`${item.refused.path} ${item.refused.rule}`] : [],
      )
      expect({ plates, refused, heartbeats: result.heartbeats.length }).toEqual({
        plates: wanted.plates ?? [],
        refused: wanted.refused ?? [],
        heartbeats: wanted.heartbeats ?? 0,
      })
    })

    test('every file of the folder is accounted for', () => {
      const known = new Set([...Object.keys(expected), ...notIntake])
      expect(readdirSync(folder).filter((name) => !known.has(name))).toEqual([])
    })
  },
)
