/** The very first act: somebody must let the first administrator in, and it is whoever holds the machine. */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

/** Only from the machine itself, and only once: after that, administrators let people in (CR-2.a). */
export function mayBootstrap(
  actor: Actor,
  _request: unknown,
  facts: { bootstrapped: boolean },
): Decision<Issued<{ bootstrap: true }>> {
  if (actor.kind !== 'system')
    return refuse('CR-1.5', 'Run `platekeep bootstrap` on the machine that has the data folder.')
  if (facts.bootstrapped)
    return refuse(
      'CR-2.a',
      'This installation has its first administrators. Ask one of them, or start with a new data folder.',
    )
  return permit({ bootstrap: true })
}
