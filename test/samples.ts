/**
 * One good request for each operation, and for the variants that policy tells apart: the raw material of the matrix, the
 * refusals and the audit tests. A new operation fails those tests until it has its line here. Every call makes a fresh request,
 * so that a caller who is permitted succeeds, whoever came before.
 */
import { perform } from '../src/door/perform.ts'
import type { AnyOperation } from '../src/door/operation.ts'
import type { Log } from '../src/kernel/log.ts'
import { callersOf, type CallerName, type Callers } from './callers.ts'
import { openWorld, type World } from './database.ts'
import { setUpState, type TestState } from './people.ts'
import { done, openService, type Answer, type Service } from './service.ts'

export type Scene = {
  readonly world: World
  readonly state: TestState
  readonly service: Service
  readonly callers: Callers
  close(): Promise<void>
}

/** A world with two towns and the state, a server over it, and everybody who may call. */
export async function openScene(log?: Log): Promise<Scene> {
  const world = await openWorld()
  const state = await setUpState(world)
  const service = await openService(world, log)
  const callers = await callersOf(world, state, service)
  const close = async (): Promise<void> => {
    await service.close()
    await world.close()
  }
  return { world, state, service, callers, close }
}

/** What is asked of an operation, in the terms of its route; `internal` where it has none. */
export type Asked = {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly json?: Readonly<Record<string, unknown>>
  readonly bytes?: Buffer | string
  readonly mediaType?: string
  readonly internal?: unknown
}
type Sample = (scene: Scene, caller: CallerName) => Asked | Promise<Asked>

let made = 0
/** A different number each time, for names that must be unique. */
export function unique(): string {
  return String(++made).padStart(5, '0')
}

const facts = 'A child was seen getting into this car near the school.'
const search = (more: object) => () => ({ json: { plate: 'ABC123', purpose: 'safety', facts, ...more } })
const person = (agencyId: string, role: string) => ({ json: { agencyId, name: `Person ${unique()}`, roles: [role] } })
const device = (agencyId: string) => ({ json: { agencyId, name: `Camera ${unique()}`, kind: 'fixed' } })
const feed = (agencyId: string, category = 'stolen-vehicle') => ({
  json: { agencyId, name: `List ${unique()}`, category, format: 'csv', mode: 'replace', refreshHoursMax: 24 },
})

function captured({ world }: Scene): string {
  return new Date(world.clock.now().getTime() - 60_000 + ++made).toISOString()
}
function reads(scene: Scene, deviceName: string): Asked {
  const item = { plate: `R${unique()}`, capturedAt: captured(scene), device: deviceName }
  return { bytes: JSON.stringify({ reads: [item] }), mediaType: 'application/json' }
}
function vendorMessage(scene: Scene, camera: string): Asked {
  const seconds = Date.parse(captured(scene)) / 1000
  const message = {
    org_id: 'org',
    webhook_type: 'lpr',
    created_at: seconds,
    webhook_id: 'hook',
    data: { camera_id: camera, created: seconds, license_plate_number: `V${unique()}`, confidence: 0.9 },
  }
  return { params: { vendor: 'verkada' }, bytes: JSON.stringify(message), mediaType: 'application/json' }
}
function otherDevice({ state }: Scene): string {
  return state.other.devices[0]?.id ?? ''
}

const feeds = new WeakMap<World, Map<string, Promise<string>>>()
/** A list of an agency, set up by the state when it is first needed. */
export function feedOf({ world, service, callers }: Scene, agencyId: string): Promise<string> {
  const known = feeds.get(world) ?? new Map<string, Promise<string>>()
  feeds.set(world, known)
  const before = known.get(agencyId)
  if (before) return before
  const fresh = service
    .send('POST', '/v1/feeds', { token: callers.token('dcjis-administrator'), ...feed(agencyId) })
    .then((answer) => textOf(done(answer), 'id'))
  known.set(agencyId, fresh)
  return fresh
}
const file = () => ({ bytes: `plate,state\nW${unique()},MA\nWANTED1,MA\n`, mediaType: 'text/csv' })

/** A revision that waits for look-back. */
async function waitingRevision(scene: Scene): Promise<{ feedNo: number; revision: number }> {
  const find = () =>
    scene.world.owner.query<{ feedNo: number; revision: number }>(
      `select feed_no as "feedNo", revision from feed_revisions where looked_back_at is null order by imported_at, feed_no, revision limit 1`,
    )
  const before = (await find()).rows[0]
  if (before) return before
  const params = { id: await feedOf(scene, scene.state.town.id) }
  done(await askRoute(scene, operationOf(scene, 'hotlists.import'), { params, ...file() }, 'dcjis-administrator'))
  const [row] = (await find()).rows
  if (!row) throw new Error('an import with new entries waits for look-back')
  return row
}

