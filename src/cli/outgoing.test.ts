import { describe, expect, test } from 'vitest'
import { sample } from '../intake/adapters/samples/samples.ts'
import { outgoingOf, readsPerRequest, type Outgoing } from './outgoing.ts'
import { sourceOf } from './testing.ts'

async function sent(content: Buffer | string, vendor?: string, pieceBytes?: number): Promise<Outgoing[]> {
  return Array.fromAsync(outgoingOf(sourceOf(content, pieceBytes), vendor))
}

function read(index: number): object {
  return { plate: `4ABC${index}`, capturedAt: '2026-11-23T09:15:04-05:00', device: 'north gate' }
}

const lines = Array.from({ length: 1_203 }, (_, index) => JSON.stringify(read(index)))

describe('our own form, one read a line', () => {
  test('goes in parts of at most 500, each line as it stands', async () => {
    const requests = await sent(`${lines.join('\n')}\n`)
    expect(requests.map(({ items }) => items)).toEqual([readsPerRequest, readsPerRequest, 203])
    expect(new Set(requests.map(({ path, contentType }) => `${path} ${contentType}`))).toEqual(
      new Set(['/v1/reads application/x-ndjson']),
    )
    expect(Buffer.concat(requests.map(({ body }) => body)).toString()).toBe(`${lines.join('\n')}\n`)
  })

  test.each([1, 7, 300])('is cut the same in pieces of %i bytes', async (pieceBytes) => {
    const few = lines.slice(0, 9)
    const [request] = await sent(few.join('\r\n'), undefined, pieceBytes)
    expect(request?.items).toBe(9)
    expect(request?.place('/reads/8/plate')).toEqual({ line: 9, path: '/plate' })
  })

  test('counts empty lines, and finds the line of a fault in a later part', async () => {
    const requests = await sent(['', ...lines.slice(0, 501), '', '{broken', ...lines.slice(501, 503)].join('\n'))
    expect(requests.map(({ items }) => items)).toEqual([500, 4])
    expect(requests[0]?.place('/reads/0/capturedAt')).toEqual({ line: 2, path: '/capturedAt' })
    expect(requests[1]?.place('/reads/1')).toEqual({ line: 504, path: '' })
  })

  test.each([1, 3, 65_536])('counts empty lines after the first one, in pieces of %i bytes', async (pieceBytes) => {
    const [request] = await sent(`${lines[0]}\n\n \n\n${lines[1]}\n`, undefined, pieceBytes)
    expect([request?.place('/reads/0').line, request?.place('/reads/1').line]).toEqual([1, 5])
  })

  test('a byte order mark and one line alone are fine', async () => {
    const [request, ...rest] = await sent(`\uFEFF${lines[0]}\n\n`)
    expect(rest).toEqual([])
    expect(request).toMatchObject({ path: '/v1/reads', items: 1 })
  })

  test('parts stay below the size of a request', async () => {
    const long = lines.slice(0, 30).map((line) => line.replace('north gate', 'x'.repeat(400_000)))
    const requests = await sent(long.join('\n'))
    expect(requests.length).toBe(3)
    for (const { body } of requests) expect(body.length).toBeLessThanOrEqual(4 * 1024 * 1024)
  })
})

