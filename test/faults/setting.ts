/** What a campaign plays in: two agencies with their cameras and machines, three hot lists over one simulated fleet. */
import type { BootstrapReply } from '../../src/installation/contract.ts'
import { must } from '../../src/kernel/assert.ts'
import type { SimulatedDevice } from '../../src/simulate/devices.ts'
import { Fleet } from '../../src/simulate/fleet.ts'
import { hotListFile } from '../../src/simulate/hotlists.ts'
import { simulatedState, type SimulatedState } from '../../src/simulate/state.ts'

export const fleetSize = 20_000
export const camerasPerAgency = 8

export type Setting = {
  readonly seed: string
  readonly state: SimulatedState
  readonly fleet: Fleet
  readonly agencies: readonly {
    readonly id: string
    readonly token: string
    readonly devices: readonly SimulatedDevice[]
  }[]
  /** The state's auditor, who follows all alerts. */
  readonly auditor: string
  /** The administrator of the first agency, who owns the lists. */
  readonly administrator: string
  /** The list that is revised during the campaign. */
  readonly revisedFeed: string
}

export type Answer = { readonly status: number; readonly text: string }
const answerMsMax = 20_000

/** One request. Rejects where no answer came within `msMax`: then nobody knows what became of it. */
export async function send(
  url: string,
  path: string,
  token: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  msMax = answerMsMax,
): Promise<Answer> {
  const reply = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body,
    signal: AbortSignal.timeout(msMax),
  })
  return { status: reply.status, text: await reply.text() }
}

/** What a request that must succeed is answered with. */
export async function done<Reply>(answer: Promise<Answer>): Promise<Reply> {
  const { status, text } = await answer
  if (status !== 200) throw new Error(`${status}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as Reply
}

/** The name of the camera that stands for a simulated device: there are fewer of ours. */
export function cameraOf(device: SimulatedDevice): string {
  return `Camera ${1 + (Math.floor(device.number / 2) % camerasPerAgency)}`
}

/** Makes it all in a new installation, through its own interface. Lists that are short, and one in NCIC's form. */
export async function openSetting(url: string, operatorToken: string, seed: string): Promise<Setting> {
  const devices = Array.from({ length: camerasPerAgency }, (_, index) => `Camera ${index + 1}`)
  const agencies = [
    { name: 'Harbour Police Department', ori: 'MA0990100', devices },
    { name: 'Hill Police Department', ori: 'MA0990200', devices },
  ]
  const made = await done<BootstrapReply>(
    send(url, '/v1/installation/bootstrap', operatorToken, JSON.stringify({ agencies })),
  )
  const state = simulatedState(seed)
  const fleet = new Fleet(seed, fleetSize)
  const tokenOf = (people: readonly { role: string; token: string }[], role: string): string =>
    must(
      people.find((person) => person.role === role),
      `bootstrap lets a ${role} in`,
    ).token
  const owner = must(made.agencies[0], 'two agencies were asked for')
  const administrator = tokenOf(owner.people, 'alpr-administrator')
  const feed = async (draft: Record<string, unknown>): Promise<string> => {
    const common = { agencyId: owner.agencyId, mode: 'replace', refreshHoursMax: 24, lookBackMinutes: 1440 }
    const body = JSON.stringify({ ...common, ...draft })
    return (await done<{ id: string }>(send(url, '/v1/feeds', administrator, body))).id
  }
  const list = (offset: number, share: number) => ({
    seed,
    fleet,
    agencies: state.agencies,
    share,
    offset,
    count: 0,
    at: new Date(),
  })
  const stolen = await feed({ name: 'Stolen vehicles', category: 'stolen-vehicle', format: 'ncic' })
  await importText(url, administrator, stolen, [
    ...hotListFile('ncic', { ...list(0, 0.03), categories: ['stolen-vehicle', 'stolen-plate'] }),
  ])
  const amber = { name: 'AMBER', category: 'amber-alert', format: 'csv' }
  const missing = await feed({ ...amber, alertsOtherJurisdiction: true, alertsLookAlike: true })
  await importText(url, administrator, missing, [
    ...hotListFile('csv', { ...list(0.1, 0.01), categories: ['amber-alert'] }),
  ])
  const revisedFeed = await feed({ name: 'Be on the lookout', category: 'bolo', format: 'csv' })
  return {
    seed,
    state,
    fleet,
    administrator,
    auditor: tokenOf(made.state.people, 'auditor'),
    revisedFeed,
    agencies: made.agencies.map((agency, index) => ({
      id: agency.agencyId,
      token: agency.departmentServer.token,
      devices: state.devices.filter(({ number }) => number % 2 === index),
    })),
  }
}

async function importText(url: string, token: string, feed: string, pieces: readonly string[]): Promise<void> {
  await done(send(url, `/v1/feeds/${feed}/revisions`, token, pieces.join(''), { 'content-type': 'text/csv' }))
}
