import { readFileSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { clauses, isClause, type AnyClause } from '../src/policy/clauses.ts'

const root = new URL('../', import.meta.url)
const identifier = /\b(?:(?:CL|CR|GA)-\d+|MP-[IVX]+)(?:\.[\dA-Za-z]+)*/g
const known = Object.keys(clauses)

/** A heading over several clauses, such as MP-IV.F or CR-6, may be cited as one. */
function isGroup(text: string): boolean {
  return known.some((id) => id.startsWith(`${text}.`))
}

async function sources(pattern: string): Promise<{ file: string; text: string }[]> {
  const found = []
  for await (const file of glob(pattern, { cwd: root }))
    found.push({ file, text: await readFile(new URL(file, root), 'utf8') })
  return found
}

/** What a test is named after: a string that begins with clauses and a colon, as in `'CR-1.1, CR-1.2: …'`. */
const named = /['"`]((?:(?:CL|CR|GA|MP)-[\w.]+(?:, )?)+): /g

async function clausesOfTests(): Promise<Set<string>> {
  const tests = [...(await sources('src/**/*.test.ts')), ...(await sources('test/**/*.test.ts'))]
  return new Set(tests.flatMap(({ text }) => [...text.matchAll(named)].flatMap(([, ids = '']) => ids.split(', '))))
}

/** Clauses that are kept already (policy/divergences.md says which are not): a test is named after each. */
const claimed: readonly AnyClause[] = [
  'CL-1',
  'CL-2',
  'CL-3',
  'CL-4',
  'CL-5',
  'CR-1.1',
  'CR-1.2',
  'CR-1.5',
  'CR-1.7',
  'CR-2.a',
  'CR-3.b',
  'CR-4.a',
  'CR-4.c',
  'CR-5.a',
  'CR-5.c',
  'CR-6.a',
  'CR-6.b',
  'CR-7.b',
  'CR-8',
  'GA-6.1',
  'GA-10.3',
  'GA-11.1',
  'GA-14',
  'GA-15',
  'MP-IV.B.1h',
]

describe('clauses in the program and its tests', () => {
  test('exist, wherever they are cited', async () => {
    const files = [
      ...(await sources('src/**/*.ts')),
      ...(await sources('test/**/*.{ts,txt}')),
      ...(await sources('db/**/*.sql')),
      ...(await sources('{bench,bin}/**/*.{ts,js}')),
      ...(await sources('{*.md,docs/**/*.md}')),
    ].filter(({ file }) => !file.startsWith('src/policy/')) // Its tests name some that there are not.
    const wrong = files.flatMap(({ file, text }) =>
      (text.match(identifier) ?? [])
        .filter((each) => !isClause(each) && !isGroup(each))
        .map((each) => `${file}: ${each}`),
    )
    expect(files.length).toBeGreaterThan(150)
    expect(wrong, 'cite clauses as src/policy/clauses.ts names them').toEqual([])
  })
  test.each(claimed)('%s is claimed, and a test is named after it', async (clause) => {
    expect([...(await clausesOfTests())]).toContain(clause)
  })
  test('under which an act is refused are asked of the server, or tested by name', async () => {
    const policies = await sources('src/**/policy.ts')
    const refusing = new Set(
      policies.flatMap(({ text }) => [...text.matchAll(/\brefuse\(\s*'([^']+)'/g)].map(([, id = '']) => id)),
    )
    const matrix = readFileSync(new URL('matrix.txt', import.meta.url), 'utf8')
    const tested = await clausesOfTests()
    expect(refusing.size).toBeGreaterThan(10)
    expect([...refusing].filter((id) => !tested.has(id) && !matrix.includes(` ${id} `))).toEqual([])
  })
  test('of each refusal is known: none is made of pieces', async () => {
    const policies = await sources('src/**/policy.ts')
    const calls = policies.flatMap(({ file, text }) =>
      [...text.matchAll(/\brefuse\(\s*(.)/g)].filter(([, first]) => first !== "'").map(() => file),
    )
    expect(calls).toEqual([])
  })
})
