/**
 * The whole server over a test's database, reached as its callers reach it: real routes, real tokens, the real door. Every
 * answer is compared with the checked-in description of the interface: a status it does not name, or a body that is not of its
 * form, fails the test that asked.
 *
 *   const service = await openService(world)
 *   const { status, body } = await service.send('POST', '/v1/agencies', { token, json: { … } })
 */
import type { FastifyInstance } from 'fastify'
import { recordRefusedSignIn } from '../src/audit/signIns.ts'
import { collect } from '../src/door/collector.ts'
import { openHttp } from '../src/door/http.ts'
import { systemCaller } from '../src/door/jobs.ts'
import type { Actor, AnyOperation } from '../src/door/operation.ts'
import type { Act, Door } from '../src/door/perform.ts'
import { claimedTokenId, tokenReader } from '../src/identity/identity.ts'
import { allOperations, type Operations } from '../src/operations.ts'
import type { World } from './database.ts'
import { undocumented } from './documented.ts'
import { retentionMs } from './people.ts'

/** What the installation's own operator shows: the key in the data folder. */
export const operatorToken = 'operator_of_the_test'

export type Sent = {
  readonly token?: string | undefined
  readonly query?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly bytes?: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
}
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The JSON of the answer, or undefined. */
  readonly body: unknown
}
export type Service = {
  readonly app: FastifyInstance
  readonly door: Door
  readonly operations: Operations
  readonly list: readonly AnyOperation[]
  actorOf(token: string): Promise<Actor>
  /** Takes in a vendor's message as the routes and the MQTT bridge do. */
  vendor(act: Act, bytes: number): Promise<unknown>
  send(method: 'GET' | 'POST', path: string, sent?: Sent): Promise<Answer>
  close(): Promise<void>
}

const limits = {
  lanes: 2,
  groupActsMax: 128,
  groupBytesMax: 512 * 1024,
  waitingActsMax: 2_000,
  waitingBytesMax: 32 * 1024 * 1024,
}

/** `log` takes the operators' log, for tests that break things on purpose. */
export async function openService(world: World, log = world.door.log): Promise<Service> {
  const door: Door = { ...world.door, log }
  const operations = allOperations({ retentionMs })
  const read = tokenReader(world.db, world.clock)
  const actorOf = async (token: string): Promise<Actor> =>
    token === operatorToken ? systemCaller('operator').actor : read(token)
  const submit = collect(door, operations.intake.submit, limits)
  const vendor = collect(door, operations.intake.vendor, limits)
  const app = await openHttp({
    door,
    operations: operations.list,
    actorOf,
    recordUnauthenticated: async (token, operation, from) => {
      const claimed = token === undefined ? undefined : claimedTokenId(token)
      if (claimed !== undefined)
        await recordRefusedSignIn(world.db, { claimed, operation, from, at: world.clock.now() })
    },
    collected: new Map([
      [operations.intake.submit.id, (act, bytes) => submit.perform(act, bytes)],
      [operations.intake.vendor.id, (act, bytes) => vendor.perform(act, bytes)],
    ]),
    // A stream that ends at once: what it delivers is tested by the alerts themselves.
    openEvents: (_operation, stream) => {
      setImmediate(() => stream.end('the test'))
      return { close: () => {} }
    },
    unready: async () => undefined,
    requestsAtOnce: 500,
  })
  await app.ready()
  return {
    app,
    door,
    operations,
    list: operations.list,
    actorOf,
    vendor: (act, bytes) => vendor.perform(act, bytes),
    close: () => app.close(),
    send: async (method, path, { token, query, json, bytes, headers } = {}) => {
      const payload = json === undefined ? bytes : JSON.stringify(json)
      const response = await app.inject({
        method,
        path: `${path}${query ? `?${new URLSearchParams(query).toString()}` : ''}`,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(payload === undefined ? {} : { payload }),
      })
      const isJson = String(response.headers['content-type']).includes('json')
      const answer: Answer = {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        body: isJson ? response.json<unknown>() : undefined,
      }
      const complaint = undocumented(method, path, answer)
      if (complaint !== undefined) throw new Error(complaint)
      return answer
    },
  }
}

/** The answer of an act, when it is expected to be done. */
export function done(answer: Answer): Answer {
  if (answer.status !== 200) throw new Error(`expected to be done, but ${answer.status}: ${answer.text}`)
  return answer
}
