/**
 * The senders: department servers that send batches of reads, keep each until it is acknowledged, and now and then hang up, or
 * send one again, twice at once, or in another order; and cameras that correct themselves. Which batches there are follows from the
 * seed alone; in what order they arrive is the machine's doing.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReadItem } from '../../src/intake/contract.ts'
import { minute } from '../../src/kernel/clock.ts'
import { must } from '../../src/kernel/assert.ts'
import { bulkObservations } from '../../src/simulate/bulk.ts'
import { asItem } from '../../src/simulate/observe.ts'
import { Random } from '../../src/simulate/prng.ts'
import { batchOf, Ledger, type Batch } from './ledger.ts'
import { cameraOf, fleetSize, send, type Setting } from './setting.ts'

const senders = 6
const chunk = 2_000
const retryMs = 60
/** Once the load has ended, what is left must be acknowledged within this. */
const drainMsMax = 60_000

export type Load = {
  readonly ledger: Ledger
  /** When the last batch was acknowledged, and when that one was sent, by `performance.now()`. */
  lastAcknowledgedMs(): number
  lastSentMs(): number
  /** Ends the load: nothing new is sent, and what is not acknowledged yet is resent until it is. */
  drain(): Promise<void>
}

/** Starts sending to wherever `urlOf` says the server is now. */
export function startLoad(setting: Setting, urlOf: () => string): Load {
  const ledger = new Ledger()
  const from = new Date(Date.now() - 60 * minute)
  let draining = false
  const last = { sentMs: 0, acknowledgedMs: 0 }

  async function deliver(batch: Batch, deadlineMs: () => number, hangsUpMs?: number): Promise<void> {
    let msMax = hangsUpMs
    while (performance.now() < deadlineMs()) {
      const sent = ledger.sending(batch)
      const sentMs = performance.now()
      const answer = await post(batch, msMax)
      msMax = undefined
      if (answer?.status === 200) {
        ledger.acknowledged(batch, sent, JSON.parse(answer.text))
        if (sentMs > last.sentMs) Object.assign(last, { sentMs, acknowledgedMs: performance.now() })
        return
      }
      ledger.unknown++
      // No 5xx but 503; a token must not become unknown because the database is away.
      if (answer && answer.status !== 503 && answer.status !== 429)
        ledger.wrongAnswers.push(`${answer.status} ${answer.text.slice(0, 300)}`)
      await delay(retryMs)
    }
    ledger.wrongAnswers.push('a batch was not acknowledged in time')
  }

  async function post(batch: Batch, msMax?: number) {
    const { token } = must(setting.agencies[batch.agency], 'a batch has an agency')
    try {
      return await send(urlOf(), '/v1/reads', token, batch.body, {}, msMax)
    } catch {
      return undefined // The connection broke, or was never made.
    }
  }

  async function sender(number: number): Promise<void> {
    let deadline = Number.POSITIVE_INFINITY
    const random = new Random(setting.seed).fork('sender').fork(number)
    for (const batch of batches(setting, number, random, from)) {
      if (draining) return
      const twice = random.chance(0.05)
      const deadlineMs = (): number =>
        draining ? (deadline = Math.min(deadline, performance.now() + drainMsMax)) : deadline
      // Some hang up before they are answered: what becomes of those is as unknown as after a crash.
      const hangsUpMs = random.chance(0.03) ? random.int(1, 40) : undefined
      await Promise.all([deliver(batch, deadlineMs, hangsUpMs), ...(twice ? [deliver(batch, deadlineMs)] : [])])
      await delay(random.int(5, 90))
    }
  }

  const working = Array.from({ length: senders }, (_, number) => sender(number))
  return {
    ledger,
    lastAcknowledgedMs: () => last.acknowledgedMs,
    lastSentMs: () => last.sentMs,
    drain: async () => {
      draining = true
      await Promise.all(working)
    },
  }
}

/** The endless row of a sender's batches. */
function* batches(setting: Setting, sender: number, random: Random, from: Date): Generator<Batch, never> {
  const agency = sender % setting.agencies.length
  const items = itemsOf(setting, agency, `sender ${sender}`, from)
  const earlier: Batch[] = []
  let corrections: ReadItem[] = []
  for (;;) {
    const size = random.chance(0.5) ? random.int(1, 8) : random.chance(0.8) ? random.int(8, 60) : random.int(60, 300)
    const fresh = Array.from({ length: size }, () => items.next().value)
    const batch = batchOf(agency, [...fresh, ...corrections])
    corrections = fresh.flatMap((item) => (random.chance(0.03) ? correctionOf(item, random) : []))
    yield batch
    earlier.push(batch)
    if (earlier.length > 20) earlier.shift()
    if (random.chance(0.06)) yield random.pick(earlier)
    const again = random.pick(earlier)
    if (random.chance(0.06)) yield batchOf(agency, random.shuffled(again.items))
  }
}

function* itemsOf(setting: Setting, agency: number, name: string, from: Date): Generator<ReadItem, never> {
  const { devices } = must(setting.agencies[agency], 'a sender has an agency')
  const to = new Date(from.getTime() + 55 * minute)
  for (let number = 0; ; number++) {
    const stream = `${name} ${number}`
    const options = { seed: setting.seed, stream, count: chunk, from, to, fleetSize, devices }
    for (const read of bulkObservations(options)) yield asItem(read, cameraOf(read.device))
  }
}

/** The same pass seen better: another plate, surer than before. Only messages that name their event can be corrected. */
function correctionOf(item: ReadItem, random: Random): ReadItem[] {
  if (item.eventId === undefined || (item.plateConfidence ?? 0) >= 0.99) return []
  const at = random.int(0, item.plate.length - 1)
  const plate = `${item.plate.slice(0, at)}${item.plate[at] === 'X' ? 'Y' : 'X'}${item.plate.slice(at + 1)}`
  return [{ ...item, plate, plateConfidence: 0.995 }]
}
