/**
 * JSON from outside, read strictly. What `JSON.parse` lets pass and we do not: a field that stands twice in one object (two
 * readers of such a message may see two different things, and one of them may have been the check), control characters (no
 * text of ours has them, and PostgreSQL cannot store U+0000), nesting without end, and more values than any message of ours has.
 *
 * The checks cost one pass over the text; only a text that fails one is looked at closely, to say where.
 */
import { Invalid, invalid, type Fault } from './errors.ts'

export const jsonDepthMax = 32
/** Commas, braces and brackets: five thousand reads with all their fields have half as many. */
export const jsonSeparatorsMax = 400_000
/** So many faults are named; where there are as many, there may be more. */
export const jsonFaultsMax = 20

/**
 * The value of a text, and what is wrong inside it, each at its JSON pointer, so that a list can lose single items. Throws
 * `Invalid` where it is not JSON, or too deep, or holds too many values.
 */
export function readJson(text: string): { value: unknown; faults: readonly Fault[] } {
  const { depth, separators, members } = measured(text)
  if (depth > jsonDepthMax) throw invalid('', 'json-depth', `is nested deeper than ${jsonDepthMax} levels`)
  if (separators > jsonSeparatorsMax) throw invalid('', 'json-values', 'holds more values than any request of ours')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const position = error instanceof Error ? /at position (\d{1,12})/.exec(error.message)?.[1] : undefined
    throw invalid('', 'json', `is not JSON${position === undefined ? '' : ` (at character ${position})`}`)
  }
  const faults: Fault[] = []
  if (members !== membersOf(value)) collectRepeated(text, faults)
  if (controlEscape.test(text)) collectControls(value, '', faults)
  return { value, faults }
}

/** The value of a text in which nothing is wrong. Throws `Invalid` naming all that is. */
export function strictJson(text: string): unknown {
  const { value, faults } = readJson(text)
  if (faults.length > 0) throw new Invalid(faults)
  return value
}

/** A field's name as a segment of a JSON pointer, shortened and printable: names come from outside too. */
export function pointerSegment(name: string): string {
  return name.slice(0, 64).replaceAll(controls, '\ufffd').replaceAll('~', '~0').replaceAll('/', '~1')
}

// Control characters in a JSON text are escaped, or it is none; only U+007F may stand for itself. Tabs and line ends are text.
const controlEscape = /\\u00(?:0[0-8bcef]|1[0-9a-f]|7f)|\\[bf]|\u007f/i
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/
const controls = /[\u0000-\u001f\u007f]/g

const quote = 34
const backslash = 92

/** How deep a text nests, how many separators it has and how many members its objects: counted outside of strings. */
function measured(text: string): { depth: number; separators: number; members: number } {
  let depth = 0
  let level = 0
  let separators = 0
  let members = 0
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index)
        break
      case 58: // :
        members++
        break
      case 44: // ,
        separators++
        break
      case 91: // [
      case 123: // {
        separators++
        level++
        if (level > depth) depth = level
        break
      case 93: // ]
      case 125: // }
        level--
        break
      default:
    }
  }
  return { depth, separators, members }
}

/** Where the string that begins at a quotation mark ends; the end of the text where it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const each of value) count += membersOf(each)
    return count
  }
  for (const each of Object.values(value)) count += 1 + membersOf(each)
  return count
}

function collectControls(value: unknown, path: string, faults: Fault[]): void {
  if (faults.length >= jsonFaultsMax) return
  const message = 'holds a control character'
  if (typeof value === 'string' && control.test(value)) faults.push({ path, rule: 'control-character', message })
  if (typeof value !== 'object' || value === null) return
  for (const [name, each] of Object.entries(value)) {
    const inside = `${path}/${pointerSegment(name)}`
    if (control.test(name))
      faults.push({ path: inside, rule: 'control-character', message: 'is named with a control character' })
    collectControls(each, inside, faults)
  }
}

type Open = { readonly path: string; readonly names: Set<string> | undefined; index: number; name: string }

/** Walks a text that is known to be JSON, and notes each field that stands twice in its object. */
function collectRepeated(text: string, faults: Fault[]): void {
  const open: Open[] = []
  for (let index = 0; index < text.length && faults.length < jsonFaultsMax; index++) {
    const top = open.at(-1)
    const character = text[index]
    if (character === '"') {
      const end = endOfString(text, index)
      if (top?.names && isName(text, end)) {
        top.name = String(JSON.parse(text.slice(index, end + 1)))
        if (top.names.has(top.name)) {
          const path = `${top.path}/${pointerSegment(top.name)}`
          faults.push({ path, rule: 'duplicate-field', message: 'stands twice in one object' })
        }
        top.names.add(top.name)
      }
      index = end
    } else if (character === '{' || character === '[') {
      const segment = top ? `/${top.names ? pointerSegment(top.name) : top.index}` : ''
      open.push({
        path: `${top?.path ?? ''}${segment}`,
        names: character === '{' ? new Set() : undefined,
        index: 0,
        name: '',
      })
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === ',' && top) {
      top.index++
    }
  }
}

/** Whether the string that ends here is a name: a colon follows. */
function isName(text: string, end: number): boolean {
  let next = end + 1
  while (next < text.length && ' \t\r\n'.includes(text.charAt(next))) next++
  return text.charAt(next) === ':'
}
