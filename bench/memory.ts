/** `memory`: the server's peak resident memory while it takes in reads as fast as it can. */
import { batches, fleetSize, sendAll, today } from './ingest.ts'
import { report } from './report.ts'
import { openBenchWorld, tell } from './world.ts'

export async function run(json: boolean, seconds = 60): Promise<void> {
  const world = await openBenchWorld({ fleetSize })
  try {
    const { from, to } = today()
    const requests = [...batches(world, 'memory', seconds * 40_000, from, to)]
    tell(`sending for ${seconds} s`)
    const { rate } = await sendAll(world, requests, seconds)
    const peak = Math.round(await world.peakRssMb())
    report(
      'memory',
      [['server peak resident memory', `${peak} MiB at ${Math.round(rate)} reads/s`]],
      { peak_rss_mb: peak, reads_per_s: Math.round(rate) },
      json,
    )
  } finally {
    await world.close()
  }
}
