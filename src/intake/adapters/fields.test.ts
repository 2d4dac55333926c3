import { describe, expect, test } from 'vitest'
import { alternativesOf, at, confidenceOf, elements, issuerOf, likeliest, numberOf, textOf, wordOf } from './fields.ts'

const field = (value: unknown) => ({ path: '/x', value })

describe('finding a field', () => {
  test('by its own names only, with its place', () => {
    expect(at(field({ a: { 'b/c~d': 1 } }), 'a', 'b/c~d')).toEqual({ path: '/x/a/b~1c~0d', value: 1 })
    for (const name of ['constructor', 'toString', '__proto__', 'a']) {
      expect(at(field({}), name).value).toBeUndefined()
      expect(at(field({}), name, 'name').value).toBeUndefined()
    }
    for (const value of [null, 'text', 5, [1]]) expect(at(field(value), 'length', '0').value).toBeUndefined()
  })

  test('the first elements of a list, none of anything else', () => {
    expect(elements(field(['a', 'b', 'c']), 2)).toEqual([
      { path: '/x/0', value: 'a' },
      { path: '/x/1', value: 'b' },
    ])
    expect(elements(field(Array.from({ length: 1_000 })))).toHaveLength(256)
    expect(elements(field({ length: 2 }))).toEqual([])
  })
})

describe('values', () => {
  test('text as written, whole numbers as text', () => {
    expect([' a ', 12, 1.5, '', ' \n', null, true, {}, 2 ** 60].map((value) => textOf(field(value)))).toEqual([
      ' a ',
      '12',
      ...Array.from({ length: 7 }, () => undefined),
    ])
  })

  test('numbers, also as decimal text', () => {
    expect([1.5, '-2', ' 3.25 ', '1e2'].map((value) => numberOf(field(value)))).toEqual([1.5, -2, 3.25, 100])
    for (const value of [
      '',
      '0x10',
      '1,5',
      'Infinity',
      '1e999',
      Number.NaN,
      Infinity,
      null,
      true,
      [1],
      '9'.repeat(30),
    ]) {
      expect(numberOf(field(value))).toBeUndefined()
    }
  })

  test('words that say nothing are absent', () => {
    for (const value of ['unknown', 'Unknown', 'N/A', '-', 'none', '0', 0, ''])
      expect(wordOf(field(value))).toBeUndefined()
    expect(wordOf(field(' blue '))).toBe('blue')
    for (const value of ['USA', 'us', 'NON', '-']) expect(issuerOf(field(value))).toBeUndefined()
    expect(issuerOf(field('us-ma'))).toBe('us-ma')
  })

  test('confidences of both scales', () => {
    expect([0, 0.5, 1, 50, 100].map((value) => confidenceOf(field(value), 1))).toEqual([0, 0.5, 1, 0.5, 1])
    expect([0, 0.5, 1, 50, 100].map((value) => confidenceOf(field(value), 100))).toEqual([0, 0.005, 0.01, 0.5, 1])
    for (const value of [-0.1, 100.1, '', 'high', null]) expect(confidenceOf(field(value), 1)).toBeUndefined()
  })
})

describe('lists of guesses', () => {
  const guess = (plate: unknown, score: unknown) => ({ plate, score })

  test('the likeliest, the first of equals', () => {
    const list = field([guess('a', 0.1), guess('b', '0.7'), guess('c', 0.7), guess('d', 'x'), null])
    expect(likeliest(list, 'score')?.path).toBe('/x/1')
    expect(likeliest(field([]), 'score')).toBeUndefined()
  })

  test('at most sixteen alternatives, best first, without the plate itself and without what is no text', () => {
    const names = { plate: 'plate', confidence: 'score', scale: 1 } as const
    const list = field([guess('P', 0.9), guess('Q', undefined), guess({}, 0.8), guess('R', 0.7)])
    expect(alternativesOf(list, 'P', names)).toEqual([{ plate: 'R', confidence: 0.7 }, { plate: 'Q' }])
    expect(alternativesOf(field([guess('P', 0.9)]), 'P', names)).toBeUndefined()
    const many = field(Array.from({ length: 40 }, (_, index) => guess(`A${index}`, index / 100)))
    const kept = alternativesOf(many, 'P', names)
    expect(kept).toHaveLength(16)
    expect(kept?.[0]).toEqual({ plate: 'A39', confidence: 0.39 })
  })
})
