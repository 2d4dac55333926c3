/**
 * Bodies as they come over the wire: limited before and after decompression, so that a small bomb cannot become a large one.
 * Compression is undone off the event loop; a 100 MB line never gets past its first megabytes.
 */
import { Transform, type Readable } from 'node:stream'
import { promisify } from 'node:util'
import {
  createGunzip,
  createZstdDecompress,
  gunzip,
  zstdDecompress,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib'
import { Invalid, PlatekeepError, TooMuch } from '../kernel/errors.ts'

const gunzipped = promisify<Buffer, ZlibOptions, Buffer>(gunzip)
const unzstded = promisify<Buffer, ZstdOptions, Buffer>(zstdDecompress)

/** The error (413) for a body over a limit, which it names. */
export function tooLarge(bytesMax: number): TooMuch {
  return new TooMuch(413, `The body is larger than ${Math.floor(bytesMax / 1024)} KiB. Send it in smaller parts.`)
}
function broken(encoding: string): Invalid {
  return new Invalid([{ path: '', rule: 'content-encoding', message: `is not valid ${encoding}` }])
}
function unknownEncoding(): Invalid {
  return new Invalid([{ path: '', rule: 'content-encoding', message: 'must be gzip, zstd or none' }], 415)
}

/** The media type of a `Content-Type` header, lower case, without parameters; undefined where it is not one. */
export function mediaTypeOf(contentType: string | undefined): string | undefined {
  return /^([a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+*-]*)(?: *;.*)?$/i.exec(contentType ?? '')?.[1]?.toLowerCase()
}

// What a body unpacks to is not known before it is: so few are unpacked at once that even bombs take little room.
const unpackedAtOnceMax = 3
let unpacking = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (unpacking >= unpackedAtOnceMax) await new Promise<void>((resolve) => waiting.push(resolve))
  unpacking++
  try {
    return await work()
  } finally {
    unpacking--
    waiting.shift()?.()
  }
}

/** A whole body, decompressed. */
export async function decompressed(body: Buffer, encoding: string | undefined, bytesMax: number): Promise<Buffer> {
  try {
    if (encoding === undefined || encoding === 'identity') return body
    if (encoding === 'gzip') return await inTurn(() => gunzipped(body, { maxOutputLength: bytesMax }))
    if (encoding === 'zstd') return await inTurn(() => unzstded(body, { maxOutputLength: bytesMax }))
  } catch (error) {
    if (
      error instanceof RangeError ||
      (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    )
      throw tooLarge(bytesMax)
    throw broken(encoding ?? 'data')
  }
  throw unknownEncoding()
}

/** A body as a stream, decompressed and limited as it passes. Fails the reader with one of our errors. */
export async function* streamed(
  body: Readable,
  encoding: string | undefined,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  const unpack = encoding === 'gzip' ? createGunzip() : encoding === 'zstd' ? createZstdDecompress() : undefined
  if (!unpack && encoding !== undefined && encoding !== 'identity') throw unknownEncoding()
  let bytes = 0
  try {
    for await (const chunk of unpack ? body.pipe(unpack satisfies Transform) : body) {
      bytes += chunk.length
      if (bytes > bytesMax) throw tooLarge(bytesMax)
      yield chunk
    }
  } catch (error) {
    if (error instanceof PlatekeepError) throw error
    throw unpack && body.readableEnded
      ? broken(encoding ?? 'data')
      : new Invalid([{ path: '', rule: 'body', message: 'ended before it was complete' }])
  }
}
