import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tablesOf } from './looking.ts'
import { firstFault, openPlatekeep, type Body, type Platekeep, type Reply } from './platekeep.ts'
import { unique } from './samples.ts'

let platekeep: Platekeep
let bearer: string
beforeAll(async () => {
  platekeep = await openPlatekeep()
  bearer = `Bearer ${platekeep.towns[0].server}`
})
afterAll(() => platekeep.close())

const megabyte = 1024 * 1024
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
const good = () => ({ plate: `G${unique()}`, capturedAt: ago(5_000), device: 'camera-1' })
const reads = (...items: unknown[]): string => JSON.stringify({ reads: items })
const json = 'application/json'

function send(path: string, body: Body, headers: Record<string, string> = {}): Promise<Reply> {
  return platekeep.send('POST', path, { authorization: bearer, 'content-type': json, ...headers }, body)
}
/** Everything but the counts of what was refused, and signs of life. */
async function stored(): Promise<Record<string, string>> {
  const { device_refusals: _counted, ...rest } = await tablesOf(platekeep.owner)
  return rest
}

/** An item with one thing wrong: by which rule it is refused, and where. */
const badItems: Record<string, [item: () => object | string, fault: string]> = {
  'NUL in a plate': [() => ({ ...good(), plate: 'AB\0C12' }), '/reads/0/plate plate'],
  'a control character in a plate': [() => ({ ...good(), plate: 'AB\u0007C12' }), '/reads/0/plate plate'],
  'an escape sequence in a plate': [() => ({ ...good(), plate: '\u001b[31mAB' }), '/reads/0/plate plate'],
  'a line end in a plate': [() => ({ ...good(), plate: 'AB\nC12' }), '/reads/0/plate plate'],
  'emoji for a plate': [() => ({ ...good(), plate: '🚗🚗🚗' }), '/reads/0/plate plate'],
  'letters of another script': [() => ({ ...good(), plate: 'АВС123' }), '/reads/0/plate plate'],
  'full-width letters': [() => ({ ...good(), plate: 'ＡＢＣ' }), '/reads/0/plate plate'],
  'text that turns around': [() => ({ ...good(), plate: '\u202eABC' }), '/reads/0/plate plate'],
  'half a character': [
    () => `{"plate":"\\ud83d","capturedAt":"${ago(1)}","device":"camera-1"}`,
    '/reads/0/plate plate',
  ],
  'a plate of 200 characters': [() => ({ ...good(), plate: 'A'.repeat(200) }), '/reads/0/plate maxLength'],
  'a plate of 11 characters': [() => ({ ...good(), plate: 'ABCDEFGHIJK' }), '/reads/0/plate plate'],
  'an empty plate': [() => ({ ...good(), plate: '' }), '/reads/0/plate minLength'],
  'a number for a plate': [() => ({ ...good(), plate: 123 }), '/reads/0/plate type'],
  'latitude out of range': [() => ({ ...good(), latitude: 90.1, longitude: 0 }), '/reads/0/latitude maximum'],
  'longitude out of range': [() => ({ ...good(), latitude: 0, longitude: -180.1 }), '/reads/0/longitude minimum'],
  'latitude as text': [() => ({ ...good(), latitude: '42', longitude: 0 }), '/reads/0/latitude type'],
  'an endless number': [() => JSON.stringify(good()).replace('}', ',"speedKph":1e999}'), '/reads/0/speedKph type'],
  'a time without a zone': [
    () => ({ ...good(), capturedAt: '2026-11-23T09:15:04.000' }),
    '/reads/0/capturedAt date-time',
  ],
  'a time of words': [() => ({ ...good(), capturedAt: 'yesterday at about nine' }), '/reads/0/capturedAt date-time'],
  'a day that does not exist': [
    () => ({ ...good(), capturedAt: `${ago(0).slice(0, 4)}-02-30T10:00:00Z` }),
    '/reads/0/capturedAt date-time',
  ],
  'an hour that does not exist': [
    () => ({ ...good(), capturedAt: `${ago(0).slice(0, 10)}T24:00:00Z` }),
    '/reads/0/capturedAt date-time',
  ],
  'an offset that does not exist': [
    () => ({ ...good(), capturedAt: `${ago(0).slice(0, 19)}+99:00` }),
    '/reads/0/capturedAt date-time',
  ],
  'a time to come': [() => ({ ...good(), capturedAt: ago(-180_000) }), '/reads/0/capturedAt future'],
  'a time long gone': [() => ({ ...good(), capturedAt: '1999-12-31T23:59:59Z' }), '/reads/0/capturedAt retention'],
  'a token of another agency': [
    () => ({ ...good(), device: platekeep.towns[1].devices[0] }),
    '/reads/0/device device-not-yours',
  ],
  'an unknown device': [() => ({ ...good(), device: 'camera-99' }), '/reads/0/device device-not-yours'],
  'NUL in the name of a device': [() => ({ ...good(), device: 'camera-1\0' }), '/reads/0/device control-character'],
  'SQL for a device': [() => ({ ...good(), device: `camera-1' or 'a'='a` }), '/reads/0/device device-not-yours'],
  __proto__: [
    () => JSON.stringify(good()).replace('}', ',"__proto__":{"admin":true}}'),
    '/reads/0/__proto__ unknown-field',
  ],
  'a name that objects inherit': [
    () => JSON.stringify(good()).replace('}', ',"constructor":{"prototype":1}}'),
    '/reads/0/constructor unknown-field',
  ],
  'a field twice': [() => JSON.stringify(good()).replace('{', '{"plate":"OTHER1",'), '/reads/0/plate duplicate-field'],
  'a field named with NUL': [() => ({ ...good(), 'a\0b': 1 }), '/reads/0/a\ufffdb control-character'],
  'ten thousand fields': [
    () => ({ ...good(), ...Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, n])) }),
    '/reads/0/f0 unknown-field',
  ],
  'a list for an item': [() => [[good()]], '/reads/0 type'],
  'nothing for an item': [() => 'null', '/reads/0 type'],
  'an image that is none': [
    () => ({ ...good(), images: [{ kind: 'plate', mediaType: 'image/jpeg', base64: 'aGVsbG8=' }] }),
    '/reads/0/images/0 image',
  ],
  'base64 that is none': [
    () => ({ ...good(), images: [{ kind: 'plate', mediaType: 'image/jpeg', base64: '*****' }] }),
    '/reads/0/images/0/base64 base64',
  ],
}
const textOfItem = (item: object | string): string => (typeof item === 'string' ? item : JSON.stringify(item))

