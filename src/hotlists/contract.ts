/** Feeds, their revisions and what was rejected of them, over the wire. */
import { Type, type Static } from 'typebox'
import { closed, nullable, oneOf } from '../kernel/schema.ts'

const instant = nullable(Type.String())
const id = Type.String({ maxLength: 40 })
const column = Type.Optional(
  Type.Union([Type.String({ minLength: 1, maxLength: 60 }), Type.Integer({ minimum: 0, maximum: 255 })]),
)

/** Settings of CSV files; other formats have their own columns and refuse them. */
export const FeedOptions = Type.Object(
  {
    columns: Type.Optional(
      Type.Object(
        {
          plate: Type.Union([Type.String({ minLength: 1, maxLength: 60 }), Type.Integer({ minimum: 0, maximum: 255 })]),
          jurisdiction: column,
          category: column,
          sourceOri: column,
          reference: column,
          enteredOn: column,
          expiresOn: column,
          make: column,
          model: column,
          year: column,
          style: column,
          colour: column,
          plateType: column,
          plateYear: column,
          note: column,
          priority: column,
        },
        { ...closed, description: 'Which column is what: a name of the header, or a number from 0 (the first)' },
      ),
    ),
    delimiter: Type.Optional(Type.String({ pattern: '^([,;:|\\t]|tab)$', description: 'One of , ; : | and tab' })),
    hasHeader: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type FeedOptions = Static<typeof FeedOptions>

const FeedMode = oneOf(['replace', 'merge'], {
  description:
    'replace: the file is the whole list, what it does not hold ends. merge: the file only adds and changes.',
})

export const FeedDraft = Type.Object(
  {
    agencyId: Type.String({ maxLength: 40, description: 'The owner, who answers for the list' }),
    name: Type.String({ minLength: 2, maxLength: 120, description: 'Unique among the lists of its agency' }),
    category: Type.String({
      maxLength: 40,
      description: 'One of the categories of CL-3, for rows that do not say theirs',
    }),
    format: Type.String({ maxLength: 60, description: 'The layout of its files, for example csv or ncic' }),
    mode: FeedMode,
    refreshHoursMax: Type.Integer({
      minimum: 1,
      maximum: 8760,
      description: 'Older than this, the list counts as stale',
    }),
    priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'Default 50; 100 comes first' })),
    lookBackMinutes: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 43_200, description: 'How far back new entries look for reads; default 60' }),
    ),
    alertsOtherJurisdiction: Type.Optional(
      Type.Boolean({ description: 'Alert on plates of another state too: AMBER lists only; default false' }),
    ),
    alertsLookAlike: Type.Optional(
      Type.Boolean({ description: 'Alert on look-alike plates too: short lists only; default false' }),
    ),
    shrinkRatioMin: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'A file below this share of the live list is refused; default 0.5',
      }),
    ),
    options: Type.Optional(FeedOptions),
  },
  closed,
)
export type FeedDraft = Static<typeof FeedDraft>

export const Feed = Type.Object(
  {
    id: Type.String(),
    agencyId: Type.String(),
    name: Type.String(),
    category: Type.String(),
    format: Type.String(),
    mode: FeedMode,
    priority: Type.Integer(),
    refreshHoursMax: Type.Integer(),
    lookBackMinutes: Type.Integer(),
    alertsOtherJurisdiction: Type.Boolean(),
    alertsLookAlike: Type.Boolean(),
    shrinkRatioMin: Type.Number(),
    options: FeedOptions,
    revision: Type.Integer({ description: '0 until the first import' }),
    revisedAt: instant,
    fileDatedAt: instant,
    ageHours: nullable(Type.Number()),
    stale: Type.Boolean({ description: 'Older than refreshHoursMax, or never imported' }),
    entries: Type.Integer({ description: 'Live entries' }),
    rejected: Type.Integer({ description: 'Rows of the last file that were rejected' }),
  },
  closed,
)
export type Feed = Static<typeof Feed>
export const FeedList = Type.Object({ feeds: Type.Array(Feed) }, closed)

/** What stands in the path and the query; the body is the file itself. */
export const ImportRequest = Type.Object(
  {
    id,
    sha256: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'Of the file as sent: one that arrives otherwise is refused',
      }),
    ),
    acceptShrink: Type.Optional(
      Type.Boolean({ description: 'Import it although the list becomes much shorter, or empty; needs a reason' }),
    ),
    reason: Type.Optional(Type.String({ minLength: 3, maxLength: 500 })),
  },
  closed,
)
export type ImportRequest = Static<typeof ImportRequest>

const Rejection = Type.Object({ line: Type.Integer(), reason: Type.String() }, closed)

export const ImportReport = Type.Object(
  {
    feedId: Type.String(),
    revision: Type.Integer(),
    lines: Type.Integer(),
    rows: Type.Integer({ description: 'Entries of the file, without rejected and repeated ones' }),
    duplicates: Type.Integer({ description: 'Rows of the same plate, jurisdiction and category as an earlier one' }),
    rejected: Type.Integer(),
    added: Type.Integer(),
    changed: Type.Integer(),
    removed: Type.Integer(),
    entries: Type.Integer({ description: 'Live entries after the import' }),
    sha256: Type.String(),
    fileDatedAt: instant,
    rejections: Type.Array(Rejection, { description: 'The first twenty; all others under /rejections' }),
  },
  closed,
)
export type ImportReport = Static<typeof ImportReport>

export const RejectionsRequest = Type.Object(
  {
    id,
    revision: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Default: the last one' })),
    afterLine: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default 200' })),
  },
  closed,
)
export const RejectionList = Type.Object(
  {
    feedId: Type.String(),
    revision: Type.Integer(),
    rejected: Type.Integer({ description: 'All of them; at most 10,000 are listed' }),
    rejections: Type.Array(Rejection),
    nextAfterLine: nullable(Type.Integer()),
  },
  closed,
)
