/** Sends simulated reads as their departments would: each under its own token, in its device's form, a few at a time. */
import { Client, type Answer } from '../cli/client.ts'
import { retrying } from '../cli/retrying.ts'
import { must } from '../kernel/assert.ts'
import { Mendable } from '../kernel/errors.ts'
import type { ReadItem } from '../intake/contract.ts'
import { asVendorMessage } from '../simulate/forms.ts'
import type { SimulatedRead } from '../simulate/observe.ts'
import type { TrafficStart } from './demoTraffic.ts'

export type Counts = { sent: number; stored: number; duplicates: number; refused: number; failed: number }

const inFlightMax = 8
const patience = { triesMax: 4, waitMsMin: 250, waitMsMax: 2_000 }

export class DemoSender {
  readonly counts: Counts = { sent: 0, stored: 0, duplicates: 0, refused: 0, failed: 0 }
  readonly #departments: ReadonlyMap<string, Client>
  readonly #devices: ReadonlyMap<string, Client>
  readonly #inFlight = new Set<Promise<void>>()

  constructor({ server, servers, devices }: TrafficStart) {
    this.#departments = new Map(servers.map(([ori, token]) => [ori, new Client({ server, token })]))
    this.#devices = new Map(devices.map(([reference, token]) => [reference, new Client({ server, token })]))
  }

  /** One read in its device's form. Waits only where too many are on their way. */
  async send(read: SimulatedRead): Promise<void> {
    const { device } = read
    const client = this.#devices.get(device.reference) ?? this.#department(device.agencyOri)
    const { mediaType, body } = asVendorMessage(device.vendor, read)
    const path = device.vendor === 'platekeep' ? '/v1/reads' : `/v1/intake/${device.vendor}`
    await this.#start(client, path, mediaType, body, 1)
  }

  /** Many reads of one agency in our own form. */
  async sendItems(ori: string, items: readonly ReadItem[]): Promise<void> {
    const body = Buffer.from(JSON.stringify({ reads: items }))
    await this.#start(this.#department(ori), '/v1/reads', 'application/json', body, items.length)
  }

  /** Everything on its way has been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight)
  }

  async close(): Promise<void> {
    await this.settled()
    for (const client of [...this.#departments.values(), ...this.#devices.values()]) client.close()
  }

  #department(ori: string): Client {
    return must(this.#departments.get(ori), 'every agency has its server')
  }

  async #start(client: Client, path: string, contentType: string, body: Buffer, items: number): Promise<void> {
    if (this.#inFlight.size >= inFlightMax) await Promise.race(this.#inFlight)
    const sending = { method: 'POST', path, headers: { 'content-type': contentType }, body }
    const tracked: Promise<void> = retrying(() => client.send(sending), patience)
      .then(
        (answer) => this.#count(answer, items),
        (error: unknown) => {
          // A camera whose message is lost goes on with the next, here as on the road.
          if (!(error instanceof Mendable)) throw error
          this.counts.failed += items
        },
      )
      .finally(() => this.#inFlight.delete(tracked))
    this.#inFlight.add(tracked)
  }

  #count({ status, body }: Answer, items: number): void {
    const { counts } = this
    counts.sent += items
    if (status !== 200) {
      if (status === 422 || status === 400) counts.refused += items
      else counts.failed += items
      return
    }
    const reply: unknown = JSON.parse(body.toString('utf8'))
    counts.stored += numberIn(reply, 'stored')
    counts.duplicates += numberIn(reply, 'duplicates')
    counts.refused += numberIn(reply, 'refused')
  }
}

function numberIn(reply: unknown, name: string): number {
  if (typeof reply !== 'object' || reply === null || !Object.hasOwn(reply, name)) return 0
  const value: unknown = Reflect.get(reply, name)
  return typeof value === 'number' ? value : 0
}
