/**
 * The parts of a `multipart/form-data` body that has been received whole. Every part is kept as bytes, whether it has a
 * file name or not: devices disagree on that, and the bytes are what the adapters want.
 *
 * The body's size was limited where it was received; here its parts are: their number, their headers and names.
 */
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { Invalid, invalid } from '../kernel/errors.ts'
import type { VendorMessage } from './adapters/adapter.ts'

type Part = VendorMessage['parts'][number]

export const multipartLimits = {
  parts: 32,
  partBytes: 8 * 1024 * 1024,
  headerPairs: 16,
  headerBytes: 4 * 1024,
  nameLength: 128,
} as const

function malformed(): Invalid {
  return invalid(
    '',
    'multipart',
    'The body is not whole, well-formed multipart/form-data with the boundary of its Content-Type.',
  )
}

/** The boundary, which RFC 2046 limits to 70 characters. */
function boundaryOf(contentType: string): string {
  const match = /^multipart\/form-data\s*;.{0,256}?\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary !== undefined) return boundary
  const message = 'The Content-Type is not multipart/form-data with a boundary.'
  throw new Invalid([{ path: '', rule: 'content-type', message }], 415)
}

/**
 * How many parts the delimiters announce. The parser passes over a part whose header it does not understand; a count that
 * differs is how that is noticed, for nothing that was sent may vanish unsaid.
 */
function announced(body: Buffer, boundary: string): number {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const first = delimiter.subarray(2)
  let count = 0
  let index = body.subarray(0, first.length).equals(first) ? -2 : body.indexOf(delimiter)
  while (index !== -1 && count <= multipartLimits.parts) {
    const after = index + delimiter.length
    if (body.subarray(after, after + 2).toString('latin1') === '--') break
    count++
    index = body.indexOf(delimiter, after)
  }
  return count
}

function open(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: () => true,
      limits: {
        parts: multipartLimits.parts,
        fileSize: multipartLimits.partBytes,
        headerPairs: multipartLimits.headerPairs,
        headerSize: multipartLimits.headerBytes,
      },
    })
  } catch {
    throw malformed()
  }
}

/** What is wrong with a part's names, which the parser itself does not limit. */
function namesFault(name: string | undefined, fileName: string | undefined): Invalid | undefined {
  if (name === undefined || name === '') return invalid('', 'multipart-name', 'A part has no name.')
  const longest = Math.max(name.length, fileName?.length ?? 0)
  if (longest <= multipartLimits.nameLength) return undefined
  return invalid('', 'multipart-name', `A part has a name longer than ${multipartLimits.nameLength} characters.`)
}

/**
 * Reads a whole body. `contentType` is the request's header with the boundary.
 * Rejects with `Invalid`: 415 where it is no form data, 400 where the body is malformed, cut off, or beyond a limit.
 */
export async function parseMultipart(contentType: string, bytes: Buffer): Promise<Part[]> {
  const boundary = boundaryOf(contentType)
  const busboy = open(contentType)
  const parts: Part[] = []
  await new Promise<void>((resolve, reject) => {
    busboy.on('file', (name: string | undefined, stream, fileName: string | undefined, _encoding, mediaType) => {
      const fault = namesFault(name, fileName)
      if (fault !== undefined) reject(fault)
      const part: Part = { name: name ?? '', fileName, mediaType, body: Buffer.alloc(0) }
      parts.push(part)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        part.body = Buffer.concat(chunks)
      })
      stream.on('limit', () => {
        reject(invalid('', 'multipart-size', `A part is larger than ${multipartLimits.partBytes / 1024 / 1024} MiB.`))
      })
      // A part that is cut off fails by itself, before the body does; without a listener the process would end.
      stream.on('error', () => reject(malformed()))
    })
    busboy.on('partsLimit', () => {
      reject(invalid('', 'multipart-parts', `The body has more than ${multipartLimits.parts} parts.`))
    })
    busboy.on('error', () => reject(malformed()))
    busboy.on('finish', () => resolve())
    busboy.end(bytes)
  })
  if (parts.length === 0 || parts.length !== announced(bytes, boundary)) throw malformed()
  return parts
}
