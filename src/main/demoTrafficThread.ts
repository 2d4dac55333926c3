/** The traffic's thread as its starter sees it. */
import { Worker } from 'node:worker_threads'
import { second } from '../kernel/clock.ts'
import type { Counts } from './demoSender.ts'
import type { Sample, TrafficNews, TrafficOrder, TrafficPlan, TrafficStart } from './demoTraffic.ts'

export type Traffic = {
  start(start: TrafficStart): void
  /** A plate of the last two hours, once they were sent. */
  readonly sample: Promise<Sample | null>
  counts(): Counts
  /** Settles when the thread has ended; rejects with what it failed of. */
  readonly ended: Promise<void>
  /** Ends it, after what is on its way was answered. May be called again. Never rejects. */
  stop(): Promise<void>
}

const stopMsMax = 3 * second

/** Starts the thread, which plans the traffic while the server starts. */
export function startTraffic(plan: TrafficPlan): Traffic {
  const worker = new Worker(new URL('./demoTrafficWorker.ts', import.meta.url), { workerData: plan })
  let counts: Counts = { sent: 0, stored: 0, duplicates: 0, refused: 0, failed: 0 }
  const sample = Promise.withResolvers<Sample | null>()
  const ended = Promise.withResolvers<void>()
  worker.on('message', (news: TrafficNews) => {
    if (news.kind === 'history') sample.resolve(news.sample)
    else counts = news.counts
  })
  worker.on('error', (error) => ended.reject(error))
  worker.on('exit', () => ended.resolve())
  // Whoever waits for it hears of a failure; before anybody does, it must not end the program.
  ended.promise.catch(() => undefined)
  const order = (told: TrafficOrder): void => worker.postMessage(told, [])
  return {
    start: (start) => order({ kind: 'start', start }),
    sample: sample.promise,
    counts: () => counts,
    ended: ended.promise,
    stop: async () => {
      order({ kind: 'stop' })
      const timer = setTimeout(() => void worker.terminate(), stopMsMax)
      await ended.promise.catch(() => undefined)
      clearTimeout(timer)
    },
  }
}
