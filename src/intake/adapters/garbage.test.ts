/** Whatever is sent, an adapter answers with a result that keeps its promises or with `Invalid`, and soon. */
import { readdirSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Invalid } from '../../kernel/errors.ts'
import type { AdapterResult, ReadDraft, VendorMessage } from './adapter.ts'
import { adapters } from './adapters.ts'
import { imageBytesMax, imagesMax } from './images.ts'
import { part, picture, sample } from './samples/samples.ts'

const vendors = [...adapters.keys()]
const samples = readdirSync(new URL('samples/', import.meta.url)).filter((name) => /\.(json|xml)$/.test(name))
const seed = 20_240_620

function promised(read: ReadDraft): void {
  const isInstant = 'instant' in read.captured
  const when = 'instant' in read.captured ? read.captured.instant.toISOString() : `${read.captured.zoneless}Z`
  expect(when).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  expect(Object.keys(read.captured)).toEqual([isInstant ? 'instant' : 'zoneless'])
  for (const value of [read.plateConfidence ?? 0, read.jurisdictionConfidence ?? 0]) {
    expect(value).toBeGreaterThanOrEqual(0)
    expect(value).toBeLessThanOrEqual(1)
  }
  expect(Math.abs(read.latitude ?? 1) + Math.abs(read.longitude ?? 1)).toBeGreaterThan(0)
  expect((read.latitude === undefined) === (read.longitude === undefined)).toBe(true)
  expect(read.alternatives?.length ?? 1).toBeLessThanOrEqual(16)
  expect(read.images?.length ?? 1).toBeLessThanOrEqual(imagesMax)
  for (const { bytes } of read.images ?? []) expect(bytes.length).toBeLessThanOrEqual(imageBytesMax)
  expect(Object.values(read)).not.toContain(undefined)
  expect(typeof read.plate).toBe('string')
}

function keepsPromises(vendor: string, message: VendorMessage): void {
  let result: AdapterResult | undefined
  try {
    result = adapters.get(vendor)?.parse(message)
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    return
  }
  expect(result?.items.length).toBeLessThanOrEqual(65)
  for (const item of result?.items ?? []) if ('read' in item) promised(item.read)
}

function message(body: Buffer, parts: VendorMessage['parts'] = []): VendorMessage {
  return { mediaType: 'application/json', body, parts }
}

/** Values that break parsers, put in the place of any value. */
const hostile = fc.constantFrom<unknown>(
  null,
  '',
  '\0',
  'Unknown',
  '\u{1F697}'.repeat(100),
  'A'.repeat(5_000),
  -1,
  0,
  1e308,
  -0.5,
  true,
  [],
  {},
  [[]],
  [null, {}, 'x'],
  JSON.parse('{"__proto__":{"plate":"A1"},"toString":1,"length":9}'),
)

/** A JSON value with one value in it replaced, which one chosen by `choice`. */
function replaced(value: unknown, choice: number, by: unknown): unknown {
  const holders: { holder: object; key: string }[] = []
  const open: unknown[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    for (const key of Object.keys(next)) {
      holders.push({ holder: next, key })
      open.push(Reflect.get(next, key) ?? undefined)
    }
  }
  const chosen = holders[choice % Math.max(holders.length, 1)]
  if (chosen === undefined) return by
  Object.defineProperty(chosen.holder, chosen.key, { value: by, enumerable: true, writable: true, configurable: true })
  return value
}

