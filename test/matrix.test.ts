import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minute } from '../src/kernel/clock.ts'
import { isClause } from '../src/policy/clauses.ts'
import { roles } from '../src/policy/roles.ts'
import { allOperations } from '../src/operations.ts'
import { callerNames, type CallerName } from './callers.ts'
import { readMatrix } from './matrixText.ts'
import { retentionMs } from './people.ts'
import { ask, openScene, operationOf, samples, type Scene } from './samples.ts'

const matrix = readMatrix(readFileSync(new URL('matrix.txt', import.meta.url), 'utf8'))
const operations = allOperations({ retentionMs }).list

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

/** Over HTTP the operator asks; an operation without a route is only for the program's own jobs. */
function callersFor(sample: string): CallerName[] {
  const routed = operations.find(({ id }) => id === sample.split(' / ')[0])?.route !== undefined
  return callerNames.filter((name) => name !== (routed ? 'job' : 'operator'))
}

describe('the matrix is whole', () => {
  test('every operation has a block, and every block an operation and a request', () => {
    const known = new Set(operations.map(({ id }) => id))
    const covered = new Set([...matrix.keys()].map((name) => name.split(' / ')[0] ?? ''))
    const missing = [...known].filter((id) => !covered.has(id) || !matrix.has(id))
    expect(
      missing,
      'add a block to test/matrix.txt for each of these, from the clauses, and a request to test/samples.ts',
    ).toEqual([])
    expect(
      [...covered].filter((id) => !known.has(id)),
      'these blocks of test/matrix.txt are no operations',
    ).toEqual([])
    expect([...matrix.keys()].sort(), 'test/samples.ts and test/matrix.txt must have the same names').toEqual(
      Object.keys(samples).sort(),
    )
  })
  test('every block says what it is for every caller', () => {
    const wrong = [...matrix].flatMap(([name, cells]) => {
      const callers = callersFor(name)
      return [
        ...callers.filter((caller) => !cells.has(caller)).map((caller) => `${name}: nothing is said of ${caller}`),
        ...[...cells.keys()]
          .filter((caller) => !callers.includes(caller))
          .map((caller) => `${name}: not for ${caller}`),
      ]
    })
    expect(wrong).toEqual([])
  })
  test('every role is a caller, apart from those that nobody has yet', () => {
    const absent = roles.map(({ role }) => role).filter((role) => !callerNames.some((name) => name === role))
    expect(absent).toEqual(['witness', 'system'])
  })
  test('every refusal names a clause there is', () => {
    const wrong = [...matrix].flatMap(([name, cells]) =>
      [...cells].flatMap(([caller, { status, clause }]) =>
        (status === 403 || status === 404) === (clause !== undefined && isClause(clause)) ? [] : [`${name} ${caller}`],
      ),
    )
    expect(wrong).toEqual([])
  })
})

describe('CR-1.5, CR-2.a: who may do what, as test/matrix.txt says', () => {
  test.each([...matrix])('%s', async (name, cells) => {
    // Whoever fails to sign in too often within a minute waits; here it is the same nobodies each time.
    scene.world.clock.advance(minute)
    const wrong: string[] = []
    for (const [caller, expected] of cells) {
      const asked = await samples[name]?.(scene, caller)
      await scene.world.owner.query('truncate log_outbox')
      const answer = await ask(scene, operationOf(scene, name), asked ?? {}, caller)
      const clause = expected.clause === undefined ? undefined : await recordedClause()
      if (answer.status !== expected.status || clause !== expected.clause)
        wrong.push(
          `${caller}: expected ${words(expected)}, got ${words({ status: answer.status, clause })} ${JSON.stringify(answer.body)?.slice(0, 200)}`,
        )
    }
    expect(wrong).toEqual([])
  })
})

function words({ status, clause }: { status: number; clause: string | undefined }): string {
  return clause === undefined ? String(status) : `${status} ${clause}`
}

/** The clause of the last outcome in the log. */
async function recordedClause(): Promise<string | undefined> {
  const { rows } = await scene.world.owner.query<{ clause: string | null }>(
    `select leaf::jsonb->>'clause' as clause from log_outbox where leaf::jsonb->>'event' = 'outcome' order by id desc limit 1`,
  )
  return rows[0]?.clause ?? undefined
}
