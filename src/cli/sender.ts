/**
 * Sends the requests of files, a few at a time, and adds up what became of them. What the server cannot take for now is sent
 * again after a while; sending twice is harmless, since intake stores each read once.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { IntakeReply } from '../intake/contract.ts'
import { IntakeReply as Reply } from '../intake/contract.ts'
import { parsed } from '../door/contract.ts'
import { Unreachable, type Answer, type Client } from './client.ts'
import type { Outgoing, Place } from './outgoing.ts'
import { retrying } from './retrying.ts'
import type { Source } from './source.ts'
import { problemIn, ServerProblem } from './serverProblem.ts'

export type Refused = Place & {
  readonly file: string
  readonly rule: string
  readonly message: string
  readonly clause?: string | undefined
}

export type Tally = {
  sent: number
  stored: number
  duplicates: number
  refused: number
  heartbeats: number
  ignored: number
  imagesNotStored: number
  /** The first of them. */
  readonly refusals: Refused[]
}

/** Four full requests keep a server busy, and sixteen small ones share its commits. */
const itemsInFlightMax = 2_000
const requestsInFlightMax = 16
const refusalsKept = 20
/** Together about five minutes: a server that is started anew, or a burst of others, is waited out. */
const patience = { triesMax: 40, waitMsMin: 250, waitMsMax: 10_000 }

export class Sender {
  readonly tally: Tally = {
    sent: 0,
    stored: 0,
    duplicates: 0,
    refused: 0,
    heartbeats: 0,
    ignored: 0,
    imagesNotStored: 0,
    refusals: [],
  }
  readonly #client: Client
  readonly #onWait: (waitMs: number) => void
  readonly #inFlight = new Set<Promise<void>>()
  #itemsInFlight = 0
  #failure: unknown

  constructor(client: Client, onWait: (waitMs: number) => void) {
    this.#client = client
    this.#onWait = onWait
  }

  /**
   * Sends all requests of one file, the last of which may still be on their way when it returns. `onDone` hears after each how
   * far in the file its last read stood. Throws what makes going on useless, such as a token that is not accepted.
   */
  async send(
    source: Pick<Source, 'name' | 'bytesRead'>,
    requests: AsyncIterable<Outgoing>,
    onDone: (bytes: number) => void,
  ): Promise<void> {
    for await (const outgoing of requests) {
      while (this.#inFlight.size >= requestsInFlightMax || this.#itemsInFlight >= itemsInFlightMax)
        await Promise.race(this.#inFlight)
      if (this.#failure !== undefined) throw this.#failure
      const bytes = source.bytesRead()
      this.#start(source.name, outgoing, () => onDone(bytes))
    }
  }

  /** Everything on its way was answered. Throws likewise. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight)
    if (this.#failure !== undefined) throw this.#failure
  }

  #start(file: string, outgoing: Outgoing, onDone: () => void): void {
    this.#itemsInFlight += outgoing.items
    const sending = this.#sendOne(file, outgoing).then(onDone, (error: unknown) => {
      this.#failure ??= error
    })
    const tracked: Promise<void> = sending.finally(() => {
      this.#inFlight.delete(tracked)
      this.#itemsInFlight -= outgoing.items
    })
    this.#inFlight.add(tracked)
  }

  async #sendOne(file: string, outgoing: Outgoing): Promise<void> {
    const { path, contentType, body } = outgoing
    const answer = await retrying(
      () => this.#reach({ method: 'POST', path, headers: { 'content-type': contentType }, body }),
      { ...patience, onWait: this.#onWait },
    )
    this.#count(file, outgoing, answer)
  }

  /** Once more where the connection broke: the server may be starting. */
  async #reach(sending: Parameters<Client['send']>[0]): Promise<Answer> {
    try {
      return await this.#client.send(sending)
    } catch (error) {
      // At the first request nothing was ever there: somebody mistyped the address, and waiting would not help.
      if (!(error instanceof Unreachable) || this.tally.sent === 0) throw error
      await delay(patience.waitMsMin)
      return { status: 503, retryAfter: undefined, body: Buffer.alloc(0) }
    }
  }

  #count(file: string, outgoing: Outgoing, answer: Answer): void {
    const reply = replyIn(answer)
    const { tally } = this
    if (reply === undefined) {
      this.#refuseWhole(file, outgoing, answer)
      return
    }
    tally.sent += Math.max(outgoing.items, reply.results.length)
    tally.stored += reply.stored
    tally.duplicates += reply.duplicates
    tally.refused += reply.refused
    tally.heartbeats += reply.heartbeats
    tally.ignored += reply.ignored
    for (const result of reply.results) {
      if (result.status === 'refused') this.#keep({ file, ...faultOf(outgoing, result) })
      else tally.imagesNotStored += result.images?.notStored ?? 0
    }
  }

  /** The body as a whole was refused. Where that is about its content, the rest of the file may still be fine. */
  #refuseWhole(file: string, outgoing: Outgoing, { status, body, retryAfter }: Answer): void {
    const problem = problemIn(body)
    const isAboutContent = status === 400 || status === 413 || status === 415 || status === 422
    if (!isAboutContent || problem === undefined) throw new ServerProblem(status, problem, retryAfter)
    this.tally.sent += outgoing.items
    this.tally.refused += outgoing.items
    const errors = problem.errors.length > 0 ? problem.errors : [{ path: '', rule: 'refused', message: problem.detail }]
    for (const fault of errors) this.#keep({ file, ...faultOf(outgoing, fault) })
  }

  #keep(refused: Refused): void {
    if (this.tally.refusals.length < refusalsKept) this.tally.refusals.push(refused)
  }
}

type Fault = { path: string; rule: string; message: string; clause?: string | undefined }

function faultOf(outgoing: Outgoing, { path, rule, message, clause }: Fault): Place & Omit<Fault, 'path'> {
  return { ...outgoing.place(path), rule, message, ...(clause === undefined ? {} : { clause }) }
}

/** What the server says of each item. A message all of whose items were refused says so too, in its problem document. */
function replyIn({ status, body }: Answer): IntakeReply | undefined {
  if (status !== 200 && status !== 422) return undefined
  const value: unknown = JSON.parse(body.toString('utf8'))
  if (typeof value !== 'object' || value === null || !('results' in value)) return undefined
  const { results, stored, duplicates, refused, heartbeats, ignored } = value as Record<string, unknown>
  return parsed(Reply, { results, stored, duplicates, refused, heartbeats, ignored })
}
