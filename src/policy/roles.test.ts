import { describe, expect, test } from 'vitest'
import { isRole, roles } from './roles.ts'

describe('the roles', () => {
  test('have each one name, one title and one sentence', () => {
    expect(new Set(roles.map(({ role }) => role)).size).toBe(roles.length)
    expect(new Set(roles.map(({ title }) => title)).size).toBe(roles.length)
    expect(roles.filter(({ description }) => !/^[A-Z][^.]*\.$/.test(description))).toEqual([])
  })

  test('are known by their exact name only', () => {
    expect(isRole('alpr-administrator')).toBe(true)
    expect(isRole('Officer')).toBe(false)
    expect(isRole('administrator')).toBe(false)
    expect(isRole('')).toBe(false)
  })
})
