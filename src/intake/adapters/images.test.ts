import { describe, expect, test } from 'vitest'
import type { DraftImage, VendorMessage } from './adapter.ts'
import { json, only, parse, part, picture, sample } from './samples/samples.ts'

describe('pictures', () => {
  const images = (count: number, bytes: Buffer) =>
    Array.from({ length: count }, (_, index) => part(`picture${index}.jpg`, bytes, 'image/jpeg'))
  const withParts = (extra: VendorMessage['parts']) =>
    only(parse('hikvision', '', [part('anpr.xml', sample('hikvision-anpr.xml'), 'application/xml'), ...extra]))

  test('at most eight, and the rest is told', () => {
    const read = withParts(images(9, picture))
    expect(read.images).toHaveLength(8)
    expect(read.imagesRefused).toMatchObject([{ rule: 'image-count' }])
  })

  test('at most 4 MiB each, as a part and as base64; the read is kept', () => {
    const limit = 4 * 1024 * 1024
    expect(withParts(images(1, Buffer.alloc(limit))).images).toHaveLength(1)
    expect(withParts(images(1, Buffer.alloc(limit + 1)))).toMatchObject({
      plate: '8DKF27',
      imagesRefused: [{ path: '/picture0.jpg', rule: 'image-size' }],
    })
    const group = json('openalpr-group.json')
    const large = (size: number) =>
      only(parse('openalpr', { ...group, vehicle_crop_jpeg: Buffer.alloc(size).toString('base64') }))
    expect(large(limit).images).toHaveLength(2)
    for (const size of [limit + 1, 2 * limit - 4096]) {
      expect(large(size).imagesRefused).toMatchObject([{ path: '/vehicle_crop_jpeg', rule: 'image-size' }])
    }
  })

  test('bytes as sent, from base64 with line breaks or a data URL; the kind of file is told by its first bytes', () => {
    const png = Buffer.from('89504e470d0a1a0a', 'hex')
    const code = `data:image/png;base64,${png.toString('base64').replace(/(.{4})/g, '$1\n')}`
    const [image]: DraftImage[] = only(parse('axis', { ...json('axis-plateverifier.json'), image: code })).images ?? []
    expect(image?.mediaType).toBe('image/png')
    expect(Buffer.from(image?.bytes ?? []).equals(png)).toBe(true)
  })
})
