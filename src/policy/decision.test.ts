import { describe, expect, test } from 'vitest'
import type { Clause } from './clauses.ts'
import { permit, refuse, type Decision, type Issued } from './decision.ts'

type ReadScope = Issued<{ agencies: readonly string[] }>

function agenciesRead(scope: ReadScope): readonly string[] {
  return scope.agencies
}

function mayRead(agencies: readonly string[]): Decision<ReadScope> {
  if (agencies.length === 0) return refuse('GA-4.1', 'Ask your Agency Head to sign the agreements.')
  return permit({ agencies })
}

describe('a permit', () => {
  test('carries its scope to whoever asks for an issued one', () => {
    const decision = mayRead(['agency_1', 'agency_2'])
    if (!decision.permitted) throw new Error(`refused under ${decision.clause}`)
    expect(agenciesRead(decision.scope)).toEqual(['agency_1', 'agency_2'])
  })

  test('cannot be widened on its way to the store', () => {
    const { scope } = permit({ agencies: ['agency_1'], daysMax: 30 })
    expect(() => scope.agencies.push('agency_2')).toThrow(TypeError)
    expect(() => {
      scope.daysMax = 365
    }).toThrow(TypeError)
    expect(scope).toEqual({ agencies: ['agency_1'], daysMax: 30 })
  })

  test('is itself frozen', () => {
    expect(Object.isFrozen(permit({}))).toBe(true)
  })
})

describe('a refusal', () => {
  test('carries its clause and the way to mend it', () => {
    const decision: Decision<ReadScope> = mayRead([])
    expect(decision).toEqual({
      permitted: false,
      clause: 'GA-4.1',
      remedy: 'Ask your Agency Head to sign the agreements.',
    })
  })

  test('has no remedy where the person can do nothing', () => {
    expect(refuse('CR-8')).toStrictEqual({ permitted: false, clause: 'CR-8' })
  })

  test('is frozen', () => {
    expect(Object.isFrozen(refuse('CR-8', 'Sign in.'))).toBe(true)
  })
})

// The compiler is what is tested below: each marked line is a mistake that must not compile, and `tsc` fails when one
// of them does. At run time there is nothing to see.
describe('what must not compile', () => {
  test('a refusal under a clause that does not exist, or that no decision keeps', () => {
    const cited: Clause[] = []
    // @ts-expect-error a misspelt clause
    cited.push('CR-1.22')
    // @ts-expect-error kept by people: a machine cannot refuse for it
    cited.push('MP-IV.D.2')
    // @ts-expect-error kept by construction: there is nothing to decide
    cited.push('CR-4.a')
    // @ts-expect-error kept by reminder: a date that is watched
    cited.push('GA-7')
    // @ts-expect-error a misspelt clause, at the door itself
    refuse('CR-1.22')
    // @ts-expect-error a clause kept by people, at the door itself
    refuse('MP-IV.D.2')
    expect(cited).toHaveLength(4)
  })

  test('a scope that no permit has made', () => {
    const { scope } = permit({ agencies: ['agency_1'] })
    expect(agenciesRead(scope)).toEqual(['agency_1'])
    // @ts-expect-error written by hand
    agenciesRead({ agencies: ['all'] })
    // oxlint-disable-next-line typescript/no-misused-spread -- the mistake is the subject
    const widened = { ...scope, agencies: ['all'] }
    // @ts-expect-error copied from an issued one and widened
    agenciesRead(widened)
    // @ts-expect-error issued for something else
    agenciesRead(permit({ devices: ['device_1'] }).scope)
  })

  test('a scope taken without looking whether it was permitted', () => {
    const decision = mayRead(['agency_1'])
    // @ts-expect-error a refusal has no scope
    expect(decision.scope).toBeDefined()
  })
})
