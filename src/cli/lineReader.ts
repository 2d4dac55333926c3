/** A source line by line, without ever holding more than one line of it; or, where it turns out to be one piece, whole. */
import { FileProblem, type Source } from './source.ts'

export type Line = {
  /** From 1, empty lines counted. */
  readonly number: number
  /** Without its line end. */
  readonly bytes: Buffer
}

const bytesMax = 64 * 1024 * 1024
const lineEnd = 10
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

export class LineReader {
  readonly #source: Source
  readonly #chunks: AsyncIterator<Uint8Array>
  /** What was read and not given out yet. */
  #rest: Buffer = Buffer.alloc(0)
  #number = 0
  #begun = false

  constructor(source: Source) {
    this.#source = source
    this.#chunks = source.content[Symbol.asyncIterator]()
  }

  /** The next line that is not empty; undefined at the end. Throws `FileProblem` for one that is too long. */
  async next(): Promise<Line | undefined> {
    for (;;) {
      const bytes = await this.#rawLine()
      if (bytes === undefined) return undefined
      this.#number++
      if (!isBlank(bytes)) return { number: this.#number, bytes }
    }
  }

  /** Whether nothing but empty lines is left. */
  async isOver(): Promise<boolean> {
    while (isBlank(this.#rest)) {
      this.#number += this.#rest.filter((byte) => byte === lineEnd).length
      if (!(await this.#more())) return true
    }
    return false
  }

  /** All lines from one that was given out on. */
  async *from(first: Line): AsyncGenerator<Line> {
    for (let line: Line | undefined = first; line; line = await this.next()) yield line
  }

  /** The content as it stands, from a line that was given out on. Throws `FileProblem` where it is too long for one piece. */
  async document(first: Line): Promise<Buffer> {
    const pieces = [first.bytes, Buffer.from([lineEnd])]
    let bytes = 0
    do {
      pieces.push(this.#rest)
      bytes += this.#rest.length
      if (bytes > bytesMax) throw this.#tooLong()
    } while (await this.#more())
    return Buffer.concat(pieces)
  }

  async #rawLine(): Promise<Buffer | undefined> {
    const pieces: Buffer[] = []
    let bytes = 0
    for (;;) {
      const end = this.#rest.indexOf(lineEnd)
      if (end >= 0) {
        pieces.push(this.#rest.subarray(0, end))
        this.#rest = this.#rest.subarray(end + 1)
        return Buffer.concat(pieces)
      }
      pieces.push(this.#rest)
      bytes += this.#rest.length
      if (bytes > bytesMax) throw this.#tooLong()
      if (!(await this.#more())) return bytes > 0 ? Buffer.concat(pieces) : undefined
    }
  }

  /** Puts the next chunk in the place of the rest, which is used up. */
  async #more(): Promise<boolean> {
    const next = await this.#chunks.next()
    this.#rest = next.done ? Buffer.alloc(0) : Buffer.from(next.value)
    if (!this.#begun && this.#rest.subarray(0, 3).equals(byteOrderMark)) this.#rest = this.#rest.subarray(3)
    this.#begun = true
    return !next.done
  }

  #tooLong(): FileProblem {
    return new FileProblem(
      `${this.#source.name} is one piece of more than ${bytesMax / 1024 / 1024} MiB. Split it, or write one read a line.`,
    )
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 32 || (byte >= 9 && byte <= 13))
}
