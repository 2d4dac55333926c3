/** The terminal that this process was started at. */
import type { Writable } from 'node:stream'
import { currentEnvironment } from '../kernel/config.ts'
import type { Terminal } from './terminal.ts'

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** A terminal tells its whole group of Ctrl-C, and the launcher and npm pass it on: what comes so soon is the same one. */
const sameSignalMs = 1_500
const columnsDefault = 100
const columnsMax = 120

/** The streams and signals of this process as a terminal; `flush` waits until everything was written. Asked for once. */
export function processTerminal(): Terminal & { flush(): Promise<void> } {
  const { stdout, stderr, stdin } = process
  endQuietly(stdout)
  endQuietly(stderr)
  let drawn = false
  let interrupted: AbortController | undefined
  function wipe(): void {
    if (drawn) stderr.write('\r\u001b[K')
    drawn = false
  }
  return {
    stdin,
    print: (text) => {
      wipe()
      stdout.write(`${text}\n`)
    },
    note: (text) => {
      wipe()
      stderr.write(`${text}\n`)
    },
    draw: (line) => {
      wipe()
      if (line === '' || !stderr.isTTY) return
      stderr.write(line.slice(0, (stderr.columns || columnsDefault) - 1))
      drawn = true
    },
    draws: stderr.isTTY,
    columns: Math.min(stderr.columns || columnsDefault, columnsMax),
    environment: currentEnvironment(),
    interruption: () => (interrupted ??= watchForSignals()).signal,
    flush: async () => {
      wipe()
      await Promise.all([flushed(stdout), flushed(stderr)])
    },
  }
}

/** Aborts at the first signal and ends the program at a second one, for people who have waited long enough. */
function watchForSignals(): AbortController {
  const controller = new AbortController()
  let firstMs: number | undefined
  function heard(): void {
    const now = performance.now()
    firstMs ??= now
    if (!controller.signal.aborted) controller.abort()
    else if (now - firstMs > sameSignalMs) process.exit(1)
  }
  for (const signal of signals) process.on(signal, heard)
  // Whoever started this was killed and can pass nothing on any more.
  process.once('disconnect', heard)
  return controller
}

/** Whoever reads the output may stop reading (`| head`): then there is nothing more to do. */
function endQuietly(stream: Writable): void {
  stream.on('error', (error) => {
    process.exit('code' in error && error.code === 'EPIPE' ? 0 : 1)
  })
}

function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
