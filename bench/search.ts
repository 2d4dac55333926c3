/** `search`: exact plate over 10 million reads spread over 365 days, 8 clients, through HTTP with both log records. */
import { daysReady, fill, loadFleet } from './fill.ts'
import { quantile, report, rounded } from './report.ts'
import { openBenchWorld, tell } from './world.ts'
import { openWire, requestBytes } from './wire.ts'

const reads = 10_000_000
const vehicles = 2_000_000
const clients = 8

export async function run(json: boolean, seconds = 30): Promise<void> {
  const world = await openBenchWorld({ fleetSize: vehicles, entries: 1_000 })
  try {
    await daysReady(world)
    tell(`filling with ${reads.toLocaleString('en')} reads`)
    await loadFleet(world, vehicles)
    await fill(world, reads, 365, vehicles)
    await world.owner.query('vacuum')
    const requests = Array.from({ length: 20_000 }, (_, index) => {
      const plate = world.fleet.plates.plateOf(Math.floor((index * 7919 * 97) % vehicles))
      const body = {
        plate,
        purpose: 'criminal-investigation',
        facts: 'The car was seen leaving the scene of a burglary on Maple Street.',
        caseNumber: `26-${index}`,
      }
      return requestBytes(world.url, 'POST', '/v1/searches', world.investigator, Buffer.from(JSON.stringify(body)))
    })
    const wires = await Promise.all(Array.from({ length: clients }, () => openWire(world.url)))
    let next = 0
    let found = 0
    async function load(secondsMax: number): Promise<number[]> {
      const latencies: number[] = []
      const begun = performance.now()
      await Promise.all(
        wires.map(async (wire) => {
          while (performance.now() - begun < secondsMax * 1000) {
            const request = requests[next++ % requests.length]
            if (!request) break
            const sent = performance.now()
            const { status, body } = await wire.send(request)
            if (status !== 200) throw new Error(`a search was answered ${status}: ${body.toString().slice(0, 300)}`)
            latencies.push(performance.now() - sent)
            found += body.toString('latin1').split('"id":"read_').length - 1
          }
        }),
      )
      return latencies
    }
    tell('warming up')
    await load(5)
    found = 0
    tell(`searching for ${seconds} s`)
    const latencies = await load(seconds)
    for (const wire of wires) wire.close()
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => rounded(quantile(latencies, share)))
    report(
      'search',
      [
        ['searches/s', `${Math.round(latencies.length / seconds)} by ${clients} clients`],
        ['reads found a search', String(rounded(found / latencies.length))],
        ['p50, p95, p99', `${p50}, ${p95}, ${p99} ms`],
      ],
      { p50_ms: p50 ?? 0, p95_ms: p95 ?? 0, p99_ms: p99 ?? 0, searches_per_s: Math.round(latencies.length / seconds) },
      json,
    )
  } finally {
    await world.close()
  }
}