describe('CR-5.c, GA-15: an item that is not as it should be', () => {
  test.each(Object.keys(badItems))('%s: refused by path and rule, and nothing is stored', async (name) => {
    const [make = () => '', fault] = badItems[name] ?? []
    const before = await stored()
    const reply = await send('/v1/reads', `{"reads":[${textOfItem(make())}]}`)
    expect([reply.status, firstFault(reply)]).toEqual([422, fault])
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(await stored()).toEqual(before)
  })
  test.each(Object.keys(badItems))('%s: costs no neighbour its place', async (name) => {
    const [make = () => ''] = badItems[name] ?? []
    const bad = textOfItem(make())
    const whole = await send('/v1/reads', `{"reads":[${JSON.stringify(good())},${bad},${JSON.stringify(good())}]}`)
    const lines = await send('/v1/reads', `${JSON.stringify(good())}\n${bad}\n${JSON.stringify(good())}\n`, {
      'content-type': 'application/x-ndjson',
    })
    for (const reply of [whole, lines])
      expect(reply).toMatchObject({
        status: 200,
        body: { stored: 2, refused: 1, results: [{}, { status: 'refused' }, {}] },
      })
  })
  test('a device that is not the token’s', async () => {
    const reply = await platekeep.send(
      'POST',
      '/v1/reads',
      { authorization: `Bearer ${platekeep.towns[0].device}`, 'content-type': json },
      reads({ ...good(), device: 'camera-2' }),
    )
    expect([reply.status, firstFault(reply)]).toEqual([422, '/reads/0/device device-not-yours'])
  })
})

