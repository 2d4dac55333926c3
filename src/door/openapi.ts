/**
 * The description of the HTTP interface (OpenAPI 3.1), derived from the list of operations like the routes themselves, so that
 * it cannot say anything else than what the server does. It is checked in as `docs/openapi.json`; a test fails when it differs.
 */
import type { TSchema } from 'typebox'
import type { AnyOperation, Route } from './operation.ts'
import { hasPathParameter, problemResponses, problemSchemas, statusesOf } from './openapiProblems.ts'
import { closedObject, componentNames, jsonSchemaOf, ref, type Json, type JsonSchema } from './openapiSchemas.ts'

export type OpenApi = {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly security: readonly Json[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly responses: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>
  }
}

type Routed = AnyOperation & { readonly route: Route }

const about = `Every act is an operation: it is known who asks, the request is checked against its contract, an attempt is recorded,
the policy decides, and the outcome is recorded before the answer leaves. Unknown fields are refused by name. Errors are problem
documents (RFC 9457); a refusal by policy names its clause (policy/clauses).`

/** The document for a list of operations. Pure: the same list gives the same text. */
export function openApiOf(operations: readonly AnyOperation[], version: string): OpenApi {
  const routed = operations.filter((each): each is Routed => each.route !== undefined)
  const names = componentNames(
    routed.flatMap((operation) => [
      ...(operation.route.events ? [] : [{ name: `${pascal(operation.id)}Reply`, schema: operation.reply }]),
      ...(operation.route.bodySchema
        ? [{ name: `${pascal(operation.id)}Request`, schema: operation.route.bodySchema }]
        : []),
      ...(operation.route.events
        ? [{ name: `${pascal(operation.id)}Event`, schema: eventSchema(operations, operation.route.events) }]
        : []),
    ]),
  )
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const operation of routed) {
    const path = operation.route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.route.method.toLowerCase()]: described(operation, names) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Platekeep', version, description: about.replaceAll('\n', ' ') },
    servers: [{ url: '/', description: 'This server' }],
    security: [{ bearer: [] }],
    tags: [...new Set(routed.map(({ id }) => tagOf(id)))].map((name) => ({ name })),
    paths: { ...paths, ...plainPaths },
    components: {
      schemas: {
        ...Object.fromEntries([...names].map(([schema, name]) => [name, jsonSchemaOf(schema, names, true)])),
        ...problemSchemas,
      },
      responses: problemResponses,
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token: pk_…, shown once when it is issued, revocable.',
        },
      },
    },
  }
}

/** What one event of a stream holds: an item of the list that the internal operation delivers. */
function eventSchema(operations: readonly AnyOperation[], id: string): TSchema {
  const reply = operations.find((each) => each.id === id)?.reply
  for (const property of Object.values(propertiesOf(reply)))
    if ('items' in property && isSchema(property.items)) return property.items
  throw new TypeError(`the stream's operation ${id} is not in the list, or delivers no list`)
}

function described(operation: Routed, names: ReadonlyMap<TSchema, string>): JsonSchema {
  const { id, title, steps, route, effect } = operation
  return {
    operationId: id,
    summary: title,
    description: steps.map((step, index) => `${index + 1}. ${step}`).join('\n'),
    tags: [tagOf(id)],
    parameters: parametersOf(operation, names),
    ...(route.method === 'GET' ? {} : requestBodyOf(operation, names)),
    responses: {
      '200': successOf(operation, names),
      ...Object.fromEntries(
        statusesOf(operation).map((status): [string, Json] => [status, ref('responses', `Problem${status}`)]),
      ),
    },
    ...(effect === 'intake'
      ? { 'x-once-only': 'A repeated item is answered as a duplicate and changes nothing.' }
      : {}),
  }
}

function parametersOf({ request, route, effect }: Routed, names: ReadonlyMap<TSchema, string>): Json[] {
  const properties = propertiesOf(request)
  const required = requiredOf(request)
  const inQuery = route.method === 'GET' || route.body === 'stream'
  const parameters: Json[] = []
  for (const [name, schema] of Object.entries(properties)) {
    const inPath = hasPathParameter(route, name)
    if (!inPath && !inQuery) continue
    const { description, ...rest } = jsonSchemaOf(schema, names)
    parameters.push({
      name,
      in: inPath ? 'path' : 'query',
      required: inPath || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    })
  }
  if (effect === 'write' || effect === 'secret') parameters.push(idempotencyKey)
  if (route.body === 'bytes' || route.body === 'stream') parameters.push(contentEncoding)
  if (route.events) parameters.push(lastEventId)
  return parameters
}

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Chosen by the sender for this one request: a repeat with the same key does nothing twice. With another request it is a conflict.',
  schema: { type: 'string', minLength: 8, maxLength: 100, pattern: '^[\\u0021-\\u007e]+$' },
}
const contentEncoding: Json = {
  name: 'Content-Encoding',
  in: 'header',
  required: false,
  schema: { type: 'string', enum: ['identity', 'gzip', 'zstd'] },
}
const lastEventId: Json = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The id of the last event received: the stream goes on after it.',
  schema: { type: 'string', pattern: '^\\d{1,15}$' },
}

