/**
 * Who may give people and machines a way in. In order of precedence: the state's administrators for anybody; an Agency ALPR
 * Administrator for the own agency; nobody else (CR-2.a).
 */
import type { Actor } from '../door/operation.ts'
import type { Role } from '../policy/roles.ts'
import { roles } from '../policy/roles.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'

const askAdministrator = 'Ask your Agency ALPR Administrator.'
const stateRoles = new Set<Role>(roles.filter((each) => each.side === 'state').map((each) => each.role))

function administers(actor: Actor, agencyId: string): boolean {
  if (actor.roles.has('dcjis-administrator')) return true
  return actor.roles.has('alpr-administrator') && actor.agencyId === agencyId
}

/** A login is the Agency ALPR Administrator's to give (CR-2.a); a role at the state is the state's, in its own agency. */
export function mayAddPerson(
  actor: Actor,
  request: { agencyId: string; roles: readonly Role[] },
  facts: { agency: { kind: string } | undefined },
): Decision<Issued<{ agencyId: string }>> {
  if (!administers(actor, request.agencyId) || !facts.agency) return refuse('CR-2.a', askAdministrator)
  const atState = facts.agency.kind === 'state'
  if (request.roles.some((role) => stateRoles.has(role) !== atState))
    return refuse('CR-2.a', 'Roles at the state belong to people of the state, and the others to people of agencies.')
  return permit({ agencyId: request.agencyId })
}

export type TokenHolder = {
  agencyId: string
  personId: string | null
  deviceNos: readonly number[] | 'all of its agency'
}

/** A token is given to a person, a device or a department server of the agency one administers; unknown ones look the same. */
export function mayIssueToken(
  actor: Actor,
  _request: unknown,
  facts: { holder: TokenHolder | undefined },
): Decision<Issued<{ holder: TokenHolder }>> {
  const { holder } = facts
  if (!holder || !administers(actor, holder.agencyId)) return refuse('CR-2.a', askAdministrator)
  return permit({ holder })
}

/** Who administers the agency revokes its tokens, and everybody their own (CR-3.b). */
export function mayRevokeToken(
  actor: Actor,
  request: { id: string },
  facts: { token: { agencyId: string; personId: string | null } | undefined },
): Decision<Issued<{ tokenId: string }>> {
  const { token } = facts
  if (!token || !(administers(actor, token.agencyId) || token.personId === actor.id))
    return refuse('CR-3.b', askAdministrator)
  return permit({ tokenId: request.id })
}

/** Tokens are listed for those who could revoke them: an administrator's agency, or one's own. */
export function maySeeTokens(actor: Actor): Decision<Issued<{ agencyId: string | null; personId: string | null }>> {
  if (actor.kind !== 'person') return refuse('CR-1.5')
  if (actor.roles.has('dcjis-administrator')) return permit({ agencyId: null, personId: null })
  if (actor.roles.has('alpr-administrator')) return permit({ agencyId: actor.agencyId, personId: null })
  return permit({ agencyId: actor.agencyId, personId: actor.id })
}

/** Whoever is known may see what is known of them. */
export function maySeeMyself(actor: Actor): Decision<Issued<{ self: string }>> {
  return permit({ self: actor.id })
}
