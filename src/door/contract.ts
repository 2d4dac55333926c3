/**
 * Contracts: what crosses the wire, checked. A request with a field that is not in its contract is refused by that field's
 * name (CR-5.c); a reply with one is a mistake of ours and does not leave.
 */
import { Compile, type Validator } from 'typebox/compile'
import type { Static, TSchema } from 'typebox'
import { Fatal, Invalid, type Fault } from '../kernel/errors.ts'
import { pointerSegment } from '../kernel/json.ts'

const compiled = new WeakMap<object, Validator>()

/** The compiled validator of a schema; compiled once. */
export function validatorOf(schema: TSchema): Validator {
  const known = compiled.get(schema)
  if (known) return known
  const fresh: Validator = Compile(schema)
  compiled.set(schema, fresh)
  return fresh
}

const faultsMax = 20

/** What is wrong with a value, at most twenty things, each at its path. Values themselves are never repeated. */
export function faultsOf(schema: TSchema, value: unknown, prefix = ''): Fault[] {
  const faults: Fault[] = []
  for (const error of validatorOf(schema).Errors(value)) {
    const path = prefix + error.instancePath
    // Only a field that no contract names is judged by the schema "false". Their list comes last, and perhaps not at all.
    if (error.keyword === 'boolean') {
      const message = 'there is no field of this name'
      faults.push({ path: printable(path), rule: 'unknown-field', message, clause: 'CR-5.c' })
    } else if (error.keyword === 'required') {
      for (const name of error.params.requiredProperties) {
        faults.push({ path: `${path}/${pointerSegment(name)}`, rule: 'required', message: 'is missing' })
      }
    } else if (error.keyword !== 'additionalProperties') {
      faults.push({ path, rule: error.keyword, message: error.message })
    }
    if (faults.length >= faultsMax) break
  }
  return faults.slice(0, faultsMax)
}

/** A pointer whose last segment comes from outside: shortened, and without control characters. */
function printable(pointer: string): string {
  const last = pointer.lastIndexOf('/') + 1
  return pointer.slice(0, last) + pointerSegment(pointer.slice(last).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value, if it keeps the contract; `Invalid` with every fault otherwise. */
export function parsed<S extends TSchema>(schema: S, value: unknown): Static<S> {
  if (validatorOf(schema).Check(value)) return value as Static<S>
  const faults = faultsOf(schema, value)
  throw new Invalid(
    faults.length > 0 ? faults : [{ path: '', rule: 'contract', message: 'does not keep its contract' }],
  )
}

/** A reply as it may leave. A reply that breaks its own contract stops here. */
export function shaped<S extends TSchema>(schema: S, value: unknown): Static<S> {
  if (validatorOf(schema).Check(value)) return value as Static<S>
  const [first] = faultsOf(schema, value)
  throw new Fatal(`a reply breaks its contract at ${first?.path ?? '?'}: ${first?.rule ?? '?'}`)
}

/**
 * Query strings and path parameters are text; turns those that the contract wants as numbers or booleans into them, and
 * leaves the rest for the contract to judge.
 */
export function coerced(schema: TSchema, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties: Record<string, unknown> =
    'properties' in schema && isRecord(schema.properties) ? schema.properties : {}
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined
      const type = isRecord(property) ? property.type : undefined
      if (typeof value !== 'string') return [name, value]
      if ((type === 'integer' || type === 'number') && /^-?\d{1,15}(\.\d{1,9})?$/.test(value))
        return [name, Number(value)]
      if (type === 'boolean' && (value === 'true' || value === 'false')) return [name, value === 'true']
      return [name, value]
    }),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
