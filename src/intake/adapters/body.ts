/**
 * From bytes to text to JSON. A message that is not readable as a whole is `Invalid`; the fault says where reading
 * stopped and never repeats what was read, because a body that is not understood may hold plates.
 */
import { Invalid, invalid } from '../../kernel/errors.ts'
import { readJson } from '../../kernel/json.ts'
import type { VendorMessage } from './adapter.ts'
import { type Field, at, elements } from './fields.ts'

type Part = VendorMessage['parts'][number]

/** The text of a body. `Invalid` where it is not UTF-8; a byte order mark is dropped. */
export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('', 'utf-8', 'The body is not UTF-8 text. Set the device to send UTF-8.')
  }
}

/**
 * Far above what any vendor sends, and low enough that a message cannot fill the memory with empty lists or hold the
 * server up with names. `separators` bound all that a text can turn into, before it is parsed: so many commas, opening
 * brackets and opening braces each.
 */
export const jsonLimits = { separators: 50_000, depth: 32, fields: 512 } as const

function refuseTooManyValues(text: string): void {
  for (const separator of [',', '[', '{']) {
    let count = 0
    for (let index = text.indexOf(separator); index !== -1; index = text.indexOf(separator, index + 1)) {
      if (++count > jsonLimits.separators) {
        throw invalid('', 'json-values', `The JSON holds more than ${jsonLimits.separators} values.`)
      }
    }
  }
}

function refuseUnbounded(root: Field): void {
  const open = [{ field: root, depth: 1 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { field, depth } = next
    if (typeof field.value !== 'object' || field.value === null) continue
    if (depth > jsonLimits.depth)
      throw invalid('', 'json-depth', `The JSON is nested deeper than ${jsonLimits.depth} levels.`)
    const names = Object.keys(field.value)
    if (!Array.isArray(field.value) && names.length > jsonLimits.fields) {
      throw invalid(
        field.path,
        'json-fields',
        `The object has ${names.length} fields; at most ${jsonLimits.fields} are taken.`,
      )
    }
    const inside = Array.isArray(field.value) ? elements(field, Infinity) : names.map((name) => at(field, name))
    for (const one of inside) open.push({ field: one, depth: depth + 1 })
  }
}

/** The root of a JSON text. */
export function jsonIn(bytes: Uint8Array): Field {
  const text = utf8(bytes)
  refuseTooManyValues(text)
  const { value, faults } = readJson(text)
  // Control characters are the intake's to judge, field by field; what stands twice cannot be judged at all.
  const repeated = faults.filter(({ rule }) => rule === 'duplicate-field')
  if (repeated.length > 0) throw new Invalid(repeated)
  const root: Field = { path: '', value }
  refuseUnbounded(root)
  return root
}

/**
 * The part that holds the message's text: the one whose media type or name says so. Undefined where the message is not
 * multipart, and its body is the text; `Invalid` where it is multipart and no part is the text.
 */
export function textPart(message: VendorMessage, kind: 'json' | 'xml', name?: string): Part | undefined {
  if (message.parts.length === 0) return undefined
  const found =
    message.parts.find((part) => part.name === name) ??
    message.parts.find((part) => part.mediaType.includes(kind)) ??
    message.parts.find((part) => [part.name, part.fileName].some((label) => label?.toLowerCase().endsWith(kind)))
  if (found === undefined)
    throw invalid('', `${kind}-part`, `No part of the multipart message is ${kind.toUpperCase()}.`)
  return found
}

/** The root of a message's JSON, alone or as one part of a multipart message. */
export function jsonOf(message: VendorMessage, name?: string): Field {
  return jsonIn(textPart(message, 'json', name)?.body ?? message.body)
}
