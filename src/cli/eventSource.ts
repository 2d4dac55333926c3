/**
 * Server-sent events, as a client reads them (HTML Standard, "Server-sent events"): goes on after the last event it had when
 * the connection is lost, and passes no event on twice.
 */
import type { IncomingMessage } from 'node:http'
import { Mendable } from '../kernel/errors.ts'
import type { Route } from '../door/operation.ts'
import { Unreachable, type Client } from './client.ts'
import { pause, type Patience } from './retrying.ts'
import { problemIn, ServerProblem } from './serverProblem.ts'

export type StreamEvent = { readonly id: number | undefined; readonly event: string; readonly data: string }

export type Following = {
  readonly route: Pick<Route, 'method' | 'path'>
  /** The position to go on after; undefined: from now on. */
  readonly since: number | undefined
  readonly signal: AbortSignal
  onEvent(event: StreamEvent): void
  /** The connection was lost after it had been there. */
  onLost(reason: string): void
}

/** The server sends a sign of life every 15 seconds. */
const silenceMsMax = 60_000
const eventCharactersMax = 4 * 1024 * 1024
const refusalBytesMax = 64 * 1024

/** Follows a stream until the signal. Throws where the first connection fails, or where the server refuses. */
export async function follow(client: Client, following: Following): Promise<void> {
  const { signal, onLost } = following
  const patience: Patience = { triesMax: Infinity, waitMsMin: 500, waitMsMax: 10_000, signal }
  const reader = new Reader(following)
  let wasThere = false
  for (let failures = 0; !signal.aborted;) {
    let reason = 'the server ended it'
    let retryAfter: number | undefined
    try {
      const response = await client.open(requestOf(following.route, reader.position), signal)
      if (response.statusCode !== 200) throw await refusal(response)
      wasThere = true
      failures = 0
      await reader.read(response)
    } catch (error) {
      if (signal.aborted) return
      if (!isForNow(error) || !wasThere) throw error
      reason = error instanceof Error ? error.message : String(error)
      retryAfter = error instanceof ServerProblem ? error.retryAfter : undefined
    }
    if (signal.aborted) return
    if (failures++ === 0) onLost(reader.ending ?? reason)
    await pause(failures, retryAfter, patience).catch(() => undefined)
  }
}

/** Lost, overloaded, or stopping: not refused. */
function isForNow(error: unknown): boolean {
  if (error instanceof ServerProblem) return error.status === 503 || error.status === 429
  return !(error instanceof Mendable) || error instanceof Unreachable
}

function requestOf(route: Following['route'], position: number | undefined) {
  const headers = { accept: 'text/event-stream' }
  return {
    method: route.method,
    path: route.path,
    headers: position === undefined ? headers : { ...headers, 'last-event-id': String(position) },
  }
}

async function refusal(response: IncomingMessage): Promise<ServerProblem> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk) || (bytes += chunk.length) > refusalBytesMax) break
    chunks.push(chunk)
  }
  const seconds = Number(response.headers['retry-after'])
  return new ServerProblem(
    response.statusCode ?? 0,
    problemIn(Buffer.concat(chunks)),
    Number.isFinite(seconds) ? seconds : undefined,
  )
}

/** Takes the bytes of a stream apart into events. */
class Reader {
  readonly #onEvent: (event: StreamEvent) => void
  position: number | undefined
  /** What the server said when it ended the stream. */
  ending: string | undefined

  constructor({ since, onEvent }: Following) {
    this.position = since
    this.#onEvent = onEvent
  }

  async read(response: IncomingMessage): Promise<void> {
    this.ending = undefined
    response.setTimeout(silenceMsMax, () => response.destroy(new Error('nothing was heard for a minute')))
    response.setEncoding('utf8')
    let rest = ''
    for await (const chunk of response) {
      rest += String(chunk)
      const blocks = rest.split(/\r?\n\r?\n/)
      rest = blocks.pop() ?? ''
      if (rest.length > eventCharactersMax) throw new Error('an event is longer than any can be')
      for (const block of blocks) this.#take(block)
    }
  }

  #take(block: string): void {
    const fields = new Map<string, string[]>()
    for (const line of block.split(/\r?\n/)) {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
      if (name !== '') fields.set(name, [...(fields.get(name) ?? []), value])
      else this.#noteStart(value)
    }
    const data = fields.get('data')?.join('\n')
    if (data === undefined) return
    const event = fields.get('event')?.at(-1) ?? 'message'
    const idText = fields.get('id')?.at(-1)
    const id = idText !== undefined && /^\d{1,15}$/.test(idText) ? Number(idText) : undefined
    if (event === 'end') this.ending = endingOf(data)
    if (id !== undefined) {
      // The server repeats nothing; should one in between do so, it stops here.
      if (this.position !== undefined && id <= this.position) return
      this.position = id
    }
    this.#onEvent({ id, event, data })
  }

  /** The server says first where it begins, so that a connection that is lost before the first event loses nothing. */
  #noteStart(comment: string): void {
    const start = /^position (\d{1,15})$/.exec(comment)?.[1]
    if (start !== undefined) this.position ??= Number(start)
  }
}

function endingOf(data: string): string {
  try {
    const value: unknown = JSON.parse(data)
    if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message)
  } catch {
    // Not of our server's making: shown as it is.
  }
  return data
}
