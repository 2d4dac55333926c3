/**
 * A file as it arrives: read once, counted and digested as it passes, with a limit on its size, on how long it may be silent
 * and on how long it may take. An import holds a database connection while it reads, so a sender that stalls is given up.
 */
import { createHash } from 'node:crypto'
import { Invalid, invalid, PlatekeepError, TooMuch, Unavailable } from '../kernel/errors.ts'
import { minute, second } from '../kernel/clock.ts'

export type FileLimits = { readonly bytesMax: number; readonly silenceMsMax: number; readonly totalMsMax: number }

/** Half a gigabyte is ten million rows of the shorter layouts; five minutes, a million rows at 3 Mbit/s. */
export const fileLimits: FileLimits = {
  bytesMax: 512 * 1024 * 1024,
  silenceMsMax: 20 * second,
  totalMsMax: 5 * minute,
}

export class ReceivedFile implements AsyncIterable<Uint8Array> {
  #source: AsyncIterator<Uint8Array>
  #limits: FileLimits
  #hash = createHash('sha256')
  #begun = false
  #bytes = 0
  #sha256: string | undefined

  constructor(source: AsyncIterable<Uint8Array>, limits = fileLimits) {
    this.#source = source[Symbol.asyncIterator]()
    this.#limits = limits
  }

  /** How much has arrived so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of the whole file, in hexadecimal; undefined until it was read to its end. */
  get sha256(): string | undefined {
    return this.#sha256
  }

  /**
   * Its bytes, once: the door runs an act again after a deadlock, but the file has gone by then. The source is not destroyed when the reader stops early,
   * since the answer may have to go out on the connection on which it came.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    if (this.#begun) throw new Unavailable('The import was interrupted and nothing was done. Send the file again.')
    this.#begun = true
    let overdue = false
    const timer = setTimeout(() => (overdue = true), this.#limits.totalMsMax)
    try {
      while (true) {
        const next = await this.#next()
        if (next.done) break
        this.#count(next.value, overdue)
        yield next.value
      }
    } finally {
      clearTimeout(timer)
    }
    this.#sha256 = this.#hash.digest('hex')
  }

  #count(chunk: Uint8Array, overdue: boolean): void {
    this.#bytes += chunk.byteLength
    this.#hash.update(chunk)
    if (this.#bytes > this.#limits.bytesMax)
      throw new TooMuch(413, `The file is over ${this.#limits.bytesMax} bytes. Split the list into several feeds.`)
    if (overdue)
      throw new Unavailable(
        `The file took longer than ${this.#limits.totalMsMax / 1000} s to arrive. Nothing was imported; send it over a faster connection.`,
      )
  }

  /** The next chunk, unless the sender falls silent or breaks off. */
  async #next(): Promise<IteratorResult<Uint8Array>> {
    const { silenceMsMax } = this.#limits
    const silence = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      silence.reject(
        new Unavailable(`Nothing arrived for ${silenceMsMax / 1000} s. Nothing was imported; send the file again.`),
      )
    }, silenceMsMax)
    // What a source given up does later is of no interest to anybody.
    const arriving = this.#source.next()
    arriving.catch(() => {})
    try {
      return await Promise.race([arriving, silence.promise])
    } catch (error) {
      if (error instanceof PlatekeepError) throw error
      throw invalid(
        'file',
        'broken-off',
        'The file ended before its end was announced. Nothing was imported; send it again.',
      )
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The file in a raw request. Throws `Invalid` where there is none. */
export function receivedFile(stream: unknown): ReceivedFile {
  if (isAsyncIterable(stream)) return new ReceivedFile(stream)
  throw new Invalid([
    { path: 'file', rule: 'required', message: 'is missing: send the list as the body of the request' },
  ])
}

function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
