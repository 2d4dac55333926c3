/**
 * Who may search past reads, and with what reason. Refusals, in order of precedence:
 *
 *   CR-1.5   not a person with a login of their own
 *   CR-1.3   no role that searches
 *   CR-1.1   no specific facts, or no case where the purpose calls for one
 */
import type { Actor } from '../door/operation.ts'
import { permit, refuse, type Decision, type Issued } from '../policy/decision.ts'
import type { Role } from '../policy/roles.ts'
import type { SearchRequest } from './contract.ts'

/** Which reads a search may see: all agencies' (CR-5.a), as long as they are kept. */
export type ReadScope = Issued<{ reads: 'statewide'; keptSince: Date }>

const searchers: readonly Role[] = ['officer', 'dispatcher', 'investigator', 'supervisor']
const needsCase = new Set<SearchRequest['purpose']>(['criminal-investigation', 'civil-investigation', 'court-order'])

const factsLengthMin = 20
const wordsMin = 4
/** Phrases that state a purpose and no fact. Compared without case and punctuation, as the whole of what was written. */
const empty = new Set([
  'investigation',
  'criminal investigation',
  'police business',
  'official police business',
  'law enforcement purposes',
  'official use',
  'suspicious vehicle',
  'as per supervisor',
  'see case file',
  'for an ongoing criminal investigation',
  'in connection with an investigation',
])

/** Whether facts are facts: enough words, not one of the empty phrases, not one word over and over. */
export function saysSomething(facts: string): boolean {
  const words = facts.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  if (facts.trim().length < factsLengthMin || words.length < wordsMin) return false
  return !empty.has(words.join(' ')) && new Set(words).size > words.length / 3
}

/** Whether these reads may be searched for this reason. */
export function maySearch(
  actor: Actor,
  request: Pick<SearchRequest, 'purpose' | 'facts' | 'caseNumber'>,
  facts: { keptSince: Date },
): Decision<ReadScope> {
  if (actor.kind !== 'person') return refuse('CR-1.5', 'Search under your own login.')
  if (!searchers.some((role) => actor.roles.has(role)))
    return refuse('CR-1.3', 'Ask your Agency ALPR Administrator for a role that searches.')
  if (!saysSomething(request.facts))
    return refuse('CR-1.1', 'Say in a sentence what happened and why this plate matters to it.')
  if (needsCase.has(request.purpose) && !request.caseNumber)
    return refuse('CR-1.1', 'Name the case or call for service.')
  return permit({ reads: 'statewide', keptSince: facts.keptSince })
}
