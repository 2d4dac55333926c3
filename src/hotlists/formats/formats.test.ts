import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { Category, FormatRow } from './format.ts'
import { listFormats } from './formats.ts'
import { setNcicFile } from './ncic.ts'
import { parsed } from './testing.ts'

function sample(name: string): Promise<Buffer> {
  return readFile(new URL(`samples/${name}.txt`, import.meta.url))
}

/** A row of each layout as the field writes it, and all that must come of it. Columns are counted by hand. */
const layouts: readonly (readonly [name: string, written: string, row: Omit<FormatRow, 'line'>])[] = [
  [
    'ncic',
    'V900000017MA099010020250321AB12QZ    OH2026PC2011F0RDF0C4DBLK',
    {
      plate: 'AB12QZ',
      reference: 'V900000017',
      sourceOri: 'MA0990100',
      enteredOn: '2025-03-21',
      jurisdiction: 'OH',
      plateYear: '2026',
      plateType: 'PC',
      year: '2011',
      make: 'F0RD',
      model: 'F0C',
      style: '4D',
      colour: 'BLK',
      category: 'stolen-vehicle',
    },
  ],
  [
    'ncic',
    'C900000018MA099010000000000KW0F44    0H      ',
    {
      plate: 'KW0F44',
      reference: 'C900000018',
      sourceOri: 'MA0990100',
      jurisdiction: '0H',
      category: 'watch-list',
      note: 'NCIC file C (supervised release)',
    },
  ],
  [
    'wa_ncic',
    '21P0990001WAZZZ000020241109QX0W311   WA2025PC',
    {
      plate: 'QX0W311',
      reference: '21P0990001',
      sourceOri: 'WAZZZ0000',
      enteredOn: '2024-11-09',
      jurisdiction: 'WA',
      plateYear: '2025',
      plateType: 'PC',
      category: 'stolen-plate',
    },
  ],
  [
    'mi_state',
    'M900000019MI099020020240403QHG5263   WI2025PC2003CHEVSUBLLWHI/BLK  STOLEN PLATE NCIC',
    {
      plate: 'QHG5263',
      reference: 'M900000019',
      sourceOri: 'MI0990200',
      enteredOn: '2024-04-03',
      jurisdiction: 'WI',
      plateYear: '2025',
      plateType: 'PC',
      year: '2003',
      make: 'CHEV',
      model: 'SUB',
      style: 'LL',
      colour: 'WHI/BLK',
      category: 'stolen-plate',
      note: 'STOLEN PLATE NCIC',
    },
  ],
  [
    'nj_mvc',
    'E                          QBC129    NJ      1995NIS SEN04GREEN',
    {
      plate: 'QBC129',
      jurisdiction: 'NJ',
      year: '1995',
      make: 'NIS',
      model: 'SEN',
      style: '04',
      colour: 'GREEN',
      category: 'expired-registration',
    },
  ],
  [
    'mn_ncic',
    'W178229699,0H0991200,20251122,S0S7099,0H,2026,TK,2013,CHEV,AVA,PK,CRM',
    {
      plate: 'S0S7099',
      reference: 'W178229699',
      sourceOri: '0H0991200',
      enteredOn: '2025-11-22',
      jurisdiction: '0H',
      plateYear: '2026',
      plateType: 'TK',
      year: '2013',
      make: 'CHEV',
      model: 'AVA',
      style: 'PK',
      colour: 'CRM',
      category: 'wanted-person',
    },
  ],
  [
    'tx_ncic',
    'P498622299,0H0991200,20240124,PPG9059,0H,2025,2009,D0DG,CHA,4D,GRY',
    {
      plate: 'PPG9059',
      reference: 'P498622299',
      sourceOri: '0H0991200',
      enteredOn: '2024-01-24',
      jurisdiction: '0H',
      plateYear: '2025',
      year: '2009',
      make: 'D0DG',
      model: 'CHA',
      style: '4D',
      colour: 'GRY',
      category: 'stolen-plate',
    },
  ],
  [
    'ks_topeka',
    'V,NY09930P0,20240609,18CQ99,NY,2025,MC,2005,YAMA,CYL,MC,BLK',
    {
      plate: '18CQ99',
      sourceOri: 'NY09930P0',
      enteredOn: '2024-06-09',
      jurisdiction: 'NY',
      plateYear: '2025',
      plateType: 'MC',
      year: '2005',
      make: 'YAMA',
      model: 'CYL',
      style: 'MC',
      colour: 'BLK',
      category: 'stolen-vehicle',
    },
  ],
  [
    'tx_tcic',
    'TW4359658999,40VOV9,TX,2009,FORD,TK,PK,WHI',
    {
      plate: '40VOV9',
      reference: 'TW4359658999',
      jurisdiction: 'TX',
      year: '2009',
      make: 'FORD',
      model: 'TK',
      style: 'PK',
      colour: 'WHI',
      category: 'wanted-person',
    },
  ],
  [
    'ny_state',
    'QBC1234   NYPASVBUICWHI/BLK',
    {
      plate: 'QBC1234',
      jurisdiction: 'NY',
      plateType: 'PAS',
      make: 'BUIC',
      colour: 'WHI/BLK',
      category: 'stolen-vehicle',
    },
  ],
  [
    'il_leads',
    '993SNQ  WIPCSTOLEN VYR/05 VMA/DODG VMO/MAG VST/4D VCO/RED     DOT/010325 LDS/V49J3999',
    {
      plate: '993SNQ',
      jurisdiction: 'WI',
      plateType: 'PC',
      year: '05',
      make: 'DODG',
      model: 'MAG',
      style: '4D',
      colour: 'RED',
      enteredOn: '2025-01-03',
      reference: 'V49J3999',
      category: 'stolen-vehicle',
    },
  ],
  [
    'il_leads',
    '994SNQ  ILPCMISSING WALKS WITH   A CANE',
    { plate: '994SNQ', jurisdiction: 'IL', plateType: 'PC', category: 'missing-person', note: 'WALKS WITH A CANE' },
  ],
  [
    'il_sos',
    '48619QNM ILFMREVOKED DOT/032924 EXP/0726',
    {
      plate: '48619QNM',
      jurisdiction: 'IL',
      plateType: 'FM',
      category: 'revoked-licence',
      enteredOn: '2024-03-29',
      note: 'DOT/032924 EXP/0726',
    },
  ],
  [
    'kansas_state',
    'QBC123 KS#3 STOLEN PLATE! PC 2016CHEVMALSWSILTX0990300 20250122',
    {
      plate: 'QBC123',
      jurisdiction: 'KS',
      plateType: 'PC',
      sourceOri: 'TX0990300',
      year: '2016',
      make: 'CHEV',
      model: 'MAL',
      style: 'SW',
      colour: 'SIL',
      enteredOn: '2025-01-22',
      category: 'stolen-plate',
      note: 'STOLEN PLATE!',
    },
  ],
  [
    'kansas_state',
    'QBC 124ONCANADIAN ENTRY - CHECK TK KS0990100 20250123',
    {
      plate: 'QBC 124',
      jurisdiction: 'CA-ON',
      plateType: 'TK',
      sourceOri: 'KS0990100',
      enteredOn: '2025-01-23',
      category: 'watch-list',
      note: 'Canadian entry - check',
    },
  ],
  [
    'ia_state',
    'KVJL599   ,9999,TK,ON,R337496999,CNVP,ON3259900',
    {
      plate: 'KVJL599',
      plateType: 'TK',
      jurisdiction: 'ON',
      reference: 'R337496999',
      sourceOri: 'ON3259900',
      category: 'stolen-plate',
    },
  ],
  [
    'ga_spalder',
    'KDL1199 GA#9EXPIRED,FORD,2006,FUSION FUSION,RED  ',
    {
      plate: 'KDL1199',
      jurisdiction: 'GA',
      make: 'FORD',
      year: '2006',
      model: 'FUSION FUSION',
      colour: 'RED',
      category: 'expired-registration',
    },
  ],
  [
    'co_ccic',
    'QBC199    COAttempt To Locate     2002 FORD FOC BLK',
    {
      plate: 'QBC199',
      jurisdiction: 'CO',
      category: 'atl',
      note: 'Attempt To Locate',
      year: '2002',
      make: 'FORD',
      model: 'FOC',
      colour: 'BLK',
    },
  ],
  [
    'co_ccic',
    'QBC198    COReported Lost         RED TRAILER',
    { plate: 'QBC198', jurisdiction: 'CO', category: 'watch-list', note: 'Reported Lost; RED TRAILER' },
  ],
  [
    'al_state',
    'QAGHERE1,,V000000099,CHEV,,RED,1985,Stolen Vehicle or Vehicle Part,WA',
    {
      plate: 'QAGHERE1',
      reference: 'V000000099',
      make: 'CHEV',
      colour: 'RED',
      year: '1985',
      category: 'stolen-vehicle',
      jurisdiction: 'WA',
    },
  ],
  [
    'fl_state',
    'STOLEN LICENSE PLATE;FL0990100;SAMPLE COUNTY SO;25-0001;;;;03/09/2025;;;QFL123;2026;FL;PC;03/10/2025 06:00',
    {
      plate: 'QFL123',
      sourceOri: 'FL0990100',
      reference: '25-0001',
      enteredOn: '2025-03-09',
      plateYear: '2026',
      jurisdiction: 'FL',
      plateType: 'PC',
      category: 'stolen-plate',
      note: 'SAMPLE COUNTY SO',
    },
  ],
  [
    'wa_stolen_vehicles',
    'EVS,WA0990600,921RQ9,WA,2025,PC,1ZZZZ00Z9Z9999999,2003,HOND,ELE,4D,SIL,07/31/2024,24-08899,VERIFY 555 555 0100, BOTH PLATES',
    {
      plate: '921RQ9',
      sourceOri: 'WA0990600',
      jurisdiction: 'WA',
      plateYear: '2025',
      plateType: 'PC',
      year: '2003',
      make: 'HOND',
      model: 'ELE',
      style: '4D',
      colour: 'SIL',
      enteredOn: '2024-07-31',
      reference: '24-08899',
      note: 'VERIFY 555 555 0100, BOTH PLATES; VIN 1ZZZZ00Z9Z9999999',
      category: 'stolen-vehicle',
    },
  ],
  [
    'oh_leads',
    '1 QBC129 MI 01/01/2017 04/11/2025 UHAU TL 2015 0NG/WHI M12345699 V987654399',
    {
      plate: 'QBC129',
      jurisdiction: 'MI',
      enteredOn: '2025-04-11',
      make: 'UHAU',
      model: 'TL',
      year: '2015',
      colour: '0NG/WHI',
      reference: 'V987654399',
      category: 'stolen-vehicle',
      note: 'first number M12345699',
    },
  ],
  [
    'oh_leads',
    '1 QBC128 0H 01/01/2017 04/12/2025 F0RD F0C 2015 BLU 0H WARRANT SUPP',
    {
      plate: 'QBC128',
      jurisdiction: '0H',
      enteredOn: '2025-04-12',
      make: 'F0RD',
      model: 'F0C',
      year: '2015',
      colour: 'BLU',
      category: 'wanted-person',
      note: '0H WARRANT SUPP',
    },
  ],
  [
    'ct_collect',
    `QBC1299 ${['All Terrain', 'Honda', 'TRX350TM', 'AT', 'Red'].map((cell) => cell.padEnd(30)).join('')}2005${'Regular'.padEnd(30)}20270930EX`,
    {
      plate: 'QBC1299',
      plateType: 'All Terrain',
      make: 'Honda',
      model: 'TRX350TM',
      style: 'AT',
      colour: 'Red',
      year: '2005',
      jurisdiction: 'CT',
      plateYear: '2027',
      category: 'expired-registration',
      note: 'registration to 20270930; status EX; usage Regular',
    },
  ],
  ['simple', ' QBC 12-9', { plate: 'QBC 12-9' }],
  [
    'genetec_permit_list_semicolon',
    'QC;QNO331;2025-01-31;2025-05-31;PermitID_9',
    { plate: 'QNO331', jurisdiction: 'QC', enteredOn: '2025-01-31', expiresOn: '2025-05-31', reference: 'PermitID_9' },
  ],
  ['nedap_check_list', '79QEA9;NLD;Ferrari 599 GTO', { plate: '79QEA9', jurisdiction: 'NLD', note: 'Ferrari 599 GTO' }],
]

