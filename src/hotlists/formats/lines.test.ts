import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Invalid } from '../../kernel/errors.ts'
import { batchItemsMax, hopelessLines } from './batch.ts'
import { listFormats } from './formats.ts'
import { headBytes, lineBytesMax } from './lines.ts'
import { type Parsed, parsed } from './testing.ts'

const names = [...listFormats.keys()]
const plates = (result: Parsed) => result.rows.map(({ line, plate }) => `${line} ${plate}`)

/** Blank lines up to where the look at a file's head ends: only behind it does every chunk reach the splitter by itself. */
const head = '\n'.repeat(headBytes)

describe('line ends', () => {
  test.each([
    ['LF', 'QX1\nQX2\n\nQX4\n'],
    ['CR LF', 'QX1\r\nQX2\r\n\r\nQX4\r\n'],
    ['CR', 'QX1\rQX2\r\rQX4\r'],
    ['all three', 'QX1\r\nQX2\n\rQX4'],
    ['none behind the last line', 'QX1\nQX2\n\nQX4'],
  ])('%s', async (_, file) => {
    for (const size of [1, 2, 3, 5, 100]) {
      const result = await parsed('simple', file, {}, [size])
      expect(plates(result)).toEqual(['1 QX1', '2 QX2', '4 QX4'])
      expect(result.summary).toEqual({ lines: 4, rows: 3, rejected: 0 })
      const behindHead = await parsed('simple', head + file, {}, [size])
      expect(plates(behindHead)).toEqual([1, 2, 4].map((line) => `${head.length + line} QX${line}`))
    }
  })

  test('a Control-Z at the end, as old systems write, is no entry', async () => {
    expect((await parsed('simple', 'QX1\r\n\x1a')).summary).toEqual({ lines: 2, rows: 1, rejected: 0 })
  })

  test('an empty file has nothing', async () => {
    expect(await parsed('simple', '')).toEqual({
      rows: [],
      rejections: [],
      batches: [],
      summary: { lines: 0, rows: 0, rejected: 0 },
    })
    expect((await parsed('csv', '\n\n')).summary).toEqual({ lines: 2, rows: 0, rejected: 0 })
  })
})

describe('bytes', () => {
  test('a byte order mark is no part of the first cell, however it is cut', async () => {
    for (const size of [1, 2, 4, 100]) {
      expect(plates(await parsed('csv', '\ufeffPlate,State\nQX1,MA\n', {}, [size]))).toEqual(['2 QX1'])
    }
  })

  test('UTF-8 and Latin-1 may stand in one file, line by line', async () => {
    const file = Buffer.concat([
      Buffer.from('Plate,Remarks\nQX1,Québec\n'),
      Buffer.from('QX2,Québec\n', 'latin1'),
      Buffer.from('QX3,“quoted”'),
    ])
    expect((await parsed('csv', file)).rows.map(({ note }) => note)).toEqual(['Québec', 'Québec', '“quoted”'])
  })

  test('NUL and other control characters reject their line only', async () => {
    const result = await parsed('simple', 'QX1\nQ\0X2\nQX3\nQX\x1b4\n')
    expect(plates(result)).toEqual(['1 QX1', '3 QX3'])
    expect(result.rejections).toEqual([
      { line: 2, reason: 'the line holds a control character (code 0)' },
      { line: 4, reason: 'the line holds a control character (code 27)' },
    ])
  })

  test('a line at the limit is read, one over it is rejected, and the next is read again', async () => {
    const longest = `QX1,${'x'.repeat(lineBytesMax - 4)}`
    for (const sizes of [[65_536], [1000], [4095, 3]]) {
      const result = await parsed('csv', `Plate,Remarks\n${longest}\n${longest}x\nQX3,y\n`, {}, sizes)
      expect(plates(result)).toEqual(['2 QX1', '4 QX3'])
      expect(result.rejections).toEqual([{ line: 3, reason: `the line is over ${lineBytesMax} bytes` }])
    }
  })

  test('a line of a hundred megabytes is neither kept nor waited for', async () => {
    const format = listFormats.get('simple')
    const items = format?.parse(endlessLine(), {})
    const first = await items?.next()
    expect(first?.value).toMatchObject({ rows: [{ line: 2, plate: 'QX2' }], rejections: [{ line: 1 }] })
  })

  test.each([
    ['zip', 'PK\x03\x04....', /zip/],
    ['gzip', '\x1f\x8b\x08..', /gzip/],
    ['PDF', '%PDF-1.7', /PDF/],
    ['UTF-16', '\xff\xfeP\0l\0', /UTF-16/],
    ['a web page', '\n<!DOCTYPE html><html>', /web page/],
    ['XML', '<?xml version="1.0"?>', /web page or XML/],
    ['binary', String.fromCharCode(...Array.from({ length: 256 }, (_, code) => (code * 7) % 256)), /binary/],
  ])('%s is refused as what it is', async (_, start, reason) => {
    for (const size of [1, 4096])
      await expect(parsed('ncic', Buffer.from(start, 'latin1'), {}, [size])).rejects.toThrow(reason)
  })
})

