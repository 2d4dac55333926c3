/**
 * Access tokens: `pk_<token id without its noun>_<256 random bits>`. The middle finds the row, the end is compared, hashed, in
 * constant time. The database holds only SHA-256 of the secret: with 256 random bits nothing slower is needed. What is known
 * of a token is remembered for half a second, so that a revocation takes effect within one second on every server process.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Actor } from '../door/operation.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Db, Row } from '../kernel/db.ts'
import { Unauthenticated } from '../kernel/errors.ts'
import { base32, newId } from '../kernel/ids.ts'
import { roles, type Role } from '../policy/roles.ts'
import { selectBearer } from './store.ts'

export const rememberedMs = 500
const rememberedMax = 5_000
const form = /^pk_([0-9a-z]{16})_([0-9a-z]{52})$/
const known = new Set<string>(roles.map((each) => each.role))

function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** A new token: its id, the hash to keep, and the text to show once. */
export function newToken(): { id: string; hash: Buffer; token: string } {
  const id = newId('token')
  const secret = base32(randomBytes(32))
  return { id, hash: hashOf(secret), token: `pk_${id.slice('token_'.length)}_${secret}` }
}

/** The identifier that a token claims, or undefined where it is not one of ours at all. */
export function claimedTokenId(token: string): string | undefined {
  const parts = form.exec(token)
  return parts ? `token_${parts[1]}` : undefined
}

type Bearer = Row<(typeof selectBearer)['columns']>

/** Finds out who bears a token. The function it gives throws `Unauthenticated`, always in the same words. */
export function tokenReader(db: Db, clock: Clock): (token: string) => Promise<Actor> {
  const remembered = new Map<string, { bearer: Bearer | undefined; until: number }>()

  async function bearerOf(id: string): Promise<Bearer | undefined> {
    const now = performance.now()
    const before = remembered.get(id)
    if (before && before.until > now) return before.bearer
    const [bearer] = await db.once(selectBearer, [id])
    if (remembered.size >= rememberedMax) remembered.clear()
    remembered.set(id, { bearer, until: now + rememberedMs })
    return bearer
  }

  return async (token) => {
    const parts = form.exec(token)
    const bearer = parts ? await bearerOf(`token_${parts[1]}`) : undefined
    const right = timingSafeEqual(hashOf(parts?.[2] ?? ''), bearer?.secret_hash ?? Buffer.alloc(32))
    const now = clock.now()
    const live =
      bearer &&
      !bearer.revoked_at &&
      !(bearer.expires_at && bearer.expires_at <= now) &&
      !(bearer.ended_at && bearer.ended_at <= now)
    if (!bearer || !right || !live)
      throw new Unauthenticated('Send a valid access token: "Authorization: Bearer pk_…".')
    return actorOf(`token_${parts?.[1]}`, bearer)
  }
}

function actorOf(tokenId: string, bearer: Bearer): Actor {
  const agency = { agencyId: bearer.agency_id, agencyNo: bearer.agency_no, agencyName: bearer.agency_name }
  if (bearer.person_id !== null) {
    const held = (bearer.roles ?? []).filter((role): role is Role => known.has(role))
    return {
      id: bearer.person_id,
      kind: 'person',
      name: bearer.person_name ?? '',
      ...agency,
      roles: new Set(held),
      devices: [],
    }
  }
  const role: Role = bearer.kind === 'device' ? 'device' : 'department-server'
  const devices = bearer.all_devices ? 'all of its agency' : bearer.device_nos.map(Number)
  return { id: tokenId, kind: 'machine', name: bearer.token_name, ...agency, roles: new Set([role]), devices }
}