const zeros = (megabytes: number): Buffer => Buffer.alloc(megabytes * megabyte)
const bodies: Record<
  string,
  [path: string, body: () => Body, headers: Record<string, string>, status: number, fault: string]
> = {
  'malformed JSON': ['/v1/reads', () => '{"reads":[{"plate"', {}, 400, ' json'],
  'no JSON at all': ['/v1/reads', () => 'hello', {}, 400, ' json'],
  nothing: ['/v1/reads', () => '', {}, 400, ' json'],
  'bytes that are no UTF-8': ['/v1/reads', () => Buffer.from([0x7b, 0xff, 0xfe]), {}, 400, ' utf-8'],
  'a list without its envelope': ['/v1/reads', () => JSON.stringify([good()]), {}, 400, '/reads type'],
  'an empty list': ['/v1/reads', () => reads(), {}, 400, '/reads minItems'],
  '5,001 reads': ['/v1/reads', () => reads(...Array.from({ length: 5_001 }, () => 1)), {}, 400, '/reads maxItems'],
  'the envelope twice': ['/v1/reads', () => `{"reads":[],${reads(good()).slice(1)}`, {}, 400, '/reads duplicate-field'],
  'an unknown field of the envelope': [
    '/v1/reads',
    () => reads(good()).replace('{', '{"__proto__":1,'),
    {},
    400,
    '/__proto__ unknown-field',
  ],
  'a million brackets': ['/v1/reads', () => '['.repeat(megabyte), {}, 400, ' json-depth'],
  'nesting inside an item': [
    '/v1/reads',
    () => `{"reads":[{"plate":${'['.repeat(5_000)}${']'.repeat(5_000)}}]}`,
    {},
    400,
    ' json-depth',
  ],
  'four million empty lists': ['/v1/reads', () => `{"reads":[${'[],'.repeat(2_000_000)}[]]}`, {}, 400, ' json-values'],
  'broken gzip': [
    '/v1/reads',
    () => Buffer.from('no gzip at all'),
    { 'content-encoding': 'gzip' },
    400,
    ' content-encoding',
  ],
  'gzip cut short': [
    '/v1/reads',
    () => gzipSync(reads(good())).subarray(0, 40),
    { 'content-encoding': 'gzip' },
    400,
    ' content-encoding',
  ],
  'broken zstd': [
    '/v1/reads',
    () => Buffer.from('no zstd at all'),
    { 'content-encoding': 'zstd' },
    400,
    ' content-encoding',
  ],
  'compression nobody takes': [
    '/v1/reads',
    () => reads(good()),
    { 'content-encoding': 'br' },
    415,
    ' content-encoding',
  ],
  'compression upon compression': [
    '/v1/reads',
    () => gzipSync(reads(good())),
    { 'content-encoding': 'gzip, gzip' },
    415,
    ' content-encoding',
  ],
  'a gzip bomb': ['/v1/reads', () => gzipSync(zeros(100)), { 'content-encoding': 'gzip' }, 413, ''],
  'a zstd bomb': ['/v1/reads', () => zstdCompressSync(zeros(100)), { 'content-encoding': 'zstd' }, 413, ''],
  'a bomb for a small route': ['/v1/agencies', () => gzipSync(zeros(1)), { 'content-encoding': 'gzip' }, 413, ''],
  'a tab before a parameter': [
    '/v1/reads',
    () => reads(good()),
    { 'content-type': 'application/json\t; charset=utf-8' },
    415,
    ' media-type',
  ],
  'a form': [
    '/v1/reads',
    () => 'plate=ABC',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    ' media-type',
  ],
  'malformed XML': [
    '/v1/intake/hikvision',
    () => '<EventNotificationAlert><plate>',
    { 'content-type': 'application/xml' },
    400,
    '',
  ],
  'XML with entities of its own': [
    '/v1/intake/hikvision',
    () =>
      `<!DOCTYPE a [${Array.from({ length: 9 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join('')}]><a>&e9;</a>`,
    { 'content-type': 'application/xml' },
    400,
    '',
  ],
  'XML that reads a file': [
    '/v1/intake/genetec',
    () => '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    { 'content-type': 'text/xml' },
    400,
    '',
  ],
  'XML nested without end': [
    '/v1/intake/hikvision',
    () => '<a>'.repeat(200_000),
    { 'content-type': 'application/xml' },
    400,
    '',
  ],
  'multipart without a boundary': [
    '/v1/intake/platerecognizer',
    () => 'x',
    { 'content-type': 'multipart/form-data' },
    415,
    '',
  ],
  'multipart cut short': [
    '/v1/intake/platerecognizer',
    () => '--b\r\nContent-Disposition: form-data; name="json"\r\n\r\n{',
    { 'content-type': 'multipart/form-data; boundary=b' },
    400,
    '',
  ],
  'ten thousand parts': [
    '/v1/intake/platerecognizer',
    () => `${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(10_000)}--b--\r\n`,
    { 'content-type': 'multipart/form-data; boundary=b' },
    400,
    '',
  ],
  'a vendor nobody knows': ['/v1/intake/nobody', () => '{}', {}, 400, '/vendor vendor'],
  'a vendor named with NUL': ['/v1/intake/%00', () => '{}', {}, 400, '/vendor control-character'],
  'a vendor’s message of another type': ['/v1/intake/genetec', () => '{}', {}, 415, ' media-type'],
}