describe.each(vendors)('%s answers with a result or with Invalid', (vendor) => {
  test('any bytes', () => {
    expect(() =>
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => keepsPromises(vendor, message(Buffer.from(bytes)))),
        { seed, numRuns: 200 },
      ),
    ).not.toThrow()
  })

  test('any JSON, alone and as a part', () => {
    expect(() =>
      fc.assert(
        fc.property(fc.json({ maxDepth: 5 }), (text) => {
          keepsPromises(vendor, message(Buffer.from(text)))
          const parts = [part('json', Buffer.from(text), 'application/json'), part('upload', picture, 'image/jpeg')]
          keepsPromises(vendor, message(Buffer.alloc(0), parts))
        }),
        { seed, numRuns: 200 },
      ),
    ).not.toThrow()
  })

  test("any vendor's sample with hostile values in it", () => {
    const bodies = samples.filter((name) => name.endsWith('.json')).map((name) => sample(name).toString())
    const changes = fc.array(fc.tuple(fc.nat(), hostile), { minLength: 1, maxLength: 3 })
    expect(() =>
      fc.assert(
        fc.property(fc.constantFrom(...bodies), changes, (body, some) => {
          let value: unknown = JSON.parse(body)
          for (const [choice, by] of some) value = replaced(value, choice, structuredClone(by))
          keepsPromises(vendor, message(Buffer.from(JSON.stringify(value))))
        }),
        { seed, numRuns: 400 },
      ),
    ).not.toThrow()
  })

  test("any vendor's sample cut, doubled and overwritten", () => {
    const bodies = samples.map((name) => sample(name))
    const insert = fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      '<!--',
      ']]>',
      '<![CDATA[',
      '</AutoVu>',
      '{',
      ']',
      '\0',
      '<__proto__>',
      '\\u0000',
    )
    expect(() =>
      fc.assert(
        fc.property(fc.constantFrom(...bodies), fc.nat(), fc.nat(), insert, (body, from, length, text) => {
          const start = from % body.length
          const pieces = [body.subarray(0, start), Buffer.from(text), body.subarray(start + (length % 40))]
          keepsPromises(vendor, message(Buffer.concat(pieces)))
        }),
        { seed, numRuns: 400 },
      ),
    ).not.toThrow()
  })
})

/** Bodies of the greatest size that intake lets through, each of a kind that has stopped some parser. */
const size = 7 * 1024 * 1024
const heavy: [string, () => string][] = [
  ['open brackets', () => '['.repeat(size)],
  ['empty lists', () => `[${'[],'.repeat(size / 3)}[]]`],
  ['a long string of backslashes', () => `"${'\\\\'.repeat(size / 2)}"`],
  ['a number of many digits', () => '9'.repeat(size)],
  [
    'a time of many digits',
    () => `{"webhook_type":"lpr","data":{"license_plate_number":"A1","created":"${'1'.repeat(size)}"}}`,
  ],
  [
    'a plate of many letters',
    () => `{"webhook_type":"lpr","data":{"license_plate_number":"${'A'.repeat(size)}","created":1718892601}}`,
  ],
  ['a picture of spaces', () => `{"plate":"A1","timestamp":1718892601000,"image":"${' '.repeat(size)}"}`],
  ['a picture of equals signs', () => `{"plate":"A1","timestamp":1718892601000,"image":"${'='.repeat(size / 2)}"}`],
  ['open elements', () => '<a>'.repeat(size / 3)],
  ['open comments', () => `<a>${'<!--'.repeat(size / 4)}`],
  ['references', () => `<a>${'&amp;'.repeat(size / 5)}</a>`],
  ['an attribute', () => `<AutoVu a="${'>'.repeat(size)}"/>`],
  ['attributes', () => `<AutoVu ${'a=">" '.repeat(size / 6)}/>`],
  ['white space', () => `<AutoVu>${'\r\n'.repeat(size / 2)}</AutoVu>`],
  ['a picture', () => `<AutoVu><Plate>A1</Plate><PlateImage>${'QUJD'.repeat(size / 4)}</PlateImage></AutoVu>`],
]

describe('a heavy body does not hold the server up', () => {
  test.each(heavy)('%s', (_name, make) => {
    const body = message(Buffer.from(make()))
    const before = process.cpuUsage()
    for (const vendor of vendors) keepsPromises(vendor, body)
    const { user, system } = process.cpuUsage(before)
    // Eight adapters: each in well under a second of the processor, with room for a slow machine.
    expect((user + system) / 1_000_000).toBeLessThan(8)
  })
})
