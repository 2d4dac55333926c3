/**
 * A file to be sent, or standard input: decompressed where its first bytes say gzip or Zstandard (its name may say anything), and
 * counted as it is read, so that progress can be shown in terms of the file as it lies on the disk.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { Mendable } from '../kernel/errors.ts'
import { codeOf } from '../kernel/systemError.ts'

/** This file cannot be sent, whatever is true of others. */
export class FileProblem extends Mendable {}

export type Source = {
  /** For messages: the path, or `standard input`. */
  readonly name: string
  /** Size on the disk; undefined for standard input. */
  readonly bytes: number | undefined
  /** How much was read of those. */
  bytesRead(): number
  /** The content, once. Throws `FileProblem` where it cannot be read or decompressed. */
  readonly content: AsyncIterable<Uint8Array>
}

/** Small, so that what was read is near to what was sent, and progress honest: a little gzip holds many reads. */
const pieceBytes = 16_384

const magic = { gzip: Buffer.from([0x1f, 0x8b]), zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) }

/** Opens a file by its path; `-` is standard input. Throws `FileProblem` where it is not there or no file. */
export async function openSource(path: string, stdin: Readable): Promise<Source> {
  const name = path === '-' ? 'standard input' : path
  const bytes = path === '-' ? undefined : await sizeOf(path)
  let read = 0
  // Opened when it is first read, and not before: there may be a hundred thousand of them.
  async function* counted(): AsyncGenerator<Buffer> {
    const input: AsyncIterable<unknown> = path === '-' ? stdin : createReadStream(path, { highWaterMark: pieceBytes })
    for await (const chunk of input) {
      const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (!(piece instanceof Uint8Array)) continue
      read += piece.length
      yield Buffer.from(piece)
    }
  }
  return { name, bytes, bytesRead: () => read, content: decompressed(name, counted()) }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw new FileProblem(`${path} is a folder. Name the files in it: ${path}/*`)
    return found.size
  } catch (error) {
    if (error instanceof Mendable) throw error
    throw unreadable(path, error)
  }
}

function unreadable(name: string, error: unknown): FileProblem {
  const code = codeOf(error)
  if (code === 'ENOENT') return new FileProblem(`There is no file ${name}.`)
  if (code === 'EACCES') return new FileProblem(`${name} may not be read by this user.`)
  if (code?.startsWith('Z_') || code?.startsWith('ZSTD_') || code === 'ERR_BUFFER_TOO_LARGE')
    return new FileProblem(`${name} is damaged: it cannot be decompressed (${code}).`)
  return new FileProblem(
    `${name} cannot be read (${code ?? (error instanceof Error ? error.message : String(error))}).`,
  )
}

async function* decompressed(name: string, raw: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
  try {
    const { head, rest } = await headOf(raw)
    const unpack = startsWith(head, magic.gzip)
      ? createGunzip()
      : startsWith(head, magic.zstd)
        ? createZstdDecompress()
        : undefined
    if (!unpack) return yield* rest
    const input = Readable.from(rest, { highWaterMark: 1 })
    input.on('error', (error) => unpack.destroy(error))
    yield* input.pipe(unpack)
  } catch (error) {
    throw error instanceof Mendable ? error : unreadable(name, error)
  }
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start)
}

/** The first bytes, at least four where there are four, and all bytes from the beginning. */
async function headOf(raw: AsyncGenerator<Buffer>): Promise<{ head: Buffer; rest: AsyncIterable<Buffer> }> {
  let head = Buffer.alloc(0)
  while (head.length < magic.zstd.length) {
    const next = await raw.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  async function* rest(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head
    yield* raw
  }
  return { head, rest: rest() }
}

/** The beginning of a source's content; the rest is not read. */
export async function firstBytes({ content }: Source, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of content) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= most) break
  }
  return Buffer.concat(chunks).subarray(0, most)
}
