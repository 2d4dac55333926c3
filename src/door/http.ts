/**
 * HTTP, derived from the list of operations: one route each, nothing by hand. A route that is not in the list cannot be
 * added (the server refuses to start), apart from the few that say how the server is (`/healthz`, `/readyz`, `/metrics`).
 */
import helmet from '@fastify/helmet'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Fatal, Invalid, NotFound, PlatekeepError, TooMuch, Unauthenticated, Unavailable } from '../kernel/errors.ts'
import { errorFields } from '../kernel/log.ts'
import { decompressed, mediaTypeOf, streamed, tooLarge } from './bodies.ts'
import { coerced } from './contract.ts'
import type { Actor, AnyOperation, Caller, Route } from './operation.ts'
import { perform, type Act, type Door } from './perform.ts'
import { allRefusedProblem, problemOf } from './problem.ts'
import { SourceThrottle } from './throttle.ts'

export type EventStream = {
  caller: Caller
  refresh: () => Promise<Actor>
  after: number | undefined
  send: (event: { id?: number; event?: string; data: string }) => boolean
  end: (reason: string) => void
}

export type HttpOptions = {
  door: Door
  operations: readonly AnyOperation[]
  /** Who bears a token; throws `Unauthenticated`. */
  actorOf: (token: string) => Promise<Actor>
  /** A refused sign-in of an identifier that exists is recorded under it. */
  recordUnauthenticated: (token: string | undefined, operation: string, from: string) => Promise<void>
  /** Operations that are collected into groups: how to perform one act of theirs. */
  collected: ReadonlyMap<string, (act: Act, bytes: number) => Promise<unknown>>
  /** Opens a stream of server-sent events for an operation with `route.events`. */
  openEvents: (operation: string, stream: EventStream) => { close: () => void }
  /** Why the server is not ready, or undefined. */
  unready: () => Promise<string | undefined>
  requestsAtOnce: number
}

const jsonBytesMax = 256 * 1024
const streamBytesMax = 1024 * 1024 * 1024
const headersTimeoutMs = 10_000
const requestTimeoutMs = 60_000
const idempotencyKeyForm = /^[\u0021-\u007e]{8,100}$/
const plain = new Set(['/healthz', '/readyz', '/metrics'])

/** A Fastify server with one route for each operation that has one. Not yet listening. */
export async function openHttp(options: HttpOptions): Promise<FastifyInstance> {
  const declared = new Set(options.operations.flatMap(({ route }) => (route ? [`${route.method} ${route.path}`] : [])))
  const app = fastify({
    bodyLimit: jsonBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 100 },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    http: { headersTimeout: headersTimeoutMs, maxHeaderSize: 16 * 1024 },
  })
  app.addHook('onRoute', ({ method, url }) => {
    if (!plain.has(url) && !declared.has(`${String(method)} ${url}`))
      throw new Fatal(`the route ${String(method)} ${url} belongs to no operation`)
  })
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  })
  app.setErrorHandler((error, request, reply) => sendProblem(options.door, request, reply, ours(error)))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(options.door, request, reply, new NotFound('There is no such address. See /v1 in docs/openapi.json.')),
  )
  admit(app, options)
  const throttle = new SourceThrottle(options.door.clock)
  for (const streaming of [false, true]) {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      if (streaming) scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      else scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      for (const operation of options.operations) {
        if (operation.route && (operation.route.body === 'stream') === streaming)
          addRoute(scope, options, throttle, operation, operation.route)
      }
    })
  }
  addPlainRoutes(app, options)
  return app
}

/** Newcomers beyond the limit are told to come back, before anything is read or done for them. */
function admit(app: FastifyInstance, { requestsAtOnce }: HttpOptions): void {
  let inProgress = 0
  app.addHook('onRequest', async (request, reply) => {
    if (plain.has(request.url)) return
    if (inProgress >= requestsAtOnce) {
      void reply.header('connection', 'close')
      throw new Unavailable('Too many requests are in progress. Send it again in a moment.', 1)
    }
    inProgress++
    reply.raw.once('close', () => inProgress--)
  })
}

function addRoute(
  app: FastifyInstance,
  options: HttpOptions,
  throttle: SourceThrottle,
  operation: AnyOperation,
  route: Route,
): void {
  const { door } = options
  app.route({
    method: route.method,
    url: route.path,
    bodyLimit: route.bodyBytesMax ?? jsonBytesMax,
    handler: async (request, reply) => {
      const token = /^Bearer ([\u0021-\u007e]{1,200})$/.exec(request.headers.authorization ?? '')?.[1]
      const actor = await authenticated(options, throttle, operation.id, token, request.ip)
      const caller: Caller = { actor, from: request.ip, idempotencyKey: idempotencyKeyOf(request) }
      const { raw, bytes } = await rawRequest(request, operation, route)
      const group = options.collected.get(operation.id)
      const result = group ? await group({ caller, raw }, bytes) : await perform(door, operation, caller, raw)
      operation.committed?.()
      if (route.events) return openEvents(options, operation, caller, token ?? '', result, request, reply)
      const faults = operation.allRefused?.(result)
      void reply.header('cache-control', 'no-store')
      if (faults)
        return reply
          .code(422)
          .type('application/problem+json')
          .send(JSON.stringify({ ...allRefusedProblem(faults), ...asObject(result) }))
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(result))
    },
  })
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

