import { describe, expect, test } from 'vitest'
import { faultsOf, invalidOf, json, only, parse, part, picture, sample } from './samples/samples.ts'

describe('a message that is not in the format is invalid as a whole', () => {
  const secret = '9SECRET'
  test.each([
    ['openalpr', `{"data_type": "alpr_group", "best_plate_number": "${secret}"`, [' json']],
    ['openalpr', secret, [' json']],
    ['openalpr', '[]', [' object-required']],
    ['openalpr', '{}', ['/data_type known-type']],
    ['openalpr', '{"data_type":"alpr_results"}', ['/results array-required']],
    ['platerecognizer', '{"data":{"results":5}}', ['/data/results array-required']],
    ['platerecognizer', '{"data":null}', ['/data object-required']],
    ['axis', '{}', [' known-shape']],
    ['frigate', '{"after":1}', ['/after object-required']],
    ['frigate', '{}', ['/type required']],
    ['blueiris', '[1]', ['/0 object-required']],
    ['verkada', '{"webhook_type":"lpr"}', ['/data object-required']],
    ['verkada', '{}', ['/webhook_type required']],
    ['hikvision', `<EventNotificationAlert><licensePlate>${secret}`, [' xml']],
    ['hikvision', '<Other/>', ['/EventNotificationAlert object-required']],
    ['genetec', '<Other/>', [' known-root']],
    ['genetec', '', [' xml']],
  ])('%s: %s', (vendor, body, expected) => {
    expect(faultsOf(() => parse(vendor, body))).toEqual(expected)
    const { message, faults } = invalidOf(() => parse(vendor, body))
    expect(JSON.stringify([message, faults])).not.toContain(secret)
  })

  test('a body that is not UTF-8; a byte order mark is', () => {
    expect(faultsOf(() => parse('verkada', Buffer.from([0x7b, 0xff, 0x7d])))).toEqual([' utf-8'])
    expect(parse('verkada', Buffer.concat([Buffer.from('\uFEFF'), sample('verkada-lpr.json')])).items).toHaveLength(1)
  })

  test('a multipart message without the part that is wanted', () => {
    expect(faultsOf(() => parse('hikvision', '', [part('p.jpg', picture, 'image/jpeg')]))).toEqual([' xml-part'])
    expect(faultsOf(() => parse('platerecognizer', '', [part('upload', picture, 'image/jpeg')]))).toEqual([
      ' json-part',
    ])
  })

  test('the position of a JSON error is told, where it is known', () => {
    expect(() => parse('verkada', '{"a":1,}')).toThrow(/at character 7/)
  })
})

describe('a message cannot reach behind its own fields', () => {
  test('__proto__ and constructor give nothing and change nothing', () => {
    const body =
      '{"webhook_type":"lpr","data":{"__proto__":{"license_plate_number":"A1"},"constructor":{"name":"x"},"created":1718892601}}'
    expect(parse('verkada', body)).toEqual({ items: [], heartbeats: [], ignored: 1 })
    expect(parse('verkada', '{"webhook_type":"lpr","data":{"__proto__":[]}}').ignored).toBe(1)
    expect(Object.prototype).not.toHaveProperty('license_plate_number')
    const xml = '<AutoVu><__proto__><Plate>A1</Plate></__proto__></AutoVu>'
    expect(faultsOf(() => parse('genetec', xml))).toEqual([' xml-shape'])
  })

  test('nothing but the fields of the draft leaves an adapter', () => {
    const update = { ...json('frigate-update.json'), name: 'a name given to a plate', owner: 'x' }
    expect(Object.keys(only(parse('frigate', update))).toSorted()).toEqual([
      'captured',
      'device',
      'eventId',
      'plate',
      'plateConfidence',
    ])
    expect(JSON.stringify(parse('genetec', sample('genetec-patroller.xml')))).not.toContain('Default user')
  })
})

describe('limits of JSON', () => {
  const data = { created: 1718892601, license_plate_number: '0RBN33' }
  const body = (extra: unknown) => JSON.stringify({ webhook_type: 'lpr', data, extra })

  test('an object of many fields is named with its place', () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, index]))
    expect(parse('verkada', body(fields(512))).items).toHaveLength(1)
    expect(faultsOf(() => parse('verkada', body(fields(513))))).toEqual(['/extra json-fields'])
    expect(faultsOf(() => parse('verkada', body([fields(10_000)])))).toEqual(['/extra/0 json-fields'])
  })

  test('depth, and the number of values', () => {
    const nested = (depth: number) =>
      `{"webhook_type":"lpr","data":${JSON.stringify(data)},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
    expect(parse('verkada', nested(31)).items).toHaveLength(1)
    expect(faultsOf(() => parse('verkada', nested(32)))).toEqual([' json-depth'])
    expect(faultsOf(() => parse('verkada', nested(1_000_000)))).toEqual([' json-values'])
    expect(parse('verkada', body(Array.from({ length: 49_990 }, () => 1))).items).toHaveLength(1)
    expect(faultsOf(() => parse('verkada', body(Array.from({ length: 50_001 }, () => 1))))).toEqual([' json-values'])
  })
})
