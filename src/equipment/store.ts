/** All SQL of the devices. */
import { isUniqueViolation, statement, type Tx } from '../kernel/db.ts'
import { Conflict } from '../kernel/errors.ts'
import type { Issued } from '../policy/decision.ts'
import type { DeviceDraft } from './contract.ts'

const insert = statement(
  'equipment.insert',
  `insert into devices (id, agency_id, name, kind, vendor, road, timezone, latitude, longitude, heading_degrees, clock_state, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning no`,
  { no: 'int4' },
)
const insertAliases = statement(
  'equipment.insertAliases',
  `insert into device_aliases (agency_id, alias, device_no) select $1, alias, $2 from unnest($3::text[]) as a(alias)`,
  {},
)

/** Stores a device; its number. Throws `Conflict` where another device of the agency has one of its aliases. */
export async function insertDevice(
  tx: Tx,
  id: string,
  device: DeviceDraft,
  timezone: string,
  at: Date,
): Promise<number> {
  const { agencyId, name, kind, vendor, road, latitude, longitude, headingDegrees, clockState } = device
  const row = await tx.row(insert, [
    id,
    agencyId,
    name,
    kind,
    vendor ?? null,
    road ?? null,
    timezone,
    latitude ?? null,
    longitude ?? null,
    headingDegrees ?? null,
    clockState ?? 'unknown',
    at,
  ])
  const no = row?.no ?? 0
  try {
    if (device.aliases) await tx.run(insertAliases, [agencyId, no, device.aliases])
  } catch (error) {
    if (isUniqueViolation(error)) throw new Conflict('Another device of this agency already has one of these aliases.')
    throw error
  }
  return no
}

const selectDevices = statement(
  'equipment.select',
  `select id, agency_id, name, kind, vendor, road, timezone, latitude, longitude, clock_state, clock_skew_ms, last_seen_at, in_service
   from devices where ($1::text is null or agency_id = $1) and id > $2 order by id limit $3`,
  {
    id: 'text',
    agency_id: 'text',
    name: 'text',
    kind: 'text',
    vendor: 'text?',
    road: 'text?',
    timezone: 'text',
    latitude: 'float8?',
    longitude: 'float8?',
    clock_state: 'text',
    clock_skew_ms: 'int4?',
    last_seen_at: 'timestamptz?',
    in_service: 'bool',
  },
)
/** Devices within the scope, by id, after one of them. */
export function findDevices(tx: Tx, scope: Issued<{ devicesOf: string | null }>, after: string, limit: number) {
  return tx.rows(selectDevices, [scope.devicesOf, after, limit])
}

/** Devices by the names that messages of an agency call them, and by number for tokens that speak for one device. */
export const selectNamed = statement(
  'equipment.selectNamed',
  `with asked as (select * from unnest($1::text[], $2::text[]) as a(agency_id, name)),
   found as (
     select a.agency_id, a.name as asked, d.no from asked a join devices d on d.id = a.name and d.agency_id = a.agency_id
     union all
     select a.agency_id, a.name, l.device_no from asked a join device_aliases l on l.agency_id = a.agency_id and l.alias = a.name
     union all
     select d.agency_id, '#' || d.no, d.no from devices d where d.no = any($3::int4[]))
   select f.agency_id, f.asked, d.no, d.id, d.name, d.kind, d.timezone, d.latitude, d.longitude, d.heading_degrees, d.clock_state, d.in_service
   from found f join devices d on d.no = f.no`,
  {
    agency_id: 'text',
    asked: 'text',
    no: 'int4',
    id: 'text',
    name: 'text',
    kind: 'text',
    timezone: 'text',
    latitude: 'float8?',
    longitude: 'float8?',
    heading_degrees: 'int2?',
    clock_state: 'text',
    in_service: 'bool',
  },
)

/** Moves a device's last sign of life forward, and its skew where the message told its own time. A skew over two minutes is a clock that cannot be trusted. */
export const recordHeartbeats = statement(
  'equipment.recordHeartbeats',
  `update devices d set
     last_seen_at = greatest(d.last_seen_at, h.at),
     clock_skew_ms = coalesce(h.skew_ms, d.clock_skew_ms),
     clock_state = case when h.skew_ms is null then d.clock_state when abs(h.skew_ms) > 120000 then 'unsynced' when d.clock_state = 'unsynced' then 'unknown' else d.clock_state end
   from unnest($1::int4[], $2::timestamptz[], $3::int4[]) as h(device_no, at, skew_ms) where d.no = h.device_no`,
  {},
)
