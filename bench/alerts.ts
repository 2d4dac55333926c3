/**
 * `alerts`: from the POST of a read to the event at each of 50 subscribers, at 2,000 reads a second in batches of 20 with one
 * hit in a hundred.
 */
import { connect } from 'node:net'
import { bulkReads } from '../src/simulate/bulk.ts'
import { perfectOcr } from '../src/simulate/ocr.ts'
import { fleetSize, today } from './ingest.ts'
import { quantile, report, rounded } from './report.ts'
import { openBenchWorld, tell, type BenchWorld } from './world.ts'
import { openWire, requestBytes, type Wire } from './wire.ts'

const subscribers = 50
const readsPerSecond = 2_000
const batch = 20
const senders = 8

type Arrival = { readonly key: string; readonly at: number }

/** Follows the stream of alerts over a plain socket, and notes when each read's event arrives. */
async function follow(world: BenchWorld, token: string, arrivals: Arrival[]): Promise<() => void> {
  const socket = connect(Number(world.url.port), world.url.hostname)
  let text = ''
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes(': position')) resolve()
      const at = performance.now()
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end)
        text = text.slice(end + 2)
        const plate = /"plate":"([A-Z0-9]+)"/.exec(event)?.[1]
        const captured = /"capturedAt":"([^"]+)"/.exec(event)?.[1]
        if (plate && captured) arrivals.push({ key: `${Date.parse(captured)}`, at })
      }
    })
  })
  socket.write(requestBytes(world.url, 'GET', '/v1/alerts/stream', token))
  await opened
  return () => socket.destroy()
}

async function deliver(wire: Wire, bytes: Buffer): Promise<void> {
  const { status } = await wire.send(bytes)
  if (status !== 200) throw new Error(`a batch was answered ${status}`)
}

export async function run(json: boolean, seconds = 30): Promise<void> {
  const world = await openBenchWorld({ fleetSize, share: 0.01 })
  try {
    const arrivals: Arrival[][] = Array.from({ length: subscribers }, () => [])
    const ends = []
    for (const each of arrivals) ends.push(await follow(world, world.officer, each))
    const { from, to } = today()
    const count = seconds * readsPerSecond
    const requests: { bytes: Buffer; captured: string[] }[] = []
    let reads = []
    let instant = from.getTime()
    for (const read of bulkReads({
      seed: 'bench',
      stream: 'alerts',
      count,
      from,
      to,
      fleetSize,
      devices: world.state.devices,
      ocr: perfectOcr,
    })) {
      // Each read has an instant of its own, by which its event is known again.
      instant += 7
      reads.push({ ...read, capturedAt: new Date(instant).toISOString() })
      if (reads.length < batch) continue
      requests.push({
        bytes: requestBytes(world.url, 'POST', '/v1/reads', world.token, Buffer.from(JSON.stringify({ reads }))),
        captured: reads.map((each) => String(Date.parse(each.capturedAt))),
      })
      reads = []
    }
    tell(`sending ${readsPerSecond} reads/s for ${seconds} s to ${subscribers} subscribers`)
    const sentAt = new Map<string, number>()
    const wires = await Promise.all(Array.from({ length: senders }, () => openWire(world.url)))
    const free = [...wires]
    const begun = performance.now()
    const pending = new Set<Promise<void>>()
    for (const [index, request] of requests.entries()) {
      const due = begun + (index * batch * 1000) / readsPerSecond
      const wait = due - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
      while (free.length === 0) await Promise.race(pending)
      const wire = free.pop()
      if (!wire) break
      // Counted from when it was due, so that a queue in front of the server is not left out.
      for (const key of request.captured) sentAt.set(key, Math.min(due, performance.now()))
      const sending = deliver(wire, request.bytes).finally(() => {
        free.push(wire)
        pending.delete(sending)
      })
      pending.add(sending)
    }
    await Promise.all(pending)
    const elapsed = (performance.now() - begun) / 1000
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    for (const end of ends) end()
    for (const wire of wires) wire.close()
    const latencies = arrivals.flatMap((each) =>
      each.flatMap(({ key, at }) => (sentAt.has(key) ? [at - (sentAt.get(key) ?? 0)] : [])),
    )
    const { rows } = await world.owner.query<{ raised: number }>(
      `select count(*)::int as raised from alerts where not look_back`,
    )
    const raised = rows[0]?.raised ?? 0
    const fewest = Math.min(...arrivals.map((each) => new Set(each.map(({ key }) => key)).size))
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => rounded(quantile(latencies, share)))
    report(
      'alerts',
      [
        ['reads/s', `${Math.round(count / elapsed)} in batches of ${batch}`],
        ['alerts raised', `${raised}; the subscriber with the fewest has ${fewest}`],
        ['POST to event: p50, p95, p99', `${p50}, ${p95}, ${p99} ms over ${latencies.length} deliveries`],
      ],
      {
        reads_per_s: Math.round(count / elapsed),
        p50_ms: p50 ?? 0,
        p95_ms: p95 ?? 0,
        p99_ms: p99 ?? 0,
        alerts: raised,
        delivered_to_all: fewest,
      },
      json,
    )
  } finally {
    await world.close()
  }
}
