/** Equipment belongs to its department (MP-IV.A); its ALPR Administrator answers for it (MP-IV.B.1). */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

/** A device is registered by the Agency ALPR Administrator of its agency, or by the state. */
export function mayRegisterDevice(
  actor: Actor,
  request: { agencyId: string },
  facts: { agency: unknown },
): Decision<Issued<{ agencyId: string }>> {
  const administers =
    actor.roles.has('dcjis-administrator') ||
    (actor.roles.has('alpr-administrator') && actor.agencyId === request.agencyId)
  if (!administers || !facts.agency) return refuse('MP-IV.B.1', 'Ask your Agency ALPR Administrator.')
  return permit({ agencyId: request.agencyId })
}

/** Devices are shown to the people of their agency, and all of them to the state. */
export function maySeeDevices(actor: Actor): Decision<Issued<{ devicesOf: string | null }>> {
  if (actor.kind !== 'person') return refuse('CR-1.5')
  const atState = actor.roles.has('dcjis-administrator') || actor.roles.has('auditor') || actor.roles.has('cso')
  return permit({ devicesOf: atState ? null : actor.agencyId })
}
