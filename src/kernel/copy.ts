/**
 * COPY … FROM STDIN: the fastest way of getting many rows into a table, as a stream. Nothing is kept: the next chunk is asked
 * for only when the connection has taken the last one, so a slow database slows the source and a large file needs no memory.
 *
 * The protocol is four messages (PostgreSQL manual, "COPY Operations"): the server says it is ready, CopyData as often as
 * there is data, CopyDone or CopyFail at the end. `pg` lets any object with a `submit` speak on its connection.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type pg from 'pg'

const copyDone = Buffer.from([0x63, 0, 0, 0, 4])

/** A chunk of text as one CopyData message. */
function copyData(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const message = Buffer.allocUnsafe(5 + length)
  message[0] = 0x64
  message.writeInt32BE(4 + length, 1)
  message.write(text, 5)
  return message
}

const copyFail = Buffer.concat([Buffer.from([0x66, 0, 0, 0, 4 + 1 + 7]), Buffer.from('stopped\0')])

/**
 * Runs a COPY command on a client and feeds it text (PostgreSQL's text format: tab, newline, `\N`). Returns the number of
 * rows. If the source fails, the command is cancelled and the source's error is thrown; the transaction is then aborted, as
 * after any failed command.
 */
export async function copyIn(client: pg.ClientBase, command: string, chunks: AsyncIterable<string>): Promise<number> {
  const copy = new CopyIn(command, chunks)
  client.query(copy)
  await copy.ended
  return copy.rows
}

/** `text` in COPY's text format: the four characters that mean something there are escaped. Null is `\N`. */
export function copyValue(text: string | number | null | undefined): string {
  if (text === null || text === undefined) return '\\N'
  if (typeof text === 'number' || !special.test(text)) return String(text)
  return text.replace(everySpecial, (character) => escapes[character] ?? character)
}
const special = /[\\\t\n\r]/
const everySpecial = /[\\\t\n\r]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

class CopyIn implements pg.Submittable {
  rows = 0
  readonly ended: Promise<void>
  #command: string
  #chunks: AsyncIterable<string>
  /** What went wrong first: in the source or at the server. */
  #failure: { error: unknown } | undefined
  #settle: PromiseWithResolvers<void>
  /** Rejects when the server or the connection gives up, so that nothing waits for it any longer. */
  #stopped: PromiseWithResolvers<never>

  constructor(command: string, chunks: AsyncIterable<string>) {
    this.#command = command
    this.#chunks = chunks
    this.#settle = Promise.withResolvers()
    this.#stopped = Promise.withResolvers()
    // Nobody may be waiting at that moment; the error itself is thrown by `ended`.
    this.#stopped.promise.catch(() => {})
    this.ended = this.#settle.promise
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#command)
  }

  handleCopyInResponse({ stream }: pg.Connection): void {
    this.#pump(stream).then(
      () => stream.write(copyDone),
      (error: unknown) => {
        if (this.#failure) return
        this.#failure = { error }
        stream.write(copyFail)
      },
    )
  }

  async #pump(stream: pg.Connection['stream']): Promise<void> {
    const source = this.#chunks[Symbol.asyncIterator]()
    try {
      while (true) {
        const next = await Promise.race([source.next(), this.#stopped.promise])
        if (next.done) return
        if (!stream.write(copyData(next.value))) await Promise.race([drained(stream), this.#stopped.promise])
        // A source that never waits would keep every other request of this process waiting.
        await nextTurn()
      }
    } finally {
      // Told to stop, not waited for: it may itself be waiting for a sender that has gone quiet.
      if (this.#failure) source.return?.().then(undefined, () => {})
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.rows = Number(/\d+$/.exec(text)?.[0] ?? 0)
  }

  /** An error of the server, the answer to our CopyFail, or the loss of the connection. */
  handleError(error: Error): void {
    this.#failure ??= { error }
    this.#stopped.reject(error)
    this.#settle.reject(this.#failure.error)
  }

  handleReadyForQuery(): void {
    this.#settle.resolve()
  }
}

function drained(stream: pg.Connection['stream']): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve))
}
