/**
 * Sets up the demonstration's state through the door: every step is a declared operation, performed by the state's administrator
 * and recorded like any other act. Acts of one kind go together, so that three hundred of them take a second.
 */
import Type, { type Static } from 'typebox'
import { create as createAgency } from '../agencies/agencies.ts'
import { systemCaller } from '../door/jobs.ts'
import type { Caller, Operation } from '../door/operation.ts'
import { perform, performMany } from '../door/perform.ts'
import { register } from '../equipment/equipment.ts'
import type { DeviceDraft } from '../equipment/contract.ts'
import { addPerson, issueToken, tokenReader } from '../identity/identity.ts'
import { bootstrap } from '../installation/installation.ts'
import { must } from '../kernel/assert.ts'
import type { SimulatedDevice } from '../simulate/devices.ts'
import type { SimulatedState } from '../simulate/state.ts'
import type { Server } from './server.ts'

const Login = Type.Object({
  login: Type.String(),
  name: Type.String(),
  role: Type.String(),
  agency: Type.String(),
  token: Type.String(),
})
/** What the demonstration keeps of its state, in the data folder. */
export const DemoState = Type.Object({
  seed: Type.String(),
  people: Type.Array(Login),
  servers: Type.Array(
    Type.Object({ ori: Type.String(), agency: Type.String(), agencyId: Type.String(), token: Type.String() }),
  ),
  /** Of devices whose messages do not name them: the token says which it is. */
  devices: Type.Array(Type.Object({ reference: Type.String(), token: Type.String() })),
  /** A plate that was seen, for the first search. */
  sample: Type.Union([Type.Object({ plate: Type.String(), jurisdiction: Type.String() }), Type.Null()]),
})
export type DemoState = Static<typeof DemoState>

const togetherMax = 64

/** Performs one operation many times; throws the first thing that went wrong. */
async function performAll<Q extends Type.TSchema, R extends Type.TSchema, Request, Facts, Scope>(
  { door }: Server,
  operation: Operation<Q, R, Request, Facts, Scope>,
  caller: Caller,
  requests: readonly object[],
): Promise<Static<R>[]> {
  const replies = []
  for (let from = 0; from < requests.length; from += togetherMax) {
    const acts = requests.slice(from, from + togetherMax).map((raw) => ({ caller, raw }))
    for (const settled of await performMany(door, operation, acts)) {
      if (settled.status === 'rejected') throw settled.reason
      replies.push(settled.value)
    }
  }
  return replies
}

/** Who acts under a token, as the server would find it. */
export async function callerOf({ door }: Server, token: string): Promise<Caller> {
  return { actor: await tokenReader(door.db, door.clock)(token), from: 'local' }
}

/** Agencies, devices, people and tokens of a simulated state, in an empty installation. */
export async function createState(server: Server, state: SimulatedState): Promise<DemoState> {
  const stateAgency = must(
    state.agencies.find(({ kind }) => kind === 'state'),
    'a simulated state has an agency of its own',
  )
  const first = await perform(server.door, bootstrap, systemCaller('operator'), {
    stateName: stateAgency.name,
    stateOri: stateAgency.ori,
    agencies: [],
  })
  const tokens = new Map(first.state.people.map(({ role, token }) => [role, token]))
  const administrator = await callerOf(server, must(tokens.get('dcjis-administrator'), 'bootstrap lets one in'))
  const agencies = state.agencies.filter((agency) => agency !== stateAgency)
  const created = await performAll(
    server,
    createAgency,
    administrator,
    agencies.map(({ ori, name }) => ({ ori, name, kind: 'criminal-justice', contributing: true })),
  )
  const idOf = new Map(created.map(({ ori, id }) => [ori, id]))
  idOf.set(stateAgency.ori, first.state.agencyId)
  const agencyId = (ori: string): string => must(idOf.get(ori), 'every agency was set up')
  const devices = await performAll(
    server,
    register,
    administrator,
    state.devices.map((device) => draftOf(device, agencyId(device.agencyOri))),
  )
  const people = await letIn(server, administrator, state, tokens, agencyId)
  const servers = await performAll(
    server,
    issueToken,
    administrator,
    agencies.map(({ ori, name }) => ({
      kind: 'department-server',
      name: `Server of ${name}`,
      agencyId: agencyId(ori),
    })),
  )
  const nameless = state.devices.filter(({ vendor }) => vendor === 'blueiris')
  const deviceTokens = await performAll(
    server,
    issueToken,
    administrator,
    nameless.map(({ name, number, agencyOri }) => ({
      kind: 'device',
      name,
      agencyId: agencyId(agencyOri),
      deviceIds: [must(devices[number], 'every device was registered').id],
    })),
  )
  return {
    seed: state.seed,
    people,
    servers: agencies.map(({ ori, name }, index) => ({
      ori,
      agency: name,
      agencyId: agencyId(ori),
      token: must(servers[index], 'each got a token').token,
    })),
    devices: nameless.map(({ reference }, index) => ({
      reference,
      token: must(deviceTokens[index], 'each got a token').token,
    })),
    sample: null,
  }
}

/** People with their tokens; those whom bootstrap let in are there already. */
async function letIn(
  server: Server,
  administrator: Caller,
  state: SimulatedState,
  tokens: ReadonlyMap<string, string>,
  agencyId: (ori: string) => string,
): Promise<DemoState['people']> {
  const newcomers = state.people.filter(({ role }) => !tokens.has(role))
  const drafts = newcomers.map(({ name, role, agencyOri }) => ({ agencyId: agencyId(agencyOri), name, roles: [role] }))
  const added = await performAll(server, addPerson, administrator, drafts)
  const issued = await performAll(
    server,
    issueToken,
    administrator,
    added.map(({ id }) => ({ kind: 'person', name: 'demonstration', personId: id })),
  )
  const tokenOf = new Map(newcomers.map(({ login }, index) => [login, issued[index]?.token]))
  return state.people.map(({ login, name, role, agencyOri }) => {
    const agency = state.agencies.find(({ ori }) => ori === agencyOri)
    const token = must(tokenOf.get(login) ?? tokens.get(role), 'everybody got a token')
    return { login, name, role, agency: agency?.name ?? '', token }
  })
}

function draftOf(device: SimulatedDevice, agencyId: string): DeviceDraft {
  const { name, kind, vendor, road, timeZone, latitude, longitude, headingDegrees, clock, reference } = device
  // A patrol car has no place of its own; its reads say where it was.
  const place = kind === 'mobile' ? {} : { latitude, longitude }
  return {
    agencyId,
    name,
    kind,
    ...place,
    ...(vendor === 'platekeep' ? {} : { vendor }),
    ...(road === null ? {} : { road }),
    ...(headingDegrees === null || kind === 'mobile' ? {} : { headingDegrees }),
    timezone: timeZone,
    clockState: clock.state,
    aliases: [reference],
  }
}
