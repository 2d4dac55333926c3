/** The log over the wire. The public formats come with the log's own issue; this is its head and its leaves. */
import Type from 'typebox'
import { closed } from '../kernel/schema.ts'

export const LogHead = Type.Object({ size: Type.Integer(), root: Type.String(), pending: Type.Integer() }, closed)
export const LogRange = Type.Object(
  { from: Type.Integer({ minimum: 0 }), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })) },
  closed,
)
export const LogLeaves = Type.Object(
  { leaves: Type.Array(Type.Object({ index: Type.Integer(), hash: Type.String(), leaf: Type.String() }, closed)) },
  closed,
)
