/**
 * A simulated state: agencies, people and devices, the same for the same seed. It feeds the demonstration, the tests and
 * the benches.
 *
 * The towns and roads are real, so that the map means something to those who know the place. All else is invented: the
 * identifiers (ORIs have the right form and county, but numbers that were made up), the devices, and the people, who are
 * named by what they do ("Officer 1, Arlington"), so that no name can be taken for somebody's.
 */
import type { Role } from '../policy/roles.ts'
import { must } from '../kernel/assert.ts'
import { devicesOf, type SimulatedDevice } from './devices.ts'
import { Random } from './prng.ts'
import type { Owners } from './spots.ts'
import { participating, townOf } from './towns.ts'

export type SimulatedAgency = {
  /** `MA`, the county's three digits, two invented digits of the agency, `00`: nine characters. */
  ori: string
  name: string
  kind: 'municipal' | 'state-police' | 'transit' | 'campus' | 'state'
  town: string
}

export type SimulatedPerson = {
  /** Unique, lower case: `officer-1.arlington`. */
  login: string
  name: string
  role: Role
  agencyOri: string
}

export type SimulatedState = {
  seed: string
  agencies: readonly SimulatedAgency[]
  people: readonly SimulatedPerson[]
  devices: readonly SimulatedDevice[]
}

/** The whole state of a seed: 22 agencies, their people, 200 devices. Takes a few milliseconds. */
export function simulatedState(seed: string): SimulatedState {
  const random = new Random(seed)
  const agencies = agenciesOf()
  return { seed, agencies, people: peopleOf(agencies), devices: devicesOf(random, ownersOf(agencies)) }
}

type AgencyRow = readonly [name: string, kind: SimulatedAgency['kind'], town: string]

const stateAgencies: readonly AgencyRow[] = [
  ['State Police', 'state-police', 'Framingham'],
  ['Transit Police', 'transit', 'Boston'],
  ['Campus Police, Amherst', 'campus', 'Amherst'],
  ['Department of Criminal Justice Information Services', 'state', 'Chelsea'],
]

/** The agency's two digits are dealt per county, from 71 on. */
function agenciesOf(): SimulatedAgency[] {
  const police = participating.map(([town]): AgencyRow => [`${town} Police Department`, 'municipal', town])
  const dealt = new Map<number, number>()
  return [...police, ...stateAgencies].map(([name, kind, town]) => {
    const { county } = townOf(town)
    const serial = (dealt.get(county) ?? 70) + 1
    dealt.set(county, serial)
    return { ori: `MA${String(county).padStart(3, '0')}${serial}00`, name, kind, town }
  })
}

function ownersOf(agencies: readonly SimulatedAgency[]): Owners {
  const oriOf = (kind: SimulatedAgency['kind']): string =>
    must(
      agencies.find((agency) => agency.kind === kind),
      `there is an agency of kind ${kind}`,
    ).ori
  return {
    highway: oriOf('state-police'),
    transit: oriOf('transit'),
    campus: oriOf('campus'),
    towns: new Map(agencies.filter(({ kind }) => kind === 'municipal').map(({ town, ori }) => [town, ori])),
  }
}

const everyRole: readonly (readonly [title: string, role: Role])[] = [
  ['Officer 1', 'officer'],
  ['Officer 2', 'officer'],
  ['Dispatcher', 'dispatcher'],
  ['Investigator', 'investigator'],
  ['Supervisor', 'supervisor'],
  ['ALPR Administrator', 'alpr-administrator'],
  ['CJIS Representative', 'cjis-representative'],
  ['Backup CJIS Representative', 'cjis-backup'],
  ['CJIS Technical Representative', 'cjis-technical'],
  ['Agency Head', 'agency-head'],
]

const stateRoles: readonly (readonly [title: string, role: Role])[] = [
  ['DCJIS Administrator', 'dcjis-administrator'],
  ['Auditor', 'auditor'],
  ['CJIS Systems Officer', 'cso'],
  ['Commissioner', 'commissioner'],
]

/** Every role at the first agency and at the state; elsewhere an officer and the ALPR Administrator. */
function peopleOf(agencies: readonly SimulatedAgency[]): SimulatedPerson[] {
  return agencies.flatMap((agency, index) => {
    const few = everyRole.filter(([title]) => title === 'Officer 1' || title === 'ALPR Administrator')
    const posts = agency.kind === 'state' ? stateRoles : index === 0 ? everyRole : few
    return posts.map(([title, role]): SimulatedPerson => {
      const place = agency.kind === 'municipal' ? agency.town : agency.name
      const short = agency.kind === 'municipal' ? agency.town : agency.kind
      const login = `${title}.${short}`.toLowerCase().replace(/[^a-z0-9.]+/g, '-')
      return { login, name: `${title}, ${place}`, role, agencyOri: agency.ori }
    })
  })
}
