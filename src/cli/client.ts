/**
 * Talks to a server, by the operations themselves: the method, the path and the shape of the reply come from their declaration,
 * so that a command can ask for nothing that the server does not offer. What the server refuses becomes one paragraph.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { randomBytes } from 'node:crypto'
import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import type { Static, TSchema } from 'typebox'
import { parsed } from '../door/contract.ts'
import type { Route } from '../door/operation.ts'
import { Invalid, Mendable } from '../kernel/errors.ts'
import { base32 } from '../kernel/ids.ts'
import { codeOf } from '../kernel/systemError.ts'
import type { Connection } from './connection.ts'
import { problemIn, ServerProblem } from './serverProblem.ts'
import { retrying } from './retrying.ts'

/** What a client needs to know of an operation. */
type Called<R extends TSchema> = { readonly route?: Route; readonly reply: R; readonly effect: string }

export type Answer = { readonly status: number; readonly retryAfter: number | undefined; readonly body: Buffer }

export type Sending = {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | Readable
}

const replyBytesMax = 64 * 1024 * 1024
const silenceMsMax = 120_000

export class Client {
  readonly #connection: Connection
  readonly #agent: HttpAgent
  readonly #isHttps: boolean

  constructor(connection: Connection) {
    this.#connection = connection
    this.#isHttps = connection.server.startsWith('https:')
    const options = { keepAlive: true, maxSockets: 32 }
    this.#agent = this.#isHttps ? new HttpsAgent(options) : new HttpAgent(options)
  }

  get server(): string {
    return this.#connection.server
  }

  /** Closes its connections. */
  close(): void {
    this.#agent.destroy()
  }

  /**
   * Performs an operation with a request of its contract, again where the server asks to come back. Throws `ServerProblem` where
   * it refuses, `Mendable` where it cannot be reached or is of another version.
   */
  async call<R extends TSchema>(operation: Called<R>, request: Readonly<Record<string, unknown>>): Promise<Static<R>> {
    const sending = sendingOf(operation, request)
    const answer = await retrying(() => this.send(sending))
    return this.reply(operation, answer)
  }

  /** The reply in an answer, by the operation's contract. Throws `ServerProblem` where it is a refusal. */
  reply<R extends TSchema>(operation: Called<R>, answer: Answer): Static<R> {
    if (answer.status !== 200) throw new ServerProblem(answer.status, problemIn(answer.body), answer.retryAfter)
    try {
      return parsed(operation.reply, JSON.parse(answer.body.toString('utf8')))
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof SyntaxError)) throw error
      throw new Mendable(
        `${this.server} answered in a form this program does not know (${error.message}). Use the same version of Platekeep here and there.`,
      )
    }
  }

  /** Sends one request and reads the whole answer, whatever its status. Throws `Mendable` where nothing answers. */
  async send(sending: Sending): Promise<Answer> {
    const response = await this.open(sending)
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of response) {
        if (!(chunk instanceof Uint8Array)) continue
        bytes += chunk.length
        if (bytes > replyBytesMax) throw new Mendable(`${this.server} answered with more than ${replyBytesMax} bytes.`)
        chunks.push(Buffer.from(chunk))
      }
    } catch (error) {
      throw error instanceof Mendable ? error : unreachable(this.server, error)
    }
    return { status: response.statusCode ?? 0, retryAfter: retryAfterOf(response), body: Buffer.concat(chunks) }
  }

  /**
   * Sends one request; the answer as it begins. A server may answer before it has the whole body, to refuse it: then that
   * answer counts, and not that it stopped listening.
   */
  open(sending: Sending, signal?: AbortSignal): Promise<IncomingMessage> {
    const { method, path, headers, body } = sending
    const url = new URL(path, this.server)
    return new Promise((resolve, reject) => {
      const request = (this.#isHttps ? httpsRequest : httpRequest)(url, {
        method,
        agent: this.#agent,
        timeout: silenceMsMax,
        ...(signal ? { signal } : {}),
        headers: {
          authorization: `Bearer ${this.#connection.token}`,
          ...(Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {}),
          ...headers,
        },
      })
      let answered = false
      request.on('response', (response) => {
        answered = true
        resolve(response)
      })
      request.on('timeout', () => request.destroy(new Error(`nothing was heard for ${silenceMsMax / 1000} s`)))
      request.on('error', (error) => reject(unreachable(this.server, error)))
      if (body === undefined || Buffer.isBuffer(body)) request.end(body)
      else
        pipeline(body, request, (error) => {
          if (error && !answered) reject(unreachable(this.server, error))
        })
    })
  }
}

/** Nothing answers, or the connection broke: worth another try. */
export class Unreachable extends Mendable {}

function unreachable(server: string, error: unknown): Mendable {
  if (error instanceof Mendable) return error
  const reason = codeOf(error) ?? (error instanceof Error ? error.message : String(error))
  return new Unreachable(
    `No server answers at ${server} (${reason}). Start one with \`platekeep serve\`, or name another with --server.`,
  )
}

function retryAfterOf({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}

/** The HTTP request of an operation: what its path names goes there, the rest into the query or the body. */
export function sendingOf(
  { route, effect }: Pick<Called<TSchema>, 'route' | 'effect'>,
  request: Readonly<Record<string, unknown>>,
): Sending & { readonly headers: Readonly<Record<string, string>> } {
  if (!route) throw new TypeError('an operation without a route cannot be called')
  const rest = new Map(Object.entries(request).filter(([, value]) => value !== undefined))
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = rest.get(name)
    rest.delete(name)
    return encodeURIComponent(String(value))
  })
  const headers = effect === 'write' || effect === 'secret' ? { 'idempotency-key': newIdempotencyKey() } : {}
  if (route.method === 'POST' && route.body === 'json') {
    const body = Buffer.from(JSON.stringify(Object.fromEntries(rest)))
    return { method: 'POST', path, headers: { ...headers, 'content-type': 'application/json' }, body }
  }
  const query = new URLSearchParams([...rest].map(([name, value]) => [name, String(value)]))
  return { method: route.method, path: query.size > 0 ? `${path}?${query.toString()}` : path, headers }
}

function newIdempotencyKey(): string {
  return base32(randomBytes(16))
}
