/** Devices over the wire. MP-III's three kinds: fixed, mobile, portable. */
import Type, { type Static } from 'typebox'
import { closed, nullable } from '../kernel/schema.ts'

export const DeviceDraft = Type.Object(
  {
    agencyId: Type.String({ maxLength: 40 }),
    name: Type.String({ minLength: 1, maxLength: 120 }),
    kind: Type.Union([Type.Literal('fixed'), Type.Literal('mobile'), Type.Literal('portable')]),
    vendor: Type.Optional(
      Type.String({ maxLength: 40, description: 'The form its messages have, where it is not our own' }),
    ),
    road: Type.Optional(Type.String({ maxLength: 120 })),
    timezone: Type.Optional(
      Type.String({
        maxLength: 60,
        description: 'IANA name, for messages whose times have no zone; America/New_York unless said',
      }),
    ),
    latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
    longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
    headingDegrees: Type.Optional(Type.Integer({ minimum: 0, maximum: 359 })),
    clockState: Type.Optional(Type.Union([Type.Literal('synced'), Type.Literal('unsynced'), Type.Literal('unknown')])),
    aliases: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 120 }), {
        maxItems: 10,
        uniqueItems: true,
        description: 'What payloads call it: serial number, camera id',
      }),
    ),
  },
  closed,
)
export type DeviceDraft = Static<typeof DeviceDraft>

export const Device = Type.Object(
  {
    id: Type.String(),
    agencyId: Type.String(),
    name: Type.String(),
    kind: Type.String(),
    vendor: nullable(Type.String()),
    road: nullable(Type.String()),
    timezone: Type.String(),
    latitude: nullable(Type.Number()),
    longitude: nullable(Type.Number()),
    clockState: Type.String(),
    clockSkewMs: nullable(Type.Integer()),
    lastSeenAt: nullable(Type.String()),
    inService: Type.Boolean(),
  },
  closed,
)
export type Device = Static<typeof Device>
export const RegisteredDevice = Type.Object({ id: Type.String() }, closed)
export const DeviceListRequest = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    after: Type.Optional(Type.String({ maxLength: 40 })),
  },
  closed,
)
export const DeviceList = Type.Object({ devices: Type.Array(Device), next: nullable(Type.String()) }, closed)
