import { describe, expect, test } from 'vitest'
import type { AdapterResult, VendorMessage } from './adapter.ts'
import { adapters } from './adapters.ts'
import { parse, part, picture, sample } from './samples/samples.ts'

/** Drafts with pictures replaced by their kind, once their bytes were found to be those of the sample. */
function reads(result: AdapterResult): unknown[] {
  return result.items.map((item) => {
    if ('refused' in item) return item.refused
    const { images, ...rest } = item.read
    for (const image of images ?? []) expect(Buffer.compare(image.bytes, picture)).toBe(0)
    return images === undefined
      ? rest
      : { ...rest, images: images.map(({ kind, mediaType }) => `${kind} ${mediaType}`) }
  })
}

const at = (text: string) => ({ instant: new Date(text) })
const agent = 'K7QH2MWTE5XVN3BJC8RLD4PYF6SGZ9UA0HKWQ2TM'

type Row = {
  vendor: string
  name: string
  body?: string
  parts?: VendorMessage['parts']
  reads: object[]
  ignored?: number
}

const table: Row[] = [
  {
    vendor: 'openalpr',
    name: 'openalpr-group.json',
    reads: [
      {
        device: '5071',
        plate: '7KRW42',
        captured: at('2024-06-20T14:00:10.250Z'),
        jurisdiction: 'us-ma',
        jurisdictionConfidence: 0.88,
        plateConfidence: 0.9125,
        latitude: 42.262593,
        longitude: -71.802293,
        headingDegrees: 212.5,
        make: 'subaru',
        model: 'outback',
        colour: 'blue',
        class: 'suv-wagon',
        alternatives: [
          { plate: '7KRW4Z', confidence: 0.8175 },
          { plate: '7KRH42', confidence: 0.785 },
        ],
        eventId: `${agent}-5071-1718892010250#1`,
        images: ['plate image/jpeg', 'vehicle image/jpeg'],
      },
    ],
  },
  {
    vendor: 'openalpr',
    name: 'openalpr-results.json',
    reads: [
      {
        device: '5071',
        plate: '3NDV81',
        captured: at('2024-06-20T14:00:10.250Z'),
        jurisdiction: 'us-ma',
        jurisdictionConfidence: 0.71,
        plateConfidence: 0.895,
        alternatives: [{ plate: '3NOV81', confidence: 0.745 }],
        eventId: `${agent}-5071-1718892010250#0`,
        images: ['plate image/jpeg'],
      },
      {
        device: '5071',
        plate: '7KRW42',
        captured: at('2024-06-20T14:00:10.250Z'),
        jurisdiction: 'us-ma',
        jurisdictionConfidence: 0.71,
        plateConfidence: 0.8475,
        eventId: `${agent}-5071-1718892010250#1`,
        imagesRefused: [
          { path: '/results/1/plate_crop_jpeg', rule: 'image-base64', message: 'The picture is not base64.' },
        ],
      },
    ],
  },
  {
    vendor: 'platerecognizer',
    name: 'platerecognizer-snapshot.json',
    reads: [
      {
        device: null,
        plate: '5fbx23',
        captured: at('2024-06-20T14:01:09.553Z'),
        jurisdiction: 'us-ma',
        jurisdictionConfidence: 0.694,
        plateConfidence: 0.881,
        make: 'Ford',
        model: 'F-150',
        colour: 'white',
        class: 'Pickup Truck',
        alternatives: [{ plate: 'sfbx23', confidence: 0.762 }],
      },
    ],
  },
  {
    vendor: 'platerecognizer',
    name: 'platerecognizer-webhook.json',
    reads: [
      { device: null, plate: '481rvt', captured: at('2024-06-20T14:02:11.250Z'), plateConfidence: 0.902 },
      { device: null, plate: '9hx2210', captured: at('2024-06-20T14:02:11.250Z'), plateConfidence: 0.744 },
    ],
    ignored: 1,
  },
  {
    vendor: 'platerecognizer',
    name: 'platerecognizer-stream.json',
    body: 'the raw multipart body is not looked at',
    parts: [
      part('json', sample('platerecognizer-stream.json'), 'text/plain'),
      part('upload', picture, 'image/jpeg', 'frame.jpg'),
    ],
    reads: [
      {
        device: 'north-gate',
        plate: '2gtk58',
        captured: at('2024-06-20T14:03:27.104Z'),
        jurisdiction: 'us-ma',
        jurisdictionConfidence: 0.52,
        plateConfidence: 0.917,
        class: 'Sedan',
        alternatives: [{ plate: '26tk58' }],
        images: ['context image/jpeg'],
      },
    ],
  },
  {
    vendor: 'axis',
    name: 'axis-ffgroup.json',
    parts: [
      part('event', sample('axis-ffgroup.json'), 'application/json'),
      part('image', picture, 'image/jpeg', 'plate.jpg'),
    ],
    reads: [
      {
        device: 'ACCC8E000001',
        plate: '6PLC19',
        captured: at('2024-06-20T14:04:10.731Z'),
        plateConfidence: 0.842117,
        latitude: 42.39517,
        longitude: -71.14227,
        eventId: '90417/2024-06-20',
        images: ['plate image/jpeg'],
      },
    ],
  },
  {
    vendor: 'axis',
    name: 'axis-plateverifier.json',
    reads: [{ device: 'ACCC8E000002', plate: '8VRT-52', captured: at('2024-06-20T14:05:44.057Z') }],
  },
  {
    vendor: 'hikvision',
    name: 'hikvision-anpr.xml',
    parts: [
      part('anpr.xml', sample('hikvision-anpr.xml'), 'text/xml', 'anpr.xml'),
      part('licensePlatePicture.jpg', picture, 'image/jpeg', 'licensePlatePicture.jpg'),
      part('detectionPicture.jpg', picture, 'image/jpeg', 'detectionPicture.jpg'),
    ],
    reads: [
      {
        device: 'd4:e8:53:00:00:01/1',
        plate: '8DKF27',
        captured: at('2024-06-20T14:13:27Z'),
        plateConfidence: 0.94,
        latitude: 42.25,
        longitude: -71.51,
        lane: 2,
        speedKph: 43,
        colour: 'blue',
        class: 'vehicle',
        eventId: '2024062010132765400Qw7xZpLmVtRsNyBd',
        images: ['plate image/jpeg', 'context image/jpeg'],
      },
    ],
  },
  {
    vendor: 'blueiris',
    name: 'blueiris-alert.json',
    reads: [
      {
        device: null,
        plate: '4MCX70',
        captured: at('2024-06-20T14:06:20Z'),
        plateConfidence: 0.9312,
        eventId: '0d4f6f7e-5a7b-4a44-9a0e-1c2b3d4e5f60#0',
      },
      {
        device: null,
        plate: 'LM 22T',
        captured: at('2024-06-20T14:06:20Z'),
        plateConfidence: 0.7044,
        eventId: '0d4f6f7e-5a7b-4a44-9a0e-1c2b3d4e5f60#1',
      },
    ],
  },
  {
    vendor: 'blueiris',
    name: 'blueiris-dump.json',
    reads: [
      {
        device: null,
        plate: '9TWD 36',
        captured: at('2024-06-20T14:07:58Z'),
        plateConfidence: 0.8875,
        eventId: '7b1f0a52-3c7e-4f0b-8a52-90d1e2f3a4b5#0',
      },
    ],
    ignored: 1,
  },
  {
    vendor: 'frigate',
    name: 'frigate-event.json',
    reads: [
      {
        device: 'station_gate',
        plate: '1GHP67',
        captured: at('2024-06-20T14:07:53.250Z'),
        plateConfidence: 0.928,
        class: 'car',
        eventId: '1718892470.310442-q7vxme',
      },
    ],
  },
  {
    vendor: 'frigate',
    name: 'frigate-update.json',
    reads: [
      {
        device: 'station_gate',
        plate: '1GHP67',
        captured: at('2024-06-20T14:07:52.748Z'),
        plateConfidence: 0.952,
        eventId: '1718892470.310442-q7vxme',
      },
    ],
  },
  {
    vendor: 'genetec',
    name: 'genetec-sharpv.xml',
    reads: [
      {
        device: 'SharpV-0117',
        plate: '3ZCJ95',
        captured: at('2024-06-20T14:11:05.417Z'),
        jurisdiction: 'MA',
        latitude: 42.466763,
        longitude: -70.93478,
        eventId: '2f0c8a4e-6c1d-4f6e-9b61-7d0a5c3e1b22',
        images: ['plate image/jpeg', 'context image/jpeg'],
      },
    ],
  },
  {
    vendor: 'genetec',
    name: 'genetec-patroller.xml',
    reads: [
      { device: 'Unit 12', plate: '2WHX64', captured: { zoneless: '2024-06-20T09:15:08.000' }, jurisdiction: 'MA' },
      { device: 'Unit 12', plate: 'CT&4417', captured: { zoneless: '2024-06-20T12:02:40.000' }, jurisdiction: 'CT' },
    ],
  },
  {
    vendor: 'verkada',
    name: 'verkada-lpr.json',
    reads: [
      {
        device: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
        plate: '0RBN33',
        captured: at('2024-06-20T14:10:01Z'),
        plateConfidence: 0.87,
      },
    ],
  },
]

describe('each vendor sample becomes its drafts', () => {
  test.each(table)('$vendor: $name', (row) => {
    const result = parse(row.vendor, row.body ?? sample(row.name), row.parts)
    expect(reads(result)).toEqual(row.reads)
    expect(result.heartbeats).toEqual([])
    expect(result.ignored).toBe(row.ignored ?? 0)
  })

  test('every adapter has a sample, and is filed under its own vendor', () => {
    expect([...adapters.keys()].toSorted()).toEqual([...new Set(table.map(({ vendor }) => vendor))].toSorted())
    for (const [vendor, adapter] of adapters) expect(adapter.vendor).toBe(vendor)
  })
})
