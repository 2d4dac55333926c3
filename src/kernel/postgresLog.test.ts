import { appendFile, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trimLog } from './postgresLog.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platekeep-log-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a log that grew too long is moved aside, and who appends to it goes on at its beginning', async () => {
  const path = join(folder, 'postgres.log')
  await trimLog(path, 10)
  const writer = await open(path, 'a')
  await writer.write('12345')
  await trimLog(path, 10)
  expect(await readFile(path, 'utf8')).toBe('12345')
  await writer.write('67890+')
  await trimLog(path, 10)
  await writer.write('next')
  expect(await readFile(path, 'utf8')).toBe('next')
  expect(await readFile(`${path}.1`, 'utf8')).toBe('1234567890+')
  await writer.close()
})

test('one former part is kept, not all of them', async () => {
  const path = join(folder, 'other.log')
  await writeFile(path, 'first, long')
  await trimLog(path, 5)
  await appendFile(path, 'second, long')
  await trimLog(path, 5)
  expect(await readFile(`${path}.1`, 'utf8')).toBe('second, long')
  expect((await stat(path)).size).toBe(0)
})
