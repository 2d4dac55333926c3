/** The first administrators and agencies of a new installation; whoever has the data folder may ask for them, once. */
import Type, { type Static } from 'typebox'
import { closed } from '../kernel/schema.ts'

const Ori = Type.String({ pattern: '^[A-Z]{2}[A-Z0-9]{7}$' })

export const BootstrapRequest = Type.Object(
  {
    stateName: Type.Optional(Type.String({ minLength: 2, maxLength: 120 })),
    stateOri: Type.Optional(Ori),
    agencies: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 2, maxLength: 120 }),
          ori: Ori,
          devices: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 120 }), { maxItems: 50 })),
        },
        closed,
      ),
      { maxItems: 100 },
    ),
  },
  closed,
)
export type BootstrapRequest = Static<typeof BootstrapRequest>

const Secret = Type.Object({ tokenId: Type.String(), token: Type.String() }, closed)
const PersonSecret = Type.Object(
  { personId: Type.String(), role: Type.String(), tokenId: Type.String(), token: Type.String() },
  closed,
)
export const BootstrapReply = Type.Object(
  {
    state: Type.Object({ agencyId: Type.String(), people: Type.Array(PersonSecret) }, closed),
    agencies: Type.Array(
      Type.Object(
        {
          agencyId: Type.String(),
          name: Type.String(),
          ori: Type.String(),
          people: Type.Array(PersonSecret),
          departmentServer: Secret,
          devices: Type.Array(
            Type.Object(
              { deviceId: Type.String(), name: Type.String(), tokenId: Type.String(), token: Type.String() },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type BootstrapReply = Static<typeof BootstrapReply>
