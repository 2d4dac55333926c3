import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { minute } from '../src/kernel/clock.ts'
import { perform } from '../src/door/perform.ts'
import { allOperations } from '../src/operations.ts'
import type { CallerName } from './callers.ts'
import { story, tablesOf, takeLog } from './looking.ts'
import { readMatrix, type Cell } from './matrixText.ts'
import { retentionMs } from './people.ts'
import { ask, askRoute, isRecord, openScene, operationOf, samples, unique, type Asked, type Scene } from './samples.ts'

const matrix = readMatrix(readFileSync(new URL('matrix.txt', import.meta.url), 'utf8'))
const operations = allOperations({ retentionMs }).list
const routed = operations.filter(({ route }) => route !== undefined).map(({ id }) => id)
const withBody = operations.filter(({ route }) => route?.body !== undefined).map(({ id }) => id)

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())
beforeEach(async () => {
  scene.world.clock.advance(minute)
  await takeLog(scene.world.owner)
})

/** A good request, and who could make it. */
async function prepared(sample: string, caller: CallerName): Promise<Asked> {
  const make = samples[sample]
  if (!make) throw new Error(`add a request for ${sample} to test/samples.ts`)
  const asked = await make(scene, caller)
  await takeLog(scene.world.owner) // What was done to prepare it.
  return asked
}
/** The first caller of whom the matrix says something. */
function callerWith(sample: string, wanted: (cell: Cell) => boolean): CallerName | undefined {
  return [...(matrix.get(sample) ?? [])].find(([, cell]) => wanted(cell))?.[0]
}
function permitted(sample: string): CallerName {
  const caller = callerWith(sample, ({ status }) => status === 200)
  if (!caller) throw new Error(`test/matrix.txt permits ${sample} to nobody`)
  return caller
}

describe('CR-1.5: nobody known is asking', () => {
  test.each(routed)('%s needs a token; without one nothing happens and nothing is recorded', async (id) => {
    const asked = await prepared(id, permitted(id))
    const before = await tablesOf(scene.world.owner)
    const answer = await askRoute(scene, operationOf(scene, id), asked, 'none')
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    expect(await takeLog(scene.world.owner)).toEqual([])
  })
  test.each(routed)('%s: a revoked token opens nothing, and is recorded under the identifier it claims', async (id) => {
    const asked = await prepared(id, permitted(id))
    const before = await tablesOf(scene.world.owner)
    const answer = await askRoute(scene, operationOf(scene, id), asked, 'revoked')
    expect(answer.status).toBe(401)
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    const [leaf, ...more] = await takeLog(scene.world.owner)
    expect(more).toEqual([])
    const claimed = `token_${scene.callers.token('revoked')?.split('_')[1]}`
    expect(leaf?.whole).toMatchObject({ event: 'unauthenticated', claimed, operation: id, from: '127.0.0.1' })
  })
  test('all reasons why a token opens nothing look the same from outside', async () => {
    const answers = []
    for (const caller of ['none', 'unknown', 'revoked', 'expired', 'left'] as const)
      answers.push((await askRoute(scene, operationOf(scene, 'me.show'), {}, caller)).text)
    expect(new Set(answers).size).toBe(1)
  })
})

// A vendor's message is the vendor's own form: what it holds besides is not taken over (src/intake/adapters).
const ownForm = operations.map(({ id }) => id).filter((id) => id !== 'intake.vendor')

/** The same request with one field more, wherever its fields stand. */
function withUnknownField(id: string, asked: Asked): Asked {
  const { route } = operationOf(scene, id)
  if (!route) return { ...asked, internal: { ...(asked.internal as object), unheardOf: 1 } }
  if (route.body === 'json') return { ...asked, json: { ...asked.json, unheardOf: 1 } }
  if (route.body === 'bytes')
    return { ...asked, bytes: JSON.stringify({ ...JSON.parse(String(asked.bytes)), unheardOf: 1 }) }
  return { ...asked, query: { ...asked.query, unheardOf: '1' } }
}

describe('CR-5.c: what is not in the contract is refused by name', () => {
  test.each(ownForm)('%s', async (id) => {
    const caller = permitted(id)
    const asked = withUnknownField(id, await prepared(id, caller))
    const before = await tablesOf(scene.world.owner)
    const answer = await ask(scene, operationOf(scene, id), asked, caller)
    expect(answer.status).toBe(400)
    const { errors, faults } = { errors: undefined, faults: undefined, ...(answer.body as object) }
    expect(errors ?? faults).toEqual([
      {
        path: '/unheardOf',
        rule: 'unknown-field',
        message: expect.stringContaining('no field of this name'),
        clause: 'CR-5.c',
      },
    ])
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    const [leaf, ...more] = await takeLog(scene.world.owner)
    expect(more).toEqual([])
    expect(leaf?.whole).toMatchObject({
      event: 'invalid',
      operation: id,
      actor: { id: expect.any(String), agency: expect.any(String) },
      fields: { faults: ['/unheardOf unknown-field'] },
    })
  })
  test('inside an item of intake, the item alone', async () => {
    const asked = await prepared('intake.submit', 'device')
    const { reads } = JSON.parse(String(asked.bytes))
    const bytes = JSON.stringify({
      reads: [
        { ...reads[0], owner: 'somebody' },
        { ...reads[0], plate: `N${unique()}` },
      ],
    })
    const answer = await askRoute(scene, operationOf(scene, 'intake.submit'), { ...asked, bytes }, 'device')
    expect(answer.body).toMatchObject({
      results: [
        { status: 'refused', path: '/reads/0/owner', rule: 'unknown-field', clause: 'CR-5.c' },
        { status: 'stored' },
      ],
    })
  })
  const inAddress = operations
    .filter(({ route }) => route?.body === 'json' || route?.body === 'bytes')
    .map(({ id }) => id)
  test.each(inAddress)('%s takes no field from the query: addresses are kept by proxies', async (id) => {
    const caller = permitted(id)
    const asked = await prepared(id, caller)
    const answer = await askRoute(scene, operationOf(scene, id), { ...asked, query: { plate: 'ABC123' } }, caller)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ errors: [{ path: '/plate', rule: 'unknown-field' }] })
    expect(story(await takeLog(scene.world.owner))).toEqual(['invalid invalid'])
  })
})

