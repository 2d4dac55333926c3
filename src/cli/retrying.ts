/** Trying again: what was not accepted for now is sent again after a while, longer each time, or when the server says. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './client.ts'

export type Patience = {
  readonly triesMax: number
  readonly waitMsMin: number
  readonly waitMsMax: number
  readonly signal?: AbortSignal
  /** Told before each wait. */
  readonly onWait?: (waitMs: number) => void
}

/** About half a minute in all. */
const usual: Patience = { triesMax: 6, waitMsMin: 500, waitMsMax: 10_000 }

/** Who is asked to come back later than this is told so, instead of waiting in silence. */
const askedSecondsMax = 60

/** An answer that is not "later", or the last one when patience ends. What `send` throws is thrown. */
export async function retrying(send: () => Promise<Answer>, patience: Patience = usual): Promise<Answer> {
  for (let tried = 1; ; tried++) {
    const answer = await send()
    const later = answer.status === 429 || answer.status === 503
    if (!later || tried >= patience.triesMax || (answer.retryAfter ?? 0) > askedSecondsMax) return answer
    await pause(tried, answer.retryAfter, patience)
  }
}

/** Waits before try number `tried + 1`: what the server asked for, or twice as long as before, with a little chance in it. */
export async function pause(tried: number, retryAfter: number | undefined, patience: Patience): Promise<void> {
  const doubled = Math.min(patience.waitMsMax, patience.waitMsMin * 2 ** (tried - 1))
  const asked = retryAfter === undefined ? 0 : retryAfter * 1000
  // Many senders that were turned away at once must not come back at once.
  const waitMs = Math.max(asked, doubled) * (1 + Math.random() * 0.2)
  patience.onWait?.(waitMs)
  await delay(waitMs, undefined, patience.signal ? { signal: patience.signal } : {})
}
