/**
 * HTTP, derived from the list of operations: one route each, nothing by hand. A route that is not in the list cannot be
 * added (the server refuses to start), apart from the few that say how the server is (`/healthz`, `/readyz`, `/metrics`).
 */
import helmet from '@fastify/helmet'
import type { IncomingMessage } from 'node:http'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { must } from '../kernel/assert.ts'
import { Fatal, Invalid, NotFound, PlatekeepError, TooMuch, Unauthenticated, Unavailable } from '../kernel/errors.ts'
import { errorFields } from '../kernel/log.ts'
import { tooLarge } from './bodies.ts'
import type { Actor, AnyOperation, Caller, Route } from './operation.ts'
import { perform, recordInvalid, type Act, type Door } from './perform.ts'
import { allRefusedProblem, problemOf } from './problem.ts'
import { asObject, idempotencyKeyOf, jsonBytesMax, rawRequest, wrongMediaType } from './requests.ts'
import { BodyBudget, SourceThrottle } from './throttle.ts'

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

const headersTimeoutMs = 10_000
/** How long the rest of a refused body may take to come. */
const unreadMsMax = 5_000
// A large hot list may take minutes to arrive over a slow line; its own limits are in hotlists/receivedFile.ts.
const requestTimeoutMs = 330_000
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
    // An address that cannot even be decoded.
    frameworkErrors: (error, request, reply) => void sendProblem(options.door, request, reply, ours(error)),
    http: { headersTimeout: headersTimeoutMs, maxHeaderSize: 16 * 1024 },
  })
  app.addHook('onRoute', ({ method, url }) => {
    if (!plain.has(url) && !declared.has(`${String(method)} ${url}`))
      throw new Fatal(`the route ${String(method)} ${url} belongs to no operation`)
  })
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  })
  const unread: Unread = new WeakMap()
  app.setErrorHandler(async (error, request, reply) => {
    const reason = await recordUnread(options.door, unread.get(request), request, ours(error))
    return sendProblem(options.door, request, reply, reason)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(options.door, request, reply, new NotFound('There is no such address. See /v1 in docs/openapi.json.')),
  )
  const admission = new Admission()
  app.addHook('onRequest', async (request, reply) => admission.admit(request, reply, options.requestsAtOnce))
  const throttle = new SourceThrottle(options.door.clock)
  const bodies = new BodyBudget()
  for (const streaming of [false, true]) {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      if (streaming) scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      else scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      for (const operation of options.operations) {
        if (operation.route && (operation.route.body === 'stream') === streaming)
          addRoute(scope, { ...options, throttle, admission, bodies, unread }, operation, operation.route)
      }
    })
  }
  addPlainRoutes(app, options)
  return app
}

/**
 * Newcomers beyond the limit are told to come back, before anything is read or done for them. A request counts until its
 * connection is done with it; a stream of events only until it is open, since it has a limit of its own.
 */
