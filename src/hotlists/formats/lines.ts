/**
 * Bytes into lines, for every layout alike. Whatever the chunks the bytes arrive in, the same file gives the same lines.
 *
 * A line ends with LF, CR LF or CR. Bytes are taken as Latin-1 first (one byte, one character: fast, and it never fails),
 * and only a line that holds a byte above 127 is looked at again: as UTF-8 where it is that, else it stays Latin-1. So
 * one file may mix both, as files joined from several sources do.
 */
import { invalid } from '../../kernel/errors.ts'

/** Longest line, in bytes. The widest layout known has 202. */
export const lineBytesMax = 4096

/** Stands for a line over `lineBytesMax`: its text was dropped, its number is kept. */
export const tooLong = Symbol('a line over the limit')

/** Consecutive lines, still one character a byte. `cut` is true where the file ends within the last of them. */
export type Lines = { firstNumber: number; lines: (string | typeof tooLong)[]; cut: boolean }

const pieceBytes = 65_536
/** How much of a file is looked at to tell whether it is text. */
export const headBytes = 4096
const byteOrderMark = '\xef\xbb\xbf'

/** The lines of a file. Throws `Invalid` where its first bytes show that it is no text at all. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<Lines, void> {
  const splitter = new Splitter()
  for await (const piece of piecesOf(input)) {
    const lines = splitter.push(piece)
    if (lines.lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last.lines.length > 0) yield last
}

/** Cuts the input into pieces of a bounded size, after a look at the head as a whole, however small the chunks are. */
async function* piecesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let head = ''
  let headSeen = false
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.toString('latin1', from, Math.min(from + pieceBytes, bytes.length))
      if (headSeen) {
        yield piece
        continue
      }
      head += piece
      if (head.length < headBytes) continue
      refuseBinary(head.slice(0, headBytes))
      headSeen = true
      yield head
    }
  }
  if (headSeen) return
  refuseBinary(head)
  if (head !== '') yield head
}

const signatures: readonly (readonly [start: string, what: string])[] = [
  ['PK\x03\x04', 'a zip file (or an Excel workbook): unpack it, or save the sheet as CSV'],
  ['\x1f\x8b', 'a gzip file: unpack it first'],
  ['\x28\xb5\x2f\xfd', 'a zstd file: unpack it first'],
  ['%PDF', 'a PDF: ask the source for the list as text'],
  ['\xff\xfe', 'UTF-16 text: save it as UTF-8'],
  ['\xfe\xff', 'UTF-16 text: save it as UTF-8'],
]
const markup = /^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml)/i
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\0-\x08\x0b\x0e-\x19\x1b-\x1f]/g

/** Throws `Invalid` where the first bytes (as Latin-1) belong to something other than a list. */
export function refuseBinary(head: string): void {
  const signature = signatures.find(([start]) => head.startsWith(start))
  if (signature) throw invalid('file', 'not-text', `This is ${signature[1]}.`)
  if (markup.test(head)) {
    throw invalid(
      'file',
      'not-text',
      'This is a web page or XML, perhaps the sign-in page of the source, and not a list.',
    )
  }
  const found = head.match(controls)?.length ?? 0
  if (found > 2 && found > head.length / 20) {
    throw invalid(
      'file',
      'not-text',
      'This is binary data, and not a list: lines of UTF-8 or Latin-1 text are expected.',
    )
  }
}

class Splitter {
  #next = 1
  #carry = ''
  #overlong = false
  /** The last piece ended with CR: an LF that follows belongs to it. */
  #afterCr = false

  push(piece: string): Lines {
    const firstNumber = this.#next
    const lines: Lines['lines'] = []
    let from = this.#afterCr && piece[0] === '\n' ? 1 : 0
    if (piece !== '') this.#afterCr = false
    let lf = endOf(piece, '\n', from)
    let cr = endOf(piece, '\r', from)
    while (true) {
      const end = Math.min(lf, cr)
      if (end === Infinity) break
      lines.push(this.#line(piece, from, end))
      from = end + 1
      if (end === cr) {
        if (from === piece.length) this.#afterCr = true
        else if (piece[from] === '\n') from++
        cr = endOf(piece, '\r', from)
      }
      if (lf < from) lf = endOf(piece, '\n', from)
    }
    this.#keep(piece, from)
    this.#next += lines.length
    return { firstNumber, lines, cut: false }
  }

  /** What follows the last line end: a line like any other, except that the file may have been cut within it. */
  end(): Lines {
    const lines: Lines['lines'] = []
    if (this.#carry !== '' || this.#overlong) lines.push(this.#line('', 0, 0))
    return { firstNumber: this.#next, lines, cut: true }
  }

  #line(piece: string, from: number, end: number): string | typeof tooLong {
    const text = this.#carry === '' ? piece.slice(from, end) : this.#carry + piece.slice(from, end)
    const overlong = this.#overlong || text.length > lineBytesMax
    this.#carry = ''
    this.#overlong = false
    return overlong ? tooLong : text
  }

  #keep(piece: string, from: number): void {
    if (this.#overlong) return
    if (this.#carry.length + piece.length - from > lineBytesMax) {
      this.#overlong = true
      this.#carry = ''
    } else {
      this.#carry += piece.slice(from)
    }
  }
}

function endOf(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from)
  return at === -1 ? Infinity : at
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const plain = /^[\t\x20-\x7e]*$/
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\0-\x08\x0a-\x1f\x7f]/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const latin1 = new TextDecoder('latin1')

/**
 * A line's text, or what is wrong with it. `number` is the line's, for the byte order mark of the first.
 * A lone Control-Z, which old systems write as the end of a file, counts as a blank line.
 */
export function textOf(line: string | typeof tooLong, number: number): { text: string } | { fault: string } {
  if (line === tooLong) return { fault: `the line is over ${lineBytesMax} bytes` }
  const text = number === 1 && line.startsWith(byteOrderMark) ? line.slice(byteOrderMark.length) : line
  if (plain.test(text)) return { text }
  if (text === '\x1a') return { text: '' }
  const found = control.exec(text)
  if (found) return { fault: `the line holds a control character (code ${found[0].charCodeAt(0)})` }
  const bytes = Buffer.from(text, 'latin1')
  try {
    return { text: utf8.decode(bytes) }
  } catch {
    return { text: latin1.decode(bytes) }
  }
}
