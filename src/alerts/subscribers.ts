/**
 * The hub: everybody in this process who follows alerts, and the rounds that serve them.
 *
 * A notice from the sequencer starts a round: all who lag, at most sixty-four at once, are served by one group of
 * `alerts.deliver`, each an act of its own. Its attempt and its outcome are committed before anything leaves, and the policy is
 * asked again each time, for an actor who was looked up just before. What comes while a round runs waits for the next, so that
 * fifty followers at twenty alerts a second cost a few transactions, not a thousand.
 *
 * Nothing is lost or repeated: a subscriber has a position, an event goes out with its own, and who comes back with it
 * (Last-Event-ID) goes on after it, on any server process. A client too slow for its alerts is dropped rather than waited for;
 * it comes back the same way.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Actor, Operation } from '../door/operation.ts'
import { performMany, Refusal, type Door } from '../door/perform.ts'
import { second } from '../kernel/clock.ts'
import { TooMuch, Unauthenticated, Unavailable } from '../kernel/errors.ts'
import { errorFields } from '../kernel/log.ts'
import { type Alert, type Delivery, deliveryMax, type DeliverRequest } from './contract.ts'
import { newsOf } from './news.ts'
import { maySeeAlerts, type AlertScope } from './policy.ts'
import { limitsDefault, type AlertHub, type AlertSubscription, type HubLimits } from './subscription.ts'

// Who follows is looked up again at least this often, even if there is nothing to deliver, so that a stream ends within a
// second of its token. With more than some hundred followers the idle ones are looked up more slowly: a delivery never is.
const checkMs = 250
const sweepMs = 150
const checksPerSweepMax = 64
const checksAtOnce = 8
const retryMs = second
const lookMs = 5 * second

type Deliver = Operation<typeof DeliverRequest, typeof Delivery, DeliverRequest, undefined, AlertScope>
type EndCode = 'unauthenticated' | 'refused' | 'slow' | 'renew' | 'stopping' | 'failed'
type Subscriber = {
  readonly stream: AlertSubscription
  actor: Actor
  /** What it has; undefined until the first look. */
  position: number | undefined
  after: number | undefined
  open: boolean
  readonly openedMs: number
  checkedMs: number
  servedMs: number
  beatMs: number
  /** Something failed: not served before this. */
  notBeforeMs: number
}

