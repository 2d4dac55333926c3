/** Whether an answer is one that `docs/openapi.json` describes for its route: its status, its media type, its body. */
import { readFileSync } from 'node:fs'
import { Compile } from 'typebox/compile'

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

/** What is wrong with an answer by the interface's description; undefined where nothing is. Addresses outside of it answer 404. */
export function undocumented(
  method: string,
  path: string,
  answer: { status: number; headers: Readonly<Record<string, unknown>>; body: unknown },
): string | undefined {
  const route = routeOf(path)
  const operation = route === undefined ? undefined : documentedInterface().paths[route]?.[method.toLowerCase()]
  if (!operation) return answer.status === 404 ? undefined : `${method} ${path} is in no list of operations`
  const response = resolved(operation.responses[String(answer.status)])
  if (!response) return `${method} ${route} answers ${answer.status}, which docs/openapi.json does not name`
  const content = Object.entries((response['content'] ?? {}) as Record<string, { schema: Schema }>)[0]
  if (!content) return undefined
  const [mediaType, { schema }] = content
  const { 'content-type': sent } = answer.headers
  if (typeof sent !== 'string' || !sent.startsWith(mediaType))
    return `${method} ${route} ${answer.status} is ${JSON.stringify(sent)} instead of ${mediaType}`
  if (!mediaType.endsWith('json')) return undefined
  const validator = validatorOf(`${method} ${route} ${answer.status}`, schema)
  if (validator.Check(answer.body)) return undefined
  return `${method} ${route} ${answer.status}: ${JSON.stringify(validator.Errors(answer.body).slice(0, 3))}`
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
