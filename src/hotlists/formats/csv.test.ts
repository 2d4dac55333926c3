import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { categories } from './format.ts'
import { categoryOf } from './categories.ts'
import { recordLinesMax } from './csv-records.ts'
import { dateOf, dateOfMmddyy, dateOfYyyymmdd } from './dates.ts'
import { splitPlain, splitRecords } from './quotes.ts'
import { parsed } from './testing.ts'

describe('headers', () => {
  test.each([
    'Plate Number,State/Province,Description',
    'Hot Plate,State,Remarks',
    'license_plate,PROVINCE,note',
    '"LIC","LIS","MISC"',
    'Plate Number;State;Reason',
    'Tag\tState\tComments',
  ])('%s', async (header) => {
    const delimiter = header.match(/[,;\t]/)?.[0] ?? ','
    const result = await parsed('csv', `${header}\n${['QX1', 'MA', 'red'].join(delimiter)}\n`)
    expect(result.rows).toEqual([{ line: 2, plate: 'QX1', jurisdiction: 'MA', note: 'red' }])
  })

  test('columns by name, in any case and punctuation', async () => {
    const result = await parsed('csv', 'Nummer,Land\nQX1,MA\n', { columns: { plate: 'NUMMER', jurisdiction: 'land' } })
    expect(result.rows).toEqual([{ line: 2, plate: 'QX1', jurisdiction: 'MA' }])
  })

  test('columns by number need no header, but pass one over', async () => {
    const options = { columns: { plate: 1, jurisdiction: 0 } }
    expect((await parsed('csv', 'MA,QX1\n', options)).rows).toHaveLength(1)
    expect((await parsed('csv', 'State,Plate\nMA,QX1\n', options)).rows.map(({ plate }) => plate)).toEqual(['QX1'])
    expect(
      (await parsed('csv', 'x,y\nMA,QX1\n', { ...options, hasHeader: true })).rows.map(({ plate }) => plate),
    ).toEqual(['QX1'])
  })

  test('a single column without a header is a list of plates', async () => {
    expect((await parsed('csv', 'QX1\nQX2\n')).rows.map(({ plate }) => plate)).toEqual(['QX1', 'QX2'])
  })

  test('the same plate name twice: the first', async () => {
    expect((await parsed('csv', 'Plate,Plate\nQX1,QX2\n')).rows.map(({ plate }) => plate)).toEqual(['QX1'])
  })

  test.each([
    ['no header that is known', 'QX1,MA\nQX2,MA\n', {}, /plate=0/],
    [
      'a name that is not there',
      'Plate,State\nQX1,MA\n',
      { columns: { plate: 'Nummer' } },
      /no column "Nummer". It has: Plate, State/,
    ],
    ['a name without a header', 'QX1,MA\n', { columns: { plate: 'Plate' }, hasHeader: false }, /no header/],
    ['no plate', 'Plate,State\n', { columns: { jurisdiction: 1 } }, /plate=0/],
    ['a number out of range', 'Plate,State\n', { columns: { plate: -1 } }, /whole number/],
    ['a strange delimiter', 'Plate,State\n', { delimiter: 'x' }, /delimiter/],
    ['no header by setting', 'Plate,State\nQX1,MA', { hasHeader: false }, /plate=0/],
  ])('refused: %s', async (_, file, options, message) => {
    await expect(parsed('csv', file, options)).rejects.toThrow(message)
  })

  test('an unknown field, as a settings file may hold, is refused by name', async () => {
    const columns: Record<string, number> = { plate: 0, owner: 1 }
    await expect(parsed('csv', 'QX1,x\n', { columns })).rejects.toThrow(/no field owner/)
  })

  test('the error about a file without a header repeats none of its cells', async () => {
    await expect(parsed('csv', 'QX1ZZ,MA\n', { columns: { plate: 'Nummer' } })).rejects.not.toThrow(/QX1ZZ/)
  })
})

describe('delimiters', () => {
  test.each([
    [',', ','],
    [';', ';'],
    [':', ':'],
    ['\t', '\t'],
    ['tab', '\t'],
    ['|', '|'],
  ])('%s', async (delimiter, written) => {
    const result = await parsed('csv', `${['QX1', 'MA'].join(written)}\n`, {
      delimiter,
      columns: { plate: 0, jurisdiction: 1 },
    })
    expect(result.rows).toEqual([{ line: 1, plate: 'QX1', jurisdiction: 'MA' }])
  })
})

describe('rows', () => {
  const header = 'Plate,State,Alert,Date,Expires,Priority,Remarks\n'

  test('every field, converted where the words or the date are known', async () => {
    const result = await parsed('csv', `${header}QX1,MA,STOLEN VEHICLE,03/09/2025,2026-01-31T00:00,50,"red, dented"\n`)
    expect(result.rows).toEqual([
      {
        line: 2,
        plate: 'QX1',
        jurisdiction: 'MA',
        category: 'stolen-vehicle',
        enteredOn: '2025-03-09',
        expiresOn: '2026-01-31',
        priority: 50,
        note: 'red, dented',
      },
    ])
  })

  test('what is not known is kept in words', async () => {
    const result = await parsed('csv', `${header}QX1,MA,Neighbourhood,soon,never,High,\n`)
    expect(result.rows).toEqual([
      {
        line: 2,
        plate: 'QX1',
        jurisdiction: 'MA',
        note: 'Neighbourhood; date as written: soon; expiry as written: never; priority High',
      },
    ])
  })

  test('blank cells may be missing at the end, and a row of nothing but delimiters is blank', async () => {
    const result = await parsed('csv', `${header}QX1\n,,,,,,\nQX2,MA,,,,,,,\n`)
    expect(result.rows.map(({ line, plate }) => [line, plate])).toEqual([
      [2, 'QX1'],
      [4, 'QX2'],
    ])
    expect(result.rejections).toEqual([])
  })

  test('an unquoted delimiter would shift every cell behind it, so its row is rejected', async () => {
    const result = await parsed('csv', `${header}QX1,MA,,,,,red\nQX2,MA,,,,,red, dented\n`)
    expect(result.rejections).toEqual([
      { line: 3, reason: expect.stringContaining('8 columns where the first has 7') as unknown },
    ])
  })

  test('a last row that is short and has no line end was cut off', async () => {
    expect((await parsed('csv', `${header}QX1,MA,,,,,\nQX2,MA`)).rejections).toEqual([
      { line: 3, reason: expect.stringContaining('cut off') as unknown },
    ])
    expect((await parsed('csv', `${header}QX1,MA,,,,,\nQX2,MA\n`)).rejections).toEqual([])
  })
})

