/**
 * Somebody who follows all alerts by server-sent events, and after each interruption goes on after the last one received
 * (Last-Event-ID). Every position must come once, in order, whatever was killed meanwhile.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Setting } from './setting.ts'

const retryMs = 200

export type Follower = {
  /** Positions in the order in which they came. */
  readonly positions: number[]
  readonly connections: () => number
  stop(): Promise<void>
}

export function startFollower(setting: Setting, urlOf: () => string): Follower {
  const positions: number[] = []
  const stopping = new AbortController()
  let connections = 0

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await follow().catch(() => undefined) // Broken off: it goes on below, after what it has.
      await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  async function follow(): Promise<void> {
    const last = positions.at(-1) ?? 0
    const reply = await fetch(new URL('/v1/alerts/stream', urlOf()), {
      headers: { authorization: `Bearer ${setting.auditor}`, 'last-event-id': String(last) },
      signal: stopping.signal,
    })
    if (!reply.ok || !reply.body) return
    connections++
    let rest = ''
    for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const id = /^id: (\d+)$/m.exec(event)?.[1]
        if (id !== undefined && /^event: alert$/m.test(event)) positions.push(Number(id))
      }
    }
  }

  const running = run()
  return {
    positions,
    connections: () => connections,
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
