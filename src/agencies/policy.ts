/** Who may set up and see agencies. */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

/** The state takes agencies in, once their papers are in order (GA-4.1). */
export function maySetUpAgency(actor: Actor): Decision<Issued<{ setUp: 'agency' }>> {
  if (!actor.roles.has('dcjis-administrator')) return refuse('GA-4.1', 'Ask a DCJIS administrator.')
  return permit({ setUp: 'agency' })
}

/** Anybody with a login of their own may see who takes part (CR-5.a). */
export function maySeeAgencies(actor: Actor): Decision<Issued<{ see: 'agencies' }>> {
  if (actor.kind !== 'person') return refuse('CR-1.5')
  return permit({ see: 'agencies' })
}
