/** The thread that plays the demonstration's traffic: hears when to start and when to stop, and tells how it goes. */
import { parentPort, workerData } from 'node:worker_threads'
import { must } from '../kernel/assert.ts'
import { playTraffic, type TrafficNews, type TrafficOrder, type TrafficPlan, type TrafficStart } from './demoTraffic.ts'

const port = must(parentPort, 'this runs as a thread')
const started = Promise.withResolvers<TrafficStart>()
const stop = new AbortController()
port.on('message', (order: TrafficOrder) => {
  if (order.kind === 'start') started.resolve(order.start)
  else stop.abort()
})
await playTraffic(workerData as TrafficPlan, started.promise, stop.signal, (news: TrafficNews) =>
  port.postMessage(news),
)
port.close()
