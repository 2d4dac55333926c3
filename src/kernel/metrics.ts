/** What Prometheus is told. Labels are names of operations and results, never anything about a person or a plate. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export type Metrics = ReturnType<typeof openMetrics>

/** A fresh set of figures, with a registry of its own. */
export function openMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    acts: new Counter({
      name: 'platekeep_acts_total',
      help: 'Acts by operation and result',
      labelNames: ['operation', 'result'],
      registers,
    }),
    actSeconds: new Histogram({
      name: 'platekeep_act_seconds',
      help: 'Time an act or a group of acts took',
      labelNames: ['operation'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    alertDeliveries: new Counter({
      name: 'platekeep_alert_deliveries_total',
      help: 'Alert events delivered to subscribers',
      registers,
    }),
    subscribers: new Gauge({ name: 'platekeep_alert_subscribers', help: 'Open alert streams', registers }),
    unauthenticated: new Counter({
      name: 'platekeep_unauthenticated_total',
      help: 'Requests without a valid token',
      registers,
    }),
    /** A figure that is looked up when it is asked for. */
    watch: (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value())
        },
      }),
    /** Adds the runtime's own figures: memory, event loop, file descriptors. Once a process. */
    collectRuntime: () => collectDefaultMetrics({ register: registry }),
  }
}
