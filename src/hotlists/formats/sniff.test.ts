import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Invalid } from '../../kernel/errors.ts'
import { listFormats } from './formats.ts'
import { sniff } from './sniff.ts'

/** Formats that another one fits as well: there the person decides. */
const alsoFits: Readonly<Record<string, readonly string[]>> = {
  mi_state: ['mi_state', 'ncic'],
  mn_ncic: ['mn_ncic', 'csv'],
  fl_state: ['fl_state', 'csv'],
  wa_stolen_vehicles: ['wa_stolen_vehicles', 'csv'],
  openalpr_webserver_import_header: ['csv'],
}

describe('the samples', () => {
  test.each([...listFormats.keys()])('%s', async (name) => {
    const { certain, proposals } = sniff(await readFile(new URL(`samples/${name}.txt`, import.meta.url)))
    expect(proposals.map(({ format }) => format)).toEqual(alsoFits[name] ?? [name])
    expect(certain).toBe(proposals.length === 1)
    expect(proposals.every(({ format, reason }) => listFormats.has(format) && reason.length > 20)).toBe(true)
  })
})

test('the reason counts lines, or names columns, and repeats no plate', () => {
  expect(sniff(Buffer.from('QX1\nQX2\nQX3\n')).proposals).toEqual([
    { format: 'simple', reason: '2 of 2 lines hold nothing but a plate' },
  ])
  expect(sniff(Buffer.from('Plate;State\nQX1;MA\n')).proposals).toEqual([
    { format: 'csv', reason: 'the first line names the columns plate, jurisdiction between semicolons' },
  ])
})

test('nothing fits: no proposal, and no certainty', () => {
  expect(sniff(Buffer.from('so this is not a list\nof anything at all\n'))).toEqual({ certain: false, proposals: [] })
  expect(sniff(Buffer.alloc(0))).toEqual({ certain: false, proposals: [] })
})

test('bytes that are no text are refused with what they are', () => {
  expect(() => sniff(Buffer.from('PK\x03\x04'))).toThrow(Invalid)
})

test('any bytes are answered', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      expect(isAnswered(bytes)).toBe(true)
    }),
  )
})

function isAnswered(bytes: Uint8Array): boolean {
  try {
    return sniff(bytes).proposals.every(({ format }) => listFormats.has(format))
  } catch (error) {
    return error instanceof Invalid
  }
}
