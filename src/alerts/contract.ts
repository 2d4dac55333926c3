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

/** One hot list entry that the read matched, as copied into the alert. (Stored, `details` is the entry's own text.) */
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
    details: optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), {
        description: 'What else the list says: vehicle, plate type, note',
      }),
    ),
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

/** The next position to go on from is a position itself; events of others lie between those one gets. */
const position = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })

export const pageMax = 200
export const AlertListRequest = Type.Object(
  {
    before: optional(position('Only alerts before this position: `next` of the page before')),
    limit: optional(Type.Integer({ minimum: 1, maximum: pageMax })),
  },
  closed,
)
export const AlertList = Type.Object(
  {
    alerts: Type.Array(Alert, { description: 'Newest first' }),
    next: Type.Union([Type.Integer(), Type.Null()], {
      description: 'For `before`, or null where this was the last page',
    }),
  },
  closed,
)

export const StreamRequest = Type.Object(
  { after: optional(position('Go on after this position, as the header Last-Event-ID does; absent: from now on')) },
  closed,
)
export const StreamOpened = Type.Object({ position: Type.Integer() }, closed)

export const deliveryMax = 100
export const DeliverRequest = Type.Object(
  { after: position('What the subscriber has'), limit: Type.Integer({ minimum: 1, maximum: deliveryMax }) },
  closed,
)
export type DeliverRequest = Static<typeof DeliverRequest>
export const Delivery = Type.Object(
  {
    alerts: Type.Array(Alert, { maxItems: deliveryMax, description: 'In the order of their positions' }),
    through: Type.Integer({ description: 'Up to here there is nothing else for this subscriber' }),
  },
  closed,
)
export type Delivery = Static<typeof Delivery>

export const lookBackEntriesMax = 1_000
export const LookBackRequest = Type.Object(
  {
    feedNo: Type.Integer(),
    revision: Type.Integer({ minimum: 1 }),
    afterEntry: position('The last entry of the batch before; 0 at first'),
  },
  closed,
)
export const LookBackReply = Type.Object(
  {
    entries: Type.Integer({ maximum: lookBackEntriesMax }),
    matches: Type.Integer(),
    alertIds: Type.Array(Type.String()),
    lastEntry: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Where to go on, or null when all were looked at',
    }),
  },
  closed,
)
export const LookBackEndRequest = Type.Object(
  { feedNo: Type.Integer(), revision: Type.Integer({ minimum: 1 }) },
  closed,
)
export const LookBackEndReply = Type.Object({ superseded: Type.Integer() }, closed)
