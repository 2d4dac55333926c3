/** How an installation begins: the state's administrator and auditor, the first agencies, their people and machines. */
import { setUpAgency } from '../agencies/agencies.ts'
import { operation } from '../door/operation.ts'
import { registerDeviceOf } from '../equipment/equipment.ts'
import { addPersonTo, issueTokenTo } from '../identity/identity.ts'
import type { Tx } from '../kernel/db.ts'
import { roles } from '../policy/roles.ts'
import { BootstrapReply, BootstrapRequest } from './contract.ts'
import { mayBootstrap } from './policy.ts'
import { isBootstrapped, setBootstrapped } from './store.ts'

export { checkKeys } from './store.ts'

import type { PersonRole } from '../identity/contract.ts'
const stateRoles: readonly PersonRole[] = ['dcjis-administrator', 'auditor']
const agencyRoles: readonly PersonRole[] = ['alpr-administrator', 'investigator', 'officer']

/** A person of an agency with one role and a token, named by office: the installation knows no names yet. */
async function letIn(tx: Tx, agency: { id: string; name: string }, role: PersonRole, at: Date) {
  const title = roles.find((each) => each.role === role)?.title ?? role
  const person = await addPersonTo(tx, { agencyId: agency.id, name: `${title}, ${agency.name}`, roles: [role] }, at)
  const { id, token } = await issueTokenTo(
    tx,
    'person',
    'made at bootstrap',
    { agencyId: agency.id, personId: person.id, deviceNos: [] },
    null,
    at,
  )
  return { personId: person.id, role, tokenId: id, token }
}

async function letInAll(tx: Tx, agency: { id: string; name: string }, theirRoles: readonly PersonRole[], at: Date) {
  const people = []
  for (const role of theirRoles) people.push(await letIn(tx, agency, role, at))
  return people
}

async function setUp(
  tx: Tx,
  { name, ori, devices }: BootstrapRequest['agencies'][number],
  at: Date,
): Promise<BootstrapReply['agencies'][number]> {
  const agency = await setUpAgency(tx, { ori, name, kind: 'criminal-justice', contributing: true }, at)
  const people = await letInAll(tx, agency, agencyRoles, at)
  const server = await issueTokenTo(
    tx,
    'department-server',
    `Server of ${name}`,
    { agencyId: agency.id, personId: null, deviceNos: 'all of its agency' },
    null,
    at,
  )
  const registered = []
  for (const deviceName of devices ?? ['Camera 1']) {
    const device = await registerDeviceOf(
      tx,
      { agencyId: agency.id, name: deviceName, kind: 'fixed', aliases: [deviceName] },
      at,
    )
    const { id, token } = await issueTokenTo(
      tx,
      'device',
      deviceName,
      { agencyId: agency.id, personId: null, deviceNos: [device.no] },
      null,
      at,
    )
    registered.push({ deviceId: device.id, name: deviceName, tokenId: id, token })
  }
  return {
    agencyId: agency.id,
    name,
    ori,
    people,
    departmentServer: { tokenId: server.id, token: server.token },
    devices: registered,
  }
}

export const bootstrap = operation({
  id: 'installation.bootstrap',
  title: 'Set up the first administrators and agencies of a new installation',
  steps: [
    'only from the machine itself, with the key in the data folder',
    'CR-2.a: only once',
    'set up the state, the agencies, a person per role, and machines; show their secrets once',
  ],
  request: BootstrapRequest,
  reply: BootstrapReply,
  route: { method: 'POST', path: '/v1/installation/bootstrap', body: 'json' },
  effect: 'secret',
  facts: async (tx) => ({ bootstrapped: await isBootstrapped(tx) }),
  policy: mayBootstrap,
  run: async (tx, { request, at }) => {
    const name = request.stateName ?? 'Department of Criminal Justice Information Services'
    const state = await setUpAgency(
      tx,
      { ori: request.stateOri ?? 'MADCJIS00', name, kind: 'state', contributing: false },
      at,
    )
    const people = await letInAll(tx, state, stateRoles, at)
    const agencies = []
    for (const agency of request.agencies) agencies.push(await setUp(tx, agency, at))
    await setBootstrapped(tx, at)
    return { state: { agencyId: state.id, people }, agencies }
  },
  record: {
    entered: ({ agencies }) => ({ fields: { agencies: agencies.map(({ ori }) => ori) } }),
    retrieved: ({ state }) => ({ fields: { stateAgencyId: state.agencyId } }),
  },
})
