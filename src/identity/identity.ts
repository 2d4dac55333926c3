/** People and machines, and their access tokens. Sign-in with passwords and second factors comes with the access issue. */
import { noFacts, operation } from '../door/operation.ts'
import type { Tx } from '../kernel/db.ts'
import { invalid } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import { NoRequest } from '../agencies/contract.ts'
import { IssuedToken, Me, Person, PersonDraft, RevokedToken, TokenById, TokenDraft, TokenList } from './contract.ts'
import { mayAddPerson, mayIssueToken, mayRevokeToken, maySeeMyself, maySeeTokens, type TokenHolder } from './policy.ts'
import {
  findAgencyKind,
  findDeviceNos,
  findPerson,
  findToken,
  findTokens,
  insertPerson,
  insertToken,
  revokeToken,
} from './store.ts'
import { newToken } from './tokens.ts'

export { claimedTokenId, tokenReader } from './tokens.ts'

/** Adds a person inside an act that was permitted to. */
export async function addPersonTo(tx: Tx, draft: PersonDraft, at: Date): Promise<{ id: string } & PersonDraft> {
  const person = { id: newId('person'), ...draft }
  await insertPerson(tx, person, at)
  return person
}

/** Issues a token inside an act that was permitted to. The text is returned once and kept nowhere. */
export async function issueTokenTo(
  tx: Tx,
  kind: TokenDraft['kind'],
  name: string,
  holder: TokenHolder,
  expiresAt: Date | null,
  at: Date,
): Promise<{ id: string; token: string }> {
  const { id, hash, token } = newToken()
  const all = holder.deviceNos === 'all of its agency'
  const deviceNos = holder.deviceNos === 'all of its agency' ? [] : holder.deviceNos
  await insertToken(
    tx,
    {
      id,
      hash,
      kind,
      name,
      expiresAt,
      agencyId: holder.agencyId,
      personId: holder.personId,
      allDevices: all,
      deviceNos,
    },
    at,
  )
  return { id, token }
}

/** Whom a token is for; undefined where there is no such person, agency or device. Throws `Invalid` where the draft contradicts itself. */
async function holderOf(tx: Tx, draft: TokenDraft): Promise<TokenHolder | undefined> {
  if (draft.kind === 'person') {
    if (!draft.personId) throw invalid('/personId', 'required', 'is missing: a person token belongs to a person')
    const person = await findPerson(tx, draft.personId)
    return person && { agencyId: person.agency_id, personId: person.id, deviceNos: [] }
  }
  if (!draft.agencyId) throw invalid('/agencyId', 'required', 'is missing: a machine token belongs to an agency')
  if (draft.kind === 'device' && draft.deviceIds?.length !== 1)
    throw invalid('/deviceIds', 'one-device', 'must name exactly one device')
  if (!(await findAgencyKind(tx, draft.agencyId))) return undefined
  if (!draft.deviceIds) return { agencyId: draft.agencyId, personId: null, deviceNos: 'all of its agency' }
  const deviceNos = await findDeviceNos(tx, draft.agencyId, draft.deviceIds)
  return deviceNos.length === new Set(draft.deviceIds).size
    ? { agencyId: draft.agencyId, personId: null, deviceNos }
    : undefined
}

export const addPerson = operation({
  id: 'people.add',
  title: 'Add a person with roles to an agency',
  steps: [
    'CR-2.a: the Agency ALPR Administrator of that agency, or the state',
    'store the person under a new identifier',
  ],
  request: PersonDraft,
  reply: Person,
  route: { method: 'POST', path: '/v1/people', body: 'json' },
  effect: 'write',
  facts: async (tx, _caller, { agencyId }) => ({ agency: await findAgencyKind(tx, agencyId) }),
  policy: mayAddPerson,
  run: async (tx, { request, at }) => addPersonTo(tx, request, at),
  record: {
    entered: ({ agencyId, name, roles }) => ({ fields: { agencyId, name, roles } }),
    retrieved: ({ id }) => ({ fields: { personId: id } }),
  },
})

export const issueToken = operation({
  id: 'tokens.issue',
  title: 'Issue an access token to a person, a device or a department server',
  steps: [
    'find whom it is for',
    'CR-2.a: the Agency ALPR Administrator of that agency, or the state',
    'make 256 random bits, keep their hash, show them once',
  ],
  request: TokenDraft,
  reply: IssuedToken,
  route: { method: 'POST', path: '/v1/tokens', body: 'json' },
  effect: 'secret',
  facts: async (tx, _caller, request) => ({ holder: await holderOf(tx, request) }),
  policy: mayIssueToken,
  run: async (tx, { request, scope, at }) =>
    issueTokenTo(
      tx,
      request.kind,
      request.name,
      scope.holder,
      request.expiresAt === undefined ? null : new Date(request.expiresAt),
      at,
    ),
  record: {
    entered: ({ kind, personId, agencyId, deviceIds }) => ({
      fields: { kind, personId, agencyId, devices: deviceIds?.length },
    }),
    retrieved: ({ id }) => ({ fields: { tokenId: id } }),
  },
})

export const revoke = operation({
  id: 'tokens.revoke',
  title: 'Revoke an access token',
  steps: ['CR-3.b: who administers its agency, or its holder', 'mark it revoked; it opens nothing within a second'],
  request: TokenById,
  reply: RevokedToken,
  route: { method: 'POST', path: '/v1/tokens/:id/revoke', body: 'json' },
  effect: 'write',
  refusalHidden: true,
  facts: async (tx, _caller, { id }) => {
    const token = await findToken(tx, id)
    return { token: token && { agencyId: token.agency_id, personId: token.person_id } }
  },
  policy: mayRevokeToken,
  run: async (tx, { scope, at }) => ({
    id: scope.tokenId,
    revokedAt: (await revokeToken(tx, scope, at)).toISOString(),
  }),
  record: { entered: ({ id }) => ({ fields: { tokenId: id } }) },
})

export const listTokens = operation({
  id: 'tokens.list',
  title: 'List the access tokens one may revoke',
  steps: ['CR-1.5: people only', "an administrator sees the agency's, anybody else their own"],
  request: NoRequest,
  reply: TokenList,
  route: { method: 'GET', path: '/v1/tokens' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeTokens,
  run: async (tx, { scope }) => ({
    tokens: (await findTokens(tx, scope)).map((row) => ({
      id: row.id,
      kind: row.kind,
      name: row.name,
      agencyId: row.agency_id,
      personId: row.person_id,
      createdAt: row.created_at.toISOString(),
      expiresAt: row.expires_at?.toISOString() ?? null,
      revokedAt: row.revoked_at?.toISOString() ?? null,
    })),
  }),
  record: { entered: () => ({}), retrieved: ({ tokens }) => ({ fields: { count: tokens.length } }) },
})

export const me = operation({
  id: 'me.show',
  title: 'Show who one is to the system',
  steps: ['anybody whose token is valid'],
  request: NoRequest,
  reply: Me,
  route: { method: 'GET', path: '/v1/me' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeMyself,
  run: async (_tx, { caller: { actor } }) => ({
    id: actor.id,
    kind: actor.kind,
    name: actor.name,
    agencyId: actor.agencyId,
    agencyName: actor.agencyName,
    roles: [...actor.roles],
  }),
  record: { entered: () => ({}) },
})
