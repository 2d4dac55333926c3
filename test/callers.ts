/**
 * Every kind of caller there is, by the name it has in `matrix.txt`: nobody (in five ways), each role of a town and of the
 * state, both machines, the operator at the machine, and the program itself. Those who may do nothing any more were all
 * administrators of the state, so that a check that is missing shows.
 */
import { systemCaller } from '../src/door/jobs.ts'
import type { Actor } from '../src/door/operation.ts'
import { addPersonTo, issueTokenTo } from '../src/identity/identity.ts'
import type { World } from './database.ts'
import type { TestState } from './people.ts'
import { operatorToken, type Service } from './service.ts'

export const nobody = ['none', 'unknown', 'revoked', 'expired', 'left'] as const
export const townRoles = [
  'officer',
  'dispatcher',
  'investigator',
  'supervisor',
  'alpr-administrator',
  'cjis-representative',
  'cjis-backup',
  'cjis-technical',
  'agency-head',
] as const
export const stateRoles = ['dcjis-administrator', 'auditor', 'cso', 'commissioner'] as const
export const machines = ['device', 'department-server'] as const
/** Over HTTP there is the operator; the program's own jobs are no callers of HTTP, and the operator is none of theirs. */
export const callerNames = [...nobody, ...townRoles, ...stateRoles, ...machines, 'operator', 'job'] as const
export type CallerName = (typeof callerNames)[number]

export type Callers = {
  /** The token a caller shows; undefined for one that shows none. */
  token(name: CallerName): string | undefined
  /** Who that is. Throws `Unauthenticated`, as the server would. */
  actor(name: CallerName): Promise<Actor>
}

/** Makes the callers who may do nothing any more, and knows all of them by name. */
export async function callersOf(world: World, state: TestState, service: Service): Promise<Callers> {
  const gone = await administratorsGone(world, state)
  const tokens = new Map<CallerName, string | undefined>([
    ['none', undefined],
    ['unknown', `pk_${'0'.repeat(16)}_${'0'.repeat(52)}`],
    ['revoked', gone.revoked],
    ['expired', gone.expired],
    ['left', gone.left],
    ...townRoles.map((role) => [role, state.town.tokens.get(role)] as const),
    ...stateRoles.map((role) => [role, state.state.tokens.get(role)] as const),
    ['device', state.town.tokens.get('device')],
    ['department-server', state.town.tokens.get('server')],
    ['operator', operatorToken],
  ])
  return {
    token: (name) => tokens.get(name),
    actor: async (name) => (name === 'job' ? systemCaller('a test').actor : service.actorOf(tokens.get(name) ?? '')),
  }
}

async function administratorsGone(world: World, state: TestState) {
  const at = world.clock.now()
  const tokenOf = (name: string, expiresAt: Date | null) =>
    world.db.transaction(async (tx) => {
      const agencyId = state.state.id
      const person = await addPersonTo(tx, { agencyId, name, roles: ['dcjis-administrator'] }, at)
      const holder = { agencyId, personId: person.id, deviceNos: [] }
      const { id, token } = await issueTokenTo(tx, 'person', name, holder, expiresAt, at)
      return { personId: person.id, id, token }
    })
  const [revoked, expired, left] = [
    await tokenOf('revoked', null),
    await tokenOf('expired', at),
    await tokenOf('left', null),
  ]
  await world.owner.query('update access_tokens set revoked_at = $2 where id = $1', [revoked.id, at])
  await world.owner.query('update people set ended_at = $2 where id = $1', [left.personId, at])
  return { revoked: revoked.token, expired: expired.token, left: left.token }
}
