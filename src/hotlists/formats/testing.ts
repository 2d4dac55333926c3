/** For the tests of this folder: a file in, everything that a format makes of it out. */
import type { FormatOptions, FormatRejection, FormatRow, FormatSummary } from './format.ts'
import { listFormats } from './formats.ts'
import { must } from '../../kernel/assert.ts'

export type Parsed = { rows: FormatRow[]; rejections: FormatRejection[]; summary: FormatSummary; batches: number[] }

/** Parses a text (as UTF-8) or bytes, handed over in chunks of the given sizes, repeated. */
export async function parsed(
  name: string,
  file: string | Uint8Array,
  options: FormatOptions = {},
  chunkSizes: readonly number[] = [65_536],
): Promise<Parsed> {
  const format = must(listFormats.get(name), `the format ${name} exists`)
  const items = format.parse(chunks(typeof file === 'string' ? Buffer.from(file) : file, chunkSizes), options)
  const result = { rows: [] as FormatRow[], rejections: [] as FormatRejection[], batches: [] as number[] }
  while (true) {
    const item = await items.next()
    if (item.done) return { ...result, summary: item.value }
    result.rows.push(...item.value.rows)
    result.rejections.push(...item.value.rejections)
    result.batches.push(item.value.rows.length + item.value.rejections.length)
  }
}

async function* chunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array, void> {
  let from = 0
  for (let index = 0; from < bytes.length; index++) {
    const size = Math.max(1, sizes[index % sizes.length] ?? 1)
    yield bytes.subarray(from, from + size)
    from += size
  }
}
