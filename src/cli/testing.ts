/** What the tests of the command line share: a terminal that remembers, and sources that are no files. */
import { Readable } from 'node:stream'
import { runCli } from './main.ts'
import type { Source } from './source.ts'
import type { Terminal } from './terminal.ts'

export type Ran = { code: number; out: string; err: string }

export type TestTerminal = Terminal & { readonly out: string[]; readonly err: string[]; interrupt(): void }

/** `onPrint` hears every piece of standard output as it comes. */
export function testTerminal(
  environment: Readonly<Record<string, string>> = {},
  input: Buffer | string = '',
  onPrint: (text: string) => void = () => undefined,
): TestTerminal {
  const out: string[] = []
  const err: string[] = []
  const stop = new AbortController()
  return {
    stdin: Readable.from([Buffer.from(input)]),
    out,
    err,
    print: (text) => {
      out.push(text)
      onPrint(text)
    },
    note: (text) => void err.push(text),
    draw: () => undefined,
    draws: false,
    columns: 1_000,
    environment,
    interruption: () => stop.signal,
    interrupt: () => stop.abort(),
  }
}

/** Runs one command to its end. */
export async function ran(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input: Buffer | string = '',
): Promise<Ran> {
  const terminal = testTerminal(environment, input)
  const code = await runCli(args, terminal)
  return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') }
}

/** A source whose content comes in pieces of some size. */
export function sourceOf(content: Buffer | string, pieceBytes = 65_536): Source {
  const bytes = Buffer.from(content)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes)
  }
  return { name: 'the file', bytes: bytes.length, bytesRead: () => bytes.length, content: pieces() }
}
