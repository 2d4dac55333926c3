/**
 * Operational logs: JSON lines on standard error, for the people who run the machine. They never hold a plate, a
 * search's facts, a token or a body: fields are scalars named by the caller, never objects that might carry such things.
 * The log of who did what is another thing altogether: `audit/`.
 */
import { pino } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

/** A log that writes JSON lines to standard error, from `level` up. */
export function openLog(level: LogLevel | 'silent'): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  )
  return (at, message, fields) => logger[at](fields ?? {}, message)
}

/** What of an error may be logged: its class, code and message for our own errors; class and code alone for others. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const frame = error.stack
    ?.split('\n')
    .find((line) => line.trim().startsWith('at '))
    ?.trim()
  return { error: error.name, code, message: isOurs(error) ? error.message : undefined, where: frame }
}

/** PostgreSQL's messages may quote values; ours never do. */
function isOurs(error: Error): boolean {
  return !('severity' in error) && !('detail' in error)
}