describe('batches', () => {
  test('rows come in arrays of bounded size, in file order', async () => {
    const file = Array.from({ length: 2 * batchItemsMax + 1 }, (_, index) => `QX${index}`).join('\n')
    for (const name of ['simple', 'csv']) {
      const result = await parsed(name, file, {}, [777])
      expect(result.batches).toEqual([batchItemsMax, batchItemsMax, 1])
      expect(result.rows.map(({ line }) => line)).toEqual(
        Array.from({ length: 2 * batchItemsMax + 1 }, (_, index) => index + 1),
      )
    }
  })

  test('a file of which nothing can be read is refused early, one with a single entry is not', async () => {
    const bad = '!!!\n'.repeat(hopelessLines)
    await expect(parsed('simple', `${bad}${bad}`, { hasHeader: false })).rejects.toThrow(
      `None of the first ${hopelessLines} lines`,
    )
    await expect(parsed('simple', '!!!\n!!!\n', { hasHeader: false })).rejects.toThrow(/None of the first 2 lines/)
    expect((await parsed('simple', `QX1\n${bad}${bad}`)).summary).toMatchObject({
      rows: 1,
      rejected: 2 * hopelessLines,
    })
  })
})

describe('whatever the bytes', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'QX1,MA',
      'QX2',
      '"QX3","a ""b"""',
      '"open',
      'a"b"c',
      '',
      '\x1a',
      'DATE02/26/2026 09:00',
      'TOTAL RECORD 0000002',
      'Plate,State',
    ),
    fc.constantFrom(
      'V900000017MA099010020250321AB12QZ    OH2026PC2011F0RDF0C4DBLK',
      'QBC1239 CA1220250515',
      'QBC123 KS#3 STOLEN PLATE! PC',
    ),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constant('x'.repeat(lineBytesMax + 1)),
  )
  const file = fc
    .tuple(fc.constantFrom('', head), fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 70 }))
    .map(([start, lines]) => Buffer.from(start + lines.map(([text, end]) => text + end).join('')))
  const bytes = fc.oneof(file, fc.uint8Array({ maxLength: 6000 }))
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })

  test('a parser answers with rows and rejections or refuses the file, and every line is accounted for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), bytes, async (name, input) => {
        const result = await outcome(name, input, [65_536])
        if ('refused' in result) return
        const seen = [...result.rows, ...result.rejections].map((item) => item.line)
        expect(new Set(seen).size).toBe(seen.length)
        expect(seen.every((number) => number >= 1 && number <= result.summary.lines)).toBe(true)
        expect(result.summary).toMatchObject({ rows: result.rows.length, rejected: result.rejections.length })
      }),
      { numRuns: 1500 },
    )
  })

  test('however the bytes are cut into chunks, the outcome is the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), bytes, sizes, async (name, input, chunkSizes) => {
        expect(await outcome(name, input, chunkSizes)).toEqual(await outcome(name, input, [65_536]))
      }),
      { numRuns: 1500 },
    )
  })
})

async function outcome(
  name: string,
  input: Uint8Array,
  sizes: readonly number[],
): Promise<Parsed | { refused: string }> {
  try {
    return await parsed(name, input, {}, sizes)
  } catch (error) {
    if (error instanceof Invalid) return { refused: error.message }
    throw error
  }
}

async function* endlessLine(): AsyncGenerator<Uint8Array, void> {
  const piece = Buffer.alloc(1_000_000, 'x')
  for (let sent = 0; sent < 100; sent++) yield piece
  yield Buffer.from('\nQX2\n')
}
