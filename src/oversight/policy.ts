/** Who may read the log (CR-4.c, CR-4.d). Reading it is logged too. */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

/** The head of the log is for everybody known: it holds nothing but a size and a hash. */
export function maySeeLogHead(_actor: Actor): Decision<Issued<{ log: 'head' }>> {
  return permit({ log: 'head' })
}

/** Its leaves are for the state's auditors (CR-4.d) and the CSO (GA-6.3). */
export function mayReadLog(actor: Actor): Decision<Issued<{ log: 'leaves' }>> {
  if (actor.roles.has('auditor') || actor.roles.has('cso')) return permit({ log: 'leaves' })
  return refuse('GA-6.3', 'Ask an auditor of the state.')
}

/** Only the program itself closes acts that nobody closed. */
export function mayCloseActs(actor: Actor): Decision<Issued<{ close: 'acts' }>> {
  if (actor.kind !== 'system') return refuse('CR-1.5')
  return permit({ close: 'acts' })
}
