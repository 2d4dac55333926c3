/** Small words for contracts, used by every slice. Safe in the browser. */
import Type, { type TSchema } from 'typebox'

/** Options of an object that refuses what it does not name (CR-5.c). */
export const closed = { additionalProperties: false } as const

/** The schema, or null. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** One word of a closed list. */
export function oneOf<const T extends string>(words: readonly T[], options: { description?: string } = {}) {
  return Type.Unsafe<T>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      options,
    ),
  )
}