describe('our own form, as one document', () => {
  const document = JSON.stringify({ reads: lines.map((line) => JSON.parse(line) as object) })

  test('goes in parts, and a fault is told in terms of the file', async () => {
    const requests = await sent(document)
    expect(requests.map(({ items }) => items)).toEqual([500, 500, 203])
    expect(JSON.parse(requests[2]?.body.toString() ?? '')).toMatchObject({ reads: { length: 203, 0: read(1000) } })
    expect(requests[2]?.place('/reads/3/plate')).toEqual({ line: undefined, path: '/reads/1003/plate' })
  })

  test('over several lines, and as a bare list, likewise', async () => {
    expect(await sent(JSON.stringify(JSON.parse(document), null, 2))).toHaveLength(3)
    const [first] = await sent(JSON.stringify([read(1), read(2)], null, 1))
    expect(JSON.parse(first?.body.toString() ?? '')).toEqual({ reads: [read(1), read(2)] })
    expect(first?.place('/reads/1')).toEqual({ line: undefined, path: '/1' })
  })

  test('what else stands beside the list goes along, for the server to refuse by name', async () => {
    const [first] = await sent(JSON.stringify({ reads: [read(1)], secret: 1 }))
    expect(JSON.parse(first?.body.toString() ?? '')).toEqual({ reads: [read(1)], secret: 1 })
  })
})

describe('vendors’ messages', () => {
  test.each([
    ['axis-ffgroup.json', 'axis'],
    ['blueiris-alert.json', 'blueiris'],
    ['frigate-event.json', 'frigate'],
    ['frigate-update.json', 'frigate'],
    ['genetec-sharpv.xml', 'genetec'],
    ['hikvision-anpr.xml', 'hikvision'],
    ['hikvision-videoloss.xml', 'hikvision'],
    ['openalpr-group.json', 'openalpr'],
    ['openalpr-heartbeat.json', 'openalpr'],
    ['openalpr-results.json', 'openalpr'],
    ['platerecognizer-webhook.json', 'platerecognizer'],
    ['verkada-lpr.json', 'verkada'],
  ])('%s is known as %s', async (name, vendor) => {
    const [request, ...rest] = await sent(sample(name))
    expect(rest).toEqual([])
    const contentType = name.endsWith('.xml') ? 'application/xml' : 'application/json'
    expect(request).toMatchObject({ path: `/v1/intake/${vendor}`, contentType, items: 1 })
    expect(request?.body.toString().trim()).toBe(sample(name).toString().trim())
  })

  test('one a line, and a list of them, become one request each', async () => {
    const message = JSON.stringify(JSON.parse(sample('openalpr-group.json').toString()))
    const byLine = await sent(`${message}\n${message}\n`)
    expect(byLine.map(({ path }) => path)).toEqual(['/v1/intake/openalpr', '/v1/intake/openalpr'])
    expect(byLine[1]?.place('/epoch_start')).toEqual({ line: 2, path: '/epoch_start' })
    const inList = await sent(`[${message},${message},${message}]`)
    expect(inList).toHaveLength(3)
    expect(inList[2]?.place('/epoch_start')).toEqual({ line: undefined, path: '/2/epoch_start' })
  })

  test('multipart is sent with its boundary', async () => {
    const xml = sample('hikvision-anpr.xml').toString()
    const body = `--edge\r\nContent-Disposition: form-data; name="anpr.xml"; filename="anpr.xml"\r\nContent-Type: text/xml\r\n\r\n${xml}\r\n--edge--\r\n`
    const [request] = await sent(body)
    expect(request).toMatchObject({ path: '/v1/intake/hikvision', contentType: 'multipart/form-data; boundary="edge"' })
    expect(request?.body.toString()).toBe(body)
  })

  test('whose they are is believed where it is said', async () => {
    const [request] = await sent(lines[0] ?? '', 'verkada')
    expect(request?.path).toBe('/v1/intake/verkada')
  })
})

describe('what is no file of reads is refused before anything is sent', () => {
  test.each([
    ['nothing', '', 'is empty'],
    ['words', 'once upon a time\nthere was', 'is in no form that is known'],
    ['bytes', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'is in no form that is known'],
    ['another object', '{"a": 1}', 'is in no form that is known'],
    ['another list', '[1, 2]', 'is in no form that is known'],
    ['one endless line', Buffer.alloc(65 * 1024 * 1024, 'x'), 'more than 64 MiB'],
  ])('%s', async (_, content, message) => {
    await expect(sent(content)).rejects.toThrow(message)
  })
})
