/**
 * XML from devices, read with everything switched off that XML is attacked through: a document type is refused, so
 * there are no entities but the five of XML itself and character references; size, depth and number of tags are
 * limited before the parser sees the text; and a text that is not well-formed is refused, not guessed at.
 *
 * The parser goes character by character and holds up the whole server meanwhile (1.4 s for 7 MiB, tried), so it never
 * sees the pictures: long runs of base64 are put aside before it and put back by it, and what remains has a limit of
 * its own.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { invalid } from '../../kernel/errors.ts'
import { utf8 } from './body.ts'
import type { Field } from './fields.ts'

export const xmlLimits = {
  bytes: 8 * 1024 * 1024,
  textLength: 256 * 1024,
  tags: 5_000,
  depth: 32,
  tagLength: 4_096,
} as const

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const reference = /&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g

/** A reference to a character that XML does not allow (a NUL, half a surrogate pair) stays as it is written. */
function decode(text: string): string {
  return text.replace(reference, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return predefined[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10)
    const allowed = code >= 0x20 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    return allowed || code === 9 || code === 10 || code === 13 ? String.fromCodePoint(code) : whole
  })
}

function nothing(): void {}
const entityDecoder = {
  decode,
  setExternalEntities: nothing,
  addInputEntities: nothing,
  setXmlVersion: nothing,
  reset: nothing,
}

/** Where a comment or a CDATA section that begins at `from` ends; the text's end where it never does. */
function after(text: string, terminator: string, from: number): number {
  const end = text.indexOf(terminator, from)
  return end === -1 ? text.length : end + terminator.length
}

const pairedQuotes = /^[^"']*(?:"[^"]*"[^"']*|'[^']*'[^"']*)*$/

/** Where a tag that begins at `start` ends. Quotes must be paired in it, so that `>` always ends one. */
function afterTag(text: string, start: number): number {
  const end = text.indexOf('>', start)
  if (end !== -1 && end - start <= xmlLimits.tagLength && pairedQuotes.test(text.slice(start, end))) return end + 1
  const message = `The XML holds a tag that does not end, has unpaired quotes or is longer than ${xmlLimits.tagLength} characters.`
  throw invalid('', 'xml-tag', message)
}

function afterMarkup(text: string, start: number): number {
  if (text.startsWith('<!--', start)) return after(text, '-->', start + 4)
  if (text.startsWith('<![CDATA[', start)) return after(text, ']]>', start + 9)
  if (!text.startsWith('<!', start)) return afterTag(text, start)
  throw invalid('', 'xml-dtd', 'The XML holds a document type or entity declaration. Send it without.')
}

const pictureLengthMin = 1_024
const notPicture = /[^A-Za-z0-9+/=\s]/
const token = /^\0(\d{1,5})\0$/

/**
 * One pass over the text that keeps the limits on tags, and puts pictures aside: what is left has a token in the place of
 * each, and `restore` gives the picture for the token. (One regular expression for all this runs out of stack.)
 */
function bounded(text: string): { rest: string; restore: (value: string) => string } {
  const pictures: string[] = []
  const kept: string[] = []
  let tags = 0
  let next = 0
  for (let start = text.indexOf('<'); start !== -1; start = text.indexOf('<', next)) {
    const content = text.slice(next, start)
    const isPicture = content.length >= pictureLengthMin && !notPicture.test(content)
    // Opening and closing tags, comments and CDATA sections all count.
    if (++tags > xmlLimits.tags * 2)
      throw invalid('', 'xml-tags', `The XML holds more than ${xmlLimits.tags} elements.`)
    next = afterMarkup(text, start)
    kept.push(isPicture ? `\0${pictures.push(content.trim()) - 1}\0` : content, text.slice(start, next))
  }
  const rest = [...kept, text.slice(next)].join('')
  if (rest.length > xmlLimits.textLength) {
    throw invalid('', 'xml-size', `The XML is larger than ${xmlLimits.textLength / 1024} KiB without its pictures.`)
  }
  return { rest, restore: (value) => pictures[Number(token.exec(value)?.[1] ?? -1)] ?? value }
}

function wellFormed(text: string): void {
  const verdict = XMLValidator.validate(text)
  if (verdict === true) return
  // The validator's own message quotes the text, so only its place is told.
  const { line, col } = verdict.err
  // Where no element is found at all there is no column, whatever the type says.
  const place = Number.isInteger(col) ? `line ${line}, column ${col}` : 'no root element'
  throw invalid('', 'xml', `The body is not well-formed XML (${place}).`)
}

/**
 * The root of an XML text as objects: elements become keys without their namespace prefix, repeated ones arrays,
 * content trimmed text. Of attributes only the named ones are kept, under `@` and their name.
 */
export function xmlIn(bytes: Uint8Array, attributes: readonly string[] = []): Field {
  if (bytes.length > xmlLimits.bytes) {
    throw invalid('', 'xml-size', `The XML is larger than ${xmlLimits.bytes / 1024 / 1024} MiB.`)
  }
  const text = utf8(bytes)
  const { rest, restore } = bounded(text)
  wellFormed(rest)
  const parser = new XMLParser({
    ignoreAttributes: (name) => !attributes.includes(name),
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    trimValues: true,
    processEntities: true,
    entityDecoder,
    tagValueProcessor: (_name, value) => restore(value),
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: xmlLimits.depth,
  })
  try {
    const value: unknown = parser.parse(rest)
    return { path: '', value }
  } catch {
    // What is left after the checks above: nesting beyond the limit, and names such as __proto__.
    throw invalid('', 'xml-shape', `The XML is nested deeper than ${xmlLimits.depth} elements or uses a reserved name.`)
  }
}
