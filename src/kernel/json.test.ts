import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Invalid } from './errors.ts'
import { jsonDepthMax, jsonSeparatorsMax, pointerSegment, readJson, strictJson } from './json.ts'

function faultsOf(text: string): string[] {
  try {
    strictJson(text)
    return []
  } catch (error) {
    if (error instanceof Invalid) return error.faults.map(({ path, rule }) => `${path} ${rule}`)
    throw error
  }
}

describe('strict JSON', () => {
  test('is JSON, for every value there is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const { value: read, faults } = readJson(text)
        expect(read).toEqual(JSON.parse(text))
        expect(faults.filter(({ rule }) => rule !== 'control-character')).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
  test.each([
    ['{"a":1,"a":2}', ['/a duplicate-field']],
    ['{"a":1,"\\u0061":2}', ['/a duplicate-field']],
    ['{"a":{"b":1,"b":1}}', ['/a/b duplicate-field']],
    ['[{"a":1},{"a":1,"c":[],"a" : {}}]', ['/1/a duplicate-field']],
    ['{"a":"\\"b\\":","b":1}', []],
    ['{"a":["x","x"],"b":"a"}', []],
    ['{"__proto__":1,"__proto__":2}', ['/__proto__ duplicate-field']],
    ['{"a/b":1,"a/b":2}', ['/a~1b duplicate-field']],
    ['{"x":"\\\\","x":1}', ['/x duplicate-field']],
    [`{"a"${' '.repeat(100)}:1,"a":2}`, ['/a duplicate-field']],
  ])('a field that stands twice is named: %s', (text, expected) => {
    expect(faultsOf(text)).toEqual(expected)
  })
  test.each([
    ['{"a":"x\\u0000y"}', ['/a control-character']],
    ['{"a":["ok","\\u001B[31m"]}', ['/a/1 control-character']],
    ['{"a":"\\b"}', ['/a control-character']],
    ['{"a":"\u007f"}', ['/a control-character']],
    ['{"a\\u0007":1}', ['/a\ufffd control-character']],
    ['{"a":"line\\nline\\tcolumn\\r"}', []],
    ['{"a":"\\\\u0000 is how it is written"}', []],
  ])('control characters are named, tabs and line ends are text: %s', (text, expected) => {
    expect(faultsOf(text)).toEqual(expected)
  })
  test('nesting ends, at its limit', () => {
    expect(faultsOf('['.repeat(jsonDepthMax) + ']'.repeat(jsonDepthMax))).toEqual([])
    expect(faultsOf('['.repeat(jsonDepthMax + 1) + ']'.repeat(jsonDepthMax + 1))).toEqual([' json-depth'])
    expect(faultsOf('['.repeat(1_000_000))).toEqual([' json-depth'])
    expect(faultsOf('{"a":'.repeat(100_000))).toEqual([' json-depth'])
  })
  test('so do values', () => {
    expect(faultsOf(`[${'0,'.repeat(jsonSeparatorsMax - 1)}0]`)).toEqual([])
    expect(faultsOf(`[${'0,'.repeat(jsonSeparatorsMax)}0]`)).toEqual([' json-values'])
  })
  test.each(['', '{', '{"a"', '{"a":', '[1,]', '"', '"\\', 'nul', '{"a":1}}', '\u0000', '{"a":"\n"}'])(
    'what is not JSON is said to be none: %j',
    (text) => {
      expect(faultsOf(text)).toEqual([' json'])
    },
  )
  test('only so many faults are named', () => {
    expect(faultsOf(`[${Array.from({ length: 100 }, () => '{"a":1,"a":1}').join()}]`)).toHaveLength(20)
    expect(faultsOf(`[${Array.from({ length: 100 }, () => '"\\u0000"').join()}]`)).toHaveLength(20)
  })
  test('names are short and printable in a pointer', () => {
    expect(pointerSegment(`a/~${'x'.repeat(100)}`)).toBe(`a~1~0${'x'.repeat(61)}`)
    expect(pointerSegment('a\u0000\nb')).toBe('a\ufffd\ufffdb')
  })
})
