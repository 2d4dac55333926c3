/**
 * Where a command writes and what it hears: standard output for what was asked for, standard error for everything said on the
 * way, so that the first can go into a file or another program. Tests give a command one of their own.
 */
import type { Readable } from 'node:stream'

export type Terminal = {
  readonly stdin: Readable
  /** What was asked for, on standard output; a line end is added. */
  print(text: string): void
  /** What is said on the way, on standard error. */
  note(text: string): void
  /** Writes over the last line on standard error that was drawn this way; only where `draws`. Empty wipes it. */
  draw(line: string): void
  /** Whether somebody looks at standard error, so that progress can be drawn. */
  readonly draws: boolean
  /** Width of a line. */
  readonly columns: number
  readonly environment: Readonly<Record<string, string | undefined>>
  /**
   * Aborted by Ctrl-C, by a signal to end, or by the end of whoever started this. From the first call on a signal no longer
   * kills the program; a second one after a while does.
   */
  interruption(): AbortSignal
}

/** Text from elsewhere as it may be shown: without the control characters that would command the terminal. */
export function shown(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?')
}

/** A value as one line of JSON. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value)
}

/** An instant with the offset of this machine's zone: `2026-11-23 09:15:04 -05:00`. */
export function localTime(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return shown(iso)
  const offset = -at.getTimezoneOffset()
  const local = new Date(at.getTime() + offset * 60_000).toISOString()
  const sign = offset < 0 ? '-' : '+'
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${sign}${two(hours)}:${two(minutes)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** `1 read`, `2,300 reads`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`
}
