/**
 * From bytes to items. The body was limited and decompressed before it came here. An envelope that cannot be understood is
 * refused whole; an item that breaks its contract is refused by itself, and loses no neighbour.
 */
import { validatorOf, faultsOf } from '../door/contract.ts'
import { Invalid, invalid, type Fault } from '../kernel/errors.ts'
import { jsonFaultsMax, pointerSegment, readJson } from '../kernel/json.ts'
import { adapters } from './adapters/adapters.ts'
import type { AdapterResult, DraftImage, Heartbeat, ReadDraft } from './adapters/adapter.ts'
import { ReadItem, readsMax } from './contract.ts'
import { parseMultipart } from './multipart.ts'

export type ItemFault = Fault & { readonly device: string | null }
export type ParsedItem =
  | { readonly draft: ReadDraft; readonly clockState: ReadItem['clockState'] }
  | { readonly fault: ItemFault }
export type IntakeRequest = {
  readonly items: readonly ParsedItem[]
  readonly heartbeats: readonly Heartbeat[]
  readonly ignored: number
  readonly vendor: string
}

export type RawBody = {
  readonly mediaType: string
  readonly contentType: string
  readonly bytes: Buffer
  readonly params: Readonly<Record<string, unknown>>
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('', 'utf-8', 'is not UTF-8 text')
  }
}

/** The items of `POST /v1/reads`: one JSON object `{ "reads": […] }`, or one item a line. */
export function parseReads(raw: unknown): IntakeRequest {
  const body = raw as RawBody
  const text = textOf(body.bytes)
  const items = body.mediaType === 'application/x-ndjson' ? linesOf(text) : envelopeOf(text)
  if (items.length === 0) throw invalid('/reads', 'minItems', 'must hold at least one read')
  if (items.length > readsMax) throw invalid('/reads', 'maxItems', `must hold at most ${readsMax} reads`)
  return {
    items: items.map((item, index) => parseItem(item, `/reads/${index}`)),
    heartbeats: [],
    ignored: 0,
    vendor: 'platekeep',
  }
}

/** The items of the envelope. What is wrong inside an item costs that item alone. */
function envelopeOf(text: string): unknown[] {
  const { value: envelope, faults: found } = readJson(text)
  const faults = found.filter(notOfPlate)
  if (!isRecord(envelope) || !Array.isArray(envelope.reads))
    throw invalid('/reads', 'type', 'must be a list: { "reads": [ … ] }')
  const others = Object.keys(envelope).filter((name) => name !== 'reads')
  if (others.length > 0) {
    throw new Invalid(
      others.slice(0, 10).map((name) => ({
        path: `/${pointerSegment(name)}`,
        rule: 'unknown-field',
        message: 'there is no field of this name',
        clause: 'CR-5.c',
      })),
    )
  }
  const items: unknown[] = envelope.reads
  if (faults.length === 0) return items
  if (faults.length >= jsonFaultsMax) throw new Invalid(faults)
  const unread = items.slice()
  for (const fault of faults) {
    const index = /^\/reads\/(\d+)(?=\/|$)/.exec(fault.path)?.[1]
    if (index === undefined) throw new Invalid(faults)
    unread[Number(index)] = new Unreadable(fault)
  }
  return unread
}

/** A plate with control characters is no plate: a rule of its own says so. */
function notOfPlate({ path, rule }: Fault): boolean {
  return rule !== 'control-character' || !/^\/reads\/\d+\/plate$/.test(path)
}

/** An item that is refused before its contract is looked at. */
class Unreadable {
  readonly fault: Fault
  constructor(fault: Fault) {
    this.fault = fault
  }
}

/** A line that is not JSON is one refused item; the lines around it go on. */
function linesOf(text: string): unknown[] {
  const lines = text.split('\n', readsMax + 2).filter((line) => line.trim() !== '')
  return lines.map((line, index) => {
    const path = `/reads/${index}`
    try {
      const { value, faults } = readJson(line)
      const fault = faults.find((each) => notOfPlate({ ...each, path: path + each.path }))
      return fault ? new Unreadable({ ...fault, path: path + fault.path }) : value
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      const [fault = { path: '', rule: 'json', message: 'is not JSON' }] = error.faults
      return new Unreadable({ ...fault, path })
    }
  })
}

