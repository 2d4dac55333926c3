/**
 * Who may set up, fill and see the hot lists. A list is its owner's: the Agency ALPR Administrator of the owning agency, or the
 * state's, for any (CL-4). What is on it belongs to a category that the policy names (CL-3).
 */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'
import { categories } from './formats/format.ts'

const askOwner = "Ask the ALPR Administrator of the list's agency, or a DCJIS administrator."

function administers(actor: Actor, agencyId: string): boolean {
  if (actor.roles.has('dcjis-administrator')) return true
  return actor.roles.has('alpr-administrator') && actor.agencyId === agencyId
}

/**
 * In order: the owner must be an agency one administers (CL-4); the category one of CL-3; and not manual entries, which are
 * made one by one and checked by a second person, never by the file (MP-IV.E.2).
 */
export function mayCreateFeed(
  actor: Actor,
  request: { agencyId: string; category: string },
  facts: { agency: object | undefined },
): Decision<Issued<{ ownerId: string }>> {
  if (!administers(actor, request.agencyId) || !facts.agency) return refuse('CL-4', askOwner)
  if (!categories.some((category) => category === request.category))
    return refuse('CL-3', `Choose one of: ${categories.filter((category) => category !== 'manual').join(', ')}.`)
  if (request.category === 'manual')
    return refuse('MP-IV.E.2', 'Choose local for a list that the agency compiled itself.')
  return permit({ ownerId: request.agencyId })
}

/** Anybody with a login of their own may see which lists there are and how old they are: they act on them. */
export function maySeeFeeds(actor: Actor): Decision<Issued<{ see: 'feeds' }>> {
  if (actor.kind !== 'person') return refuse('CR-1.5')
  return permit({ see: 'feeds' })
}

/** A list is filled by its owner, who answers for what is entered. */
export function mayImportList(
  actor: Actor,
  _request: object,
  facts: { feed: { no: number; agencyId: string } },
): Decision<Issued<{ feedNo: number }>> {
  if (!administers(actor, facts.feed.agencyId)) return refuse('CL-4', askOwner)
  return permit({ feedNo: facts.feed.no })
}

/** What was wrong with a list's file is for those who can have it mended, its agency's people, and for the state's auditors. */
export function maySeeRejections(
  actor: Actor,
  _request: object,
  facts: { feed: { no: number; agencyId: string } },
): Decision<Issued<{ feedNo: number }>> {
  if (actor.kind !== 'person') return refuse('CR-1.5')
  if (administers(actor, facts.feed.agencyId) || actor.roles.has('auditor')) return permit({ feedNo: facts.feed.no })
  if (actor.agencyId !== facts.feed.agencyId) return refuse('CR-8', askOwner)
  return permit({ feedNo: facts.feed.no })
}
