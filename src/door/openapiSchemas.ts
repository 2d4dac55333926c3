/** Contracts as the JSON Schemas of an OpenAPI document: named ones once, under `components`, and referred to elsewhere. */
import type { TSchema } from 'typebox'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonSchema = { readonly [name: string]: Json }

/** A reference to a component. */
export function ref(kind: 'schemas' | 'responses', name: string): JsonSchema {
  return { $ref: `#/components/${kind}/${name}` }
}

/** An object with these fields and no others (CR-5.c). */
export function closedObject(properties: Record<string, Json>, required: readonly string[]): JsonSchema {
  return {
    type: 'object',
    ...(required.length > 0 ? { required: [...required] } : {}),
    properties,
    additionalProperties: false,
  }
}

/** The name of each schema that becomes a component. A schema shared by two operations keeps the first name. */
export function componentNames(named: readonly { name: string; schema: TSchema }[]): ReadonlyMap<TSchema, string> {
  const names = new Map<TSchema, string>()
  for (const { name, schema } of named) if (!names.has(schema)) names.set(schema, name)
  return names
}

/** The JSON Schema of a contract. `itself` writes a named schema out instead of referring to it. */
export function jsonSchemaOf(schema: TSchema, names: ReadonlyMap<TSchema, string>, itself = false): JsonSchema {
  const name = itself ? undefined : names.get(schema)
  if (name !== undefined) return ref('schemas', name)
  const written: Record<string, Json> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    // A choice of words is clearer as an enumeration.
    const words = keyword === 'anyOf' ? wordsOf(value) : undefined
    if (words) Object.assign(written, { type: 'string', enum: words })
    else written[keyword] = converted(value, names)
  }
  return written
}

function converted(value: unknown, names: ReadonlyMap<TSchema, string>): Json {
  if (Array.isArray(value)) return value.map((each) => converted(each, names))
  if (typeof value === 'object' && value !== null) return jsonSchemaOf(value, names)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return null
}

function wordsOf(choices: unknown): string[] | undefined {
  if (!Array.isArray(choices)) return undefined
  const words = choices.flatMap((each: unknown) =>
    typeof each === 'object' && each !== null && 'const' in each && typeof each.const === 'string' ? [each.const] : [],
  )
  return words.length === choices.length ? words : undefined
}
