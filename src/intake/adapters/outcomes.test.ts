import { describe, expect, test } from 'vitest'
import { json, only, parse, sample } from './samples/samples.ts'

describe('what is not a read is ignored and counted', () => {
  const frigateEvent = json('frigate-event.json')
  const verkada = json('verkada-lpr.json')
  test.each([
    ['an OpenALPR vehicle without a plate', 'openalpr', { data_type: 'vehicle' }],
    ["OpenALPR's own alert, which repeats a group", 'openalpr', { data_type: 'alpr_alert', group: {} }],
    ['a frame without plates', 'openalpr', { data_type: 'alpr_results', results: [] }],
    ['an empty plate', 'openalpr', { ...json('openalpr-group.json'), best_plate_number: ' ' }],
    ['the word Unknown', 'axis', { ...json('axis-plateverifier.json'), plate: 'Unknown' }],
    ['a null plate', 'axis', { ...json('axis-plateverifier.json'), plate: null }],
    ['a Frigate object without a plate', 'frigate', { ...frigateEvent, after: frigateEvent['before'] }],
    ['a Frigate false positive', 'frigate', { after: { ...Object(frigateEvent['after']), false_positive: true } }],
    ['a Frigate description', 'frigate', { type: 'description', id: 'x', description: 'a car' }],
    ['another Verkada webhook', 'verkada', { ...verkada, webhook_type: 'notification' }],
    ['a Blue Iris answer of another module', 'blueiris', { api: 'faces', found: { predictions: [{ plate: 'A1' }] } }],
    ['a Blue Iris alert without requests', 'blueiris', []],
  ])('%s', (_name, vendor, body) => {
    expect(parse(vendor, body)).toEqual({ items: [], heartbeats: [], ignored: 1 })
  })

  test('a word that vendors write for no plate is a plate where plates come in lower case', () => {
    const data = json('platerecognizer-snapshot.json')
    const results = (plate: string) => ({ ...data, results: [{ plate }] })
    expect(only(parse('platerecognizer', results('unknown'))).plate).toBe('unknown')
    expect(parse('platerecognizer', results('Unknown')).ignored).toBe(1)
    expect(only(parse('axis', { ...json('axis-plateverifier.json'), plate: 'UNKNOWN' })).plate).toBe('UNKNOWN')
  })
})

describe('what should be a read and cannot be is refused, beside its neighbours', () => {
  const results = json('openalpr-results.json')
  const [first, second] = Array.isArray(results['results']) ? results['results'] : []

  test('a plate that is no text, between two good ones', () => {
    const result = parse('openalpr', { ...results, results: [first, { ...second, plate: { text: 'A' } }, second] })
    expect(result.items.map((item) => Object.keys(item)[0])).toEqual(['read', 'refused', 'read'])
    expect(result.items[1]).toEqual({
      refused: {
        path: '/results/1/plate',
        rule: 'plate-type',
        message: 'The plate is not text.',
        device: '5071',
      },
    })
  })

  test.each([
    [undefined, 'time-required'],
    [0, 'time-required'],
    ['soon', 'time-form'],
    [{}, 'time-form'],
    [86_400_000, 'time-range'],
    [1e300, 'time-range'],
    [-1, 'time-range'],
  ])('a time of %j', (epoch_start, rule) => {
    const result = parse('openalpr', { ...json('openalpr-group.json'), epoch_start })
    expect(result.items).toMatchObject([{ refused: { path: '/epoch_start', rule, device: '5071' } }])
  })

  test('more results than a message may hold are refused as one', () => {
    const result = parse('openalpr', { ...results, results: Array.from({ length: 70 }, () => first) })
    expect(result.items.filter((item) => 'read' in item)).toHaveLength(64)
    expect(result.items[64]).toMatchObject({ refused: { path: '/results', rule: 'results-count', device: '5071' } })
    const dump = parse(
      'blueiris',
      Array.from({ length: 70 }, () => ({ api: 'alpr', found: { predictions: [] } })),
    )
    expect(dump).toMatchObject({ items: [{ refused: { rule: 'results-count' } }], ignored: 64 })
  })

  test('text that no plate can be is passed on as written: the intake refuses it', () => {
    const odd = '\u{1F697}\0 a777aa7?'
    expect(
      only(parse('verkada', { ...json('verkada-lpr.json'), data: { created: 1718892601, license_plate_number: odd } }))
        .plate,
    ).toBe(odd)
  })
})

describe('placeholders are absent', () => {
  test('no place at 0/0, at half a place, or without one', () => {
    const group = json('openalpr-group.json')
    for (const gps of [{ gps_latitude: 0, gps_longitude: 0 }, { gps_latitude: '' }, { gps_longitude: undefined }]) {
      expect(only(parse('openalpr', { ...group, ...gps }))).not.toHaveProperty('latitude')
    }
    const nowhere = sample('hikvision-anpr.xml')
      .toString()
      .replaceAll(/<(degree|minute|sec)>[^<]*</g, '<$1>0<')
    expect(only(parse('hikvision', nowhere))).not.toHaveProperty('longitude')
    const none = sample('hikvision-anpr.xml')
      .toString()
      .replace(/<DeviceGPSInfo>.*<\/DeviceGPSInfo>/s, '')
    expect(only(parse('hikvision', none))).not.toHaveProperty('longitude')
  })

  test('southern and eastern hemispheres', () => {
    const south = sample('hikvision-anpr.xml').toString().replace('>W<', '>E<').replace('>N<', '>S<')
    expect(only(parse('hikvision', south))).toMatchObject({ latitude: -42.25, longitude: 71.51 })
  })

  test('confidences that are empty, negative or no number', () => {
    for (const plateConfidence of ['', '-1', 'high', null, 101]) {
      expect(only(parse('axis', { ...json('axis-ffgroup.json'), plateConfidence }))).not.toHaveProperty(
        'plateConfidence',
      )
    }
    expect(only(parse('axis', { ...json('axis-ffgroup.json'), plateConfidence: '95.5' })).plateConfidence).toBe(0.955)
  })

  test('a state that is a dash, and a country that is not a state', () => {
    const sharp = sample('genetec-sharpv.xml').toString()
    expect(only(parse('genetec', sharp.replace('>MA<', '>-<')))).not.toHaveProperty('jurisdiction')
    expect(only(parse('axis', json('axis-ffgroup.json')))).not.toHaveProperty('jurisdiction')
    expect(only(parse('axis', { ...json('axis-ffgroup.json'), plateCountry: 'CAN' })).jurisdiction).toBe('CAN')
  })

  test("a model of another make than the likeliest is not that make's", () => {
    const group = json('openalpr-group.json')
    const vehicle = { ...Object(group['vehicle']), make: [{ name: 'toyota', confidence: 90 }] }
    const read = only(parse('openalpr', { ...group, vehicle }))
    expect(read.make).toBe('toyota')
    expect(read).not.toHaveProperty('model')
  })
})