describe('quotes', () => {
  test('delimiters, line ends and doubled quotes within them', async () => {
    const result = await parsed('csv', 'Plate,Remarks\r\nQX1,"a, b"\r\nQX2,"two\r\nlines"\r\n"QX3","say ""stop"""\r\n')
    expect(result.rows.map(({ line, plate, note }) => [line, plate, note])).toEqual([
      [2, 'QX1', 'a, b'],
      [3, 'QX2', 'two\nlines'],
      [5, 'QX3', 'say "stop"'],
    ])
  })

  test('a stray quote costs its own line and no other', async () => {
    const rest = Array.from({ length: 2 * recordLinesMax }, (_, index) => `QX${index},x`)
    const result = await parsed('csv', ['Plate,Remarks', 'QY1,"5 inch', ...rest].join('\n'))
    expect(result.rejections).toEqual([
      { line: 2, reason: `a quote is opened and not closed within ${recordLinesMax} lines` },
    ])
    expect(result.rows).toHaveLength(rest.length)
  })

  test('a stray quote near the end is found when the file ends', async () => {
    const result = await parsed('csv', 'Plate,Remarks\nQX1,x\nQY1,"5 inch\nQX2,x\nQX3,x')
    expect(result.rejections.map(({ line }) => line)).toEqual([3])
    expect(result.rows.map(({ line }) => line)).toEqual([2, 4, 5])
  })

  test('quotes out of place reject their row, among others that are read together', async () => {
    const result = await parsed('csv', 'Plate,Remarks\nQX1,"a ""b"""\nQX2,c "d" e\nQX3,"f"" g"\n"QX4"x,"y"""\n')
    expect(result.rows.map(({ line, note }) => [line, note])).toEqual([
      [2, 'a "b"'],
      [4, 'f" g'],
    ])
    expect(result.rejections.map(({ line }) => line)).toEqual([3, 5])
  })

  test('splitting by hand agrees with csv-parse wherever it answers', () => {
    const cell = fc.oneof(
      fc.constantFrom('', 'a', '"a"', '"a,b"', '"a\nb"', '"a""b"', 'a"b', '"', '""'),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (cells) => {
        const record = cells.join(',')
        const split = splitPlain(record, ',')
        if (split === null || !record.includes('"')) return
        expect(parse(record, { record_delimiter: '\n', relax_column_count: true })).toEqual([split])
      }),
      { numRuns: 2000 },
    )
  })

  test('records read together are those read one by one', () => {
    const record = fc.constantFrom('a,b', '"a ""b""",c', '"x"y,"z"""', 'a"b",c', '"a\nb ""c""",d')
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), (records) => {
        expect(splitRecords(records, ',')).toEqual(records.flatMap((one) => splitRecords([one], ',')))
      }),
    )
  })
})

describe('words', () => {
  test.each(categories)('CL-3 %s is understood as itself', (category) => {
    expect(categoryOf(category)).toBe(category)
  })

  test.each([
    ['STOLEN LICENSE PLATE', 'stolen-plate'],
    ['Stolen Canadian Plate', 'stolen-plate'],
    ['Amber alert', 'amber-alert'],
    ['Wanted Person NCIC', 'wanted-person'],
    ['Missing Child Alert', 'missing-child'],
    ['SUSPENDED LICENSE', 'suspended-licence'],
    ['Suspended license plate', 'suspended-registration'],
    ['Manual entry', 'manual'],
    ['Stolen', undefined],
    ['Suspended', undefined],
    ['', undefined],
    ['localised', undefined],
  ])('%s', (words, category) => {
    expect(categoryOf(words)).toBe(category)
  })
})

describe('dates', () => {
  test.each([
    ['2025-03-09', '2025-03-09'],
    ['2025-03-09T12:30:00-05:00', '2025-03-09'],
    ['20250309', '2025-03-09'],
    ['3/9/2025', '2025-03-09'],
    ['03/09/2025 06:00', '2025-03-09'],
    ['2024-02-29', '2024-02-29'],
    ['2025-02-29', null],
    ['2025-04-31', null],
    ['13/01/2025', null],
    ['0000-00-00', null],
    ['1492-10-12', null],
    ['tomorrow', null],
  ])('%s', (text, date) => {
    expect(dateOf(text)).toBe(date)
  })

  test('two-digit years and eight digits', () => {
    expect(['032910', '010199', '130101', '0101'].map(dateOfMmddyy)).toEqual(['2010-03-29', '1999-01-01', null, null])
    expect(['20250229', '20240229', '2025-1-1'].map(dateOfYyyymmdd)).toEqual([null, '2024-02-29', null])
  })
})