describe('a body of a type that is not taken', () => {
  const types = ['text/html', 'application/json\t', 'application/json;\tcharset=utf-8x', 'application/jsonp', '/', ' ']
  test.each(withBody)('%s answers 415 and leaves one record', async (id) => {
    const caller = permitted(id)
    const asked = await prepared(id, caller)
    const { route } = operationOf(scene, id)
    const before = await tablesOf(scene.world.owner)
    for (const type of types) {
      const allowed = (route?.mediaTypes ?? ['application/json']).includes(type.split(';')[0] ?? '')
      if (allowed) continue
      const answer = await askRoute(scene, operationOf(scene, id), asked, caller, { 'content-type': type })
      expect([type, answer.status, isRecord(answer.body) ? answer.body['code'] : '']).toEqual([type, 415, 'invalid'])
      expect(story(await takeLog(scene.world.owner))).toEqual(['invalid invalid'])
    }
    const { status } = await askRoute(scene, operationOf(scene, id), asked, caller, { 'content-encoding': 'br' })
    expect(status).toBe(415)
    expect(await tablesOf(scene.world.owner)).toEqual(before)
  })
})

const refused = [...matrix].flatMap(([name, cells]) => {
  const byClause = new Map([...cells].flatMap(([caller, { clause }]) => (clause ? [[clause, caller] as const] : [])))
  return [...byClause].map(([clause, caller]) => ({ name, clause, caller }))
})

describe('CR-4.a: a refused act is on record and changes nothing', () => {
  test.each(refused)('$name, by $caller: $clause', async ({ name, clause, caller }) => {
    const asked = await prepared(name, caller)
    const operation = operationOf(scene, name)
    const before = await tablesOf(scene.world.owner)
    const answer = await ask(scene, operation, asked, caller)
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    const leaves = await takeLog(scene.world.owner)
    expect(story(leaves)).toEqual(['attempt', 'outcome refused'])
    expect(new Set(leaves.map(({ act }) => act)).size).toBe(1)
    expect(leaves[1]).toMatchObject({ clause, operation: operation.id })
    // Where existence is secret, a refusal reads like absence: no clause, no remedy, no name.
    expect(answer.body).toMatchObject(operation.refusalHidden ? { code: 'not-found' } : { code: 'refused', clause })
    expect(/clause|remedy|CR-/.test(JSON.stringify(answer.body))).toBe(!operation.refusalHidden)
  })
  test('what is refused to everybody known is refused to nobody by mistake: the rest of the list', () => {
    const never = operations.filter(({ id }) => !refused.some(({ name }) => name === id)).map(({ id }) => id)
    expect(never).toEqual(['me.show', 'log.head'])
  })
  test('a token that is not there and one that is not yours read the same', async () => {
    const [theirs, none] = [
      await prepared("tokens.revoke / of another agency's person", 'officer'),
      await prepared('tokens.revoke / that does not exist', 'officer'),
    ]
    const answers = [theirs, none].map((asked) =>
      askRoute(scene, operationOf(scene, 'tokens.revoke'), asked, 'officer'),
    )
    const [one, other] = await Promise.all(answers)
    expect(one?.text).toBe(other?.text)
  })
})

describe('outside the list', () => {
  test.each(['/', '/v1', '/v1/reads/1', '/v1/reads/', '/V1/reads', '/v1//reads', '/docs', '/openapi.json', '/.env'])(
    '%s is no address, with or without a token',
    async (path) => {
      for (const caller of ['none', 'dcjis-administrator'] as const) {
        const token = scene.callers.token(caller)
        for (const method of ['GET', 'POST'] as const)
          expect((await scene.service.send(method, path, { token })).status).toBe(404)
      }
      expect(await takeLog(scene.world.owner)).toEqual([])
    },
  )
  test('an operation without a route has no address', async () => {
    const internal = operations.filter(({ route }) => !route).map(({ id }) => id)
    expect(internal.length).toBeGreaterThan(3)
    const urls = scene.service.app.printRoutes({ commonPrefix: false })
    for (const id of internal) expect(urls).not.toContain(id.split('.')[1])
  })
  test('a method that an address does not have is not found', async () => {
    const headers = { authorization: `Bearer ${scene.callers.token('dcjis-administrator')}` }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'] as const) {
      const { statusCode } = await scene.service.app.inject({ method: method as 'PUT', path: '/v1/agencies', headers })
      expect([method, statusCode]).toEqual([method, 404])
    }
  })
  test('acts of the program are refused to people, also from inside', async () => {
    const actor = await scene.callers.actor('dcjis-administrator')
    const close = operationOf(scene, 'log.closeUnknown')
    await expect(perform(scene.world.door, close, { actor, from: 'local' }, {})).rejects.toMatchObject({ status: 403 })
  })
})
