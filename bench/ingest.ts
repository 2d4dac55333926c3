/**
 * `ingest`: reads a second through HTTP in batches of 500, for a minute, and the ratio to COPY of the same rows into the same
 * tables with the same indexes in the same run (the better of one and two connections). Also the server's peak memory.
 */
import pg from 'pg'
import { bulkReads } from '../src/simulate/bulk.ts'
import { copyIn, copyOut } from './copy.ts'
import { report, rounded } from './report.ts'
import { openBenchWorld, tell, type BenchWorld } from './world.ts'
import { openWire, requestBytes } from './wire.ts'

export const batchReads = 500
const connections = 8

export type IngestResult = { readonly reads: number; readonly seconds: number; readonly rate: number }

/** Requests of `batchReads` reads each, over [from, to). */
export function* batches(world: BenchWorld, stream: string, count: number, from: Date, to: Date): Generator<Buffer> {
  let batch = []
  for (const read of bulkReads({
    seed: 'bench',
    stream,
    count,
    from,
    to,
    fleetSize: world.fleet.size,
    devices: world.state.devices,
  })) {
    batch.push(read)
    if (batch.length < batchReads) continue
    yield requestBytes(world.url, 'POST', '/v1/reads', world.token, Buffer.from(JSON.stringify({ reads: batch })))
    batch = []
  }
}

/** Sends requests over kept connections until they are used up or the time is over. Every answer must be 200. */
export async function sendAll(
  world: BenchWorld,
  requests: readonly Buffer[],
  secondsMax: number,
  reads = batchReads,
): Promise<IngestResult> {
  const wires = await Promise.all(Array.from({ length: connections }, () => openWire(world.url)))
  const begun = performance.now()
  let next = 0
  let sent = 0
  await Promise.all(
    wires.map(async (wire) => {
      while (next < requests.length && performance.now() - begun < secondsMax * 1000) {
        const request = requests[next++]
        if (!request) break
        const { status, body } = await wire.send(request)
        if (status !== 200) throw new Error(`a batch was answered ${status}: ${body.toString().slice(0, 300)}`)
        sent += reads
      }
    }),
  )
  const seconds = (performance.now() - begun) / 1000
  for (const wire of wires) wire.close()
  return { reads: sent, seconds, rate: sent / seconds }
}

const tables = ['reads', 'plates', 'matches', 'alerts']

/** COPY of what intake wrote, back into the emptied tables; rows of reads a second, over one connection or several. */
export async function copyRate(world: BenchWorld, reads: number, over: number): Promise<number> {
  const parts = Array.from({ length: over }, (_, part) => part)
  const data = new Map<string, Buffer[][]>()
  for (const table of tables) {
    const shares = []
    for (const part of parts) {
      shares.push(
        await copyOut(world.owner, `select * from ${table} where abs(hashtext(plate_key)) % ${over} = ${part}`),
      )
    }
    data.set(table, shares)
  }
  await world.owner.query(`truncate ${tables.join(', ')} cascade`)
  await world.owner.query('checkpoint')
  const clients = parts.map(() => new pg.Client({ connectionString: world.databaseUrl }))
  try {
    for (const client of clients) await client.connect()
    const begun = performance.now()
    await Promise.all(
      clients.map(async (client, part) => {
        for (const table of tables) await copyIn(client, table, data.get(table)?.[part] ?? [])
      }),
    )
    return reads / ((performance.now() - begun) / 1000)
  } finally {
    for (const client of clients) await client.end()
  }
}

export const fleetSize = 500_000

/** The last three hours, as far as they are of today. */
export function today(): { from: Date; to: Date } {
  const to = new Date()
  const midnight = new Date(to.toISOString().slice(0, 10)).getTime()
  return { from: new Date(Math.max(to.getTime() - 3 * 3_600_000, midnight)), to }
}

export async function run(json: boolean, seconds = 60): Promise<void> {
  const world = await openBenchWorld({ fleetSize })
  try {
    const { from, to } = today()
    tell('making reads')
    const warm = await sendAll(world, [...batches(world, 'warm', 50_000, from, to)], 5)
    const wanted = Math.ceil((warm.rate * 1.6 * seconds) / batchReads) * batchReads
    const requests = [...batches(world, 'load', wanted, from, to)]
    tell(`sending for ${seconds} s`)
    const cpu = await world.cpuSeconds()
    const sustained = await sendAll(world, requests, seconds)
    const cpuUs = (((await world.cpuSeconds()) - cpu) / sustained.reads) * 1e6
    const peak = await world.peakRssMb()
    const { rows } = await world.owner.query<{ reads: number }>('select count(*)::int as reads from reads')
    const stored = rows[0]?.reads ?? 0
    tell(`${Math.round(sustained.rate)} reads/s, ${rounded(cpuUs, 1)} µs of the server each; copying the same rows`)
    const one = await copyRate(world, stored, 1)
    const two = await copyRate(world, stored, 2)
    const ratio = sustained.rate / Math.max(one, two)
    report(
      'ingest',
      [
        [
          'reads/s sustained',
          `${Math.round(sustained.rate)} over ${rounded(sustained.seconds, 1)} s (${sustained.reads} reads)`,
        ],
        ['server CPU per read', `${rounded(cpuUs, 1)} µs`],
        ['COPY, one connection', `${Math.round(one)} reads/s`],
        ['COPY, two connections', `${Math.round(two)} reads/s`],
        ['ratio to COPY', String(rounded(ratio))],
        ['server peak memory', `${Math.round(peak)} MiB`],
      ],
      { reads_per_s: Math.round(sustained.rate), ratio_to_copy: rounded(ratio, 3), peak_rss_mb: Math.round(peak) },
      json,
    )
  } finally {
    await world.close()
  }
}
