/**
 * What was sent and what the server answered: the only witness that is not the server itself. It holds, for each read, the
 * identifiers it was acknowledged under, and for each body how often it was sent and how often acknowledged.
 */
import { hash } from 'node:crypto'
import type { IntakeReply, ReadItem } from '../../src/intake/contract.ts'
import { plateOf } from '../../src/reads/plate.ts'

/** One read as sent: everything that identifies it. */
export type SentRead = {
  readonly agency: number
  readonly camera: string
  readonly plate: string
  readonly capturedMs: number
  readonly hasEvent: boolean
  /** Identifiers it was acknowledged under, and how often as stored. */
  readonly ids: Set<string>
  stored: number
}
export type Batch = {
  readonly agency: number
  readonly items: readonly ReadItem[]
  readonly body: string
  /** SHA-256 of the body: equal bodies are told apart by nothing, in the log neither. */
  readonly digest: string
}
/** What is known of one body. */
export type SentBody = {
  readonly body: string
  sends: number
  acknowledged: number
  /** The identifiers answered as stored, for each answer that had any. */
  readonly storedIds: string[][]
}

export function batchOf(agency: number, items: readonly ReadItem[]): Batch {
  const body = JSON.stringify({ reads: items })
  return { agency, items, body, digest: hash('sha256', body) }
}

export class Ledger {
  readonly reads = new Map<string, SentRead>()
  readonly bodies = new Map<string, SentBody>()
  /** Answers that should not have come, in words. */
  readonly wrongAnswers: string[] = []
  acknowledgedReads = 0
  batchesAcknowledged = 0
  /** Sends that got no answer, or one that says to come again: what became of them nobody knows until they are resent. */
  unknown = 0

  /** Notes a batch before it leaves: from now on its reads may be in the database. */
  sending(batch: Batch): SentBody {
    const known = this.bodies.get(batch.digest)
    const sent = known ?? { body: batch.body, sends: 0, acknowledged: 0, storedIds: [] }
    sent.sends++
    if (known) return sent
    this.bodies.set(batch.digest, sent)
    for (const item of batch.items) this.#readOf(batch.agency, item)
    return sent
  }

  /** Notes an answer of 200. */
  acknowledged(batch: Batch, sent: SentBody, reply: IntakeReply): void {
    sent.acknowledged++
    this.batchesAcknowledged++
    const stored: string[] = []
    if (reply.results.length !== batch.items.length)
      this.wrongAnswers.push(`${batch.items.length} items got ${reply.results.length} results`)
    for (const [index, item] of batch.items.entries()) {
      const result = reply.results[index]
      const read = this.#readOf(batch.agency, item)
      if (result === undefined) continue
      if (result.status === 'refused') {
        this.wrongAnswers.push(`refused ${result.path}: ${result.rule}`)
        continue
      }
      if (read.ids.size === 0) this.acknowledgedReads++
      read.ids.add(result.id)
      if (result.status === 'duplicate') continue
      read.stored++
      stored.push(result.id)
    }
    if (stored.length > 0) sent.storedIds.push(stored)
  }

  #readOf(agency: number, item: ReadItem): SentRead {
    const key = `${agency} ${item.device} ${item.plate} ${item.capturedAt} ${item.eventId ?? ''}`
    const known = this.reads.get(key)
    if (known) return known
    const read = {
      agency,
      camera: item.device,
      plate: plateOf(item.plate) ?? '',
      capturedMs: Date.parse(item.capturedAt),
      hasEvent: item.eventId !== undefined,
      ids: new Set<string>(),
      stored: 0,
    }
    this.reads.set(key, read)
    return read
  }
}
