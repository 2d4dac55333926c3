import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { day } from '../kernel/clock.ts'
import { dayKeyNoOf, openReadId, sealReadIds, startOfDay } from './readIds.ts'

const dayMs = Date.parse('2026-11-23T00:00:00Z')
const key = { no: 3_123_456_789, dayMs, secret: randomBytes(16) }

describe('the identifier of a read', () => {
  test('holds exactly its key, for every plate, instant and device', () => {
    const plate = fc.stringMatching(/^[A-Z0-9?]{1,10}$/)
    const read = fc.record({
      plate,
      capturedMs: fc.integer({ min: dayMs, max: dayMs + day - 1 }),
      deviceNo: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    })
    fc.assert(
      fc.property(fc.array(read, { minLength: 1, maxLength: 20 }), (reads) => {
        const ids = sealReadIds(reads, key)
        expect(ids.map((id) => openReadId(id, key))).toEqual(reads)
        expect(new Set(ids.map(dayKeyNoOf))).toEqual(new Set([key.no]))
      }),
      { numRuns: 500 },
    )
  })
  test('says nothing without the key of its day', () => {
    const read = { plate: '1ABC23', capturedMs: dayMs + 1, deviceNo: 7 }
    const [id = ''] = sealReadIds([read], key)
    expect(openReadId(id, { ...key, secret: randomBytes(16) })).not.toEqual(read)
    const [other = ''] = sealReadIds([{ ...read, capturedMs: dayMs + 2 }], key)
    expect(other.slice(0, 11)).not.toBe(id.slice(0, 14)) // One millisecond changes the whole block.
  })
  test('texts that are no ids are told apart from ids', () => {
    for (const text of ['', 'read_', 'read_x', `read_${'!'.repeat(27)}`, `alert_${'a'.repeat(27)}`]) {
      expect(dayKeyNoOf(text)).toBeUndefined()
      expect(openReadId(text, key)).toBeUndefined()
    }
  })
  test('days begin at midnight UTC, also before 1970', () => {
    expect(startOfDay(dayMs + 5)).toBe(dayMs)
    expect(startOfDay(-1)).toBe(-day)
  })
})