/** A fresh token: of somebody new in the town or in another agency, or of the caller. A machine's own token is the one it shows. */
async function tokenToRevoke(scene: Scene, caller: CallerName, whose: 'colleague' | 'own' | 'other'): Promise<Asked> {
  const { state, service, callers } = scene
  const actor = whose === 'own' ? await ownActor(scene, caller) : undefined
  if (actor?.kind === 'machine') return { params: { id: actor.id }, json: {} }
  const token = callers.token('dcjis-administrator')
  const agency = whose === 'other' ? state.other : state.town
  const personId =
    actor?.kind === 'person'
      ? actor.id
      : textOf(done(await service.send('POST', '/v1/people', { token, ...person(agency.id, 'officer') })), 'id')
  const json = { kind: 'person', name: 'to be revoked', personId }
  return { params: { id: textOf(done(await service.send('POST', '/v1/tokens', { token, json })), 'id') }, json: {} }
}
async function ownActor({ callers }: Scene, caller: CallerName) {
  return callers.actor(caller).catch(() => undefined)
}

/** By operation, or by operation and variant: `people.add / to another agency`. */
export const samples: Readonly<Record<string, Sample>> = {
  'installation.bootstrap': async ({ world }) => {
    await world.owner.query('update installation set bootstrapped_at = null')
    return bootstrapRequest()
  },
  'installation.bootstrap / again': async ({ world }) => {
    await world.owner.query('update installation set bootstrapped_at = $1', [world.clock.now()])
    return bootstrapRequest()
  },
  'agencies.create': () => ({
    json: { ori: `MA99${unique()}`, name: `Town ${unique()}`, kind: 'criminal-justice', contributing: true },
  }),
  'agencies.list': () => ({}),
  'people.add': ({ state }) => person(state.town.id, 'officer'),
  'people.add / to another agency': ({ state }) => person(state.other.id, 'officer'),
  'people.add / to the state': ({ state }) => person(state.state.id, 'auditor'),
  "people.add / with a state's role to a town": ({ state }) => person(state.town.id, 'auditor'),
  'tokens.issue': ({ state }) => ({
    json: { kind: 'person', name: 'desk', personId: state.town.person('officer').actor.id },
  }),
  'tokens.issue / to a person of another agency': ({ state }) => ({
    json: { kind: 'person', name: 'desk', personId: state.other.person('officer').actor.id },
  }),
  'tokens.issue / to a device': ({ state }) => ({
    json: { kind: 'device', name: 'camera', agencyId: state.town.id, deviceIds: [state.town.devices[1]?.id] },
  }),
  "tokens.issue / to another agency's device, for one's own agency": (scene) => ({
    json: { kind: 'device', name: 'camera', agencyId: scene.state.town.id, deviceIds: [otherDevice(scene)] },
  }),
  "tokens.issue / to another agency's server": ({ state }) => ({
    json: { kind: 'department-server', name: 'server', agencyId: state.other.id },
  }),
  'tokens.revoke': (scene, caller) => tokenToRevoke(scene, caller, 'colleague'),
  "tokens.revoke / of another agency's person": (scene, caller) => tokenToRevoke(scene, caller, 'other'),
  "tokens.revoke / one's own": (scene, caller) => tokenToRevoke(scene, caller, 'own'),
  'tokens.revoke / that does not exist': () => ({ params: { id: 'token_0000000000000000' }, json: {} }),
  'tokens.list': () => ({}),
  'me.show': () => ({}),
  'devices.register': ({ state }) => device(state.town.id),
  'devices.register / of another agency': ({ state }) => device(state.other.id),
  'devices.list': () => ({}),
  'reads.prepareDays': () => ({ internal: { days: ['2026-11-23'] } }),
  'feeds.create': ({ state }) => feed(state.town.id),
  'feeds.create / of another agency': ({ state }) => feed(state.other.id),
  'feeds.create / of a category the policy does not name': ({ state }) => feed(state.town.id, 'parking'),
  'feeds.create / of manual entries': ({ state }) => feed(state.town.id, 'manual'),
  'feeds.list': () => ({}),
  'hotlists.import': async (scene) => ({ params: { id: await feedOf(scene, scene.state.town.id) }, ...file() }),
  "hotlists.import / into another agency's list": async (scene) => ({
    params: { id: await feedOf(scene, scene.state.other.id) },
    ...file(),
  }),
  'hotlists.rejections': async (scene) => ({ params: { id: await importedFeed(scene, scene.state.town.id) } }),
  "hotlists.rejections / of another agency's list": async (scene) => ({
    params: { id: await importedFeed(scene, scene.state.other.id) },
  }),
  'alerts.list': () => ({}),
  'alerts.stream': () => ({}),
  'alerts.deliver': () => ({ internal: { after: 0, limit: 10 } }),
  'alerts.lookBack': async (scene) => ({ internal: { ...(await waitingRevision(scene)), afterEntry: 0 } }),
  'alerts.endLookBack': async (scene) => ({ internal: await waitingRevision(scene) }),
  'intake.submit': (scene) => reads(scene, 'camera-1'),
  "intake.submit / of the agency's other device": (scene) => reads(scene, 'camera-2'),
  "intake.submit / of another agency's device": (scene) => reads(scene, otherDevice(scene)),
  'intake.vendor': (scene) => vendorMessage(scene, 'camera-1'),
  "intake.vendor / of another agency's device": (scene) => vendorMessage(scene, otherDevice(scene)),
  'intake.refusals': () => ({}),
  'searches.run': search({}),
  'searches.run / with words that say nothing': search({ facts: 'Official police business' }),
  'searches.run / for an investigation without a case': search({ purpose: 'criminal-investigation' }),
  'log.head': () => ({}),
  'log.leaves': () => ({ query: { from: '0' } }),
  'log.closeUnknown': () => ({ internal: {} }),
}

