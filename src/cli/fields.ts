/** The fields of a contract, as a list for people: where, what kind, whether it must be there, what it means. */
import type { TSchema } from 'typebox'

export type Field = {
  /** `reads[].plate`; the whole thing is `(body)`. */
  readonly path: string
  readonly type: string
  readonly required: boolean
  readonly about: string
}

const depthMax = 6
const wordsShownMax = 12

/** All fields of an object's schema, in its order, those within others after them. */
export function fieldsOf(schema: TSchema): Field[] {
  const { properties } = asRecord(schema)
  if (properties === undefined)
    return [{ path: '(body)', type: typeOf(schema), required: true, about: aboutOf(schema) }]
  return [...fieldsWithin(schema, '', 0)]
}

function* fieldsWithin(schema: unknown, prefix: string, depth: number): Generator<Field> {
  const { properties, required } = asRecord(schema)
  if (depth > depthMax) return
  for (const [name, property] of Object.entries(asRecord(properties))) {
    const path = `${prefix}${name}`
    const isRequired = Array.isArray(required) && required.includes(name)
    yield { path, type: typeOf(property), required: isRequired, about: aboutOf(property) }
    for (const [inner, suffix] of insides(property)) yield* fieldsWithin(inner, `${path}${suffix}.`, depth + 1)
  }
}

/** The objects within a field: itself, the items of a list, the choices of a union. */
function insides(schema: unknown): [unknown, string][] {
  const { properties, items, anyOf } = asRecord(schema)
  if (properties !== undefined) return [[schema, '']]
  if (items !== undefined) return insides(items).map(([inner, suffix]) => [inner, `[]${suffix}`])
  return Array.isArray(anyOf) ? anyOf.flatMap(insides) : []
}

function typeOf(schema: unknown): string {
  const { type, anyOf, items, const: constant, pattern, format } = asRecord(schema)
  if (constant !== undefined) return JSON.stringify(constant)
  if (Array.isArray(anyOf)) {
    const words = [...new Set(anyOf.map(typeOf))]
    const shown = words.slice(0, wordsShownMax).join(' | ')
    return words.length > wordsShownMax ? `${shown} | …` : shown
  }
  if (type === 'array') return `list of ${typeOf(items)}${rangeOf(schema, 'minItems', 'maxItems')}`
  if (type === 'string') {
    const form = typeof format === 'string' ? ` (${format})` : typeof pattern === 'string' ? ` like ${pattern}` : ''
    return `text${form}${rangeOf(schema, 'minLength', 'maxLength')}`
  }
  if (type === 'integer') return `whole number${rangeOf(schema, 'minimum', 'maximum')}`
  if (type === 'number') return `number${rangeOf(schema, 'minimum', 'maximum')}`
  return typeof type === 'string' ? type : 'anything'
}

/** `, 1 to 500`, as far as the contract says. */
function rangeOf(schema: unknown, least: string, most: string): string {
  const { [least]: from, [most]: to } = asRecord(schema)
  if (typeof to === 'number' && to >= Number.MAX_SAFE_INTEGER) return ''
  if (typeof from === 'number' && typeof to === 'number') return `, ${from} to ${to}`
  if (typeof to === 'number') return `, at most ${to}`
  return typeof from === 'number' ? `, at least ${from}` : ''
}

function aboutOf(schema: unknown): string {
  const { description } = asRecord(schema)
  return typeof description === 'string' ? description : ''
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
