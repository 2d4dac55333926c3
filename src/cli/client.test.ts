import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Type from 'typebox'
import { afterEach, describe, expect, test } from 'vitest'
import { Client, sendingOf } from './client.ts'
import { follow, type StreamEvent } from './eventSource.ts'
import { retrying } from './retrying.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0)) step()
})

/** A client of a server that answers as told. */
async function clientOf(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Client> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  const client = new Client({ server: `http://127.0.0.1:${port}`, token: 'pk_test' })
  undo.push(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  return client
}

const operation = {
  route: { method: 'GET', path: '/v1/things/:id' },
  reply: Type.Object({ name: Type.String() }),
  effect: 'read',
} as const

describe('a call', () => {
  test('puts what the path names there and the rest into the query, under the token', async () => {
    const client = await clientOf((request, response) => {
      response.end(JSON.stringify({ name: `${request.url} ${request.headers.authorization}` }))
    })
    expect(await client.call(operation, { id: 'a/b', limit: 3, after: undefined })).toEqual({
      name: '/v1/things/a%2Fb?limit=3 Bearer pk_test',
    })
  })

  test('of something that changes takes a key, so that it is done once however often it is sent', () => {
    const route = { method: 'POST', path: '/v1/things', body: 'json' } as const
    const [first, second] = [sendingOf({ route, effect: 'write' }, { a: 1 }), sendingOf({ route, effect: 'write' }, {})]
    expect(first.headers['idempotency-key']).toMatch(/^\w{20,}$/)
    expect(first.headers['idempotency-key']).not.toBe(second.headers['idempotency-key'])
    expect(first.body).toEqual(Buffer.from('{"a":1}'))
    expect(sendingOf({ route, effect: 'read' }, {}).headers).not.toHaveProperty('idempotency-key')
  })

  test('that is refused tells the faults, with their paths and clauses', async () => {
    const client = await clientOf((_request, response) => {
      const errors = [{ path: '/plate', rule: 'plate', message: 'must be a plate\u001b[2J', clause: 'GA-15' }]
      response.writeHead(400).end(JSON.stringify({ title: 'The request does not keep its contract', errors }))
    })
    await expect(client.call(operation, { id: 'x' })).rejects.toThrow(
      'The request does not keep its contract: /plate must be a plate?[2J (plate, GA-15).',
    )
  })

  test('that is answered in another form says that the versions differ', async () => {
    const client = await clientOf((_request, response) => response.end('{"title": 1}'))
    await expect(client.call(operation, { id: 'x' })).rejects.toThrow('Use the same version of Platekeep')
  })

  test('is made again when the server asks to come back, after as long as it says', async () => {
    let asked = 0
    const client = await clientOf((_request, response) => {
      if (++asked < 3) response.writeHead(503, { 'retry-after': '0' }).end('{}')
      else response.end('{"name": "third"}')
    })
    expect(await client.call(operation, { id: 'x' })).toEqual({ name: 'third' })
    expect(asked).toBe(3)
  })

  test('waits at least what Retry-After says, and not at all where that is too long', async () => {
    const waits: number[] = []
    const answers = [
      { status: 429, retryAfter: 0.05 },
      { status: 503, retryAfter: undefined },
      { status: 503, retryAfter: 300 },
    ]
    const send = async () => ({ body: Buffer.alloc(0), ...(answers.shift() ?? { status: 200, retryAfter: undefined }) })
    const patience = { triesMax: 9, waitMsMin: 1, waitMsMax: 5, onWait: (waitMs: number) => waits.push(waitMs) }
    expect(await retrying(send, patience)).toMatchObject({ status: 503, retryAfter: 300 })
    expect(waits).toHaveLength(2)
    expect(waits[0]).toBeGreaterThanOrEqual(50)
    expect(waits[1]).toBeLessThan(10)
  })

  test('gives the last answer when patience ends', async () => {
    let asked = 0
    const send = async () => ({ status: ++asked === 3 ? 429 : 503, retryAfter: 0, body: Buffer.alloc(0) })
    expect(await retrying(send, { triesMax: 3, waitMsMin: 1, waitMsMax: 1 })).toMatchObject({ status: 429 })
  })

  test('hears a refusal that comes before the whole body was sent', async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(403, { connection: 'close' }).end(JSON.stringify({ title: 'Refused by policy', detail: 'no' }))
    })
    async function* endless(): AsyncGenerator<Buffer> {
      for (let piece = 0; piece < 20_000; piece++) yield Buffer.alloc(16_384)
    }
    const answer = await client.send({ method: 'POST', path: '/', body: Readable.from(endless()) })
    expect(answer.status).toBe(403)
  })
})

