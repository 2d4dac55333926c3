/** People and their access tokens over the wire. */
import Type, { type Static } from 'typebox'
import { closed, nullable, oneOf } from '../kernel/schema.ts'
import { roles, type Role } from '../policy/roles.ts'

export type PersonRole = Exclude<Role, 'device' | 'department-server' | 'witness' | 'system'>
const machineRoles: ReadonlySet<Role> = new Set(['device', 'department-server', 'witness', 'system'])
const personRoles = roles.map((each) => each.role).filter((role): role is PersonRole => !machineRoles.has(role))
export const RoleName = oneOf(personRoles)

export const PersonDraft = Type.Object(
  {
    agencyId: Type.String({ maxLength: 40 }),
    name: Type.String({ minLength: 2, maxLength: 120 }),
    roles: Type.Array(RoleName, { minItems: 1, maxItems: 8, uniqueItems: true }),
  },
  closed,
)
export type PersonDraft = Static<typeof PersonDraft>
export const Person = Type.Object(
  { id: Type.String(), agencyId: Type.String(), name: Type.String(), roles: Type.Array(Type.String()) },
  closed,
)

export const TokenDraft = Type.Object(
  {
    kind: Type.Union([Type.Literal('person'), Type.Literal('device'), Type.Literal('department-server')]),
    name: Type.String({ minLength: 2, maxLength: 120, description: 'What it is for, shown in lists' }),
    personId: Type.Optional(Type.String({ maxLength: 40, description: 'For a person' })),
    agencyId: Type.Optional(Type.String({ maxLength: 40, description: 'For machines' })),
    deviceIds: Type.Optional(
      Type.Array(Type.String({ maxLength: 40 }), {
        maxItems: 5000,
        description: 'Devices it speaks for; a department server without a list speaks for all of its agency',
      }),
    ),
    expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  closed,
)
export type TokenDraft = Static<typeof TokenDraft>
export const IssuedToken = Type.Object(
  { id: Type.String(), token: Type.String({ description: 'Shown this once; only its hash is kept' }) },
  closed,
)
export const TokenById = Type.Object({ id: Type.String({ maxLength: 40 }) }, closed)
export const RevokedToken = Type.Object({ id: Type.String(), revokedAt: Type.String() }, closed)
export const Token = Type.Object(
  {
    id: Type.String(),
    kind: Type.String(),
    name: Type.String(),
    agencyId: Type.String(),
    personId: nullable(Type.String()),
    createdAt: Type.String(),
    expiresAt: nullable(Type.String()),
    revokedAt: nullable(Type.String()),
  },
  closed,
)
export const TokenList = Type.Object({ tokens: Type.Array(Token) }, closed)

export const Me = Type.Object(
  {
    id: Type.String(),
    kind: Type.String(),
    name: Type.String(),
    agencyId: Type.String(),
    agencyName: Type.String(),
    roles: Type.Array(Type.String()),
  },
  closed,
)
