/**
 * `platekeep serve` as a process of its own, started as a person starts it, so that it can be killed like any other. What it
 * writes to its log is kept: a mistake of the program that shows itself only there is a finding too.
 */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { must } from '../../src/kernel/assert.ts'

const program = fileURLToPath(new URL('../../bin/platekeep.js', import.meta.url))
/** What the program starts its server with; given here, it is this very child that becomes the server. */
const engineFlags = ['--max-semi-space-size=16']
const readyMsMax = 90_000
const linesMax = 400

export type ServerOptions = {
  /** The data folder. */
  data: string
  retention: string
  /** Absent: the PostgreSQL of its own. */
  databaseUrl?: string
  keys?: string
}

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly ms: number }

export type ServerProcess = {
  readonly pid: number
  /** The address, once it is ready. Rejects, with what it said, where it ends before that. */
  readonly ready: Promise<string>
  /** When it has ended, and how long after `signal` was called. */
  readonly ended: Promise<Exit>
  isRunning(): boolean
  signal(name: 'SIGTERM' | 'SIGKILL'): void
  /** The last lines of its log and of its messages. */
  said(): string
  /** Lines of the log that tell of a mistake in the program, or of a broken log. */
  mistakes(): string[]
}

export function startServerProcess({ data, retention, databaseUrl, keys }: ServerOptions): ServerProcess {
  const settings = ['--data', data, '--port', '0', '--retention', retention, '--log-level', 'info', '--json']
  const child = spawn(
    process.execPath,
    [
      ...engineFlags,
      program,
      'serve',
      ...settings,
      ...(databaseUrl === undefined ? [] : ['--database-url', databaseUrl]),
      ...(keys === undefined ? [] : ['--keys', keys]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environment() },
  )
  const lines: string[] = []
  const mistakes: string[] = []
  let signalledMs = performance.now()
  let exit: Exit | undefined
  let foundUrl: ((url: string) => void) | undefined
  const url = new Promise<string>((resolve) => (foundUrl = resolve))
  const ended = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal, ms: performance.now() - signalledMs }
      resolve(exit)
    })
  })
  eachLine(child.stdout, (line) => {
    const ready = /^\{"ready":true,"url":"([^"]+)"/.exec(line)?.[1]
    if (ready !== undefined) foundUrl?.(ready)
  })
  eachLine(child.stderr, (line) => {
    lines.push(line)
    if (lines.length > linesMax) lines.shift()
    if (tellsOfMistake(line)) mistakes.push(line)
  })
  const said = (): string => lines.slice(-20).join('\n')
  const ready = Promise.race([
    url,
    ended.then(({ code, signal }) => {
      throw new Error(`the server ended with ${code ?? signal} before it was ready:\n${said()}`)
    }),
    delay(readyMsMax, undefined, { ref: false }).then(() => {
      throw new Error(`the server was not ready after ${readyMsMax} ms:\n${said()}`)
    }),
  ])
  // Whoever kills it on purpose does not wait for its being ready.
  ready.catch(() => {})
  return {
    pid: must(child.pid, 'the program starts'),
    ready,
    ended,
    isRunning: () => exit === undefined,
    signal: (name) => {
      signalledMs = performance.now()
      if (exit === undefined) child.kill(name)
    },
    said,
    mistakes: () => mistakes,
  }
}

/** A log line that names one, or anything that is no log line at all, such as the stack of a crash. */
function tellsOfMistake(line: string): boolean {
  return (
    !line.startsWith('{') || /mistake in the program|log is broken|assertion failed|did not stop cleanly/.test(line)
  )
}

/** Ours, without the settings that are meant for other servers: one that is not in the list would be refused. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PLATEKEEP_') && name !== 'DATABASE_URL'),
  )
}

function eachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) take(part)
  })
}

/** What the server notes in its data folder for `platekeep bootstrap`. */
export async function operatorTokenOf(data: string): Promise<string> {
  const noted: unknown = JSON.parse(await readFile(join(data, 'server.json'), 'utf8'))
  if (typeof noted === 'object' && noted !== null && 'operatorToken' in noted) return String(noted.operatorToken)
  throw new Error('server.json holds no operator token')
}