function parseItem(item: unknown, path: string): ParsedItem {
  if (item instanceof Unreadable) return { fault: { ...item.fault, device: null } }
  if (validatorOf(ReadItem).Check(item)) return draftOf(item as ReadItem, path)
  const [fault] = faultsOf(ReadItem, item, path)
  const found = fault ?? { path, rule: 'contract', message: 'does not keep its contract' }
  return { fault: { ...found, ...(found.rule === 'required' ? { clause: 'GA-15' } : {}), device: deviceNamedBy(item) } }
}

/** What an item that breaks its contract calls its device, for the count of refusals. */
function deviceNamedBy(item: unknown): string | null {
  return isRecord(item) && typeof item.device === 'string' ? item.device.slice(0, 120) : null
}

const lineBreaks = /[\t\r\n]/
// RFC 3339 with its offset.
const instantForm = /^(\d{4}-\d{2}-\d{2})[Tt ](?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/

/** The instant of a text; NaN where it is none. JavaScript would take 30 February for 2 March. */
function instantOf(text: string): number {
  const [, date] = instantForm.exec(text) ?? []
  if (date === undefined) return Number.NaN
  const midnight = new Date(`${date}T00:00:00Z`)
  const exists = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date)
  return exists ? Date.parse(text.replace(' ', 'T')) : Number.NaN
}

function draftOf(item: ReadItem, path: string): ParsedItem {
  const { device, capturedAt, images, clockState, ...rest } = item
  if (lineBreaks.test(rest.plate)) {
    const message = 'must be a plate, without tabs and line ends'
    return { fault: { path: `${path}/plate`, rule: 'plate', message, clause: 'GA-15', device } }
  }
  const ms = instantOf(capturedAt)
  if (Number.isNaN(ms)) {
    return {
      fault: {
        path: `${path}/capturedAt`,
        rule: 'date-time',
        message: 'must be an RFC 3339 instant with its offset, such as 2026-11-23T09:15:04-05:00',
        clause: 'GA-15',
        device,
      },
    }
  }
  const drafted = imagesOf(images, path)
  if ('fault' in drafted) return { fault: { ...drafted.fault, device } }
  return {
    draft: { ...rest, device, captured: { instant: new Date(ms) }, images: drafted.images },
    clockState,
  }
}

function imagesOf(images: ReadItem['images'], path: string): { images: DraftImage[] } | { fault: Fault } {
  if (!images) return { images: [] }
  const drafted = []
  for (const [index, { kind, mediaType, base64 }] of images.entries()) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      return { fault: { path: `${path}/images/${index}/base64`, rule: 'base64', message: 'is not base64' } }
    drafted.push({ kind, mediaType, bytes: Buffer.from(base64, 'base64') })
  }
  return { images: drafted }
}

/** A vendor's message, by its adapter. */
export async function parseVendorMessage(raw: unknown): Promise<IntakeRequest> {
  const body = raw as RawBody
  const vendor = String(body.params.vendor)
  const adapter = adapters.get(vendor)
  if (!adapter) throw invalid('/vendor', 'vendor', `is not one of ${[...adapters.keys()].join(', ')}`)
  if (!adapter.mediaTypes.includes(body.mediaType)) {
    throw new Invalid([{ path: '', rule: 'media-type', message: `must be ${adapter.mediaTypes.join(' or ')}` }], 415)
  }
  const parts = body.mediaType === 'multipart/form-data' ? await parseMultipart(body.contentType, body.bytes) : []
  return requestOf(vendor, adapter.parse({ mediaType: body.mediaType, body: body.bytes, parts }))
}

function requestOf(vendor: string, { items, heartbeats, ignored }: AdapterResult): IntakeRequest {
  if (items.length > readsMax) throw invalid('', 'maxItems', `must hold at most ${readsMax} reads`)
  return {
    vendor,
    heartbeats,
    ignored,
    items: items.map((item) =>
      'read' in item ? { draft: item.read, clockState: undefined } : { fault: item.refused },
    ),
  }
}
