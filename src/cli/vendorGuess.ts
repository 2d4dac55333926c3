/** Whose message it is: every vendor's adapter is asked, and those count that find a read or a sign of life in it. */
import { adapters } from '../intake/adapters/adapters.ts'
import type { AdapterResult } from '../intake/adapters/adapter.ts'
import { parseMultipart } from '../intake/multipart.ts'
import { PlatekeepError } from '../kernel/errors.ts'

/** The `Content-Type` of a message, from its first bytes; undefined where it is none that vendors send. */
export function contentTypeOf(bytes: Buffer): string | undefined {
  const boundary = /^--([^\s"]{1,70})\r?\n/.exec(bytes.subarray(0, 80).toString('latin1'))?.[1]
  if (boundary !== undefined) return `multipart/form-data; boundary="${boundary}"`
  const start = bytes.subarray(0, 1024).toString('latin1').trimStart()
  if (start.startsWith('<')) return 'application/xml'
  return start.startsWith('{') || start.startsWith('[') ? 'application/json' : undefined
}

/** The vendors whose message this can be. */
export async function guessedVendors(bytes: Buffer): Promise<string[]> {
  const contentType = contentTypeOf(bytes)
  if (contentType === undefined) return []
  const mediaType = contentType.replace(/;.*/, '')
  const parts = mediaType === 'multipart/form-data' ? await parseMultipart(contentType, bytes) : []
  return [...adapters.values()]
    .filter(({ mediaTypes }) => mediaTypes.includes(mediaType))
    .filter((adapter) => findsSomething(() => adapter.parse({ mediaType, body: bytes, parts })))
    .map(({ vendor }) => vendor)
}

function findsSomething(parse: () => AdapterResult): boolean {
  try {
    const { items, heartbeats } = parse()
    return heartbeats.length > 0 || items.some((item) => 'read' in item)
  } catch (error) {
    if (error instanceof PlatekeepError) return false
    throw error
  }
}
