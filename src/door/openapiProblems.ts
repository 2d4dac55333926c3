/** Which errors an operation's route can answer with, derived from what the operation declares. */
import type { AnyOperation, Route } from './operation.ts'
import { closedObject, ref, type Json, type JsonSchema } from './openapiSchemas.ts'

const meanings = {
  400: 'The request does not keep its contract: each fault with its path and rule.',
  401: 'No valid access token.',
  403: 'Refused by policy: the clause, and what the person can do about it.',
  404: 'There is no such thing, or it is not for the caller to know.',
  409: 'The state of things forbids it, or the Idempotency-Key was used for another request.',
  413: 'The body is too large, before or after decompression.',
  415: 'The media type or the content encoding is not one that is taken.',
  422: 'Understood, and nothing of it could be accepted: each fault with its path and rule.',
  429: 'More than can be taken at the moment. Nothing was done; come back after Retry-After seconds.',
  500: 'A mistake of ours. Quote the id.',
  503: 'Something the act needs is down or busy. Nothing was done; come back after Retry-After seconds.',
} as const

const retried = new Set(['429', '503'])

/** `components.responses`: one for each status, all of them problem documents. */
export const problemResponses: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(meanings).map(([status, description]): [string, JsonSchema] => [
    `Problem${status}`,
    {
      description,
      ...(retried.has(status) ? { headers: { 'Retry-After': { schema: { type: 'integer' } } } } : {}),
      content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
    },
  ]),
)

const text = (description: string): Json => ({ type: 'string', description })
/** `components.schemas` of the problem documents. */
export const problemSchemas: Readonly<Record<string, JsonSchema>> = {
  Fault: closedObject(
    {
      path: text('Where, as a JSON pointer; empty for the request as a whole'),
      rule: text('Which rule is broken'),
      message: { type: 'string' },
      clause: text('The clause behind the rule, where there is one'),
    },
    ['path', 'rule', 'message'],
  ),
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: {
        type: 'string',
        enum: ['invalid', 'unauthenticated', 'refused', 'not-found', 'conflict', 'too-much', 'unavailable', 'bug'],
      },
      detail: text('What is wrong and how to mend it'),
      clause: text('The clause under which policy refused'),
      remedy: text('What the person can do about a refusal'),
      errors: { type: 'array', items: ref('schemas', 'Fault') },
      errorId: text('Names a mistake of ours in our own log'),
    },
  },
}

/** Whether a field of the request stands in the route's path. */
export function hasPathParameter({ path }: Pick<Route, 'path'>, name: string): boolean {
  return path.split('/').includes(`:${name}`)
}

/** The statuses besides success with which an operation may answer over HTTP, in ascending order. */
export function statusesOf(operation: AnyOperation): string[] {
  const { route, effect, refusalHidden } = operation
  const keyed = effect === 'write' || effect === 'secret'
  const applies: Record<keyof typeof meanings, boolean> = {
    400: true,
    401: true,
    403: !refusalHidden,
    404: refusalHidden === true || (route?.path.includes('/:') ?? false),
    409: keyed,
    413: route?.body !== undefined,
    415: route?.body !== undefined,
    422: operation.allRefused !== undefined || route?.body === 'stream',
    429: true,
    500: true,
    503: true,
  }
  return Object.entries(applies).flatMap(([status, may]) => (may ? [status] : []))
}
