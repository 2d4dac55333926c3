import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { commitment } from '../src/audit/entry.ts'
import { rootOfEntries } from '../src/audit/tree.ts'
import { minute } from '../src/kernel/clock.ts'
import { allOperations } from '../src/operations.ts'
import type { CallerName } from './callers.ts'
import { story, tablesOf, takeLog, type Leaf } from './looking.ts'
import { readMatrix } from './matrixText.ts'
import { retentionMs } from './people.ts'
import { ask, askRoute, openScene, operationOf, samples, type Asked, type Scene } from './samples.ts'

const matrix = readMatrix(readFileSync(new URL('matrix.txt', import.meta.url), 'utf8'))
const operations = allOperations({ retentionMs }).list
const ids = operations.map(({ id }) => id)

let scene: Scene
beforeAll(async () => {
  // Much is broken here on purpose, and the operators' log says so each time.
  scene = await openScene(() => {})
})
afterAll(() => scene.close())
beforeEach(() => scene.world.clock.advance(minute))

function permitted(id: string): CallerName {
  const caller = [...(matrix.get(id) ?? [])].find(([, { status }]) => status === 200)?.[0]
  if (!caller) throw new Error(`test/matrix.txt permits ${id} to nobody`)
  return caller
}
/** A good request, with a plate on a list and in a read, and what of it must not stand in a leaf. */
async function prepared(id: string): Promise<{ asked: Asked; caller: CallerName; secrets: string[] }> {
  const caller = permitted(id)
  const asked = await samples[id]?.(scene, caller)
  if (!asked) throw new Error(`add a request for ${id} to test/samples.ts`)
  await takeLog(scene.world.owner)
  const text = JSON.stringify({ json: asked.json, bytes: asked.bytes?.toString() })
  const secrets = [
    ...text.matchAll(/\b(?:ABC123|WANTED1|[RVW]\d{5})\b/g),
    ...text.matchAll(/A child was seen[^"]*/g),
  ].map(([secret]) => secret)
  return { asked, caller, secrets }
}

async function valuesOf(act: string | undefined) {
  const { rows } = await scene.world.owner.query<{ act_id: string; field: string; salt: Buffer; value: string }>(
    'select act_id, field, salt, value from log_values where act_id = $1 order by field',
    [act],
  )
  return rows
}

const hex32 = expect.stringMatching(/^[0-9a-f]{64}$/)

describe('CR-4.a, GA-6.1: an act leaves an attempt and an outcome', () => {
  test.each(ids)('%s', async (id) => {
    const { asked, caller, secrets } = await prepared(id)
    const answer = await ask(scene, operationOf(scene, id), asked, caller)
    expect(answer.status).toBe(200)
    const leaves = await takeLog(scene.world.owner)
    expect(story(leaves)).toEqual(['attempt', 'outcome done'])
    const [attempt, outcome] = leaves
    const { id: actorId, name, agencyId } = await scene.callers.actor(caller)
    const at = scene.world.clock.now().toISOString()
    expect(attempt?.whole).toEqual({
      schema: 1,
      event: 'attempt',
      act: expect.stringMatching(/^act_[0-9a-z]{16}$/),
      operation: id,
      actor: { id: actorId, name, agency: agencyId },
      at,
      from: expect.stringMatching(/^(127\.0\.0\.1|local)$/),
      request: hex32,
    })
    expect(outcome?.whole).toMatchObject({
      schema: 1,
      act: attempt?.act,
      operation: id,
      at,
      durationMs: 0,
      result: 'done',
    })
    for (const secret of secrets) for (const leaf of leaves) expect(leaf.text).not.toContain(secret)
    await expectSealed(outcome)
    const { rows } = await scene.world.owner.query('select act_id from log_open')
    expect(rows).toEqual([])
  })
  test('a leaf is canonical: equal content, equal bytes', async () => {
    await ask(scene, operationOf(scene, 'searches.run'), (await prepared('searches.run')).asked, 'officer')
    for (const { text, whole } of await takeLog(scene.world.owner)) {
      expect(text).toBe(canonical(whole))
      expect(Buffer.byteLength(text)).toBeLessThan(16_384)
    }
  })
})

/** An independent writer of canonical JSON: sorted keys, no spaces. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(Reflect.get(value, key))}`).join(',')}}`
}

/** What is committed to in a leaf is beside it, and nothing else is. */
async function expectSealed(outcome: Leaf | undefined): Promise<void> {
  const values = await valuesOf(outcome?.act)
  const recomputed = values.map(({ act_id: actId, field, salt, value }) => [
    field,
    commitment({ actId, field, salt, value }),
  ])
  expect(Object.fromEntries(recomputed)).toEqual(outcome?.commitments ?? {})
  expect(new Set(values.map(({ salt }) => salt.toString('hex'))).size).toBe(values.length)
  const listed = values.find(({ field }) => field === 'results')?.value.split('\n')
  const committed = listed && { count: listed.length, root: rootOfEntries(listed).toString('hex') }
  expect(outcome?.results).toEqual(committed ?? outcome?.results)
}

describe('what is sealed', () => {
  test('a search keeps its plate and its facts beside the leaf, and the ids of what it found', async () => {
    const { asked } = await prepared('intake.submit')
    const body: { reads: { plate: string }[] } = JSON.parse(String(asked.bytes))
    const plate = body.reads[0]?.plate ?? ''
    await askRoute(scene, operationOf(scene, 'intake.submit'), asked, 'device')
    await takeLog(scene.world.owner)
    const found = await askRoute(
      scene,
      operationOf(scene, 'searches.run'),
      { json: { plate, purpose: 'safety', facts: 'A child was seen getting into this car near the school.' } },
      'officer',
    )
    const [, outcome] = await takeLog(scene.world.owner)
    const values = await valuesOf(outcome?.act)
    const { reads } = found.body as { reads: { id: string }[] }
    expect(reads).toHaveLength(1)
    expect(values.map(({ field, value }) => [field, value])).toEqual([
      ['facts', 'A child was seen getting into this car near the school.'],
      ['plate', plate],
      ['results', reads[0]?.id],
    ])
    expect(outcome?.results?.count).toBe(1)
    await expectSealed(outcome)
  })
  test('a commitment fits no other value, field or act', () => {
    const sealed = { actId: 'act_1', field: 'plate', salt: Buffer.alloc(32, 1), value: 'ABC123' }
    const others = [
      { ...sealed, value: 'ABC124' },
      { ...sealed, field: 'facts' },
      { ...sealed, actId: 'act_2' },
      { ...sealed, salt: Buffer.alloc(32, 2) },
    ]
    for (const other of others) expect(commitment(other)).not.toBe(commitment(sealed))
  })
})

describe('CR-4.a: what cannot be recorded does not happen', () => {
  const breaks: Record<string, [string, string]> = {
    'no attempt can be written': [
      'revoke insert on log_open from platekeep_app',
      'grant insert on log_open to platekeep_app',
    ],
    'no leaf can be written': [
      'revoke insert on log_outbox from platekeep_app',
      'grant insert on log_outbox to platekeep_app',
    ],
    'the outcome cannot be written': [
      `create function refuse_outcomes() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$;
       create trigger refuse_outcomes before insert on log_outbox for each row when (new.leaf like '%"event":"outcome"%') execute function refuse_outcomes()`,
      'drop trigger refuse_outcomes on log_outbox; drop function refuse_outcomes()',
    ],
    'what is sealed cannot be written': [
      'revoke insert on log_values from platekeep_app',
      'grant insert on log_values to platekeep_app',
    ],
  }
  let mend: string | undefined
  afterEach(async () => {
    if (mend) await scene.world.owner.query(mend)
    mend = undefined
    await scene.world.owner.query('delete from log_open')
  })
  const seals = new Set(['searches.run'])
  const cases = Object.keys(breaks).flatMap((how) =>
    ids.filter((id) => how !== 'what is sealed cannot be written' || seals.has(id)).map((id) => ({ how, id })),
  )
  test.each(cases)('$how: $id', async ({ how, id }) => {
    const { asked, caller } = await prepared(id)
    const before = await tablesOf(scene.world.owner)
    const [breaking = '', mending = ''] = breaks[how] ?? []
    mend = mending
    await scene.world.owner.query(breaking)
    const answer = await ask(scene, operationOf(scene, id), asked, caller)
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toMatch(/log_|platekeep_app|permission|no room/)
    expect(await tablesOf(scene.world.owner)).toEqual(before)
    const leaves = await takeLog(scene.world.owner)
    // The attempt of an act whose outcome cannot be written stands open, until the job closes it as unknown.
    const { rows } = await scene.world.owner.query<{ act_id: string }>('select act_id from log_open')
    const failed = how === 'what is sealed cannot be written'
    const attempted = how === 'the outcome cannot be written' || failed
    expect(leaves.map(({ event }) => event)).toEqual(attempted ? ['attempt'] : [])
    expect(rows).toHaveLength(attempted ? 1 : 0)
  })
})
