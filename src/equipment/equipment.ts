/** Devices: what takes the reads. Calibration, repairs and deployments come with a later issue. */
import { findAgency } from '../agencies/agencies.ts'
import { noFacts, operation } from '../door/operation.ts'
import type { Row, Tx } from '../kernel/db.ts'
import { invalid } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import { DeviceDraft, DeviceList, DeviceListRequest, RegisteredDevice } from './contract.ts'
import { mayRegisterDevice, maySeeDevices } from './policy.ts'
import { findDevices, insertDevice, recordHeartbeats, selectNamed } from './store.ts'

export const defaultTimezone = 'America/New_York'
const pageDefault = 200

/** Registers a device inside an act that was permitted to. Throws `Invalid` for a zone that does not exist or half a place. */
export async function registerDeviceOf(tx: Tx, draft: DeviceDraft, at: Date): Promise<{ id: string; no: number }> {
  if ((draft.latitude === undefined) !== (draft.longitude === undefined))
    throw invalid('/latitude', 'pair', 'needs longitude, and longitude needs it')
  const timezone = draft.timezone ?? defaultTimezone
  if (!isTimezone(timezone)) throw invalid('/timezone', 'timezone', 'is not an IANA time zone such as America/New_York')
  const id = newId('device')
  return { id, no: await insertDevice(tx, id, draft, timezone, at) }
}

function isTimezone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: name }))
  } catch {
    return false
  }
}

export const register = operation({
  id: 'devices.register',
  title: 'Register a device of an agency',
  steps: [
    'MP-IV.B.1: the ALPR Administrator of its agency, or the state',
    'store it with its place, clock state and the names payloads call it by',
  ],
  request: DeviceDraft,
  reply: RegisteredDevice,
  route: { method: 'POST', path: '/v1/devices', body: 'json' },
  effect: 'write',
  facts: async (tx, _caller, { agencyId }) => ({ agency: await findAgency(tx, agencyId) }),
  policy: mayRegisterDevice,
  run: async (tx, { request, at }) => ({ id: (await registerDeviceOf(tx, request, at)).id }),
  record: {
    entered: ({ agencyId, name, kind }) => ({ fields: { agencyId, name, kind } }),
    retrieved: ({ id }) => ({ fields: { deviceId: id } }),
  },
})

export const list = operation({
  id: 'devices.list',
  title: "List the devices of one's agency, with their health",
  steps: ['CR-1.5: people only', "one's own agency's; all of them for the state"],
  request: DeviceListRequest,
  reply: DeviceList,
  route: { method: 'GET', path: '/v1/devices' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeDevices,
  run: async (tx, { request, scope }) => {
    const limit = request.limit ?? pageDefault
    const rows = await findDevices(tx, scope, request.after ?? '', limit)
    const devices = rows.map((row) => ({
      id: row.id,
      agencyId: row.agency_id,
      name: row.name,
      kind: row.kind,
      vendor: row.vendor,
      road: row.road,
      timezone: row.timezone,
      latitude: row.latitude,
      longitude: row.longitude,
      clockState: row.clock_state,
      clockSkewMs: row.clock_skew_ms,
      lastSeenAt: row.last_seen_at?.toISOString() ?? null,
      inService: row.in_service,
    }))
    return { devices, next: devices.length === limit ? (devices.at(-1)?.id ?? null) : null }
  },
  record: { entered: () => ({}), retrieved: ({ devices }) => ({ fields: { count: devices.length } }) },
})

export type KnownDevice = Row<(typeof selectNamed)['columns']>
/** Devices by agency and by what messages call them; a token's own device is also under `#` and its number. */
export type DeviceDirectory = { find(agencyId: string, name: string): KnownDevice | undefined }

/** Looks up the devices that messages name, all at once. */
export async function findNamedDevices(
  tx: Tx,
  named: readonly { agencyId: string; name: string }[],
  numbers: readonly number[],
): Promise<DeviceDirectory> {
  const rows = await tx.rows(selectNamed, [named.map((each) => each.agencyId), named.map((each) => each.name), numbers])
  const known = new Map(rows.map((row) => [`${row.agency_id} ${row.asked}`, row]))
  return { find: (agencyId, name) => known.get(`${agencyId} ${name}`) }
}

/** A sign of life of a device, and how far its clock was off if it said. */
export type Heard = { deviceNo: number; at: Date; skewMs: number | null }
const skewMsMax = 2_000_000_000

/** Records signs of life, in the order of device numbers so that two batches never wait for each other in a circle. */
export async function hearFrom(tx: Tx, heard: readonly Heard[]): Promise<void> {
  if (heard.length === 0) return
  const latest = [...new Map(heard.map((each) => [each.deviceNo, each])).values()].sort(
    (a, b) => a.deviceNo - b.deviceNo,
  )
  const skews = latest.map(({ skewMs }) =>
    skewMs === null ? null : Math.round(Math.max(-skewMsMax, Math.min(skewMsMax, skewMs))),
  )
  await tx.run(recordHeartbeats, [latest.map((each) => each.deviceNo), latest.map((each) => each.at), skews])
}
