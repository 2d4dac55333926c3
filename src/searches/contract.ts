/** Searching past reads: the reason that is stated, and what comes back. */
import Type, { type Static } from 'typebox'
import { closed, nullable, oneOf } from '../kernel/schema.ts'

/** The five bases of CR-1.1, one word each. */
export const purposeTitles = {
  safety: 'A concern for safety',
  wrongdoing: 'Wrongdoing',
  'criminal-investigation': 'A criminal investigation',
  'civil-investigation': 'A civil investigation of the department',
  'court-order': 'A court order',
} as const

export type Purpose = keyof typeof purposeTitles
export const purposes: readonly Purpose[] = [
  'safety',
  'wrongdoing',
  'criminal-investigation',
  'civil-investigation',
  'court-order',
]

export const pageMax = 500

export const SearchRequest = Type.Object(
  {
    plate: Type.String({
      minLength: 1,
      maxLength: 32,
      description: 'The whole plate; case, spaces and hyphens do not matter',
    }),
    jurisdiction: Type.Optional(
      Type.String({
        minLength: 2,
        maxLength: 40,
        description: 'State of issuance; reads whose state is unknown are included',
      }),
    ),
    from: Type.Optional(Type.String({ format: 'date-time' })),
    to: Type.Optional(Type.String({ format: 'date-time' })),
    purpose: oneOf(purposes, {
      description: 'Which of the five bases of CR-1.1: ' + Object.values(purposeTitles).join('; '),
    }),
    facts: Type.String({ minLength: 1, maxLength: 2000, description: 'The specific and articulable facts, in words' }),
    caseNumber: Type.Optional(
      Type.String({ minLength: 1, maxLength: 60, description: 'Number of the case or call for service' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: pageMax })),
    after: Type.Optional(Type.String({ maxLength: 60, description: 'The `next` of the page before' })),
  },
  closed,
)
export type SearchRequest = Static<typeof SearchRequest>

export const FoundRead = Type.Object(
  {
    id: Type.String(),
    plate: Type.String(),
    raw: nullable(Type.String({ description: 'As the device wrote it, where that differs' })),
    jurisdiction: nullable(Type.String()),
    plateConfidence: nullable(Type.Number()),
    capturedAt: Type.String(),
    receivedAt: Type.String(),
    timeTrust: Type.Union([Type.Literal('proven'), Type.Literal('unknown'), Type.Literal('unproven')], {
      description: 'Whether the clock of the device was in time; time is a claim',
    }),
    zoneAssumed: Type.Boolean(),
    agencyId: Type.String({ description: 'The source agency, which owns the read (CR-6.a)' }),
    agency: Type.String(),
    deviceId: Type.String(),
    device: Type.String(),
    deviceKind: Type.String(),
    road: nullable(Type.String()),
    latitude: nullable(Type.Number()),
    longitude: nullable(Type.Number()),
    headingDegrees: nullable(Type.Integer()),
    speedKph: nullable(Type.Integer()),
    lane: nullable(Type.Integer()),
    make: nullable(Type.String()),
    model: nullable(Type.String()),
    colour: nullable(Type.String()),
    class: nullable(Type.String()),
    alternatives: Type.Array(Type.Object({ plate: Type.String(), confidence: nullable(Type.Number()) }, closed)),
    confirmation: Type.Literal('unconfirmed', {
      description: 'Not confirmed with the source agency: do so before acting on it (CR-6.b)',
    }),
  },
  closed,
)
export type FoundRead = Static<typeof FoundRead>

export const SearchReply = Type.Object(
  {
    reads: Type.Array(FoundRead, { description: 'Newest first' }),
    next: nullable(Type.String({ description: 'Send it as `after` for the next page; null on the last' })),
    searchedAt: Type.String(),
  },
  closed,
)
export type SearchReply = Static<typeof SearchReply>
