/**
 * Who sees alerts. In order of precedence: the state's administrators and auditors see all; those whom their agency put to
 * work with alerts see the alerts their agency is an audience of, which are those of its own reads and of its own lists;
 * nobody else (CR-8), and no machine.
 */
import type { Actor } from '../door/operation.ts'
import { minute } from '../kernel/clock.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'
import type { Role } from '../policy/roles.ts'

const stateRoles: readonly Role[] = ['dcjis-administrator', 'auditor']
const agencyRoles: readonly Role[] = ['officer', 'dispatcher', 'investigator', 'supervisor', 'alpr-administrator']

/** Alerts of an agency, or of all where it is null, whose reads are still kept. */
export type AlertScope = Issued<{ agencyId: string | null; keptSince: Date }>

/** The list, the stream and each single delivery ask this, so a role that ends also ends what is already open. */
export function maySeeAlerts(actor: Actor, keptSince: Date): Decision<AlertScope> {
  if (actor.kind !== 'person') return refuse('CR-8', 'Use the access token of a person.')
  if (stateRoles.some((role) => actor.roles.has(role))) return permit({ agencyId: null, keptSince })
  if (!agencyRoles.some((role) => actor.roles.has(role)))
    return refuse('CR-1.3', 'Ask your Agency ALPR Administrator for a role that works with alerts.')
  return permit({ agencyId: actor.agencyId, keptSince })
}

/** One revision of one list, and how far back reads are looked at again: from `since`, as far as they are kept. */
export type LookBackScope = Issued<{
  feedNo: number
  revision: number
  importedAt: Date
  since: Date
  keptSince: Date
}>

/**
 * Looking back compares reads with lists, which is the repository's own work (CL-2): no person and no machine does it. It
 * reaches as far back as the list says, counted from its import, since later reads were compared as they came; and never to
 * reads whose time is over (CR-7.b).
 */
export function mayLookBack(
  actor: Actor,
  { feedNo, revision }: { feedNo: number; revision: number },
  facts: { importedAt: Date; lookBackMinutes: number },
  keptSince: Date,
): Decision<LookBackScope> {
  if (actor.kind !== 'system') return refuse('CR-8')
  const since = new Date(facts.importedAt.getTime() - facts.lookBackMinutes * minute)
  return permit({ feedNo, revision, importedAt: facts.importedAt, since, keptSince })
}
