/** Agencies over the wire. */
import Type, { type Static } from 'typebox'
import { closed, oneOf } from '../kernel/schema.ts'

export const agencyKinds = ['criminal-justice', 'other'] as const

export const Agency = Type.Object(
  {
    id: Type.String(),
    ori: Type.String(),
    name: Type.String(),
    kind: Type.String(),
    contributing: Type.Boolean(),
  },
  closed,
)
export type Agency = Static<typeof Agency>

export const AgencyDraft = Type.Object(
  {
    ori: Type.String({
      pattern: '^[A-Z]{2}[A-Z0-9]{7}$',
      description: 'Originating agency identifier: nine characters, the state first',
    }),
    name: Type.String({ minLength: 2, maxLength: 120 }),
    kind: oneOf(agencyKinds),
    contributing: Type.Boolean(),
  },
  closed,
)
export type AgencyDraft = Static<typeof AgencyDraft>

export const NoRequest = Type.Object({}, closed)
export const AgencyList = Type.Object({ agencies: Type.Array(Agency) }, closed)
