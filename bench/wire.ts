/**
 * A small HTTP/1.1 client for load: prebuilt requests over kept connections, replies read by their length. The load shares two
 * cores with what it measures, so it must cost next to nothing.
 */
import { connect, type Socket } from 'node:net'

export type WireReply = { readonly status: number; readonly body: Buffer }

export type Wire = {
  /** Sends one request and waits for its reply. One at a time per connection. */
  send(request: Buffer): Promise<WireReply>
  close(): void
}

/** A request as bytes. */
export function requestBytes(
  url: URL,
  method: string,
  path: string,
  token: string,
  body?: Buffer,
  contentType = 'application/json',
): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, `host: ${url.host}`, `authorization: Bearer ${token}`]
  if (body) head.push(`content-type: ${contentType}`, `content-length: ${body.length}`)
  const lines = Buffer.from(`${head.join('\r\n')}\r\n\r\n`)
  return body ? Buffer.concat([lines, body]) : lines
}

const endOfHead = Buffer.from('\r\n\r\n')

/** Opens a kept connection. */
export async function openWire(url: URL): Promise<Wire> {
  const socket: Socket = connect(Number(url.port), url.hostname)
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  let waiting: { resolve: (reply: WireReply) => void; reject: (error: Error) => void } | undefined
  let chunks: Buffer[] = []
  let received = 0
  let wanted = Infinity
  let bodyAt = 0
  let status = 0
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    received += chunk.length
    if (wanted === Infinity) {
      const head = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      const end = head.indexOf(endOfHead)
      if (end < 0) return
      const text = head.toString('latin1', 0, end)
      status = Number(text.slice(9, 12))
      bodyAt = end + endOfHead.length
      wanted = bodyAt + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
    }
    if (received < wanted) return
    const body = (chunks.length === 1 ? chunk : Buffer.concat(chunks)).subarray(bodyAt, wanted)
    chunks = []
    received = 0
    wanted = Infinity
    const done = waiting
    waiting = undefined
    done?.resolve({ status, body })
  })
  const fail = (error?: Error): void => {
    waiting?.reject(error ?? new Error('the server closed the connection'))
    waiting = undefined
  }
  socket.on('error', fail)
  socket.on('close', () => fail())
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}