async function authenticated(
  options: HttpOptions,
  throttle: SourceThrottle,
  operation: string,
  token: string | undefined,
  from: string,
): Promise<Actor> {
  throttle.check(from)
  try {
    return await options.actorOf(token ?? '')
  } catch (error) {
    if (error instanceof Unauthenticated) {
      throttle.failed(from)
      options.door.metrics.unauthenticated.inc()
      await options.recordUnauthenticated(token, operation, from)
    }
    throw error
  }
}

function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !idempotencyKeyForm.test(key)) {
    throw new Invalid([
      { path: '', rule: 'idempotency-key', message: 'must be 8 to 100 printable characters without spaces' },
    ])
  }
  return key
}

/** The request as the operation will parse it, and how many bytes of body it has. */
async function rawRequest(
  request: FastifyRequest,
  operation: AnyOperation,
  route: Route,
): Promise<{ raw: unknown; bytes: number }> {
  const given = coerced(operation.request, { ...asObject(request.query), ...asObject(request.params) })
  if (route.method === 'GET') return { raw: given, bytes: 0 }
  const encoding = request.headers['content-encoding']?.toLowerCase()
  if (route.body === 'stream')
    return {
      raw: { ...given, stream: streamed(request.raw, encoding, route.bodyBytesMax ?? streamBytesMax) },
      bytes: 0,
    }
  const contentType = request.headers['content-type']
  const mediaType = mediaTypeOf(contentType)
  const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const bytes = await decompressed(sent, encoding, route.bodyBytesMax ?? jsonBytesMax)
  if (route.body === 'bytes') {
    const allowed = route.mediaTypes ?? []
    if (mediaType === undefined || !allowed.includes(mediaType)) throw wrongMediaType(allowed)
    return { raw: { mediaType, contentType, bytes, params: request.params }, bytes: bytes.length }
  }
  if (bytes.length === 0) return { raw: given, bytes: 0 }
  if (mediaType !== 'application/json') throw wrongMediaType(['application/json'])
  return { raw: { ...jsonObject(bytes), ...given }, bytes: bytes.length }
}

function wrongMediaType(allowed: readonly string[]): Invalid {
  return new Invalid(
    [{ path: '', rule: 'media-type', message: `the Content-Type must be ${allowed.join(' or ')}` }],
    415,
  )
}

function jsonObject(bytes: Buffer): object {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new Invalid([{ path: '', rule: 'json', message: 'is not JSON' }])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Invalid([{ path: '', rule: 'type', message: 'must be a JSON object' }])
  return value
}

function openEvents(
  options: HttpOptions,
  operation: AnyOperation,
  caller: Caller,
  token: string,
  opened: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const last = request.headers['last-event-id']
  const resumed = typeof last === 'string' && /^\d{1,15}$/.test(last) ? Number(last) : undefined
  const start =
    typeof opened === 'object' && opened !== null && 'position' in opened && typeof opened.position === 'number'
      ? opened.position
      : undefined
  void reply.hijack()
  const out = reply.raw
  out.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  out.flushHeaders()
  out.socket?.setNoDelay(true)
  out.write(`: position ${resumed ?? start ?? 0}\n\n`)
  const stream = options.openEvents(operation.id, {
    caller,
    refresh: () => options.actorOf(token),
    after: resumed ?? start,
    send: ({ id, event, data }) => {
      const lines = [
        ...(id === undefined ? [] : [`id: ${id}`]),
        ...(event ? [`event: ${event}`] : []),
        ...data.split('\n').map((line) => `data: ${line}`),
      ]
      return out.write(event === 'heartbeat' ? ': \n\n' : `${lines.join('\n')}\n\n`)
    },
    end: () => out.end(),
  })
  out.on('close', () => stream.close())
  return reply
}

/** Errors of Fastify's own, in our words. */
function ours(error: unknown): unknown {
  if (error instanceof PlatekeepError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(jsonBytesMax)
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return wrongMediaType(['application/json'])
  const status =
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  if (status === 413) return tooLarge(jsonBytesMax)
  if (status === 429) return new TooMuch(429, 'Too many requests.', 1)
  if (status >= 400 && status < 500)
    return new Invalid([{ path: '', rule: 'request', message: 'is not a request this server understands' }])
  return error
}

function sendProblem(door: Door, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { problem, headers } = problemOf(error)
  if (problem.errorId && !(error instanceof PlatekeepError) && !(error instanceof Error && error.name === 'Bug')) {
    door.log('error', 'a request failed because of a mistake in the program', {
      route: request.routeOptions.url,
      errorId: problem.errorId,
      ...errorFields(error),
    })
  }
  return reply
    .code(problem.status)
    .headers(headers)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem))
}

/** How the server is. They show nothing about anybody and ask for no token. */
function addPlainRoutes(app: FastifyInstance, { unready, door }: HttpOptions): void {
  app.get('/healthz', async () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) => {
    const reason = await unready()
    if (reason === undefined) return { status: 'ready' }
    return reply.code(503).header('retry-after', '2').send({ status: 'not ready', reason })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(door.metrics.registry.contentType).send(await door.metrics.registry.metrics()),
  )
}
