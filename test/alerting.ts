/** Alerts for tests: raised as intake's statement raises them, and followed as the HTTP layer follows them. */
import type { Caller } from '../src/door/operation.ts'
import type { Alert } from '../src/alerts/contract.ts'
import type { AlertHub } from '../src/alerts/subscription.ts'
import { plateKeyOf } from '../src/reads/plate.ts'
import type { World } from './database.ts'
import type { TestAgency } from './people.ts'

export type Raised = { readonly id: string; readonly plate: string; readonly no: number }

/** Raises alerts in one transaction: read by an agency, for it and for the owners of the lists. */
export async function raise(
  world: World,
  by: TestAgency,
  plates: readonly string[],
  owners: readonly TestAgency[] = [],
  capturedAt = world.clock.now(),
): Promise<Raised[]> {
  const [device] = by.devices
  const made: Raised[] = []
  await world.owner.query('begin')
  for (const plate of plates) {
    const id = `alert_${plate.toLowerCase()}`
    const { rows } = await world.owner.query<{ no: string }>(
      `with raised as (
         insert into alerts (plate_key, id, captured_at, device_no, raised_at, priority, grade, agency_ids, read, matches)
         values ($1, $2, $3, $4, $5, 50, 'exact', $6, $7, $8) returning no, plate_key)
       insert into alert_queue (alert_no, plate_key, kind, at) select no, plate_key, 'raised', $5 from raised returning alert_no as no`,
      [
        plateKeyOf(plate),
        id,
        capturedAt,
        device?.no,
        world.clock.now(),
        [...new Set([by, ...owners].map((agency) => agency.id))],
        JSON.stringify(readOf(by, plate, capturedAt)),
        JSON.stringify([matchOf(plate)]),
      ],
    )
    made.push({ id, plate, no: Number(rows[0]?.no) })
  }
  await world.owner.query('commit')
  return made
}

function readOf(by: TestAgency, plate: string, capturedAt: Date): object {
  const [device] = by.devices
  return {
    plate,
    jurisdiction: 'MA',
    capturedAt: capturedAt.toISOString(),
    receivedAt: capturedAt.toISOString(),
    timeTrust: 'proven',
    deviceId: device?.id,
    device: device?.alias,
    agencyId: by.id,
    agency: by.name,
  }
}

function matchOf(plate: string): object {
  return {
    feedId: 'feed_1',
    feed: 'Stolen vehicles',
    category: 'stolen-vehicle',
    plate,
    jurisdiction: 'MA',
    plateGrade: 'exact',
    jurisdictionGrade: 'same',
    details: JSON.stringify({ make: 'SUBARU', year: '2019' }),
    listRevision: 3,
    listRevisedAt: '2026-11-23T06:00:00.000Z',
    listStale: false,
  }
}

/** A follower that keeps what it gets. */
export type Follower = {
  readonly alerts: Alert[]
  readonly positions: number[]
  readonly ended: string[]
  readonly beats: number[]
  /** The last position received: what a client sends as Last-Event-ID. */
  last(): number | undefined
  close(): void
}

/** Follows as the HTTP layer does; `takes` is how many events the client's buffer holds. */
export function follow(
  hub: AlertHub,
  caller: Caller,
  options: { after?: number | undefined; refresh?: () => Promise<Caller['actor']>; takes?: number } = {},
): Follower {
  const alerts: Alert[] = []
  const positions: number[] = []
  const ended: string[] = []
  const beats: number[] = []
  const subscription = hub.subscribe({
    caller,
    refresh: options.refresh ?? (async () => caller.actor),
    after: options.after,
    send: ({ id, event, data }) => {
      if (event === 'heartbeat') beats.push(1)
      if (event !== 'alert' || id === undefined) return true
      if (positions.length >= (options.takes ?? Number.POSITIVE_INFINITY)) return false
      alerts.push(JSON.parse(data))
      positions.push(id)
      return true
    },
    end: (reason) => {
      ended.push(reason)
    },
  })
  return {
    alerts,
    positions,
    ended,
    beats,
    last: () => positions.at(-1) ?? options.after,
    close: () => subscription.close(),
  }
}

/** Waits until something holds, at most some seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, msMax = 5_000): Promise<void> {
  const begun = performance.now()
  while (!(await holds())) {
    if (performance.now() - begun > msMax) throw new Error(`it did not come to pass within ${msMax} ms: ${what}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}
