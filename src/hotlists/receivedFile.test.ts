import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Invalid, TooMuch, Unavailable } from '../kernel/errors.ts'
import { ReceivedFile, receivedFile } from './receivedFile.ts'

const limits = { bytesMax: 10, silenceMsMax: 5_000, totalMsMax: 5_000 }

async function* chunksOf(...texts: string[]): AsyncGenerator<Uint8Array, void> {
  for (const text of texts) yield Buffer.from(text)
}
async function textOf(file: ReceivedFile): Promise<string> {
  let text = ''
  for await (const chunk of file) text += Buffer.from(chunk).toString()
  return text
}

describe('a file as it arrives', () => {
  test('is counted and digested', async () => {
    const file = new ReceivedFile(chunksOf('ABC', '123', '\n'), limits)
    expect(file.sha256).toBeUndefined()
    expect(await textOf(file)).toBe('ABC123\n')
    expect(file.bytes).toBe(7)
    expect(file.sha256).toBe(createHash('sha256').update('ABC123\n').digest('hex'))
  })
  test('has no digest before its end', async () => {
    const file = new ReceivedFile(chunksOf('ABC', '123'), limits)
    for await (const chunk of file) if (chunk.length > 0) break
    expect(file.sha256).toBeUndefined()
    expect(file.bytes).toBe(3)
  })
  test('is read once', async () => {
    const file = new ReceivedFile(chunksOf('ABC'), limits)
    await textOf(file)
    await expect(textOf(file)).rejects.toThrow(Unavailable)
  })
  test('may be exactly as large as the limit, and not a byte more', async () => {
    expect(await textOf(new ReceivedFile(chunksOf('12345', '67890'), limits))).toHaveLength(10)
    await expect(textOf(new ReceivedFile(chunksOf('12345', '678901'), limits))).rejects.toThrow(TooMuch)
  })
})

describe('a sender', () => {
  test('that falls silent is given up', async () => {
    async function* silent(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('ABC')
      await sleep(300)
      yield Buffer.from('123')
    }
    await expect(textOf(new ReceivedFile(silent(), { ...limits, silenceMsMax: 50 }))).rejects.toThrow(/Nothing arrived/)
    expect(await textOf(new ReceivedFile(silent(), limits))).toBe('ABC123')
  })
  test('that sends a byte now and then is given up too', async () => {
    async function* slow(): AsyncGenerator<Uint8Array, void> {
      for (let byte = 0; byte < 10; byte++) {
        await sleep(30)
        yield Buffer.from('A')
      }
    }
    await expect(textOf(new ReceivedFile(slow(), { ...limits, totalMsMax: 100 }))).rejects.toThrow(/took longer/)
    expect(await textOf(new ReceivedFile(slow(), limits))).toHaveLength(10)
  })
  test('that breaks off is told so, and no mistake of ours', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('ABC')
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    }
    const file = new ReceivedFile(broken(), limits)
    await expect(textOf(file)).rejects.toMatchObject({ faults: [{ rule: 'broken-off' }] })
    expect(file.sha256).toBeUndefined()
  })
  test('whose data cannot be unpacked hears that reason', async () => {
    const reason = new Invalid([{ path: '', rule: 'encoding', message: 'is no gzip' }])
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('ABC')
      throw reason
    }
    await expect(textOf(new ReceivedFile(broken(), limits))).rejects.toBe(reason)
  })
})

test.each([undefined, null, 'text', 5, {}])('%j is no file', (stream) => {
  expect(() => receivedFile(stream)).toThrow(Invalid)
})