describe('a body that is not as it should be', () => {
  test.each(Object.keys(bodies))('%s: a problem document, and nothing is stored', async (name) => {
    const [path, body, headers, status, fault] = bodies[name] ?? ['', () => '', {}, 0, '']
    const before = await tablesOf(platekeep.owner)
    const reply = await send(path, body(), headers)
    expect([reply.status, fault === '' ? '' : firstFault(reply)]).toEqual([status, fault])
    expect(reply.body).toMatchObject({
      status,
      code: expect.stringMatching(/^(?:invalid|too-much)$/),
      detail: expect.stringMatching(/\w/),
    })
    expect(reply.text).not.toMatch(/node_modules|at Object|\.ts:|Error:|root:x/)
    expect(await tablesOf(platekeep.owner)).toEqual(before)
  })
  test('whoever is not known is given no room for a body', async () => {
    const reply = await platekeep.send(
      'POST',
      '/v1/reads',
      { authorization: 'Bearer nobody', 'content-type': json, 'content-length': 8 * megabyte, connection: 'close' },
      '{',
    )
    expect(reply.status).toBe(401)
  })
})

const administrators: Record<string, [path: string, body: object | string, status: number, fault: string]> = {
  'NUL in a name': [
    '/v1/agencies',
    { ori: 'MA0090000', name: 'A\0B', kind: 'other', contributing: true },
    400,
    '/name control-character',
  ],
  'a control character in a name': [
    '/v1/agencies',
    { ori: 'MA0090000', name: 'A\u0008B', kind: 'other', contributing: true },
    400,
    '/name control-character',
  ],
  'a field twice': [
    '/v1/agencies',
    '{"ori":"MA0090000","ori":"MA0090001","name":"Town","kind":"other","contributing":true}',
    400,
    '/ori duplicate-field',
  ],
  __proto__: [
    '/v1/agencies',
    '{"ori":"MA0090000","name":"Town","kind":"other","contributing":true,"__proto__":{"kind":"state"}}',
    400,
    '/__proto__ unknown-field',
  ],
  'nesting without end': ['/v1/agencies', `{"a":${'['.repeat(100_000)}`, 400, ' json-depth'],
  'ten thousand fields': [
    '/v1/agencies',
    Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`f${n}`, 1])),
    400,
    '/ori required',
  ],
  'a list': ['/v1/agencies', '[]', 400, ' type'],
  'a body of 300 kB': ['/v1/agencies', { name: 'x'.repeat(300_000) }, 413, ''],
  'an identifier in the body': ['/v1/tokens/token_1/revoke', { id: 'token_2' }, 400, '/id unknown-field'],
}

