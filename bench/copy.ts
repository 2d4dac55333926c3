/** COPY through the wire protocol, for comparison: out into memory, in from memory. */
import { EventEmitter } from 'node:events'
import pg from 'pg'

type Connection = {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  stream: { writableNeedDrain: boolean; once(event: 'drain', done: () => void): void }
}

/** What pg's client takes as a query: it is told of each message of the protocol. */
class Copy extends EventEmitter {
  readonly text: string
  readonly input: readonly Buffer[] | undefined
  readonly output: Buffer[] = []
  readonly done: Promise<void>
  #end!: (error?: Error) => void
  constructor(text: string, input?: readonly Buffer[]) {
    super()
    this.text = text
    this.input = input
    this.done = new Promise((resolve, reject) => {
      this.#end = (error) => (error ? reject(error) : resolve())
    })
  }
  submit(connection: Connection): void {
    connection.query(this.text)
  }
  async handleCopyInResponse(connection: Connection): Promise<void> {
    for (const chunk of this.input ?? []) {
      connection.sendCopyFromChunk(chunk)
      if (connection.stream.writableNeedDrain)
        await new Promise<void>((resolve) => connection.stream.once('drain', resolve))
    }
    connection.endCopyFrom()
  }
  handleCopyData(message: { chunk: Buffer }): void {
    // A copy: the driver reads the next message into the same memory.
    this.output.push(Buffer.from(message.chunk))
  }
  handleError(error: Error): void {
    this.#end(error)
  }
  handleReadyForQuery(): void {
    this.#end()
  }
  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
}

const chunkBytes = 64 * 1024

/** The rows of a query as COPY text, in chunks. */
export async function copyOut(client: pg.Client, query: string): Promise<Buffer[]> {
  const copy = new Copy(`copy (${query}) to stdout`)
  client.query(copy as unknown as pg.Submittable)
  await copy.done
  const chunks: Buffer[] = []
  let gathered: Buffer[] = []
  let bytes = 0
  for (const row of copy.output) {
    gathered.push(row)
    bytes += row.length
    if (bytes < chunkBytes) continue
    chunks.push(Buffer.concat(gathered))
    gathered = []
    bytes = 0
  }
  if (bytes > 0) chunks.push(Buffer.concat(gathered))
  return chunks
}

/** COPY from chunks of whole rows into a table. */
export async function copyIn(client: pg.Client, table: string, chunks: readonly Buffer[]): Promise<void> {
  const copy = new Copy(`copy ${table} from stdin`, chunks)
  client.query(copy as unknown as pg.Submittable)
  await copy.done
}