describe('a row of each layout', () => {
  test.each(layouts)('%s: %s', async (name, written, row) => {
    const result = await parsed(name, `${written}\n`)
    expect(result.rows).toEqual([{ line: 1, ...row }])
    expect(result.summary).toEqual({ lines: 1, rows: 1, rejected: 0 })
  })

  test('California, which frames its rows with a header and a trailer', async () => {
    const result = await parsed('ca_doj_clew', 'DATE02/26/2026 09:00\nQBC1239 CA1220250515\nTOTAL RECORD 0000001\n')
    expect(result.rows).toEqual([
      { line: 2, plate: 'QBC1239', jurisdiction: 'CA', enteredOn: '2025-05-15', note: 'county 12' },
    ])
    expect(result.summary).toEqual({ lines: 3, rows: 1, rejected: 0, trailerCount: 1, headerDate: '2026-02-26T09:00' })
  })

  test('every layout but the CSV ones is in the table', () => {
    const tried = new Set(layouts.map(([name]) => name))
    const left = [...listFormats.keys()].filter((name) => !tried.has(name))
    expect(left).toEqual(['csv', 'openalpr_webserver_import_header', 'ca_doj_clew'])
  })
})

describe('the samples', () => {
  test.each([...listFormats.keys()])('%s: every entry is read', async (name) => {
    const result = await parsed(name, await sample(name))
    expect(result.rejections).toEqual([])
    expect(result.rows.length).toBeGreaterThanOrEqual(10)
    expect(result.rows.filter((row) => row.jurisdiction === undefined && name !== 'simple')).toEqual([])
  })

  test('the names and what the importer must know of each feed', () => {
    const facts = [...listFormats.values()].map((format) => [format.name, format.zeroFolded, format.jurisdictionCodes])
    expect(facts.filter(([, zeroFolded]) => zeroFolded).map(([name]) => name)).toEqual([
      'ncic',
      'wa_ncic',
      'mi_state',
      'mn_ncic',
      'tx_ncic',
      'ks_topeka',
      'oh_leads',
    ])
    expect(facts).toContainEqual(['nedap_check_list', false, 'iso'])
    expect(facts).toContainEqual(['ncic', true, 'ncic'])
  })
})

