/**
 * From an HTTP request to what an operation parses: fields where they belong, of the media type that is taken, decompressed
 * within limits. Everything here happens after it is known who asks, and before anything is done.
 */
import type { FastifyRequest } from 'fastify'
import { Invalid } from '../kernel/errors.ts'
import { pointerSegment, strictJson } from '../kernel/json.ts'
import { decompressed, mediaTypeOf, streamed } from './bodies.ts'
import { coerced } from './contract.ts'
import type { AnyOperation, Route } from './operation.ts'

export const jsonBytesMax = 256 * 1024
const streamBytesMax = 1024 * 1024 * 1024
const idempotencyKeyForm = /^[\u0021-\u007e]{8,100}$/
const control = /[\u0000-\u001f\u007f]/

/** The sender's own key for this act. Throws `Invalid` where it is none. */
export function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !idempotencyKeyForm.test(key)) {
    throw new Invalid([
      { path: '', rule: 'idempotency-key', message: 'must be 8 to 100 printable characters without spaces' },
    ])
  }
  return key
}

/** The request as the operation will parse it, and how many bytes of body it has. Throws `Invalid` or `TooMuch` (413). */
export async function rawRequest(
  request: FastifyRequest,
  operation: AnyOperation,
  route: Route,
): Promise<{ raw: unknown; bytes: number }> {
  const query = asObject(request.query)
  const params = asObject(request.params)
  if (route.method !== 'GET' && route.body !== 'stream')
    refuseFields(Object.keys(query), 'there is no field of this name in the address')
  const given = coerced(operation.request, { ...query, ...params })
  refuseControls(given)
  if (route.method === 'GET') return { raw: route.events ? { ...given, ...resumed(request) } : given, bytes: 0 }
  const encoding = request.headers['content-encoding']?.toLowerCase()
  const contentType = request.headers['content-type']
  const allowed = route.mediaTypes ?? ['application/json']
  const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  if (route.body === 'json' && sent.length === 0 && contentType === undefined) return { raw: given, bytes: 0 }
  const mediaType = mediaTypeOf(contentType)
  if (mediaType === undefined || !allowed.includes(mediaType)) throw wrongMediaType(allowed)
  if (route.body === 'stream') {
    const stream = streamed(request.raw, encoding, route.bodyBytesMax ?? streamBytesMax)
    return { raw: { ...given, stream }, bytes: 0 }
  }
  const bytes = await decompressed(sent, encoding, route.bodyBytesMax ?? jsonBytesMax)
  if (route.body === 'bytes') return { raw: { mediaType, contentType, bytes, params }, bytes: bytes.length }
  const body = bytes.length === 0 ? {} : jsonObject(bytes)
  const misplaced = Object.keys(body).filter((name) => Object.hasOwn(params, name))
  refuseFields(misplaced, 'stands in the address, and not here')
  return { raw: { ...body, ...given }, bytes: bytes.length }
}

/** The error (415) for a body of a type that is not taken; it names those that are. */
export function wrongMediaType(allowed: readonly string[]): Invalid {
  return new Invalid(
    [{ path: '', rule: 'media-type', message: `the Content-Type must be ${allowed.join(' or ')}` }],
    415,
  )
}

/** The value if it is an object, and an empty one otherwise. */
export function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** Fields that are not where they belong. What stands in an address is kept by proxies and browsers: a plate must not. */
function refuseFields(names: readonly string[], message: string): void {
  if (names.length === 0) return
  throw new Invalid(
    names
      .slice(0, 20)
      .map((name) => ({ path: `/${pointerSegment(name)}`, rule: 'unknown-field', message, clause: 'CR-5.c' })),
  )
}

function refuseControls(given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (!control.test(name) && !(typeof value === 'string' && control.test(value))) continue
    const path = `/${pointerSegment(name)}`
    throw new Invalid([{ path, rule: 'control-character', message: 'holds a control character' }])
  }
}

function jsonObject(bytes: Buffer): object {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Invalid([{ path: '', rule: 'utf-8', message: 'is not UTF-8 text' }])
  }
  const value = strictJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Invalid([{ path: '', rule: 'type', message: 'must be a JSON object' }])
  return value
}

/** Where a reader of events goes on: its `Last-Event-ID`, recorded with the opening like anything else that is asked. */
function resumed(request: FastifyRequest): { after?: number } {
  const last = request.headers['last-event-id']
  return typeof last === 'string' && /^\d{1,15}$/.test(last) ? { after: Number(last) } : {}
}
