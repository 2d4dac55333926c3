import { describe, expect, test } from 'vitest'
import type { Actor } from '../door/operation.ts'
import type { Role } from '../policy/roles.ts'
import { categories } from './formats/format.ts'
import { mayCreateFeed, mayImportList, maySeeFeeds, maySeeRejections } from './policy.ts'

const town = 'agency_town'
const other = 'agency_other'

function actor(role: Role, agencyId = town): Actor {
  const kind = role === 'system' ? 'system' : role === 'department-server' || role === 'device' ? 'machine' : 'person'
  return { id: 'a', kind, name: 'A', agencyId, agencyNo: 1, agencyName: 'T', roles: new Set([role]), devices: [] }
}
const outcome = (decision: { permitted: boolean; clause?: string }): string =>
  decision.permitted ? 'permitted' : (decision.clause ?? '')

describe('who may set up a feed', () => {
  test.each<[Role, string, string, boolean, string]>([
    // role, own agency, category, the owner exists, outcome
    ['alpr-administrator', town, 'stolen-vehicle', true, 'permitted'],
    ['alpr-administrator', other, 'stolen-vehicle', true, 'CL-4'],
    ['dcjis-administrator', other, 'stolen-vehicle', true, 'permitted'],
    ['dcjis-administrator', other, 'stolen-vehicle', false, 'CL-4'],
    ['officer', town, 'stolen-vehicle', true, 'CL-4'],
    ['supervisor', town, 'stolen-vehicle', true, 'CL-4'],
    ['auditor', town, 'stolen-vehicle', true, 'CL-4'],
    ['department-server', town, 'stolen-vehicle', true, 'CL-4'],
    ['alpr-administrator', town, 'stolen-boats', true, 'CL-3'],
    ['alpr-administrator', town, 'Stolen-Vehicle', true, 'CL-3'],
    ['alpr-administrator', town, '', true, 'CL-3'],
    ['alpr-administrator', town, '__proto__', true, 'CL-3'],
    ['alpr-administrator', town, 'manual', true, 'MP-IV.E.2'],
    ['alpr-administrator', town, 'local', true, 'permitted'],
    // The owner comes first: who may not set up any feed is not told which categories there are.
    ['officer', town, 'stolen-boats', true, 'CL-4'],
    ['officer', town, 'manual', true, 'CL-4'],
  ])('%s of %s: %s, owner exists %s: %s', (role, agencyId, category, exists, expected) => {
    const decision = mayCreateFeed(
      actor(role, agencyId),
      { agencyId: town, category },
      { agency: exists ? {} : undefined },
    )
    expect(outcome(decision)).toBe(expected)
  })
  test('every category of CL-3 but manual entries may have feeds', () => {
    const permitted = categories.filter(
      (category) => mayCreateFeed(actor('alpr-administrator'), { agencyId: town, category }, { agency: {} }).permitted,
    )
    expect(permitted).toEqual(categories.filter((category) => category !== 'manual'))
  })
  test('the scope is the owner and nothing else', () => {
    const decision = mayCreateFeed(
      actor('dcjis-administrator', other),
      { agencyId: town, category: 'atl' },
      { agency: {} },
    )
    expect(decision).toMatchObject({ permitted: true, scope: { ownerId: town } })
  })
})

const feed = { no: 7, agencyId: town }

describe('who may import a list, and see what was rejected of it', () => {
  test.each<[Role, string, string, string]>([
    // role, own agency, import, rejections
    ['alpr-administrator', town, 'permitted', 'permitted'],
    ['alpr-administrator', other, 'CL-4', 'CR-8'],
    ['dcjis-administrator', other, 'permitted', 'permitted'],
    ['auditor', other, 'CL-4', 'permitted'],
    ['officer', town, 'CL-4', 'permitted'],
    ['officer', other, 'CL-4', 'CR-8'],
    ['agency-head', other, 'CL-4', 'CR-8'],
    ['department-server', town, 'CL-4', 'CR-1.5'],
    ['device', town, 'CL-4', 'CR-1.5'],
    ['system', town, 'CL-4', 'CR-1.5'],
  ])('%s of %s: %s, %s', (role, agencyId, imports, rejections) => {
    expect(outcome(mayImportList(actor(role, agencyId), {}, { feed }))).toBe(imports)
    expect(outcome(maySeeRejections(actor(role, agencyId), {}, { feed }))).toBe(rejections)
  })
  test('the scope is that feed', () => {
    expect(mayImportList(actor('alpr-administrator'), {}, { feed })).toMatchObject({ scope: { feedNo: 7 } })
    expect(maySeeRejections(actor('officer'), {}, { feed })).toMatchObject({ scope: { feedNo: 7 } })
  })
})

test.each<[Role, string]>([
  ['officer', 'permitted'],
  ['commissioner', 'permitted'],
  ['department-server', 'CR-1.5'],
  ['system', 'CR-1.5'],
])('%s sees the feeds: %s', (role, expected) => {
  expect(outcome(maySeeFeeds(actor(role, other)))).toBe(expected)
})