describe('what an administrator or an officer sends', () => {
  test.each(Object.keys(administrators))('%s', async (name) => {
    const [path, body, status, fault] = administrators[name] ?? ['', '', 0, '']
    const before = await tablesOf(platekeep.owner)
    const headers = { authorization: `Bearer ${platekeep.administrator}`, 'content-type': json }
    const reply = await platekeep.send('POST', path, headers, typeof body === 'string' ? body : JSON.stringify(body))
    expect([reply.status, firstFault(reply)]).toEqual([status, fault])
    expect(await tablesOf(platekeep.owner)).toEqual(before)
  })
  const facts = 'A child was seen getting into this car near the school.'
  test.each([
    ['NUL in the facts', { facts: `${facts}\0` }, '/facts control-character'],
    ['emoji for a plate', { plate: '🚗' }, '/plate plate'],
    ['a plate of 200 characters', { plate: 'A'.repeat(200) }, '/plate maxLength'],
    ['a span that ends before it begins', { from: '2026-11-23T00:00:00Z', to: '2026-11-22T00:00:00Z' }, '/from span'],
    ['a time without a zone', { from: '2026-11-23T00:00:00' }, '/from format'],
    ['a cursor of somebody’s own', { after: '1;drop table reads' }, '/after cursor'],
    ['a page without end', { limit: 1e9 }, '/limit maximum'],
    ['a purpose of one’s own', { purpose: 'curiosity' }, '/purpose anyOf'],
  ])('a search with %s', async (_name, more, fault) => {
    const headers = { authorization: `Bearer ${platekeep.towns[0].people.get('investigator')}`, 'content-type': json }
    const body = JSON.stringify({ plate: 'ABC123', purpose: 'safety', facts, ...more })
    const reply = await platekeep.send('POST', '/v1/searches', headers, body)
    expect([reply.status, reply.status === 400 ? firstFault(reply) : reply.text]).toEqual([
      400,
      expect.stringContaining(fault.split(' ')[0] ?? ''),
    ])
  })
  test.each([
    '/v1/log/leaves?from=%00',
    '/v1/log/leaves?from=1&from=2',
    '/v1/log/leaves?from=-1',
    '/v1/log/leaves?from=1e9',
    '/v1/log/leaves?__proto__=1',
    '/v1/alerts?before=%F0',
    '/v1/%zz',
    '/v1/log/leaves?%zz',
  ])('an address like %s', async (path) => {
    const reply = await platekeep.send('GET', path, { authorization: `Bearer ${platekeep.administrator}` })
    expect([400, 403, 404]).toContain(reply.status)
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
  })
  test.each(['', 'Basic YTpi', 'Bearer', `Bearer ${'x'.repeat(300)}`, 'Bearer pk_\u00e9', 'bearer pk_x'])(
    'a token like %j',
    async (authorization) => {
      const reply = await platekeep.send('GET', '/v1/me', { authorization })
      expect(reply.status).toBe(401)
    },
  )
})

