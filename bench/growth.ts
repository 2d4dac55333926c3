/** `growth`: `ingest` at 10 million stored over `ingest` at 100 thousand stored; spread over a year, and all in one day. */
import { batches, sendAll, today } from './ingest.ts'
import { daysReady, fill, loadFleet } from './fill.ts'
import { report, rounded } from './report.ts'
import { openBenchWorld, tell } from './world.ts'

const small = 100_000
const large = 10_000_000
const vehicles = 500_000

async function ratioOver(days: number, seconds: number): Promise<{ before: number; after: number }> {
  const world = await openBenchWorld({ fleetSize: vehicles, entries: 1_000_000 })
  try {
    await daysReady(world)
    await loadFleet(world, vehicles)
    const { from, to } = today()
    const rateOf = async (stream: string): Promise<number> => {
      await sendAll(world, [...batches(world, `${stream} warm`, 50_000, from, to)], 5)
      return (await sendAll(world, [...batches(world, stream, seconds * 60_000, from, to)], seconds)).rate
    }
    await fill(world, small, days, vehicles)
    const before = await rateOf('small')
    tell(`${Math.round(before)} reads/s with few stored; filling`)
    await fill(world, large, days, vehicles)
    const after = await rateOf('large')
    tell(`${Math.round(after)} reads/s with many stored`)
    return { before, after }
  } finally {
    await world.close()
  }
}

export async function run(json: boolean, seconds = 20): Promise<void> {
  const year = await ratioOver(365, seconds)
  const oneDay = await ratioOver(1, seconds)
  const ratio = rounded(year.after / year.before, 3)
  const ratioOneDay = rounded(oneDay.after / oneDay.before, 3)
  report(
    'growth',
    [
      ['over a year', `${Math.round(year.before)} → ${Math.round(year.after)} reads/s: ${ratio}`],
      ['all in one day', `${Math.round(oneDay.before)} → ${Math.round(oneDay.after)} reads/s: ${ratioOneDay}`],
    ],
    { ratio, ratio_one_day: ratioOneDay },
    json,
  )
}
