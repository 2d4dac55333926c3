import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Invalid } from '../kernel/errors.ts'
import { multipartLimits, parseMultipart } from './multipart.ts'

const type = 'multipart/form-data; boundary=MIME_boundary'

function body(parts: { head: string; content: string | Buffer }[], end = '--MIME_boundary--\r\n'): Buffer {
  const pieces = parts.flatMap(({ head, content }) => [`--MIME_boundary\r\n${head}\r\n\r\n`, content, '\r\n'])
  return Buffer.concat([...pieces, end].map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}

function named(name: string, content: string | Buffer = 'x') {
  return { head: `Content-Disposition: form-data; name="${name}"`, content }
}

async function faultsOf(bytes: Buffer, contentType = type): Promise<string[]> {
  try {
    await parseMultipart(contentType, bytes)
  } catch (error) {
    if (error instanceof Invalid) return [String(error.status), ...error.faults.map(({ rule }) => rule)]
    throw error
  }
  return []
}

const camera = [
  {
    head: 'Content-Disposition: form-data;name="anpr.xml";filename="anpr.xml"\r\nContent-Type: text/xml; charset="UTF-8"',
    content: '<a/>',
  },
  {
    head: 'Content-Disposition: form-data; name="plate.jpg"; filename="plate.jpg"\r\nContent-Type: image/jpeg\r\nContent-Length: 6',
    content: Buffer.from([0xff, 0xd8, 0xff, 0x0d, 0x0a, 0x2d]),
  },
  named('empty', ''),
]

describe('the parts of a body', () => {
  test('in order, as bytes, with or without a file name', async () => {
    expect(await parseMultipart(type, body(camera))).toEqual([
      { name: 'anpr.xml', fileName: 'anpr.xml', mediaType: 'text/xml', body: Buffer.from('<a/>') },
      { name: 'plate.jpg', fileName: 'plate.jpg', mediaType: 'image/jpeg', body: Buffer.from('ffd8ff0d0a2d', 'hex') },
      { name: 'empty', fileName: undefined, mediaType: 'text/plain', body: Buffer.alloc(0) },
    ])
  })

  test('with a preamble, an epilogue, a quoted boundary', async () => {
    const bytes = Buffer.concat([Buffer.from('hello\r\n'), body([named('json', '{}')]), Buffer.from('goodbye')])
    const parts = await parseMultipart('multipart/form-data; charset=utf-8; boundary="MIME_boundary"', bytes)
    expect(parts.map(({ name }) => name)).toEqual(['json'])
  })

  test('a large picture, whole', async () => {
    const picture = Buffer.alloc(multipartLimits.partBytes, 'ab\r\n--MIME')
    const [part] = await parseMultipart(type, body([named('upload', picture)]))
    expect(part?.body.equals(picture)).toBe(true)
  })
})

describe('what is refused', () => {
  const most = (count: number) => Array.from({ length: count }, (_, index) => named(`p${index}`))
  const name = (length: number) => named('n'.repeat(length))
  test.each([
    ['no form data', body(camera), ['415', 'content-type'], 'multipart/mixed; boundary=MIME_boundary'],
    ['no boundary', body(camera), ['415', 'content-type'], 'multipart/form-data'],
    [
      'a boundary beyond 70 characters',
      body(camera),
      ['400', 'multipart'],
      `multipart/form-data; boundary=${'b'.repeat(300)}`,
    ],
    ['another boundary', body(camera), ['400', 'multipart'], 'multipart/form-data; boundary=other'],
    ['an empty body', Buffer.alloc(0), ['400', 'multipart'], type],
    ['no parts', body([]), ['400', 'multipart'], type],
    ['cut off before its end', body(camera, ''), ['400', 'multipart'], type],
    [
      'a large part cut off',
      body([named('u', Buffer.alloc(3_000_000))], '').subarray(0, -9),
      ['400', 'multipart'],
      type,
    ],
    [
      'a part without a disposition',
      body([...camera, { head: 'Content-Type: text/plain', content: 'x' }]),
      ['400', 'multipart'],
      type,
    ],
    [
      'a part without a name',
      body([{ head: 'Content-Disposition: form-data', content: 'x' }]),
      ['400', 'multipart-name'],
      type,
    ],
    ['a name beyond the limit', body([name(multipartLimits.nameLength + 1)]), ['400', 'multipart-name'], type],
    [
      'a part beyond the limit',
      body([named('u', Buffer.alloc(multipartLimits.partBytes + 1))]),
      ['400', 'multipart-size'],
      type,
    ],
    ['too many parts', body(most(multipartLimits.parts + 1)), ['400', 'multipart-parts'], type],
  ])('%s', async (_name, bytes, expected, contentType) => {
    expect(await faultsOf(bytes, contentType)).toEqual(expected)
  })

  test('at the limits all is well', async () => {
    expect(await faultsOf(body(most(multipartLimits.parts)))).toEqual([])
    expect(await faultsOf(body([name(multipartLimits.nameLength)]))).toEqual([])
  })

  test('cut anywhere, and overwritten anywhere, a body is read or refused and never left hanging', async () => {
    const whole = body(camera)
    const end = whole.length - '--\r\n'.length
    for (let length = 0; length < end; length++) {
      expect(await faultsOf(whole.subarray(0, length))).toHaveLength(2)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.uint8Array({ maxLength: 12 }),
        fc.nat(30),
        async (at, bytes, skip) => {
          await faultsOf(Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + skip)]))
        },
      ),
      { seed: 20_240_620, numRuns: 500 },
    )
  })
})