function requestBodyOf({ request, route }: Routed, names: ReadonlyMap<TSchema, string>): { requestBody?: Json } {
  const { body, mediaTypes = ['application/json'], bodySchema } = route
  if (body === undefined) return {}
  if (body === 'stream')
    return {
      requestBody: { required: true, content: contentOf(mediaTypes, () => ({ type: 'string', format: 'binary' })) },
    }
  if (body === 'bytes') {
    const whole = bodySchema ? jsonSchemaOf(bodySchema, names) : {}
    const lines: JsonSchema = { type: 'string', description: 'One item of the list a line, each a JSON object.' }
    return {
      requestBody: {
        required: true,
        content: contentOf(mediaTypes, (type) => (type.endsWith('ndjson') ? lines : whole)),
      },
    }
  }
  const properties = Object.entries(propertiesOf(request)).filter(([name]) => !hasPathParameter(route, name))
  if (properties.length === 0) return {}
  const required = requiredOf(request).filter((name) => !hasPathParameter(route, name))
  const fields = Object.fromEntries(properties.map(([name, schema]) => [name, jsonSchemaOf(schema, names)]))
  return {
    requestBody: {
      required: required.length > 0,
      content: contentOf(mediaTypes, () => closedObject(fields, required)),
    },
  }
}

function contentOf(mediaTypes: readonly string[], schema: (mediaType: string) => JsonSchema): Json {
  return Object.fromEntries(mediaTypes.map((type): [string, Json] => [type, { schema: schema(type) }]))
}

function successOf({ id, reply, route }: Routed, names: ReadonlyMap<TSchema, string>): JsonSchema {
  if (!route.events)
    return { description: 'Done.', content: { 'application/json': { schema: jsonSchemaOf(reply, names) } } }
  return {
    description:
      'An open stream of server-sent events; the data of each is one JSON document on one line. Comments keep the connection alive.',
    content: {
      'text/event-stream': {
        schema: { type: 'string' },
        'x-event-data': ref('schemas', `${pascal(id)}Event`),
      },
    },
  }
}

/** `agencies.create` → `AgenciesCreate`. */
function pascal(id: string): string {
  return id.replaceAll(/(?:^|\.)(\w)/g, (_whole, letter: string) => letter.toUpperCase())
}
function tagOf(id: string): string {
  return id.split('.')[0] ?? id
}

function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function propertiesOf(schema: TSchema | undefined): Record<string, TSchema> {
  const properties = schema && 'properties' in schema ? schema.properties : undefined
  if (!isSchema(properties)) return {}
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, TSchema] => isSchema(entry[1])),
  )
}
function requiredOf(schema: TSchema): readonly string[] {
  const required = 'required' in schema ? schema.required : undefined
  return Array.isArray(required) ? required.map(String) : []
}

/** The three routes that are no acts: how the server is. They need no token and show nothing about anybody. */
const plainPaths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  '/healthz': { get: plain('server.health', 'Whether the process answers', 'application/json') },
  '/readyz': {
    get: plain('server.ready', 'Whether the server can do its work', 'application/json', {
      '503': {
        description: 'Not now: its database does not answer, or its log is broken.',
        headers: { 'Retry-After': { schema: { type: 'integer' } } },
        content: { 'application/json': { schema: { type: 'object' } } },
      },
    }),
  },
  '/metrics': { get: plain('server.metrics', 'Figures for Prometheus', 'text/plain') },
}

function plain(operationId: string, summary: string, mediaType: string, more: Record<string, Json> = {}): JsonSchema {
  const schema = mediaType === 'application/json' ? { type: 'object' } : { type: 'string' }
  return {
    operationId,
    summary,
    security: [],
    responses: { '200': { description: 'Yes.', content: { [mediaType]: { schema } } }, ...more },
  }
}
