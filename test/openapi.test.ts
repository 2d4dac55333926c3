import { readFile } from 'node:fs/promises'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { openApiOf } from '../src/door/openapi.ts'
import { noFacts, operation } from '../src/door/operation.ts'
import { problemOf } from '../src/door/problem.ts'
import { closed } from '../src/kernel/schema.ts'
import { Conflict, invalid, TooMuch, Unauthenticated, Unavailable } from '../src/kernel/errors.ts'
import { openApiText } from '../src/main/write-openapi.ts'
import { permit } from '../src/policy/decision.ts'
import { allOperations } from '../src/operations.ts'
import { retentionMs } from './people.ts'
import { undocumented } from './documented.ts'

const operations = allOperations({ retentionMs }).list
const document = openApiOf(operations, '1.2.3')

/** Everything in a document with the place where it stands. */
function* walk(value: unknown, path = '#'): Generator<{ path: string; value: object }> {
  if (typeof value !== 'object' || value === null) return
  yield { path, value }
  for (const [key, each] of Object.entries(value))
    yield* walk(each, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

describe('docs/openapi.json', () => {
  test('is what the operations say', async () => {
    const checkedIn = await readFile(new URL('../docs/openapi.json', import.meta.url), 'utf8')
    expect(checkedIn === (await openApiText()), 'run `npm run openapi` and read the difference').toBe(true)
  })
})

describe('the form of the document', () => {
  const known = new Set([...walk(document)].map(({ path }) => path))
  test('every reference leads somewhere', () => {
    const broken = [...walk(document)].flatMap(({ value }) =>
      '$ref' in value && !known.has(String(value.$ref)) ? [value.$ref] : [],
    )
    expect(broken).toEqual([])
  })
  test('every component is used', () => {
    const used = new Set([...walk(document)].flatMap(({ value }) => ('$ref' in value ? [value.$ref] : [])))
    const names = ['schemas', 'responses'].flatMap((kind) =>
      Object.keys(kind === 'schemas' ? document.components.schemas : document.components.responses).map(
        (name) => `#/components/${kind}/${name}`,
      ),
    )
    // What a stream's events hold is referred to by an extension, since OpenAPI 3.1 has no word for it.
    expect(names.filter((name) => !used.has(name))).toEqual([])
  })
  test('every route of the list is there, once, under its own name', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => JSON.stringify(each['operationId'])),
    )
    const routed = operations.flatMap(({ id, route }) => (route ? [JSON.stringify(id)] : []))
    expect(ids.filter((id) => !id.startsWith('"server.')).sort()).toEqual([...routed].sort())
    expect(new Set(ids).size).toBe(ids.length)
  })
  test('every parameter of a path is described, and no other', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const each of Object.values(methods)) {
        const parameters = (each['parameters'] ?? []) as { name: string; in: string; required: boolean }[]
        expect(parameters.filter((one) => one.in === 'path').map((one) => one.name)).toEqual(inPath)
        expect(parameters.filter((one) => one.in === 'path').every((one) => one.required)).toBe(true)
        const places = parameters.map((one) => `${one.in} ${one.name}`)
        expect(new Set(places).size).toBe(places.length)
      }
    }
  })
  test('every operation says what it does, what it answers, and what can go wrong', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, each] of Object.entries(methods)) {
        const statuses = Object.keys(each['responses'] as object)
        expect(each['summary'], `${method} ${path}`).toMatch(/\w/)
        if (!path.startsWith('/v1/')) continue
        expect(each['description'], `${method} ${path}`).toMatch(/^1\. /)
        expect(statuses).toEqual(expect.arrayContaining(['200', '400', '401', '429', '500', '503']))
        expect('requestBody' in each ? method : 'post', 'a GET has no body').toBe('post')
      }
    }
  })
  test('schemas are JSON Schema, without anything of ours in them', () => {
    const keywords = new Set(
      `type properties required additionalProperties items anyOf enum const description format pattern minLength maxLength
       minimum maximum minItems maxItems uniqueItems patternProperties $ref`.split(/\s+/),
    )
    const strange = new Set<string>()
    const look = (schema: object): void => {
      for (const [keyword, value] of Object.entries(schema)) {
        if (!keywords.has(keyword)) strange.add(keyword)
        if (keyword === 'properties') for (const each of Object.values(value as object)) look(each as object)
        if (keyword === 'items') look(value as object)
        if (keyword === 'anyOf') for (const each of value as object[]) look(each)
      }
    }
    for (const schema of Object.values(document.components.schemas)) look(schema)
    expect([...strange]).toEqual([])
  })
  test('only how the server is can be asked without a token', () => {
    const open = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).some((each) => Array.isArray(each['security'])) ? [path] : [],
    )
    expect(open).toEqual(['/healthz', '/readyz', '/metrics'])
    expect(document.security).toEqual([{ bearer: [] }])
  })
})

describe('from an operation', () => {
  const sample = operation({
    id: 'things.rename',
    title: 'Rename a thing',
    steps: ['first this', 'then that'],
    request: Type.Object(
      {
        id: Type.String({ maxLength: 40 }),
        name: Type.String({ description: 'The new name' }),
        kind: Type.Optional(Type.Union([Type.Literal('big'), Type.Literal('small')], { description: 'How big' })),
      },
      closed,
    ),
    reply: Type.Object({ id: Type.String() }, closed),
    route: { method: 'POST', path: '/v1/things/:id/name', body: 'json' },
    effect: 'write',
    refusalHidden: true,
    facts: noFacts,
    policy: () => permit({}),
    run: async () => ({ id: 'x' }),
    record: { entered: () => ({}) },
  })
  const [described] = Object.values(openApiOf([sample], '1').paths['/v1/things/{id}/name'] ?? {})

  test('the path, the body, the key and the errors follow', () => {
    expect(described).toMatchObject({
      operationId: 'things.rename',
      description: '1. first this\n2. then that',
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 40 } },
        { name: 'Idempotency-Key', in: 'header', required: false },
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['name'],
              properties: {
                name: { type: 'string', description: 'The new name' },
                kind: { type: 'string', enum: ['big', 'small'], description: 'How big' },
              },
              additionalProperties: false,
            },
          },
        },
      },
    })
    expect(Object.keys(described?.['responses'] ?? {})).toEqual('200 400 401 404 409 413 415 429 500 503'.split(' '))
  })
})

describe('the problem documents that leave', () => {
  test.each([
    ['POST', '/v1/agencies', invalid('/name', 'minLength', 'is too short')],
    ['POST', '/v1/agencies', new Unauthenticated('Send a valid token.')],
    ['POST', '/v1/agencies', new Conflict('It is there.')],
    ['POST', '/v1/agencies', new TooMuch(413, 'Too large.')],
    ['POST', '/v1/agencies', new TooMuch(429, 'Too many.', 1)],
    ['POST', '/v1/agencies', new Unavailable('Down.')],
    ['POST', '/v1/agencies', new Error('a mistake of ours')],
  ])('%s %s: %s', (method, path, error) => {
    const { problem } = problemOf(error)
    const answer = {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.parse(JSON.stringify(problem)),
    }
    expect(undocumented(method, path, answer)).toBeUndefined()
    expect(undocumented(method, path, { ...answer, status: 418 })).toMatch('does not name')
    expect(undocumented(method, path, { ...answer, body: { ...problem, status: 'x' } })).toMatch('/status')
  })
})