describe('following a stream', () => {
  const route = { method: 'GET', path: '/v1/alerts/stream' } as const

  function streaming(response: ServerResponse): ServerResponse {
    return response.writeHead(200, { 'content-type': 'text/event-stream' })
  }
  function event(id: number, data = `alert ${id}`): string {
    return `id: ${id}\nevent: alert\ndata: ${data}\n\n`
  }

  test('goes on after the last event when the connection is lost, and passes none on twice', async () => {
    const asked: (string | undefined)[] = []
    const client = await clientOf((request, response) => {
      asked.push(request.headers['last-event-id']?.toString())
      const out = streaming(response)
      if (asked.length === 1) {
        out.write(`: position 3\n\n${event(4)}${event(5)}`)
        setTimeout(() => out.destroy(), 30)
      } else out.write(event(5) + event(6))
    })
    const stop = new AbortController()
    const events: StreamEvent[] = []
    const lost: string[] = []
    await follow(client, {
      route,
      since: undefined,
      signal: stop.signal,
      onEvent: (each) => {
        events.push(each)
        if (each.id === 6) stop.abort()
      },
      onLost: (reason) => lost.push(reason),
    })
    expect(asked).toEqual([undefined, '5'])
    expect(events.map(({ id }) => id)).toEqual([4, 5, 6])
    expect(lost).toHaveLength(1)
  })

  test('goes on from where the stream began, if it is lost before the first event', async () => {
    const asked: (string | undefined)[] = []
    const stop = new AbortController()
    const client = await clientOf((request, response) => {
      asked.push(request.headers['last-event-id']?.toString())
      const out = streaming(response)
      out.write(': position 41\n\n')
      if (asked.length === 1) setTimeout(() => out.destroy(), 30)
      else stop.abort()
    })
    await follow(client, { route, since: undefined, signal: stop.signal, onEvent: () => {}, onLost: () => {} })
    expect(asked).toEqual([undefined, '41'])
  })

  test('puts events together from pieces of any size, with several lines of data', async () => {
    const text = `: position 0\r\n\r\n: \n\nid: 1\nevent: alert\ndata: first\ndata: second\n\nevent: end\ndata: {"reason":"renew","message":"Again."}\n\n`
    let asked = 0
    const stop = new AbortController()
    const client = await clientOf((_request, response) => {
      const out = streaming(response)
      if (++asked > 1) return void out.write(event(2))
      void (async () => {
        for (const character of text) {
          out.write(character)
          await new Promise((resolve) => setImmediate(resolve))
        }
        out.end()
      })()
    })
    const events: StreamEvent[] = []
    const lost: string[] = []
    await follow(client, {
      route,
      since: undefined,
      signal: stop.signal,
      onEvent: (each) => {
        events.push(each)
        if (each.id === 2) stop.abort()
      },
      onLost: (reason) => lost.push(reason),
    })
    expect(events.map(({ event: name, data }) => [name, data])).toEqual([
      ['alert', 'first\nsecond'],
      ['end', '{"reason":"renew","message":"Again."}'],
      ['alert', 'alert 2'],
    ])
    expect(lost).toEqual(['Again.'])
  })

  test('ends where the server refuses, also later', async () => {
    let asked = 0
    const client = await clientOf((_request, response) => {
      if (++asked === 1) streaming(response).end(event(1))
      else response.writeHead(401).end('{}')
    })
    const following = follow(client, {
      route,
      since: 0,
      signal: new AbortController().signal,
      onEvent: () => {},
      onLost: () => {},
    })
    await expect(following).rejects.toThrow('The server does not know this token')
  })
})
