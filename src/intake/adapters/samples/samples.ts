/**
 * The samples and how tests read them: each is a vendor's message in the vendor's own shape, with plates, places, names
 * and identifiers that were invented for it. `picture.jpg` is the smallest valid JPEG, one grey pixel.
 */
import { readFileSync } from 'node:fs'
import { Invalid } from '../../../kernel/errors.ts'
import type { AdapterResult, ReadDraft, VendorMessage } from '../adapter.ts'
import { adapters } from '../adapters.ts'

/** A sample's bytes, by its file's name in this folder. */
export function sample(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url))
}

export const picture = sample('picture.jpg')

/** A JSON sample as an object, to be changed by a test. */
export function json(name: string): Record<string, unknown> {
  const value: unknown = JSON.parse(sample(name).toString())
  if (typeof value !== 'object' || value === null) throw new Error(`${name} is no object`)
  return { ...value }
}

export function part(name: string, body: Buffer, mediaType: string, fileName?: string): VendorMessage['parts'][number] {
  return { name, fileName, mediaType, body }
}

/** A message given to its vendor's adapter. An object is sent as JSON. */
export function parse(
  vendor: string,
  body: Buffer | string | object,
  parts: VendorMessage['parts'] = [],
): AdapterResult {
  const adapter = adapters.get(vendor)
  if (adapter === undefined) throw new Error(`no adapter ${vendor}`)
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return adapter.parse({ mediaType: adapter.mediaTypes[0] ?? '', body: bytes, parts })
}

/** The one read of a result that holds nothing else. */
export function only(result: AdapterResult): ReadDraft {
  const [item] = result.items
  if (item === undefined || result.items.length !== 1 || !('read' in item)) throw new Error('not exactly one read')
  return item.read
}

/** The error with which a message is refused as a whole; other errors pass through. */
export function invalidOf(run: () => unknown): Invalid {
  try {
    run()
  } catch (error) {
    if (error instanceof Invalid) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Path and rule of each fault of that error. */
export function faultsOf(run: () => unknown): string[] {
  return invalidOf(run).faults.map(({ path, rule }) => `${path} ${rule}`)
}
