/** A refused sign-in, recorded under the identifier it claimed. Nothing is attempted, so it is one record and no attempt. */
import type { Db } from '../kernel/db.ts'
import { canonical, leafSchema } from './entry.ts'
import { insertLeaves } from './store.ts'

/** Leaves the one record of a refused sign-in. Throws `Unavailable` where it cannot be written. */
export async function recordRefusedSignIn(
  db: Db,
  refused: { claimed: string; operation: string; from: string; at: Date },
): Promise<void> {
  const { claimed, operation, from, at } = refused
  await db.once(insertLeaves, [
    [canonical({ schema: leafSchema, event: 'unauthenticated', claimed, operation, from, at: at.toISOString() })],
  ])
}