describe('CL-3 the categories of NCIC files', () => {
  const expected: readonly (readonly [letter: string, category: Category, note: string | undefined])[] = [
    ['A', 'amber-alert', undefined],
    ['F', 'felony-vehicle', undefined],
    ['M', 'missing-person', undefined],
    ['P', 'stolen-plate', undefined],
    ['V', 'stolen-vehicle', undefined],
    ['W', 'wanted-person', undefined],
    ['B', 'watch-list', 'NCIC file B (boat)'],
    ['C', 'watch-list', 'NCIC file C (supervised release)'],
    ['H', 'watch-list', 'NCIC file H (protection order)'],
    ['K', 'watch-list', 'NCIC file K (protective interest)'],
    ['L', 'watch-list', 'NCIC file L (violent person)'],
    ['N', 'watch-list', 'NCIC file N (immigration violator)'],
    ['R', 'watch-list', 'NCIC file R (Canadian (CPIC))'],
    ['T', 'watch-list', 'NCIC file T (gang or terrorist member)'],
    ['X', 'watch-list', 'NCIC file X (sex offender)'],
    ['Q', 'watch-list', 'NCIC file Q (unknown)'],
  ]
  test.each(expected)('%s', (letter, category, note) => {
    const row = setNcicFile({ line: 1, plate: 'QX1' }, letter)
    expect(row).toEqual({ line: 1, plate: 'QX1', category, ...(note === undefined ? {} : { note }) })
  })

  test('no letter, no entry', () => {
    expect(setNcicFile({ line: 1, plate: 'QX1' }, '7')).toMatch(/letter/)
  })
})

