import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JurisdictionContext, jurisdictionOf } from './jurisdiction.ts'
import {
  countryCodes,
  mexicanCodes,
  ncicAmbiguous,
  ncicCodes,
  provinceCodes,
  stateCodes,
  tribalCodes,
} from './jurisdictionTables.ts'

type Row = readonly [written: string, context: JurisdictionContext | undefined, code: string | null]

const ncic: JurisdictionContext = { codes: 'ncic' }
const folded: JurisdictionContext = { codes: 'ncic', zeroFolded: true }
const iso: JurisdictionContext = { codes: 'iso' }

function check(rows: readonly Row[]): void {
  test.each(rows)('%s %j is %s', (written, context, code) => {
    expect(context ? jurisdictionOf(written, context) : jurisdictionOf(written)).toBe(code)
  })
}

describe('a state field without context is the post’s', () => {
  check([
    ['MA', undefined, 'MA'],
    [' ma ', undefined, 'MA'],
    ['CA', undefined, 'CA'],
    ['DE', undefined, 'DE'],
    ['DC', undefined, 'DC'],
    ['PR', undefined, 'PR'],
    ['US-MA', undefined, 'MA'],
    ['us-mo', undefined, 'MO'],
    ['USA-MO', undefined, 'MO'],
    ['us_ca', undefined, 'CA'],
    ['Massachusetts', undefined, 'MA'],
    ['NEW YORK', undefined, 'NY'],
    ['Washington', undefined, 'WA'],
    ['Washington, D.C.', undefined, 'DC'],
    ['QC', undefined, 'CA-QC'],
    ['PQ', undefined, 'CA-QC'],
    ['ca-on', undefined, 'CA-ON'],
    ['CA-NB', undefined, 'CA-NB'],
    ['CA-PQ', undefined, 'CA-QC'],
    ['Québec', undefined, 'CA-QC'],
    ['Nuevo León', undefined, 'MX-NLE'],
    ['MX-SON', undefined, 'MX-SON'],
    ['gb', undefined, 'GBR'],
    ['UK', undefined, 'GBR'],
    ['POL', undefined, 'POL'],
    ['NLD', undefined, 'NLD'],
    ['PRI', undefined, 'PR'],
    ['eu-de', undefined, 'DEU'],
    ['AU-NSW', undefined, 'AUS'],
    ['US Government', undefined, 'US-GOV'],
  ])
})

describe('unknown rather than guessed', () => {
  check([
    ['NB', undefined, null],
    ['US', undefined, null],
    ['usa', undefined, null],
    ['CAN', undefined, null],
    ['MX', undefined, null],
    ['Mexico', undefined, null],
    ['us-unknown', undefined, null],
    ['US-XX', undefined, null],
    ['CA-CA', undefined, null],
    ['MA-US', undefined, null],
    ['0H', undefined, null],
    ['XX', undefined, null],
    ['', undefined, null],
    ['M', undefined, null],
    ['25', undefined, null],
    ['🚓', undefined, null],
    ['MA'.padStart(100), undefined, null],
    ['Atlantis', undefined, null],
  ])
})

describe('the same letters, said by NCIC', () => {
  check([
    ['MA', ncic, 'MA'],
    ['NB', ncic, 'NE'],
    ['NE', ncic, null],
    ['NK', ncic, 'CA-NB'],
    ['PQ', ncic, 'CA-QC'],
    ['SN', ncic, 'CA-SK'],
    ['GM', ncic, 'GU'],
    ['GU', ncic, null],
    ['SO', ncic, 'MX-SON'],
    ['MX', ncic, null],
    ['MM', ncic, null],
    ['CD', ncic, null],
    ['US', ncic, 'US-GOV'],
    ['LL', ncic, 'US-TLL'],
    ['LL', undefined, null],
    ['GB', ncic, null],
    ['CA-NB', ncic, 'CA-NB'],
    ['0H', ncic, null],
    ['0H', folded, 'OH'],
    ['0R', folded, 'OR'],
    ['0K', folded, 'OK'],
    ['M0', folded, 'MO'],
    ['C0', folded, 'CO'],
    ['0N', folded, 'CA-ON'],
    ['MA', folded, 'MA'],
  ])
})

