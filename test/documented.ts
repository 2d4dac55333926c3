/** Whether an answer is one that `docs/openapi.json` describes for its route: its status, its media type, its body. */
import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import { expect } from 'vitest'

type Schema = Readonly<Record<string, unknown>>
type Documented = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Schema }>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Schema>>
  }
}

let read: Documented | undefined
/** The checked-in description of the interface. */
export function documentedInterface(): Documented {
  read ??= JSON.parse(readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8')) as Documented
  return read
}

const compiled = new Map<string, { Check(value: unknown): boolean; Errors(value: unknown): unknown[] }>()

/** Fails where the interface's description does not know such an answer of this route. Addresses outside of it answer 404. */
export function expectDocumented(
  method: string,
  path: string,
  answer: { status: number; headers: Readonly<Record<string, unknown>>; body: unknown; text: string },
): void {
  const route = routeOf(path)
  const operation = route === undefined ? undefined : documentedInterface().paths[route]?.[method.toLowerCase()]
  if (!operation) {
    expect(answer.status, `${method} ${path} is in no list of operations`).toBe(404)
    return
  }
  const response = resolved(operation.responses[String(answer.status)])
  expect(response, `${method} ${route} answers ${answer.status}, which docs/openapi.json does not name`).toBeDefined()
  const content = Object.entries((response?.['content'] ?? {}) as Record<string, { schema: Schema }>)[0]
  if (!content) return
  const [mediaType, { schema }] = content
  expect(String(answer.headers['content-type'])).toContain(mediaType)
  if (!mediaType.endsWith('json')) return
  const validator = validatorOf(`${method} ${route} ${answer.status}`, schema)
  if (!validator.Check(answer.body))
    expect.fail(`${method} ${route} ${answer.status}: ${JSON.stringify(validator.Errors(answer.body).slice(0, 3))}`)
}

function routeOf(path: string): string | undefined {
  const segments = path.split('/')
  const paths = documentedInterface().paths
  if (Object.hasOwn(paths, path)) return path
  return Object.keys(paths).find((each) => {
    const wanted = each.split('/')
    return (
      wanted.length === segments.length &&
      wanted.every((segment, index) => segment.startsWith('{') || segment === segments[index])
    )
  })
}

function resolved(schema: unknown): Schema | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const reference = '$ref' in schema ? String(schema.$ref) : undefined
  if (reference === undefined) return schema as Schema
  const [, , kind, name] = reference.split('/')
  const { schemas, responses } = documentedInterface().components
  return (kind === 'schemas' ? schemas : responses)[name ?? '']
}

/** A schema with every reference replaced by what it refers to. None of ours refers to itself. */
function inlined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inlined)
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value) return inlined(resolved(value))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inlined(each)]))
}

function validatorOf(key: string, schema: Schema) {
  const known = compiled.get(key)
  if (known) return known
  const fresh = Compile(inlined(schema) as Parameters<typeof Compile>[0])
  compiled.set(key, fresh)
  return fresh
}
