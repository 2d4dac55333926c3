/**
 * What a file becomes on its way to a server: requests of a bounded size, each knowing where its reads stand in the file, so
 * that a refusal can be told by line.
 *
 * Forms: our own, as one JSON object or one read a line; a vendor's message, JSON, XML or multipart, one a file or (JSON only)
 * one a line. Which vendor's is asked of their adapters where nobody said it, and believed where exactly one of them finds
 * something in it.
 */
import { adapters } from '../intake/adapters/adapters.ts'
import { LineReader, type Line } from './lineReader.ts'
import { FileProblem, type Source } from './source.ts'
import { contentTypeOf, guessedVendors } from './vendorGuess.ts'

export type Outgoing = {
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
  /** How many items it holds, as far as known here: a vendor's message counts as one. */
  readonly items: number
  /** A fault's place in the file, for a path in the server's answer. */
  place(path: string): Place
}
/** `line` from 1, where the form has lines; `path` within that line or the whole file. */
export type Place = { readonly line: number | undefined; readonly path: string }

export const readsPerRequest = 500
const requestBytesMax = 4 * 1024 * 1024

/** The requests of one file. Throws `FileProblem` where its form is none that is known. */
export async function* outgoingOf(source: Source, vendor: string | undefined): AsyncGenerator<Outgoing> {
  const lines = new LineReader(source)
  const first = await lines.next()
  if (first === undefined) throw new FileProblem(`${source.name} is empty.`)
  const firstValue = jsonOrUndefined(first.bytes)
  if (isRecord(firstValue) && !(await lines.isOver())) {
    const whose = vendor ?? (isOwnItem(firstValue) ? null : await guessed(source, first.bytes))
    yield* perLine(lines.from(first), whose)
  } else {
    yield* perDocument(source, await lines.document(first), vendor)
  }
}

/** One read, or one message of a vendor, on each line. `vendor` null: our own form. */
async function* perLine(lines: AsyncIterable<Line>, vendor: string | null): AsyncGenerator<Outgoing> {
  if (vendor !== null) {
    for await (const line of lines)
      yield { ...message(vendor, 'application/json', line.bytes), place: (path) => ({ line: line.number, path }) }
    return
  }
  let group: Line[] = []
  let bytes = 0
  for await (const line of lines) {
    if (group.length >= readsPerRequest || (group.length > 0 && bytes + line.bytes.length > requestBytesMax)) {
      yield ownLines(group)
      group = []
      bytes = 0
    }
    group.push(line)
    bytes += line.bytes.length + 1
  }
  if (group.length > 0) yield ownLines(group)
}

function ownLines(group: readonly Line[]): Outgoing {
  return {
    ...own('application/x-ndjson', Buffer.concat(group.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))),
    items: group.length,
    place: (path) => {
      const { index, rest } = itemPath(path)
      return { line: index === undefined ? undefined : group[index]?.number, path: rest }
    },
  }
}

/** A file that is one document: our own list, a list of items, or a vendor's message. */
async function* perDocument(source: Source, bytes: Buffer, vendor: string | undefined): AsyncGenerator<Outgoing> {
  const value = jsonOrUndefined(bytes)
  if (vendor === undefined && isRecord(value) && Array.isArray(value['reads']))
    return yield* ownDocument(value, value['reads'], 'reads')
  if (vendor === undefined && isOwnItem(value)) return yield ownLines([{ number: 1, bytes: oneLine(value) }])
  if (vendor === undefined && Array.isArray(value) && value.every(isOwnItem)) return yield* ownDocument({}, value, '')
  if (Array.isArray(value) && !(await isOneMessage(bytes, vendor))) return yield* inList(source, value, vendor)
  const contentType = contentTypeOf(bytes)
  if (contentType === undefined) throw unknownForm(source)
  yield {
    ...message(vendor ?? (await guessed(source, bytes)), contentType, bytes),
    place: (path) => ({ line: undefined, path }),
  }
}

/** There are vendors whose one message is a list. */
async function isOneMessage(bytes: Buffer, vendor: string | undefined): Promise<boolean> {
  const found = await guessedVendors(bytes)
  return vendor === undefined ? found.length > 0 : found.includes(vendor)
}

async function* inList(source: Source, values: unknown[], vendor: string | undefined): AsyncGenerator<Outgoing> {
  for (const [index, value] of values.entries()) {
    const one = oneLine(value)
    yield {
      ...message(vendor ?? (await guessed(source, one)), 'application/json', one),
      place: (path) => ({ line: undefined, path: `/${index}${path}` }),
    }
  }
}

/** `{ "reads": […] }` in parts; what else stands beside the list goes along, for the server to judge. */
function* ownDocument(envelope: Record<string, unknown>, items: unknown[], name: string): Generator<Outgoing> {
  if (items.length === 0) yield ownPart(envelope, [], 0, name)
  let from = 0
  while (from < items.length) {
    let bytes = 0
    let to = from
    while (to < items.length && to - from < readsPerRequest && (to === from || bytes < requestBytesMax))
      bytes += JSON.stringify(items[to++]).length
    yield ownPart(envelope, items.slice(from, to), from, name)
    from = to
  }
}

function ownPart(envelope: Record<string, unknown>, items: unknown[], from: number, name: string): Outgoing {
  return {
    ...own('application/json', Buffer.from(JSON.stringify({ ...envelope, reads: items }))),
    items: items.length,
    place: (path) => {
      const { index, rest } = itemPath(path)
      if (index === undefined) return { line: undefined, path }
      return { line: undefined, path: `${name ? `/${name}` : ''}/${from + index}${rest}` }
    },
  }
}

function own(contentType: string, body: Buffer): Pick<Outgoing, 'path' | 'contentType' | 'body'> {
  return { path: '/v1/reads', contentType, body }
}

function message(vendor: string, contentType: string, body: Buffer): Omit<Outgoing, 'place'> {
  return { path: `/v1/intake/${encodeURIComponent(vendor)}`, contentType, body, items: 1 }
}

/** `/reads/3/plate` is item 3, and `/plate` of it. */
function itemPath(path: string): { index: number | undefined; rest: string } {
  const [, index, rest = ''] = /^\/reads\/(\d+)(.*)$/.exec(path) ?? []
  return index === undefined ? { index: undefined, rest: path } : { index: Number(index), rest }
}

async function guessed(source: Source, bytes: Buffer): Promise<string> {
  const found = await guessedVendors(bytes)
  if (found.length === 1 && found[0] !== undefined) return found[0]
  if (found.length === 0) throw unknownForm(source)
  throw new FileProblem(
    `${source.name} could be a message of several vendors: ${found.join(', ')}. Say which with --vendor.`,
  )
}

function unknownForm(source: Source): FileProblem {
  return new FileProblem(
    `${source.name} is in no form that is known: neither our own (one JSON object {"reads": […]}, or one read a line with plate, capturedAt and device) nor the message of a vendor. If it is a vendor's, say whose with --vendor: ${[...adapters.keys()].join(', ')}.`,
  )
}

function isOwnItem(value: unknown): boolean {
  return isRecord(value) && ['plate', 'capturedAt', 'device'].every((name) => Object.hasOwn(value, name))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function jsonOrUndefined(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

function oneLine(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