describe('a hot list that is none', () => {
  let feed = ''
  const headers = () => ({ authorization: `Bearer ${platekeep.administrator}` })
  const lists: Record<string, [body: () => Body, headers: Record<string, string>, statuses: number[]]> = {
    nothing: [() => '', {}, [400, 422]],
    'bytes without sense': [
      () => Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 7919) % 256)),
      {},
      [400, 422],
    ],
    'a file of NUL': [() => zeros(1), {}, [400, 422]],
    'one line of 100 MB': [() => line(100), {}, [400, 422]],
    'broken gzip': [() => Buffer.from('no gzip'), { 'content-encoding': 'gzip' }, [400]],
    'gzip cut short': [
      () => gzipSync(`plate,state\n${'ABC123,MA\n'.repeat(1_000)}`).subarray(0, 60),
      { 'content-encoding': 'gzip' },
      [400],
    ],
    'a gzip bomb': [() => gzipSync(zeros(300)), { 'content-encoding': 'gzip' }, [400, 422]],
    'a web page': [() => '<html><body>404</body></html>', {}, [400, 422]],
    'a picture': [() => Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), { 'content-type': 'image/jpeg' }, [415]],
  }
  beforeAll(async () => {
    const draft = {
      agencyId: platekeep.towns[0].agencyId,
      name: 'A list',
      category: 'stolen-vehicle',
      format: 'csv',
      mode: 'replace',
      refreshHoursMax: 24,
    }
    const made = await platekeep.send(
      'POST',
      '/v1/feeds',
      { ...headers(), 'content-type': json },
      JSON.stringify(draft),
    )
    feed = (made.body as { id: string }).id
  })
  test.each(Object.keys(lists))('%s: refused whole, and the list stays as it was', async (name) => {
    const [body, more, statuses] = lists[name] ?? [() => '', {}, []]
    const before = await tablesOf(platekeep.owner)
    const reply = await platekeep.send(
      'POST',
      `/v1/feeds/${feed}/revisions`,
      { ...headers(), 'content-type': 'text/csv', ...more },
      body(),
    )
    expect(statuses).toContain(reply.status)
    expect(reply.body).toMatchObject({
      code: 'invalid',
      errors: [{ path: expect.any(String), rule: expect.any(String) }],
    })
    expect(await tablesOf(platekeep.owner)).toEqual(before)
  })
  test('a NUL inside a row costs the row', async () => {
    const reply = await platekeep.send(
      'POST',
      `/v1/feeds/${feed}/revisions`,
      { ...headers(), 'content-type': 'text/csv' },
      'plate,state\nABC123,MA\nAB\0C124,MA\nABC125,MA\n',
    )
    expect(reply).toMatchObject({ status: 200, body: { rows: 2, rejected: 1 } })
  })
})

/** One line of so many megabytes, made as it goes; `sent` counts what was taken. */
async function* line(megabytes: number, sent: { bytes: number } = { bytes: 0 }): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(64 * 1024, 'x')
  for (; sent.bytes < megabytes * megabyte; sent.bytes += piece.length) yield piece
}

describe('what never ends', () => {
  test.each([json, 'application/x-ndjson'])(
    'a line of 100 MB as %s is refused after its first megabytes',
    async (type) => {
      const sent = { bytes: 0 }
      const reply = await send('/v1/reads', line(100, sent), { 'content-type': type })
      expect(reply.status).toBe(413)
      expect(sent.bytes).toBeLessThan(40 * megabyte) // Beyond 8 MiB it is what lay in buffers on the way.
    },
  )
  test('a body that announces 100 MB is refused before it comes', async () => {
    const reply = await send('/v1/reads', line(1), {
      'content-length': String(100 * megabyte),
      connection: 'close',
    })
    expect(reply.status).toBe(413)
  })
  test('headers without end are cut off', async () => {
    const { hostname, port } = new URL(platekeep.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20 * 1024)}`)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 431 /)
  })
  test('thirty-two bombs at once: the memory stays flat, and the server answers on', async () => {
    const bomb = gzipSync(zeros(200))
    const replies = await Promise.all(
      Array.from({ length: 32 }, () => send('/v1/reads', bomb, { 'content-encoding': 'gzip' })),
    )
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([413]))
    const fine = await send('/v1/reads', gzipSync(reads(good())), { 'content-encoding': 'gzip' })
    expect(fine).toMatchObject({ status: 200, body: { stored: 1 } })
    await delay(100)
    const peak = await platekeep.peakBytes()
    expect(peak ?? 0).toBeLessThan(350 * megabyte)
    expect(platekeep.server.mistakes()).toEqual([])
  })
})
