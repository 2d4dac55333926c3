/** Who keeps the days that reads live in. */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

/** Only the program itself. */
export function mayPrepareDays(actor: Actor): Decision<Issued<{ prepare: 'days' }>> {
  if (actor.kind !== 'system') return refuse('CR-1.5')
  return permit({ prepare: 'days' })
}