describe('lines that are not entries', () => {
  const good = 'V900000017MA099010020250321AB12QZ    OH2026PC2011F0RDF0C4DBLK'

  test('a line cut off before the end of its state is rejected, one cut off behind it is an entry', async () => {
    const result = await parsed('ncic', `${good}\n${good.slice(0, 38)}\n${good.slice(0, 39)}`)
    expect(result.rows.map(({ line }) => line)).toEqual([1, 3])
    expect(result.rejections).toEqual([
      { line: 2, reason: 'the line has 38 characters, and an entry at least 39: it was cut off' },
    ])
  })

  test('a line with a character missing is shifted, and rejected for its date', async () => {
    const result = await parsed('ncic', `${good}\n${good.slice(0, 14)}${good.slice(15)}\n`)
    expect(result.rejections).toEqual([{ line: 2, reason: expect.stringContaining('no date') as unknown }])
  })

  test('a date that is not in the calendar is kept as it was written', async () => {
    const result = await parsed('ncic', `${good.replace('20250321', '20250231')}\n`)
    expect(result.rows[0]).toMatchObject({ note: 'date as written: 20250231' })
    expect(result.rows[0]).not.toHaveProperty('enteredOn')
  })

  test('a heading is not an entry, and an entry in the first line is not a heading', async () => {
    expect((await parsed('ncic', `${good}\n`)).summary.rows).toBe(1)
    expect((await parsed('ncic', `HEADING\n${good}\n`)).summary).toEqual({ lines: 2, rows: 1, rejected: 0 })
    expect((await parsed('ncic', `HEADING\n${good}\n`, { hasHeader: false })).summary.rejected).toBe(1)
    expect((await parsed('ncic', `${good}\n${good}\n`, { hasHeader: true })).rows.map(({ line }) => line)).toEqual([2])
  })

  test("a heading that would read as an entry is known by the plate's column", async () => {
    const heading = 'PLATE,,ID,MAKE,MODEL,COLOR,YEAR,TYPE,ST'
    const entry = 'QAGHERE1,,V000000099,CHEV,,RED,1985,Stolen Vehicle or Vehicle Part,WA'
    expect((await parsed('al_state', `${heading}\n${entry}\n`)).rows.map(({ plate }) => plate)).toEqual(['QAGHERE1'])
  })

  test('placeholders, long and unreadable plates are rejected with the reason', async () => {
    const result = await parsed(
      'simple',
      ['QX1', '0', '00', '000', '190', 'ABCDEFGHIJKLMNOP', 'ABCDEFGHIJK', '???', 'A?1', 'ПЛАТ1', '1900', '0000'].join(
        '\n',
      ),
    )
    expect(result.rows.map(({ plate }) => plate)).toEqual(['QX1', '1900', '0000'])
    expect(result.rejections.map(({ line, reason }) => [line, reason.split(/[:(,]/)[0]?.trim()])).toEqual([
      [2, 'the plate is a placeholder'],
      [3, 'the plate is a placeholder'],
      [4, 'the plate is a placeholder'],
      [5, 'the plate is a placeholder'],
      [6, 'the plate is over 15 characters'],
      [7, 'there is no valid plate in the plate column'],
      [8, 'there is no valid plate in the plate column'],
      [9, 'the plate has an unread character'],
      [10, 'there is no valid plate in the plate column'],
    ])
  })

  test('a setting that the layout has of its own is refused', async () => {
    await expect(parsed('ncic', good, { columns: { plate: 0 } })).rejects.toThrow(/columns/)
    await expect(parsed('ncic', good, { delimiter: ';' })).rejects.toThrow(/delimiter/)
    await expect(parsed('nedap_check_list', good, { delimiter: ',' })).rejects.toThrow(/delimiter/)
  })

  test("Ohio's calibration record looks for nobody", async () => {
    const entry = '1 QBC128 0H 01/01/2017 04/12/2025 F0RD F0C 2015 BLU 0H '
    const result = await parsed('oh_leads', `${entry}MISSING\n${entry}MISSING\n${entry}LPR CALIBRATION RECORD\n`)
    expect(result.rejections).toEqual([{ line: 3, reason: expect.stringContaining('calibration') as unknown }])
  })
})

describe('the frame of a California file', () => {
  const header = 'DATE02/26/2026 09:00\n'
  const entry = 'QBC1239 CA1220250515\n'

  test('without its trailer it was cut off, and is refused', async () => {
    await expect(parsed('ca_doj_clew', header + entry)).rejects.toThrow(/cut off/)
  })

  test('without its header it is refused', async () => {
    await expect(parsed('ca_doj_clew', `${entry}TOTAL RECORD 0000001\n`)).rejects.toThrow(/header/)
    await expect(parsed('ca_doj_clew', '')).rejects.toThrow(/empty/)
  })

  test('what stands behind the trailer is rejected, so that the count cannot agree', async () => {
    const result = await parsed('ca_doj_clew', `${header}${entry}TOTAL RECORD 0000001\n${entry}`)
    expect(result.summary).toMatchObject({ rows: 1, rejected: 1, trailerCount: 1 })
  })

  test('an entry that is rejected still counts toward the trailer', async () => {
    const result = await parsed(
      'ca_doj_clew',
      `${header}${entry}${entry.replace('QBC1239', '000    ')}TOTAL RECORD 0000002\n`,
    )
    expect(result.summary).toMatchObject({ rows: 1, rejected: 1, trailerCount: 2 })
  })
})

describe('a file of another layout', () => {
  test.each([...listFormats.keys()].filter((name) => !['csv', 'simple', 'ca_doj_clew'].includes(name)))(
    '%s refuses lines of prose, with the first reason',
    async (name) => {
      const prose = 'the quick brown fox jumps over, as foxes do, the lazy dog; and so on and on\n'.repeat(1500)
      await expect(parsed(name, prose)).rejects.toThrow(/Is this the right format|no column|columns/)
    },
  )
})