/** Opens the hub of this process; one is enough for all its streams. `deliver` is `alertOperations(…).deliver`. */
export async function openAlertHub(options: {
  url: string
  door: Door
  deliver: Deliver
  limits?: Partial<HubLimits>
}): Promise<AlertHub> {
  const { door, deliver } = options
  const limits = { ...limitsDefault, ...options.limits }
  const subscribers = new Set<Subscriber>()
  const stopped = new AbortController()
  let serving: Promise<void> | undefined
  let again = false
  let lookedMs = 0
  const news = newsOf(options.url, door.log, serve)
  await news.start()
  const sweeping = sweepOn()

  /** Starts rounds, or has those that run look once more. */
  function serve(): void {
    again = true
    if (stopped.signal.aborted || serving) return
    serving = rounds().finally(() => {
      serving = undefined
    })
  }

  async function rounds(): Promise<void> {
    while (again && !stopped.signal.aborted) {
      again = false
      const begun = performance.now()
      lookedMs = begun
      try {
        await news.look()
        place()
        const group = laggards().slice(0, limits.groupMax)
        if (group.length > 0) {
          await serveGroup(group)
          again = true
        }
      } catch (error) {
        door.log('error', 'a round of alerts failed', errorFields(error))
        for (const each of laggards()) each.notBeforeMs = performance.now() + retryMs
      }
      if (again) await pause(limits.roundsApartMs - (performance.now() - begun))
    }
  }

  /** Gives newcomers their position: never one beyond the head, which would be from another database and wait for ever. */
  function place(): void {
    const head = news.head()
    if (head === undefined) return
    for (const each of subscribers) each.position ??= Math.min(each.after ?? head, head)
  }

  /** Those for whom there is something, who were served longest ago first. Whoever may see nothing any more is told so by an act. */
  function laggards(): Subscriber[] {
    const now = performance.now()
    const lagging = [...subscribers].filter(({ position, actor, notBeforeMs }) => {
      if (position === undefined || notBeforeMs > now) return false
      const decision = maySeeAlerts(actor, new Date(0))
      return !decision.permitted || news.headFor(decision.scope.agencyId) > position
    })
    return lagging.sort((a, b) => a.servedMs - b.servedMs)
  }

  async function serveGroup(group: readonly Subscriber[]): Promise<void> {
    await Promise.all(group.map(check))
    const now = performance.now()
    const live = group.filter((each) => each.open && each.notBeforeMs <= now)
    const acts = live.map(({ stream, actor, position }) => ({
      caller: { ...stream.caller, actor },
      raw: { after: position, limit: deliveryMax },
    }))
    const settled = acts.length > 0 ? await performMany(door, deliver, acts) : []
    const texts = new Map<Alert, string>()
    for (const [index, each] of live.entries()) {
      const result = settled[index]
      each.servedMs = performance.now()
      if (result?.status === 'fulfilled') send(each, result.value, texts)
      else giveUp(each, result?.reason)
    }
  }

  /** Sends what was committed as delivered. The texts of alerts are made once for all who get them. */
  function send(subscriber: Subscriber, { alerts, through }: Delivery, texts: Map<Alert, string>): void {
    for (const alert of alerts) {
      if (!subscriber.open) return
      const data = texts.get(alert) ?? JSON.stringify(alert)
      texts.set(alert, data)
      if (!subscriber.stream.send({ id: alert.position, event: 'alert', data })) {
        finish(subscriber, 'slow', 'The client does not read fast enough.')
        return
      }
    }
    door.metrics.alertDeliveries.inc(alerts.length)
    // The head that was seen before lies behind what the act saw; if not, this would go round and round.
    if (through <= (subscriber.position ?? 0)) subscriber.notBeforeMs = performance.now() + retryMs
    else subscriber.position = through
  }

  function giveUp(subscriber: Subscriber, reason: unknown): void {
    if (reason instanceof Refusal) finish(subscriber, 'refused', reason.message)
    else if (reason instanceof Unavailable) subscriber.notBeforeMs = performance.now() + retryMs
    else finish(subscriber, 'failed', reason instanceof Error ? reason.message : 'The delivery failed.')
  }

  /** Looks up who follows. Where that fails, nothing is delivered until it works again. */
  async function check(subscriber: Subscriber): Promise<void> {
    try {
      subscriber.actor = await subscriber.stream.refresh()
      subscriber.checkedMs = performance.now()
    } catch (error) {
      if (error instanceof Unauthenticated)
        finish(subscriber, 'unauthenticated', 'The access token is no longer valid.')
      else subscriber.notBeforeMs = performance.now() + retryMs
    }
  }

  function finish(subscriber: Subscriber, code: EndCode, message: string): void {
    if (!subscriber.open) return
    remove(subscriber)
    if (code !== 'slow') subscriber.stream.send({ event: 'end', data: JSON.stringify({ reason: code, message }) })
    subscriber.stream.end(code)
  }

  function remove(subscriber: Subscriber): void {
    subscriber.open = false
    subscribers.delete(subscriber)
    door.metrics.subscribers.set(subscribers.size)
    door.metrics.subscribers.set(subscribers.size)
  }

  async function sweepOn(): Promise<void> {
    while (!stopped.signal.aborted) {
      await pause(sweepMs)
      try {
        await sweep()
      } catch (error) {
        door.log('error', 'a look at those who follow alerts failed', errorFields(error))
      }
    }
  }

  async function sweep(): Promise<void> {
    const now = performance.now()
    for (const each of subscribers) {
      if (now - each.openedMs >= limits.streamMsMax)
        finish(each, 'renew', 'The stream has been open for long enough. Connect again; nothing is lost.')
      else if (now - each.beatMs >= limits.heartbeatMs) {
        each.beatMs = now
        if (!each.stream.send({ event: 'heartbeat', data: '' }))
          finish(each, 'slow', 'The client does not read fast enough.')
      }
    }
    const due = [...subscribers].filter((each) => now - each.checkedMs >= checkMs && each.notBeforeMs <= now)
    due.sort((a, b) => a.checkedMs - b.checkedMs).splice(checksPerSweepMax)
    while (due.length > 0 && !stopped.signal.aborted) await Promise.all(due.splice(0, checksAtOnce).map(check))
    // Now and then without a notice too: a connection that died silently brings none, and a look finds out.
    if (laggards().length > 0 || now - lookedMs >= lookMs) serve()
  }

  /** Waits, unless the hub closes. */
  async function pause(ms: number): Promise<void> {
    if (ms <= 0 || stopped.signal.aborted) return
    await delay(ms, undefined, { signal: stopped.signal }).catch(() => undefined)
  }

  return {
    subscribe: (stream) => {
      if (stopped.signal.aborted) throw new Unavailable('The server stops. Connect again in a moment.')
      if (subscribers.size >= limits.subscribersMax)
        throw new TooMuch(
          429,
          `There are ${limits.subscribersMax} alert streams open on this server, the most it keeps.`,
          60,
        )
      const now = performance.now()
      const subscriber: Subscriber = {
        stream,
        actor: stream.caller.actor,
        position: undefined,
        after: stream.after ?? news.head(),
        open: true,
        openedMs: now,
        checkedMs: now,
        servedMs: now,
        beatMs: now,
        notBeforeMs: 0,
      }
      subscribers.add(subscriber)
      door.metrics.subscribers.set(subscribers.size)
      door.metrics.subscribers.set(subscribers.size)
      serve()
      return { close: () => remove(subscriber) }
    },
    endAll: (reason) => {
      stopped.abort()
      for (const each of subscribers) finish(each, 'stopping', reason)
    },
    close: async () => {
      stopped.abort()
      for (const each of subscribers) finish(each, 'stopping', 'The server stops.')
      await serving
      await sweeping
      await news.close()
    },
  }
}
