/**
 * Reads as devices and department servers send them, and what each of them is told.
 *
 * The minimum data set (GA-15): the plate as read, the instant of capture with its offset from UTC, and the device. All else is
 * optional; whatever is not named here is refused by its name (CR-5.c: contributions are limited to ALPR data).
 */
import Type, { type Static } from 'typebox'
import { closed } from '../kernel/schema.ts'

const share = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }))
const words = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))

export const readsMax = 5_000
export const bodyBytesMax = 8 * 1024 * 1024
export const rawPlateLengthMax = 32

export const ReadItem = Type.Object(
  {
    plate: Type.String({ minLength: 1, maxLength: rawPlateLengthMax, description: 'The plate as the device read it' }),
    capturedAt: Type.String({
      minLength: 20,
      maxLength: 40,
      description: 'RFC 3339 with offset: 2026-11-23T09:15:04.120-05:00',
    }),
    device: Type.String({
      minLength: 1,
      maxLength: 120,
      description: 'The device: its id, or a name its agency registered for it',
    }),
    jurisdiction: words(40, 'State of issuance: MA, US-MA, us-ma'),
    plateConfidence: share('How sure the device is of the plate'),
    jurisdictionConfidence: share('How sure the device is of the state of issuance'),
    latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
    longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
    headingDegrees: Type.Optional(Type.Number({ minimum: 0, maximum: 360 })),
    speedKph: Type.Optional(Type.Number({ minimum: 0, maximum: 500 })),
    lane: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    make: words(40, 'Make of the vehicle'),
    model: words(40, 'Model of the vehicle'),
    colour: words(40, 'Colour of the vehicle'),
    class: words(40, 'Class of the vehicle: car, truck, motorcycle'),
    alternatives: Type.Optional(
      Type.Array(
        Type.Object(
          {
            plate: Type.String({ minLength: 1, maxLength: rawPlateLengthMax }),
            confidence: share('How sure the device is of it'),
          },
          closed,
        ),
        {
          maxItems: 16,
          description: 'Other readings of the same plate, best first; they are searched, and never alert',
        },
      ),
    ),
    eventId: words(200, "The vendor's identifier of this pass of a vehicle; messages that share it are one read"),
    clockState: Type.Optional(Type.Union([Type.Literal('synced'), Type.Literal('unsynced'), Type.Literal('unknown')])),
    images: Type.Optional(
      Type.Array(
        Type.Object(
          {
            kind: Type.Union([Type.Literal('plate'), Type.Literal('vehicle'), Type.Literal('context')]),
            mediaType: Type.Union([Type.Literal('image/jpeg'), Type.Literal('image/png'), Type.Literal('image/webp')]),
            base64: Type.String({ minLength: 4, maxLength: 6 * 1024 * 1024 }),
          },
          closed,
        ),
        { maxItems: 8 },
      ),
    ),
  },
  closed,
)
export type ReadItem = Static<typeof ReadItem>

/** The JSON body of `POST /v1/reads`; as NDJSON, each line is one item. */
export const ReadBatch = Type.Object({ reads: Type.Array(ReadItem, { minItems: 1, maxItems: readsMax }) }, closed)

const images = Type.Optional(Type.Object({ notStored: Type.Integer(), refused: Type.Optional(Type.Integer()) }, closed))
export const ItemResult = Type.Union([
  Type.Object(
    { status: Type.Literal('stored'), id: Type.String(), supersedes: Type.Optional(Type.String()), images },
    closed,
  ),
  Type.Object(
    { status: Type.Literal('duplicate'), id: Type.String({ description: 'The id of the first one' }), images },
    closed,
  ),
  Type.Object(
    {
      status: Type.Literal('refused'),
      path: Type.String(),
      rule: Type.String(),
      message: Type.String(),
      clause: Type.Optional(Type.String()),
    },
    closed,
  ),
])
export type ItemResult = Static<typeof ItemResult>

export const IntakeReply = Type.Object(
  {
    results: Type.Array(ItemResult, { description: 'One for each item, in the order sent' }),
    stored: Type.Integer(),
    duplicates: Type.Integer(),
    refused: Type.Integer(),
    heartbeats: Type.Integer({ description: 'Signs of life in the message' }),
    ignored: Type.Integer({ description: "What was rightly not a read, in a vendor's message" }),
  },
  closed,
)
export type IntakeReply = Static<typeof IntakeReply>

export const RefusalsRequest = Type.Object({ days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90 })) }, closed)
export const RefusalsReply = Type.Object(
  {
    refusals: Type.Array(
      Type.Object(
        {
          agencyId: Type.String(),
          device: Type.String(),
          rule: Type.String(),
          count: Type.Integer(),
          lastPath: Type.String(),
          lastAt: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
)
