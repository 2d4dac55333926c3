/** `ingest-single`: one read a request over 64 connections; what arrives together shares a transaction, each answer waits for its commit. */
import { bulkReads } from '../src/simulate/bulk.ts'
import { fleetSize, today } from './ingest.ts'
import { quantile, report, rounded } from './report.ts'
import { openBenchWorld, tell } from './world.ts'
import { openWire, requestBytes } from './wire.ts'

const connections = 64
const requestsMade = 200_000

export async function run(json: boolean, seconds = 30): Promise<void> {
  const world = await openBenchWorld({ fleetSize })
  try {
    const { from, to } = today()
    const requests: Buffer[] = []
    for (const read of bulkReads({
      seed: 'bench',
      stream: 'single',
      count: requestsMade,
      from,
      to,
      fleetSize,
      devices: world.state.devices,
    })) {
      requests.push(
        requestBytes(world.url, 'POST', '/v1/reads', world.token, Buffer.from(JSON.stringify({ reads: [read] }))),
      )
    }
    const wires = await Promise.all(Array.from({ length: connections }, () => openWire(world.url)))
    tell(`sending for ${seconds} s`)
    const latencies: number[] = []
    const begun = performance.now()
    let next = 0
    await Promise.all(
      wires.map(async (wire) => {
        while (next < requests.length && performance.now() - begun < seconds * 1000) {
          const sent = performance.now()
          const { status, body } = await wire.send(requests[next++] ?? Buffer.alloc(0))
          if (status !== 200) throw new Error(`a read was answered ${status}: ${body.toString().slice(0, 300)}`)
          latencies.push(performance.now() - sent)
        }
      }),
    )
    const elapsed = (performance.now() - begun) / 1000
    for (const wire of wires) wire.close()
    const rate = latencies.length / elapsed
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => rounded(quantile(latencies, share)))
    report(
      'ingest-single',
      [
        ['reads/s', `${Math.round(rate)} over ${rounded(elapsed, 1)} s, ${connections} connections`],
        ['p50, p95, p99', `${p50}, ${p95}, ${p99} ms`],
      ],
      { reads_per_s: Math.round(rate), p50_ms: p50 ?? 0, p95_ms: p95 ?? 0, p99_ms: p99 ?? 0 },
      json,
    )
  } finally {
    await world.close()
  }
}