class Admission {
  #inProgress = 0
  readonly #admitted = new WeakSet<IncomingMessage>()
  admit(request: FastifyRequest, reply: FastifyReply, most: number): void {
    if (plain.has(request.url)) return
    if (this.#inProgress >= most)
      throw new Unavailable('Too many requests are in progress. Send it again in a moment.', 1)
    this.#inProgress++
    this.#admitted.add(request.raw)
    reply.raw.once('close', () => this.release(request))
  }
  release(request: FastifyRequest): void {
    if (this.#admitted.delete(request.raw)) this.#inProgress--
  }
}

/** Requests of known actors, until their act is begun: from then on the door itself records what becomes of it. */
type Unread = WeakMap<FastifyRequest, { operation: string; actor: Actor; token: string }>
type RouteOptions = HttpOptions & {
  throttle: SourceThrottle
  admission: Admission
  bodies: BodyBudget
  unread: Unread
}

/** A request that could not even be read leaves its one record (DESIGN section 1). Gives back what the caller is told. */
async function recordUnread(
  door: Door,
  known: { operation: string; actor: Actor } | undefined,
  { ip }: FastifyRequest,
  reason: unknown,
): Promise<unknown> {
  if (!known || !(reason instanceof Invalid || reason instanceof TooMuch)) return reason
  try {
    await recordInvalid(door, known.operation, { actor: known.actor, from: ip }, reason)
    return reason
  } catch (error) {
    return error
  }
}

/** Who asks is known before a byte of the body is read: nobody known is given no room for one. */
function addRoute(app: FastifyInstance, options: RouteOptions, operation: AnyOperation, route: Route): void {
  const { door, bodies, unread } = options
  app.route({
    method: route.method,
    url: route.path,
    bodyLimit: route.bodyBytesMax ?? jsonBytesMax,
    onRequest: async (request, reply) => {
      const token = /^Bearer ([\u0021-\u007e]{1,200})$/.exec(request.headers.authorization ?? '')?.[1]
      const actor = await authenticated(options, operation.id, token, request.ip)
      unread.set(request, { operation: operation.id, actor, token: token ?? '' })
      if (route.body === 'json' || route.body === 'bytes') bodies.reserve(request, reply)
    },
    handler: async (request, reply) => {
      const { actor, token } = must(unread.get(request), 'who asks was found out before')
      const caller: Caller = { actor, from: request.ip, idempotencyKey: idempotencyKeyOf(request) }
      const { raw, bytes } = await rawRequest(request, operation, route)
      unread.delete(request)
      const group = options.collected.get(operation.id)
      const result = group ? await group({ caller, raw }, bytes) : await perform(door, operation, caller, raw)
      operation.committed?.()
      if (route.events) return openEvents(options, operation.id, caller, token, result, reply)
      letPass(request, reply)
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

async function authenticated(
  options: RouteOptions,
  operation: string,
  token: string | undefined,
  from: string,
): Promise<Actor> {
  const { throttle } = options
  try {
    return await options.actorOf(token ?? '')
  } catch (error) {
    if (error instanceof Unauthenticated) {
      // Only those who fail wait: behind one address there may be a whole department, or a proxy with everybody behind it.
      throttle.check(from)
      throttle.failed(from)
      options.door.metrics.unauthenticated.inc()
      await options.recordUnauthenticated(token, operation, from)
    }
    throw error
  }
}

/** What a slow client may leave unread before it is dropped; it comes back with the last event it has. */
const unreadBytesMax = 1024 * 1024

function openEvents(
  options: RouteOptions,
  operation: string,
  caller: Caller,
  token: string,
  opened: unknown,
  reply: FastifyReply,
): FastifyReply {
  const out = reply.raw
  const position = 'position' in asObject(opened) ? Number((opened as { position: unknown }).position) : undefined
  const write = ({ id, event, data }: { id?: number; event?: string; data: string }): boolean => {
    const fields = [...(id === undefined ? [] : [`id: ${id}`]), ...(event ? [`event: ${event}`] : [])]
    out.write(
      event === 'heartbeat'
        ? ': \n\n'
        : `${[...fields, ...data.split('\n').map((line) => `data: ${line}`)].join('\n')}\n\n`,
    )
    return out.writableLength < unreadBytesMax
  }
  // Subscribed before anything is written: a refusal is still an ordinary answer. Events come later than this tick.
  const stream = options.openEvents(operation, {
    caller,
    refresh: () => options.actorOf(token),
    after: position,
    send: write,
    end: (reason) => (reason === 'slow' ? out.destroy() : out.end()),
  })
  out.on('close', () => stream.close())
  options.admission.release(reply.request)
  void reply.hijack()
  out.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  out.socket?.setNoDelay(true)
  out.socket?.setTimeout(0)
  out.write(`: position ${position ?? 0}\n\n`)
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
  letPass(request, reply)
  return reply
    .code(problem.status)
    .headers(headers)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem))
}

/**
 * What is left of a body that nobody reads any more goes by unread. Closing at once could overtake the answer on its way, and
 * leaving it would have it taken for the next request; who sends on and on is cut off.
 */
function letPass({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return
  void reply.removeHeader('connection')
  raw.unpipe()
  raw.removeAllListeners('readable').removeAllListeners('data').resume()
  setTimeout(() => raw.complete || raw.destroy(), unreadMsMax).unref()
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
