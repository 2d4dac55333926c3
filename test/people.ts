/** A small state for tests: two agencies, their people, devices and machines, made through the slices themselves. */
import { setUpAgency } from '../src/agencies/agencies.ts'
import { systemCaller } from '../src/door/jobs.ts'
import type { Actor, Caller } from '../src/door/operation.ts'
import { perform } from '../src/door/perform.ts'
import { registerDeviceOf } from '../src/equipment/equipment.ts'
import { addPersonTo, issueTokenTo } from '../src/identity/identity.ts'
import type { PersonRole } from '../src/identity/contract.ts'
import { day } from '../src/kernel/clock.ts'
import type { Role } from '../src/policy/roles.ts'
import { daysKept, prepareDays } from '../src/reads/reads.ts'
import type { World } from './database.ts'

/** What the tests keep: short enough that few partitions are needed. */
export const retentionMs = 5 * day

export type TestAgency = {
  readonly id: string
  readonly no: number
  readonly name: string
  readonly devices: readonly { id: string; no: number; alias: string }[]
  /** The server of the department, speaking for all its devices. */
  readonly server: Caller
  /** A machine that speaks for the first device only. */
  readonly device: Caller
  person(role: PersonRole): Caller
  readonly tokens: ReadonlyMap<string, string>
}
export type TestState = { readonly state: TestAgency; readonly town: TestAgency; readonly other: TestAgency }

export async function setUpState(world: World): Promise<TestState> {
  await perform(world.door, prepareDays, systemCaller('days'), { days: daysKept(world.clock.now(), retentionMs) })
  return {
    state: await agency(world, 'MADCJIS00', 'State', 'state', [
      'dcjis-administrator',
      'auditor',
      'cso',
      'commissioner',
    ]),
    town: await agency(world, 'MA0010100', 'Arlington', 'criminal-justice', townRoles),
    other: await agency(world, 'MA0020200', 'Quincy', 'criminal-justice', townRoles),
  }
}

const townRoles: readonly PersonRole[] = [
  'officer',
  'dispatcher',
  'investigator',
  'supervisor',
  'alpr-administrator',
  'cjis-representative',
  'cjis-backup',
  'cjis-technical',
  'agency-head',
]

async function agency(
  world: World,
  ori: string,
  name: string,
  kind: string,
  roles: readonly PersonRole[],
): Promise<TestAgency> {
  const at = world.clock.now()
  return world.db.transaction(async (tx) => {
    const made = await setUpAgency(tx, { ori, name, kind, contributing: kind !== 'state' }, at)
    const tokens = new Map<string, string>()
    const callerOf = (
      id: string,
      kindOfActor: Actor['kind'],
      held: readonly Role[],
      devices: Actor['devices'],
    ): Caller => ({
      actor: {
        id,
        kind: kindOfActor,
        name: `${held[0]} of ${name}`,
        agencyId: made.id,
        agencyNo: made.no,
        agencyName: name,
        roles: new Set(held),
        devices,
      },
      from: '127.0.0.1',
    })
    const people = new Map<PersonRole, Caller>()
    for (const role of roles) {
      const person = await addPersonTo(tx, { agencyId: made.id, name: `${role} of ${name}`, roles: [role] }, at)
      people.set(role, callerOf(person.id, 'person', [role], []))
      tokens.set(
        role,
        (await issueTokenTo(tx, 'person', 'test', { agencyId: made.id, personId: person.id, deviceNos: [] }, null, at))
          .token,
      )
    }
    const devices = []
    for (const alias of ['camera-1', 'camera-2']) {
      const place =
        alias === 'camera-1' ? { latitude: 42.4154, longitude: -71.1565, clockState: 'synced' as const } : {}
      const { id, no } = await registerDeviceOf(
        tx,
        { agencyId: made.id, name: alias, kind: 'fixed', aliases: [alias], ...place },
        at,
      )
      devices.push({ id, no, alias })
    }
    const [first] = devices
    const server = await issueTokenTo(
      tx,
      'department-server',
      'server',
      { agencyId: made.id, personId: null, deviceNos: 'all of its agency' },
      null,
      at,
    )
    const single = await issueTokenTo(
      tx,
      'device',
      'camera',
      { agencyId: made.id, personId: null, deviceNos: first ? [first.no] : [] },
      null,
      at,
    )
    tokens.set('server', server.token)
    tokens.set('device', single.token)
    return {
      id: made.id,
      no: made.no,
      name,
      devices,
      server: callerOf(server.id, 'machine', ['department-server'], 'all of its agency'),
      device: callerOf(single.id, 'machine', ['device'], first ? [first.no] : []),
      person: (role) => {
        const caller = people.get(role)
        if (!caller) throw new Error(`there is no ${role} in ${name}`)
        return caller
      },
      tokens,
    }
  })
}
