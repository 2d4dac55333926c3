/** Who may contribute, and who may see what was refused. */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

/** What a contribution may contain: reads of these devices, which are all the sender's own. */
export type IntakeScope = Issued<{ agencyId: string; agencyNo: number; devices: Actor['devices'] }>

/**
 * Only machines contribute, under their own token (CR-1.5), for the agency they belong to (CR-6.a). A device's token speaks for
 * that device, a department server's for those it was given.
 */
export function mayContribute(actor: Actor): Decision<IntakeScope> {
  if (actor.kind !== 'machine')
    return refuse('CR-6.a', 'Send reads with the token of a device or of a department server.')
  return permit({ agencyId: actor.agencyId, agencyNo: actor.agencyNo, devices: actor.devices })
}

/** Refusals are shown to the people who can mend the adapter: the device's agency, and the state. */
export function maySeeRefusals(actor: Actor): Decision<Issued<{ refusalsOf: string | null }>> {
  if (actor.roles.has('dcjis-administrator') || actor.roles.has('auditor')) return permit({ refusalsOf: null })
  const mends =
    actor.roles.has('alpr-administrator') || actor.roles.has('cjis-technical') || actor.roles.has('supervisor')
  if (!mends) return refuse('MP-IV.B.1', 'Ask your Agency ALPR Administrator.')
  return permit({ refusalsOf: actor.agencyId })
}
