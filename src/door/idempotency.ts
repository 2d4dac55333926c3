/**
 * Acts that change something take an `Idempotency-Key`: a sender that did not hear the answer sends the same again, and the
 * thing is done once. The key belongs to its actor and to one request; with another request it is a conflict. The reply is kept
 * beside the act, in its transaction; a reply that holds a secret is not kept, and its repeat says so.
 */
import { isUniqueViolation, statement, type Tx } from '../kernel/db.ts'
import { Conflict } from '../kernel/errors.ts'
import type { Caller } from './operation.ts'

type Keyed = { readonly id: string; readonly effect: string }

const selectKey = statement(
  'door.selectKey',
  `select operation, digest, reply from idempotency_keys where actor_id = $1 and key = $2`,
  {
    operation: 'text',
    digest: 'bytea',
    reply: 'text?',
  },
)
const insertKey = statement(
  'door.insertKey',
  `insert into idempotency_keys (actor_id, key, operation, digest, reply, created_at) values ($1, $2, $3, $4, $5, $6)`,
  {},
)

/** The reply given before to the same key and request; undefined where there is none. Throws `Conflict` for another request. */
export async function findReplay(
  tx: Tx,
  operation: Keyed,
  caller: Caller,
  digest: Buffer,
): Promise<{ reply: unknown } | undefined> {
  if (caller.idempotencyKey === undefined) return undefined
  const kept = await tx.row(selectKey, [caller.actor.id, caller.idempotencyKey])
  if (!kept) return undefined
  if (kept.operation !== operation.id || !kept.digest.equals(digest)) {
    throw new Conflict('This Idempotency-Key was used for another request. Choose a new one.')
  }
  if (kept.reply === null)
    throw new Conflict('This was done before, and its secret was shown then. Revoke it and make another.')
  return { reply: JSON.parse(kept.reply) }
}

/** Keeps the reply for repeats of the same key. */
export async function keepReply(
  tx: Tx,
  operation: Keyed,
  caller: Caller,
  digest: Buffer,
  reply: unknown,
  at: Date,
): Promise<void> {
  if (caller.idempotencyKey === undefined) return
  const text = operation.effect === 'secret' ? null : JSON.stringify(reply)
  try {
    await tx.run(insertKey, [caller.actor.id, caller.idempotencyKey, operation.id, digest, text, at])
  } catch (error) {
    // Two requests with one key at the same moment: the later one is asked to come again, and will find the reply.
    if (isUniqueViolation(error))
      throw new Conflict('The same request is being performed right now. Send it again in a moment.')
    throw error
  }
}
