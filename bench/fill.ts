/**
 * Fills the repository with millions of reads, quickly: plates of the simulated fleet, devices and instants drawn by the
 * database itself. The rows have the widths and the spread of simulated traffic; only how they got there is different.
 */
import { Fleet } from '../src/simulate/fleet.ts'
import { plateKeyOf } from '../src/reads/plate.ts'
import { copyIn } from './copy.ts'
import type { BenchWorld } from './world.ts'
import { tell } from './world.ts'

const rowsAtOnce = 50_000

/** Puts the plates of a fleet where the filling draws from. */
export async function loadFleet(world: BenchWorld, size: number): Promise<void> {
  const fleet = new Fleet('bench', size)
  await world.owner.query(
    'create unlogged table bench_fleet (n int primary key, plate text, plate_key text, jurisdiction text)',
  )
  const chunks: Buffer[] = []
  let lines: string[] = []
  for (let n = 0; n < size; n++) {
    const plate = fleet.plates.plateOf(n)
    lines.push(`${n}\t${plate}\t${plateKeyOf(plate)}\t${fleet.plates.jurisdictionOf(n)}\n`)
    if (lines.length < rowsAtOnce && n < size - 1) continue
    chunks.push(Buffer.from(lines.join('')))
    lines = []
  }
  await copyIn(world.owner, 'bench_fleet', chunks)
  await world.owner.query('analyze bench_fleet')
}

/** Waits until the server has made every day of the year. */
export async function daysReady(world: BenchWorld): Promise<void> {
  for (;;) {
    const { rows } = await world.owner.query<{ days: number }>('select count(*)::int as days from read_day_keys')
    if ((rows[0]?.days ?? 0) >= 370) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Adds `count` reads, the same number to each of the last `days` days (1: all of them today), and their plates. */
export async function fill(world: BenchWorld, count: number, days: number, fleetSize: number): Promise<void> {
  const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000
  const span = days === 1 ? Math.max(3_600_000, Date.now() - midnight) : 86_400_000
  let left = count
  for (let day = 0; day < days && left > 0; day++) {
    const start = midnight - (days === 1 ? 0 : day + 1) * 86_400_000
    let ofDay = Math.min(left, Math.ceil(count / days))
    left -= ofDay
    while (ofDay > 0) {
      const rows = Math.min(ofDay, 500_000)
      ofDay -= rows
      await world.owner.query(
        `with drawn as materialized (
           select (random() * random() * ($3 - 1))::int as n, to_timestamp($1::float8 / 1000 + random() * $4::float8 / 1000)::timestamptz(3) as captured_at,
                  1 + (random() * 199)::int as device_no from generate_series(1, $2::int))
         insert into reads (captured_at, received_at, device_no, agency_no, heading_degrees, speed_kph, lane, plate_permille, jurisdiction_permille, flags, plate, plate_key, jurisdiction, make, model, colour, class)
         select d.captured_at, d.captured_at + interval '2 seconds', d.device_no, 2, 180, 80, 1, 900, 900, 1, f.plate, f.plate_key, f.jurisdiction, 'TOYOTA', 'COROLLA', 'SILVER', 'SEDAN'
         from drawn d join bench_fleet f using (n) on conflict do nothing`,
        [start, rows, fleetSize, span],
      )
    }
    if (day % 60 === 59) tell(`filled ${day + 1} days`)
  }
  await world.owner.query(
    `insert into plates (plate_key, plate, last_seen_on) select distinct f.plate_key, f.plate, $1::date from bench_fleet f
     where exists (select from reads r where r.plate_key = f.plate_key and r.plate = f.plate) order by 1, 2 on conflict do nothing`,
    [`${new Date().toISOString().slice(0, 7)}-01`],
  )
  await world.owner.query('vacuum analyze plates')
  await world.owner.query('analyze reads')
  await world.owner.query('checkpoint')
}
