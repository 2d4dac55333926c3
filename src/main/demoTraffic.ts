/**
 * The demonstration's traffic, in a thread of its own: department servers that send what their devices see, over HTTP and under
 * their own tokens, in our form and in the vendors'. First the last two hours of some vehicles, so that there is something to
 * find; then everything as it happens. At night few drive, and others are drawn by chance, so that there is always something to
 * see.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { must } from '../kernel/assert.ts'
import { hour, minute, systemClock } from '../kernel/clock.ts'
import { Mendable } from '../kernel/errors.ts'
import { Fleet } from '../simulate/fleet.ts'
import { asVendorMessage } from '../simulate/forms.ts'
import { asItem, observe, type SimulatedRead } from '../simulate/observe.ts'
import { usualOcr } from '../simulate/ocr.ts'
import { Random, Weighted } from '../simulate/prng.ts'
import { simulatedState } from '../simulate/state.ts'
import { traffic, type Delivery } from '../simulate/traffic.ts'
import { DemoSender, type Counts } from './demoSender.ts'

export const demoFleetSize = 20_000
const historyMs = 2 * hour
/** Of the last two hours every third vehicle is told, with all it did: some eight thousand reads by day. */
const historyEvery = 3
const batchMax = 500
const tickMs = 100
const countsEveryMs = 250
/** Whoever slept (a closed laptop) does not make up for more than this. */
const behindMsMax = 10 * minute

export type TrafficPlan = {
  readonly seed: string
  /** Whether the last two hours are told too. */
  readonly withHistory: boolean
  readonly readsPerSecond: number
}
export type TrafficStart = {
  readonly server: string
  /** By ORI. */
  readonly servers: readonly (readonly [ori: string, token: string])[]
  /** By reference, for devices that do not name themselves. */
  readonly devices: readonly (readonly [reference: string, token: string])[]
}
export type Sample = { readonly plate: string; readonly jurisdiction: string }
export type TrafficNews =
  | { readonly kind: 'history'; readonly sample: Sample | null }
  | { readonly kind: 'counts'; readonly counts: Counts }
export type TrafficOrder = { readonly kind: 'start'; readonly start: TrafficStart } | { readonly kind: 'stop' }

/** Plans at once; sends from when `started` resolves, until the signal. */
export async function playTraffic(
  { seed, withHistory, readsPerSecond }: TrafficPlan,
  started: Promise<TrafficStart>,
  stop: AbortSignal,
  tell: (news: TrafficNews) => void,
): Promise<void> {
  const { devices } = simulatedState(seed)
  const fleet = new Fleet(seed, demoFleetSize)
  const plannedMs = systemClock.now().getTime()
  const from = new Date(withHistory ? plannedMs - historyMs : plannedMs)
  const deliveries = traffic({ seed, fleet, devices, from })
  const history: SimulatedRead[] = []
  let next = deliveries.next()
  for (; !next.done && next.value.sentMs <= plannedMs; next = deliveries.next())
    if (isHistory(next.value)) history.push(next.value.read)
  const sender = new DemoSender(await started)
  // What the first search will ask for goes first, so that nobody waits for the rest.
  const sample = sampleOf(history)
  await tellHistory(sender, sample ? history.filter((read) => isOf(sample, read)) : [], stop)
  tell({ kind: 'history', sample })
  await tellHistory(sender, sample ? history.filter((read) => !isOf(sample, read)) : history, stop)
  tell({ kind: 'counts', counts: { ...sender.counts } })
  history.length = 0

  const random = new Random(`${seed} ${plannedMs}`)
  const others = new Weighted(
    devices.filter(({ uploadsAtShiftEnd }) => !uploadsAtShiftEnd).map((device) => [device, device.volume] as const),
  )
  /** Somebody who drives by just now. The square makes some vehicles frequent. */
  function chanceRead(atMs: number): SimulatedRead {
    const draw = random.fraction()
    const vehicle = Math.floor(draw * draw * fleet.size)
    return observe(random, fleet, vehicle, random.weighted(others), atMs, usualOcr)
  }
  let due = 0
  let toldMs = 0
  let lastMs = systemClock.now().getTime()
  while (!stop.aborted) {
    const nowMs = systemClock.now().getTime()
    due = Math.min(due + ((nowMs - lastMs) / 1000) * readsPerSecond, readsPerSecond)
    lastMs = nowMs
    for (; !next.done && next.value.sentMs <= nowMs; next = deliveries.next()) {
      if (next.value.sentMs < nowMs - behindMsMax) continue
      due--
      await sender.send(next.value.read)
    }
    for (; due >= 1; due--) await sender.send(chanceRead(nowMs - random.int(200, 900)))
    if (nowMs - toldMs >= countsEveryMs) {
      toldMs = nowMs
      tell({ kind: 'counts', counts: { ...sender.counts } })
    }
    await delay(tickMs, undefined, { signal: stop }).catch(() => undefined)
  }
  await sender.close()
}

function isHistory({ kind, read }: Delivery): boolean {
  return read.truth.vehicle % historyEvery === 0 && (kind === 'once' || kind === 'better')
}

/** By agency, in batches of our own form: what a department has collected while it could not send. */
async function tellHistory(sender: DemoSender, history: readonly SimulatedRead[], stop: AbortSignal): Promise<void> {
  const byAgency = Map.groupBy(history, ({ device }) => device.agencyOri)
  for (const [ori, reads] of byAgency) {
    for (let from = 0; from < reads.length && !stop.aborted; from += batchMax)
      await sender.sendItems(
        ori,
        reads.slice(from, from + batchMax).map((read) => asItem(read)),
      )
  }
  await sender.settled()
}

function isOf({ plate, jurisdiction }: Sample, { truth }: SimulatedRead): boolean {
  return truth.plate === plate && truth.jurisdiction === jurisdiction
}

/** The vehicle that was seen most often with its plate read right. */
function sampleOf(history: readonly SimulatedRead[]): Sample | null {
  const right = history.filter(({ reading, truth }) => reading.plate === truth.plate)
  const groups = [...Map.groupBy(right, ({ truth }) => truth.vehicle).values()]
  const [most] = groups.sort((a, b) => b.length - a.length)
  if (!most) return null
  const { plate, jurisdiction } = must(most[0], 'a group has a read').truth
  return { plate, jurisdiction }
}

/** A message of a vendor about a vehicle that stands on a list, for somebody to send by hand; undefined where there is none. */
export function sampleMessage(seed: string, isListed: (fleet: Fleet, vehicle: number) => boolean, atMs: number) {
  const { devices } = simulatedState(seed)
  const fleet = new Fleet(seed, demoFleetSize)
  const device = devices.find(({ vendor, kind }) => vendor === 'openalpr' && kind === 'fixed')
  let vehicle = 0
  while (vehicle < fleet.size && !isListed(fleet, vehicle)) vehicle++
  if (!device || vehicle === fleet.size) throw new Mendable('The simulated state has no listed vehicle to show.')
  const read = observe(new Random(`${seed} sample ${atMs}`), fleet, vehicle, device, atMs, {
    ...usualOcr,
    lookAlikeRate: 0,
    unreadRate: 0,
  })
  return { device, plate: read.truth.plate, message: asVendorMessage('openalpr', read).body.toString('utf8') }
}
