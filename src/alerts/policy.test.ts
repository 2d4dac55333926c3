/** Who sees alerts, role by role, and who looks back. */
import { describe, expect, test } from 'vitest'
import { systemCaller } from '../door/jobs.ts'
import type { Actor } from '../door/operation.ts'
import { roles, type Role } from '../policy/roles.ts'
import { mayLookBack, maySeeAlerts } from './policy.ts'

const keptSince = new Date('2026-11-18T14:00:00Z')

function actor(kind: Actor['kind'], ...held: Role[]): Actor {
  const agency = { agencyId: 'agency_1', agencyNo: 1, agencyName: 'Arlington' }
  return { id: 'person_1', kind, name: 'A person', ...agency, roles: new Set(held), devices: [] }
}

const sees: Partial<Record<Role, 'own' | 'all'>> = {
  officer: 'own',
  dispatcher: 'own',
  investigator: 'own',
  supervisor: 'own',
  'alpr-administrator': 'own',
  'dcjis-administrator': 'all',
  auditor: 'all',
}

describe('maySeeAlerts', () => {
  test.each(roles.filter(({ side }) => side !== 'machine').map(({ role }) => [role, sees[role] ?? 'nothing'] as const))(
    '%s sees %s',
    (role, expected) => {
      const agencyId = expected === 'all' ? null : 'agency_1'
      expect(maySeeAlerts(actor('person', role), keptSince)).toMatchObject(
        expected === 'nothing'
          ? { permitted: false, clause: 'CR-1.3' }
          : { permitted: true, scope: { agencyId, keptSince } },
      )
    },
  )
  test('no machine, whatever roles it claims', () => {
    for (const kind of ['machine', 'system'] as const)
      expect(maySeeAlerts(actor(kind, 'officer', 'auditor'), keptSince)).toMatchObject({
        permitted: false,
        clause: 'CR-8',
      })
  })
  test('a person without a role sees nothing', () => {
    expect(maySeeAlerts(actor('person'), keptSince).permitted).toBe(false)
  })
  test('a role at the state reaches further than one at the agency', () => {
    expect(maySeeAlerts(actor('person', 'officer', 'auditor'), keptSince)).toMatchObject({ scope: { agencyId: null } })
  })
})

describe('mayLookBack', () => {
  const facts = { importedAt: new Date('2026-11-23T13:00:00Z'), lookBackMinutes: 60 }
  const revision = { feedNo: 1, revision: 2 }
  test('only the program itself, from the list’s window before its import', () => {
    expect(mayLookBack(systemCaller('look-back').actor, revision, facts, keptSince)).toEqual({
      permitted: true,
      scope: { ...revision, importedAt: facts.importedAt, since: new Date('2026-11-23T12:00:00Z'), keptSince },
    })
    for (const kind of ['person', 'machine'] as const)
      expect(mayLookBack(actor(kind, 'system', 'dcjis-administrator'), revision, facts, keptSince)).toMatchObject({
        permitted: false,
        clause: 'CR-8',
      })
  })
})