function bootstrapRequest(): Asked {
  return { json: { stateOri: `MA00${unique()}`, agencies: [{ name: 'First Town', ori: `MA01${unique()}` }] } }
}

const imported = new WeakMap<World, Set<string>>()
async function importedFeed(scene: Scene, agencyId: string): Promise<string> {
  const id = await feedOf(scene, agencyId)
  const before = imported.get(scene.world) ?? new Set<string>()
  imported.set(scene.world, before.add(''))
  if (!before.has(id))
    done(
      await askRoute(
        scene,
        operationOf(scene, 'hotlists.import'),
        { params: { id }, ...file() },
        'dcjis-administrator',
      ),
    )
  before.add(id)
  return id
}

/** The operation of a sample: `people.add / to another agency` → `people.add`. */
export function operationOf({ service }: Pick<Scene, 'service'>, sample: string): AnyOperation {
  const id = sample.split(' / ')[0]
  const operation = service.list.find((each) => each.id === id)
  if (!operation) throw new Error(`test/samples.ts has a sample for ${id}, which is no operation: remove it`)
  return operation
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text field of a JSON answer. */
export function textOf(answer: Answer, field: string): string {
  const value = isRecord(answer.body) ? answer.body[field] : undefined
  if (typeof value === 'string') return value
  throw new Error(`the answer has no text ${field}: ${answer.text.slice(0, 200)}`)
}

export function askRoute(
  { service, callers }: Scene,
  { id, route }: AnyOperation,
  asked: Asked,
  caller: CallerName,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  if (!route) throw new Error(`${id} has no route`)
  const path = route.path.replaceAll(/:(\w+)/g, (_whole, name: string) => asked.params?.[name] ?? '')
  return service.send(route.method, path, {
    token: callers.token(caller),
    ...(asked.query ? { query: asked.query } : {}),
    ...(asked.json ? { json: asked.json } : {}),
    ...(asked.bytes === undefined ? {} : { bytes: asked.bytes }),
    headers: { ...(asked.mediaType ? { 'content-type': asked.mediaType } : {}), ...headers },
  })
}

/** Asks an operation over HTTP; or, where it has no route, through the door, as the program itself would. */
export async function ask(
  scene: Scene,
  operation: AnyOperation,
  asked: Asked,
  caller: CallerName,
): Promise<{ status: number; body: unknown }> {
  if (operation.route) return askRoute(scene, operation, asked, caller)
  try {
    const actor = await scene.callers.actor(caller)
    return { status: 200, body: await perform(scene.service.door, operation, { actor, from: 'local' }, asked.internal) }
  } catch (error) {
    const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
    return { status, body: error }
  }
}
