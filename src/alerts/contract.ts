/**
 * Alerts over the wire, and the two copies that an alert carries so that it can outlive the read and the list (CR-7.b.i).
 * `AlertRead` and `AlertMatch` are also the shape of the `read` and `matches` columns: what is stored is what leaves, so
 * nothing has to be looked up while an officer waits. Fields without a value are absent, which keeps the copies small.
 */
import { Type, type Static, type TSchema } from 'typebox'

const closed = { additionalProperties: false } as const
const words = (...each: string[]) => Type.Union(each.map((word) => Type.Literal(word)))
const optional = <S extends TSchema>(schema: S) => Type.Optional(schema)

/** The four grades that can alert, best first. Every alert says its grade (DESIGN section 4). */
export const alertGrades = [
  'exact',
  'possible: verify jurisdiction',
  'other jurisdiction: verify jurisdiction',
  'look-alike: verify plate',
] as const
export type AlertGrade = (typeof alertGrades)[number]

/** One seen plate, as copied into its alert. */
export const AlertRead = Type.Object(
  {
    readId: optional(Type.String({ description: 'The read, while it is kept' })),
    plate: Type.String(),
    jurisdiction: optional(Type.String({ description: 'State of issuance; absent where the device did not read it' })),
    plateConfidence: optional(Type.Number({ description: '0 to 1, as the device says' })),
    capturedAt: Type.String(),
    receivedAt: Type.String(),
    timeTrust: Type.Union([Type.Literal('proven'), Type.Literal('unknown'), Type.Literal('unproven')], {
      description: 'Whether the clock of the device was in time when it read',
    }),
    deviceId: Type.String(),
    device: Type.String(),
    agencyId: Type.String({ description: 'The source agency, which owns the read and confirms it (CR-6)' }),
    agency: Type.String(),
    road: optional(Type.String()),
    latitude: optional(Type.Number()),
    longitude: optional(Type.Number()),
    headingDegrees: optional(Type.Integer()),
    make: optional(Type.String()),
    model: optional(Type.String()),
    colour: optional(Type.String()),
    class: optional(Type.String()),
  },
  closed,
)
export type AlertRead = Static<typeof AlertRead>

/** One hot list entry that the read matched, as copied into the alert. */
export const AlertMatch = Type.Object(
  {
    feedId: Type.String(),
    feed: Type.String(),
    category: Type.String(),
    plate: Type.String({ description: 'As the list has it; compare it with the vehicle' }),
    jurisdiction: optional(Type.String({ description: 'Absent where the list does not say' })),
    plateGrade: words('exact', 'look-alike'),
    jurisdictionGrade: words('same', 'unknown', 'other'),
    reference: optional(Type.String({ description: "The list's own number for the entry" })),
    sourceOri: optional(Type.String({ description: 'Who entered it' })),
    expiresOn: optional(Type.String()),
    details: optional(Type.String()),
    listRevision: Type.Integer(),
    listRevisedAt: optional(Type.String()),
    listStale: Type.Boolean({ description: 'Older than its refresh age when the alert was raised (CL-4)' }),
  },
  closed,
)
export type AlertMatch = Static<typeof AlertMatch>

/**
 * An alert as an event in the stream. Nobody has verified it yet, so it is never ready to act on (MP-IV.F), and its source
 * agency has not confirmed it (CR-6.b): both are said with every alert.
 */
export const Alert = Type.Object(
  {
    position: Type.Integer({ description: 'Its place in the stream; send it as Last-Event-ID to go on after it' }),
    kind: Type.Union([Type.Literal('raised'), Type.Literal('superseded')], {
      description: 'superseded: a later reading of the same pass corrected the plate, so the alert was a mistake',
    }),
    id: Type.String(),
    at: Type.String({ description: 'When this was raised or superseded' }),
    raisedAt: Type.String(),
    state: words('raised', 'superseded'),
    priority: Type.Integer(),
    grade: Type.Union(alertGrades.map((grade) => Type.Literal(grade))),
    lookBack: Type.Boolean({ description: 'The plate was read before it came onto the list' }),
    readyToAct: Type.Literal(false),
    unconfirmed: Type.Literal(true),
    read: AlertRead,
    matches: Type.Array(AlertMatch),
  },
  closed,
)
export type Alert = Static<typeof Alert>
