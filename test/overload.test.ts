import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../src/intake/adapters/adapters.ts'
import { sample } from '../src/intake/adapters/samples/samples.ts'
import { readdirSync } from 'node:fs'
import { tablesOf } from './looking.ts'
import { openPlatekeep, type Platekeep, type Reply } from './platekeep.ts'
import { isRecord } from './samples.ts'

const json = 'application/json'

/** Stands between a server and its database, and can be closed: then every connection is cut, and none is let in. */
class Bridge {
  readonly #open = new Set<Socket>()
  readonly #target: URL
  #server: Server | undefined
  #port = 0
  constructor(url: string) {
    this.#target = new URL(url)
  }
  /** Lets connections through; the address to use, the same each time. */
  async open(): Promise<string> {
    this.#server = createServer((from) => {
      const to = connect(Number(this.#target.port || 5432), this.#target.hostname)
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        this.#open.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          this.#open.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    const server = this.#server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    const address = server.address()
    this.#port = typeof address === 'object' && address ? address.port : 0
    const url = new URL(this.#target)
    url.host = `127.0.0.1:${this.#port}`
    return url.toString()
  }
  async close(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#open) socket.destroy()
    await closed
  }
}

let platekeep: Platekeep
let bridge: Bridge
let serial = 0
beforeAll(async () => {
  platekeep = await openPlatekeep((url) => {
    bridge = new Bridge(url)
    return bridge.open()
  })
})
afterAll(async () => {
  await platekeep.close()
  await bridge.close()
})

const post = (path: string, body: string | Buffer, mediaType = json): Promise<Reply> =>
  platekeep.send(
    'POST',
    path,
    { authorization: `Bearer ${platekeep.towns[0].server}`, 'content-type': mediaType },
    body,
  )

/** So many reads that nobody sent before: each of its own millisecond. */
function batch(plate: string, size: number, more: object = {}): string {
  const from = Date.now() - 3_600_000
  const items = Array.from({ length: size }, () => {
    const capturedAt = new Date(from + serial++).toISOString()
    return { plate, capturedAt, device: 'camera-1', ...more }
  })
  return JSON.stringify({ reads: items })
}
async function storedOf(plate: string): Promise<number> {
  const { rows } = await platekeep.owner.query<{ count: number }>(
    'select count(*)::int as count from reads where plate = $1',
    [plate],
  )
  return rows[0]?.count ?? 0
}
const retryAfter = ({ headers }: Reply): boolean => /^\d+$/.test(String(headers['retry-after']))

describe('CL-5: more than can be taken', () => {
  test('256 connections at several times the capacity: what is accepted is stored, what is not is told to come back', async () => {
    const size = 1_000
    const told = {
      make: 'A maker of cars',
      model: 'One of its models',
      colour: 'grey metallic',
      class: 'passenger car',
    }
    const end = performance.now() + 5_000
    const replies: Reply[] = []
    // Each body has some 170 kB: together they are more than may arrive at once.
    await Promise.all(
      Array.from({ length: 256 }, async () => {
        while (performance.now() < end) {
          const reply = await post('/v1/reads', batch('LOAD1', size, told))
          replies.push(reply)
          if (reply.status !== 200) await delay(50)
        }
      }),
    )
    const byStatus = Map.groupBy(replies, ({ status }) => status)
    expect([...byStatus.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([])
    const turnedAway = [...(byStatus.get(429) ?? []), ...(byStatus.get(503) ?? [])]
    expect(turnedAway.length).toBeGreaterThan(0)
    expect(turnedAway.filter((reply) => !retryAfter(reply))).toEqual([])
    const accepted = byStatus.get(200) ?? []
    expect(accepted.length).toBeGreaterThan(0)
    expect(accepted.every(({ body }) => isRecord(body) && body['stored'] === size)).toBe(true)
    expect(await storedOf('LOAD1')).toBe(accepted.length * size)
    expect(await platekeep.peakBytes().then((bytes) => bytes ?? 0)).toBeLessThan(450 * 1024 * 1024)
  }, 60_000)
  test('afterwards everybody is served as before', async () => {
    const me = await platekeep.send('GET', '/v1/me', { authorization: `Bearer ${platekeep.towns[0].server}` })
    expect(me.status).toBe(200)
    expect(await post('/v1/reads', batch('LOAD2', 1))).toMatchObject({ status: 200, body: { stored: 1 } })
    expect(platekeep.server.mistakes()).toEqual([])
  })
})

describe('the database is down', () => {
  const ready = () => platekeep.send('GET', '/readyz', {})
  const me = () => platekeep.send('GET', '/v1/me', { authorization: `Bearer ${platekeep.towns[0].device}` })

  test('everything is put off, nothing is done, and the server comes back by itself', async () => {
    expect((await ready()).status).toBe(200)
    const before = await tablesOf(platekeep.owner)
    await bridge.close()
    const down = [
      await ready(),
      await me(),
      await post('/v1/reads', batch('DOWN1', 3)),
      await post('/v1/intake/verkada', '{}'),
    ]
    expect(down.map(({ status }) => status)).toEqual([503, 503, 503, 503])
    expect(down.filter((reply) => !retryAfter(reply))).toEqual([])
    expect(down.map(({ text }) => text).join()).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|postgres/i)
    expect((await platekeep.send('GET', '/healthz', {})).status).toBe(200)
    expect(await tablesOf(platekeep.owner)).toEqual(before)
    await bridge.open()
    await expect.poll(async () => (await ready()).status, { timeout: 15_000, interval: 100 }).toBe(200)
    expect(await post('/v1/reads', batch('DOWN2', 3))).toMatchObject({ status: 200, body: { stored: 3 } })
    expect(await storedOf('DOWN1')).toBe(0)
    // The log goes on as well: what was recorded since gets its place.
    await expect
      .poll(async () => (await platekeep.owner.query('select from log_outbox')).rowCount, {
        timeout: 15_000,
        interval: 100,
      })
      .toBe(0)
  })
  test('in the middle of acts: what was acknowledged is there, and what was not may be sent again', async () => {
    const bodies = Array.from({ length: 60 }, () => batch('CUT1', 10))
    const first = bodies.map((body) => post('/v1/reads', body).catch(() => undefined))
    await delay(15)
    await bridge.close()
    const replies = await Promise.all(first)
    expect(replies.every((reply) => reply !== undefined && [200, 503].includes(reply.status))).toBe(true)
    const acknowledged = replies.filter((reply) => reply?.status === 200).length
    expect(await storedOf('CUT1')).toBeGreaterThanOrEqual(acknowledged * 10)
    await bridge.open()
    await expect.poll(async () => (await ready()).status, { timeout: 15_000, interval: 100 }).toBe(200)
    const again = await Promise.all(bodies.map((body) => post('/v1/reads', body)))
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await storedOf('CUT1')).toBe(600)
  })
})

// What vendors send, in their own words, to be bent by chance.
const folder = new URL('../src/intake/adapters/samples/', import.meta.url)
const messages = readdirSync(folder)
  .filter((name) => /\.(?:json|xml)$/.test(name))
  .map((name) => {
    const vendor = name.split('-')[0] ?? ''
    return { name, vendor, mediaType: name.endsWith('.xml') ? 'application/xml' : json, text: sample(name).toString() }
  })

const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    '',
    '\0',
    '\u0007',
    '🚗',
    'A'.repeat(300),
    -1,
    1e308,
    0.1,
    null,
    true,
    [],
    {},
    'ÿ',
    '__proto__',
    '2026-02-30T00:00:00Z',
    '9'.repeat(400),
  ),
)
/** A value with one thing inside it replaced, removed or added, wherever chance has it. */
function bent(value: unknown, steps: readonly number[], by: unknown): unknown {
  const [step = 0, ...rest] = steps
  if (typeof value !== 'object' || value === null || steps.length === 0) return by
  if (Array.isArray(value))
    return value.map((each, index) => (index === step % value.length ? bent(each, rest, by) : each))
  const names = Object.keys(value)
  const name = names[step % (names.length + 1)] ?? 'more'
  return { ...value, [name]: bent(Reflect.get(value, name), rest, by) }
}
const steps = fc.array(fc.nat(30), { maxLength: 5 })

describe('garbage of every kind', () => {
  async function notOurs(replies: Promise<Reply>): Promise<void> {
    const { status, text } = await replies
    if (status >= 500 || status < 200) throw new Error(`${status}: ${text}`)
  }
  const runs = { numRuns: 120, endOnFailure: true, timeout: 20_000 } as const

  test('as JSON in our own form', async () => {
    const item = {
      ...JSON.parse(batch('GARB1', 1)).reads[0],
      latitude: 1,
      longitude: 2,
      alternatives: [{ plate: 'A', confidence: 1 }],
      eventId: 'x',
    }
    const own = fc.tuple(steps, strange).map(([at, by]) => bent({ reads: [item, item] }, at, by))
    await fc.assert(
      fc.asyncProperty(fc.oneof(own, strange), (value) => notOurs(post('/v1/reads', JSON.stringify(value) ?? ''))),
      runs,
    )
    expect(platekeep.server.isRunning()).toBe(true)
  }, 60_000)
  test('as bytes', async () => {
    const types = fc.constantFrom('application/json', 'application/x-ndjson')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), types, (bytes, type) =>
        notOurs(post('/v1/reads', Buffer.from(bytes), type)),
      ),
      runs,
    )
    expect(platekeep.server.isRunning()).toBe(true)
  }, 60_000)
  test.each(messages)(
    'bent from $name',
    async ({ vendor, mediaType, text }) => {
      const torn = fc
        .tuple(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 20 }))
        .map(([at, length, by]) => text.slice(0, at) + by + text.slice(at + length))
      const whole: fc.Arbitrary<string> =
        mediaType === json
          ? fc.oneof(
              torn,
              fc.tuple(steps, strange).map(([at, by]) => JSON.stringify(bent(JSON.parse(text), at, by)) ?? ''),
            )
          : torn
      await fc.assert(
        fc.asyncProperty(whole, (body) => notOurs(post(`/v1/intake/${vendor}`, body, mediaType))),
        { ...runs, numRuns: 40 },
      )
      expect(platekeep.server.isRunning()).toBe(true)
    },
    60_000,
  )
  test('as parts of a multipart message', async () => {
    const partText = fc.record({
      name: fc.string({ maxLength: 12 }),
      type: fc.constantFrom('application/json', 'text/xml', 'image/jpeg', '', 'x'),
      body: fc.string({ maxLength: 200 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(partText, { maxLength: 5 }), fc.constantFrom(...adapters.keys()), (parts, vendor) => {
        const body = parts
          .map(
            ({ name, type, body: text }) =>
              `--b\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`,
          )
          .join('')
        return notOurs(post(`/v1/intake/${vendor}`, `${body}--b--\r\n`, 'multipart/form-data; boundary=b'))
      }),
      { ...runs, numRuns: 80 },
    )
    expect(platekeep.server.isRunning()).toBe(true)
  }, 60_000)
  test('leaves the server well, and its log without a mistake', async () => {
    expect(messages.length).toBeGreaterThan(10)
    expect(new Set(messages.map(({ vendor }) => vendor))).toEqual(new Set(adapters.keys()))
    expect((await platekeep.send('GET', '/readyz', {})).status).toBe(200)
    expect(platekeep.server.mistakes()).toEqual([])
  })
})
