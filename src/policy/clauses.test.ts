import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { clauseText, clauses, isClause, type AnyClause } from './clauses.ts'

const root = join(import.meta.dirname, '../..')
const shared = join(root, '../shared/policy/CLAUSES.md')
const documents = ['cover-letter.md', 'central-repository.md', 'user-agreement.md', 'model-policy.md']
const ids = Object.keys(clauses).filter(isClause)
const identifier = /\b(?:CL|CR|GA|MP)-[\dA-Z]+(?:\.[\dA-Za-z]+)*/g

/** The passages of a document, each under its identifier: these alone are headings of the third level. */
function passagesOf(document: string): { document: string; heading: string; body: string }[] {
  const text = readFileSync(join(root, 'policy/clauses', document), 'utf8')
  return text
    .split(/^(?=#{1,3} )/m)
    .filter((section) => section.startsWith('### '))
    .map((section) => {
      const end = section.indexOf('\n')
      return { document, heading: section.slice(4, end), body: section.slice(end) }
    })
}

/** The anchor that Markdown viewers give to a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}

const passages = documents.flatMap(passagesOf)

describe('the list of clauses and the governing text', () => {
  test('have the same identifiers, each once', () => {
    expect(passages.map(({ heading }) => heading).sort()).toEqual([...ids].sort())
  })

  test('agree on where each clause stands', () => {
    const places = passages.map(({ document, heading }) => `${heading} policy/clauses/${document}#${anchorOf(heading)}`)
    expect(ids.map((id) => `${id} ${clauseText(id).where}`).sort()).toEqual(places.sort())
    expect(new Set(ids.map((id) => clauseText(id).where)).size).toBe(ids.length)
  })

  test('each passage quotes its text, and says what the system does', () => {
    const incomplete = passages.filter(
      ({ body }) => !/^> \S/m.test(body) || body.split('\n**What Platekeep does.** ').length !== 2,
    )
    expect(incomplete.map(({ heading }) => heading)).toEqual([])
  })

  test('every clause that the page of divergences cites exists', () => {
    const cited = readFileSync(join(root, 'policy/divergences.md'), 'utf8').match(identifier) ?? []
    expect(cited.length).toBeGreaterThan(20)
    expect(cited.filter((each) => !isClause(each))).toEqual([])
  })

  test("equal the project's shared list, identifiers and duties", ({ skip }) => {
    if (!existsSync(shared)) skip('../shared/policy/CLAUSES.md is not beside this checkout')
    const rows = readFileSync(shared, 'utf8').matchAll(/^\| ((?:CL|CR|GA|MP)-\S+) \| (\w+) \|/gm)
    const listed = [...rows].map(([, id, duty]) => `${id} ${duty}`)
    expect(ids.map((id) => `${id} ${clauses[id].duty}`).sort()).toEqual(listed.sort())
  })
})

describe('who keeps a clause', () => {
  test('what must be enforced is never left to people or to a reminder', () => {
    const left = ids.filter((id) => clauses[id].duty === 'enforce' && /people|reminder/.test(clauses[id].kept))
    expect(left).toEqual([])
  })

  test('what only a reminder keeps has a deadline', () => {
    const undated = ids.filter((id) => clauses[id].kept === 'by reminder' && clauses[id].duty !== 'remind')
    expect(undated).toEqual([])
  })
})

describe('clauseText', () => {
  test.each([
    ['CL-3', 'policy/clauses/cover-letter.md#cl-3'],
    ['CR-1.1', 'policy/clauses/central-repository.md#cr-11'],
    ['CR-7.b.iv', 'policy/clauses/central-repository.md#cr-7biv'],
    ['GA-10.5', 'policy/clauses/user-agreement.md#ga-105'],
    ['MP-IV.B.1h', 'policy/clauses/model-policy.md#mp-ivb1h'],
  ] as const satisfies readonly (readonly [AnyClause, string])[])('%s stands at %s', (id, where) => {
    expect(clauseText(id)).toEqual({ title: clauses[id].title, where })
  })
})

describe('isClause', () => {
  test('knows the identifiers and nothing that an object merely inherits', () => {
    expect(isClause('CR-1.1')).toBe(true)
    expect(isClause('CR-1.22')).toBe(false)
    expect(isClause('toString')).toBe(false)
    expect(isClause('__proto__')).toBe(false)
  })
})
