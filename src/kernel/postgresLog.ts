/**
 * Keeps PostgreSQL's log to a size. PostgreSQL appends to the file through a handle it got from us, so the file cannot
 * be renamed away; its content is copied and the file emptied, and appending goes on at its new end. A line written
 * between the two is lost, which this log can bear.
 */
import { copyFile, stat, truncate } from 'node:fs/promises'
import { errorFields, type Log } from './log.ts'

const bytesMax = 10 * 1024 * 1024
const everyMs = 60_000

/** Looks at the file now and every minute, and keeps one former part beside it. The answer ends that. */
export function keepLogSmall(path: string, log: Log): () => void {
  const look = (): void => {
    trimLog(path).catch((error: unknown) => log('warn', "PostgreSQL's log could not be shortened", errorFields(error)))
  }
  look()
  const timer = setInterval(look, everyMs).unref()
  return () => clearInterval(timer)
}

/** Moves the content to `<path>.1` when the file has more than `most` bytes. */
export async function trimLog(path: string, most = bytesMax): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || found.size <= most) return
  await copyFile(path, `${path}.1`)
  await truncate(path, 0)
}
