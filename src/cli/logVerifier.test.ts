import { describe, expect, test } from 'vitest'
import { emptyTree, grown, leafHash, rootOf } from '../audit/tree.ts'
import { LogVerifier, type ServedLeaf } from './logVerifier.ts'

function attempt(act: string): string {
  return JSON.stringify({
    event: 'attempt',
    act,
    operation: 'searches.run',
    actor: { name: 'Officer' },
    at: '2026-11-23T14:00:00Z',
  })
}
function outcome(act: string): string {
  return JSON.stringify({
    event: 'outcome',
    act,
    operation: 'searches.run',
    at: '2026-11-23T14:00:00Z',
    result: 'done',
  })
}
function served(leaves: readonly string[]): ServedLeaf[] {
  return leaves.map((leaf, index) => ({ index, leaf, hash: leafHash(leaf).toString('hex') }))
}
function verdictOn(leaves: readonly ServedLeaf[], size = leaves.length, earlier?: number) {
  const verifier = new LogVerifier(earlier)
  for (const leaf of leaves) verifier.take(leaf)
  return verifier.verdict(size)
}
const log = Array.from({ length: 12 }, (_, index) => [attempt(`act_${index}`), outcome(`act_${index}`)]).flat()

describe('a sound log', () => {
  test.each([0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 24])('of %i entries has the root the server has', (size) => {
    const leaves = log.slice(0, size)
    const { root, problems } = verdictOn(served(leaves))
    expect(problems).toEqual([])
    expect(root).toBe(rootOf(grown(emptyTree, leaves.map(leafHash))).toString('hex'))
  })

  test('lists attempts without an outcome', () => {
    const { open, attempts, outcomes, problems } = verdictOn(served([...log, attempt('act_open')]))
    expect(problems).toEqual([])
    expect({ attempts, outcomes }).toEqual({ attempts: 13, outcomes: 12 })
    expect(open).toMatchObject([{ act: 'act_open', operation: 'searches.run', actor: 'Officer' }])
  })

  test.each([0, 1, 9, 24])('gives the root that its first %i entries had', (earlier) => {
    expect(verdictOn(served(log), 24, earlier).earlierRoot).toBe(verdictOn(served(log.slice(0, earlier))).root)
  })
})

describe('what is wrong is found', () => {
  test('an entry that was changed', () => {
    const leaves = served(log)
    leaves[5] = { index: 5, hash: leaves[5]?.hash ?? '', leaf: attempt('act_other') }
    expect(verdictOn(leaves).problems).toContain('entry 5 does not have the hash that is kept for it')
  })

  test('an entry that was changed with its hash', () => {
    const leaves = served(log.with(5, outcome('act_2').replace('done', 'refused')))
    const { problems, root } = verdictOn(leaves)
    expect(problems).toEqual([])
    expect(root).not.toBe(verdictOn(served(log)).root)
  })

  test('an entry that is missing, in between and at the end', () => {
    expect(verdictOn(served(log).toSpliced(7, 1), 24).problems).toContain(
      'entry 7 is missing: entry 8 came in its place',
    )
    expect(verdictOn(served(log.slice(0, -1)), 24).problems).toContain(
      'the log should have 24 entries, and 23 were served',
    )
  })

  test('a second outcome, an outcome without an attempt, a second attempt', () => {
    expect(verdictOn(served([...log, outcome('act_3')])).problems).toEqual([
      'entry 24 is a second outcome of act_3, or one without an attempt',
    ])
    expect(verdictOn(served([outcome('act_x')])).problems).toHaveLength(1)
    expect(verdictOn(served([attempt('act_x'), attempt('act_x')])).problems).toEqual([
      'entry 1 begins act_x a second time',
    ])
  })

  test('what is no entry', () => {
    for (const leaf of ['', '{}', '[]', 'null', '{"event":"party","operation":"x","at":"y"}'])
      expect(verdictOn(served([leaf])).problems).toEqual(['entry 0 is not an entry of this log'])
  })

  test('a thousand problems are counted and a hundred told', () => {
    const { problems } = verdictOn(served(Array.from({ length: 1000 }, () => '')))
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)).toBe('and 900 more')
  })
})
