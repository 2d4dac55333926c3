/** All SQL of people and tokens. */
import { statement, type Tx } from '../kernel/db.ts'
import { NotFound } from '../kernel/errors.ts'
import type { Issued } from '../policy/decision.ts'

const insertPersonRow = statement(
  'identity.insertPerson',
  `insert into people (id, agency_id, name, roles, created_at) values ($1, $2, $3, $4, $5)`,
  {},
)
/** Stores a person of an agency. */
export async function insertPerson(
  tx: Tx,
  person: { id: string; agencyId: string; name: string; roles: readonly string[] },
  at: Date,
): Promise<void> {
  await tx.run(insertPersonRow, [person.id, person.agencyId, person.name, person.roles, at])
}

const selectPerson = statement(
  'identity.selectPerson',
  `select id, agency_id from people where id = $1 and ended_at is null`,
  { id: 'text', agency_id: 'text' },
)
/** A person who has not left, and their agency. */
export function findPerson(tx: Tx, id: string) {
  return tx.row(selectPerson, [id])
}

const selectDevices = statement(
  'identity.selectDevices',
  `select no, id from devices where agency_id = $1 and id = any($2::text[])`,
  { no: 'int4', id: 'text' },
)
/** The numbers of an agency's devices; shorter than the list where some are unknown or another agency's. */
export async function findDeviceNos(tx: Tx, agencyId: string, ids: readonly string[]): Promise<number[]> {
  return (await tx.rows(selectDevices, [agencyId, ids])).map((row) => row.no)
}

const selectAgencyKind = statement('identity.selectAgencyKind', `select kind from agencies where id = $1`, {
  kind: 'text',
})
/** What kind of agency it is; undefined where there is none. */
export function findAgencyKind(tx: Tx, id: string) {
  return tx.row(selectAgencyKind, [id])
}

const insertTokenRow = statement(
  'identity.insertToken',
  `with token as (
     insert into access_tokens (id, secret_hash, kind, agency_id, person_id, all_devices, name, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9))
   insert into access_token_devices (token_id, device_no) select $1, no from unnest($10::int4[]) as d(no)`,
  {},
)
export type TokenRow = {
  id: string
  hash: Buffer
  kind: string
  agencyId: string
  personId: string | null
  allDevices: boolean
  deviceNos: readonly number[]
  name: string
  expiresAt: Date | null
}
/** Stores a token by the hash of its secret, with the devices it speaks for. */
export async function insertToken(tx: Tx, token: TokenRow, at: Date): Promise<void> {
  const { id, hash, kind, agencyId, personId, allDevices, name, expiresAt, deviceNos } = token
  await tx.run(insertTokenRow, [id, hash, kind, agencyId, personId, allDevices, name, at, expiresAt, deviceNos])
}

const selectToken = statement('identity.selectToken', `select agency_id, person_id from access_tokens where id = $1`, {
  agency_id: 'text',
  person_id: 'text?',
})
/** Whose a token is; undefined where there is none. */
export function findToken(tx: Tx, id: string) {
  return tx.row(selectToken, [id])
}

const revoke = statement(
  'identity.revokeToken',
  `update access_tokens set revoked_at = coalesce(revoked_at, $2) where id = $1 returning revoked_at`,
  { revoked_at: 'timestamptz' },
)
/** Marks a token revoked; since when. A second time changes nothing. Throws `NotFound`. */
export async function revokeToken(tx: Tx, scope: Issued<{ tokenId: string }>, at: Date): Promise<Date> {
  const row = await tx.row(revoke, [scope.tokenId, at])
  if (!row) throw new NotFound('There is no such token.')
  return row.revoked_at
}

const selectTokens = statement(
  'identity.selectTokens',
  `select id, kind, name, agency_id, person_id, created_at, expires_at, revoked_at from access_tokens
   where ($1::text is null or agency_id = $1) and ($2::text is null or person_id = $2) order by created_at desc, id limit 2000`,
  {
    id: 'text',
    kind: 'text',
    name: 'text',
    agency_id: 'text',
    person_id: 'text?',
    created_at: 'timestamptz',
    expires_at: 'timestamptz?',
    revoked_at: 'timestamptz?',
  },
)
/** Tokens within the scope, newest first, 2,000 at most. */
export function findTokens(tx: Tx, scope: Issued<{ agencyId: string | null; personId: string | null }>) {
  return tx.rows(selectTokens, [scope.agencyId, scope.personId])
}

/** Everything that decides who a token's bearer is, in one look. */
export const selectBearer = statement(
  'identity.selectBearer',
  `select t.kind, t.secret_hash, t.expires_at, t.revoked_at, t.all_devices, t.name as token_name,
          a.id as agency_id, a.no as agency_no, a.name as agency_name,
          p.id as person_id, p.name as person_name, p.roles, p.ended_at,
          coalesce((select array_agg(device_no::text) from access_token_devices d where d.token_id = t.id), '{}') as device_nos
   from access_tokens t join agencies a on a.id = t.agency_id left join people p on p.id = t.person_id
   where t.id = $1`,
  {
    kind: 'text',
    secret_hash: 'bytea',
    expires_at: 'timestamptz?',
    revoked_at: 'timestamptz?',
    all_devices: 'bool',
    token_name: 'text',
    agency_id: 'text',
    agency_no: 'int4',
    agency_name: 'text',
    person_id: 'text?',
    person_name: 'text?',
    roles: 'text[]?',
    ended_at: 'timestamptz?',
    device_nos: 'text[]',
  },
)