describe('the same letters, where countries stand beside states', () => {
  check([
    ['de', iso, 'DEU'],
    ['us-de', iso, 'DE'],
    ['ca', iso, null],
    ['us-ca', iso, 'CA'],
    ['ca-qc', iso, 'CA-QC'],
    ['ma', iso, 'MAR'],
    ['gu', iso, 'GU'],
    ['Georgia', iso, null],
    ['NLD', iso, 'NLD'],
  ])
})

describe('a country named beside it', () => {
  check([
    ['CA', { country: 'US' }, 'CA'],
    ['CA', { country: 'CA' }, null],
    ['NB', { country: 'CAN' }, 'CA-NB'],
    ['NB', { country: 'us' }, null],
    ['US-MA', { country: 'CA' }, null],
    ['us-ma', { country: 'us' }, 'MA'],
    ['SON', { country: 'MX' }, 'MX-SON'],
    ['Ontario', { country: 'US' }, null],
    ['Ontario', { country: 'CA' }, 'CA-ON'],
    ['DE', { country: 'DE' }, 'DEU'],
    ['BY', { country: 'DEU' }, 'DEU'],
    ['POL', { country: 'DE' }, null],
    ['Georgia', { country: 'GE' }, 'GEO'],
    ['Georgia', { country: 'US' }, 'GA'],
    ['MA', { country: 'nowhere' }, null],
  ])
})

describe('the stored form', () => {
  const stored = [
    ...stateCodes,
    ...provinceCodes.values(),
    ...mexicanCodes.values(),
    ...tribalCodes.values(),
    'US-GOV',
    ...countryCodes.values(),
  ].filter((code) => !['USA', 'CAN', 'MEX', 'ASM', 'GUM', 'MNP', 'PRI', 'VIR'].includes(code))

  test('has at most six characters, and is settled as itself', () => {
    expect(stored.length).toBeGreaterThan(350)
    for (const code of stored) {
      expect(code.length).toBeLessThanOrEqual(6)
      expect(jurisdictionOf(code)).toBe(code)
      expect(jurisdictionOf(code.toLowerCase())).toBe(code)
    }
  })

  test('is what comes of any text at all, or null', () => {
    const known = new Set(stored)
    const context = fc.record(
      {
        codes: fc.constantFrom('postal', 'ncic', 'iso'),
        country: fc.string({ maxLength: 3 }),
        zeroFolded: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    const letters = fc.string({ unit: fc.constantFrom(...'ACDEHMNOQRSUX0-'.split('')), maxLength: 6 })
    fc.assert(
      fc.property(fc.oneof(letters, fc.string()), context, (written, given) => {
        const code = jurisdictionOf(written, given)
        expect(code === null || known.has(code)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the tables', () => {
  test('there are fifty states, the District and five territories, thirteen provinces, thirty-two Mexican states', () => {
    expect(stateCodes.size).toBe(56)
    expect(new Set(provinceCodes.values()).size).toBe(13)
    expect(mexicanCodes.size).toBe(32)
    expect(countryCodes.size).toBe(250)
  })

  test('every alpha-2 code is a region that the runtime knows by name', () => {
    const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
    expect([...countryCodes.keys()].filter((code) => regions.of(code) === undefined)).toEqual([])
  })

  test('NCIC names every Mexican state once, and no code twice', () => {
    const values = [...ncicCodes.values()]
    expect(new Set(values).size).toBe(values.length)
    expect(values.filter((code) => code.startsWith('MX-')).sort()).toEqual([...mexicanCodes.values()].sort())
  })

  test('a code that NCIC and the post use differently is ambiguous from NCIC, but for Nebraska', () => {
    const both = [...ncicCodes.keys()].filter(
      (code) => stateCodes.has(code) || (provinceCodes.has(code) && provinceCodes.get(code) !== ncicCodes.get(code)),
    )
    expect(both.filter((code) => !ncicAmbiguous.has(code))).toEqual(['NB'])
  })
})
