/** Agencies: who takes part (CR overview, GA-4.1). Their officers, agreements and suspension come with the access issue. */
import { newId } from '../kernel/ids.ts'
import type { Tx } from '../kernel/db.ts'
import { noFacts, operation } from '../door/operation.ts'
import { Agency, AgencyDraft, AgencyList, NoRequest } from './contract.ts'
import { maySeeAgencies, maySetUpAgency } from './policy.ts'
import { findAgencies, insertAgency } from './store.ts'

export { findAgency } from './store.ts'

/** Sets up an agency inside an act that was permitted to. */
export async function setUpAgency(
  tx: Tx,
  draft: Omit<AgencyDraft, 'kind'> & { kind: string },
  at: Date,
): Promise<Agency & { no: number }> {
  const id = newId('agency')
  const no = await insertAgency(tx, id, draft, at)
  return { id, no, ...draft }
}

export const create = operation({
  id: 'agencies.create',
  title: 'Set up an agency',
  steps: ['GA-4.1: only the state takes an agency in', 'store the agency under a new identifier'],
  request: AgencyDraft,
  reply: Agency,
  route: { method: 'POST', path: '/v1/agencies', body: 'json' },
  effect: 'write',
  facts: noFacts,
  policy: maySetUpAgency,
  run: async (tx, { request, at }) => {
    const { id, ori, name, kind, contributing } = await setUpAgency(tx, request, at)
    return { id, ori, name, kind, contributing }
  },
  record: {
    entered: ({ ori, name, kind }) => ({ fields: { ori, name, kind } }),
    retrieved: ({ id }) => ({ fields: { agencyId: id } }),
  },
})

export const list = operation({
  id: 'agencies.list',
  title: 'List the agencies that take part',
  steps: ['CR-1.5: people with a login of their own', 'list the agencies by name'],
  request: NoRequest,
  reply: AgencyList,
  route: { method: 'GET', path: '/v1/agencies' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeAgencies,
  run: async (tx, { scope }) => ({ agencies: await findAgencies(tx, scope) }),
  record: { entered: () => ({}), retrieved: ({ agencies }) => ({ fields: { count: agencies.length } }) },
})
