/**
 * Which server a client command talks to, and under which token. A flag goes before the environment; without either, the
 * server is the one that runs on the data folder, which left its address there.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readClientConfig, readConfig } from '../kernel/config.ts'
import { Mendable } from '../kernel/errors.ts'
import { Usage, type Values } from './command.ts'
import type { Terminal } from './terminal.ts'

export type Connection = { readonly server: string; readonly token: string }

/** The options of every command that talks to a server. */
export const connectionOptions = {
  server: { type: 'string', value: '<url>', about: 'Address of the server (or PLATEKEEP_SERVER)' },
  token: {
    type: 'string',
    value: '<token>',
    about: 'Access token; better in PLATEKEEP_TOKEN, which `ps` does not show',
  },
  data: {
    type: 'string',
    value: '<folder>',
    about: 'Data folder whose server is meant, where no address is given (default ./data)',
  },
} as const

/** What a running server leaves in its data folder. */
export type ServerNote = { readonly url: string; readonly operatorToken: string }

/** The connection that the options and the environment describe. Throws `Usage` where there is no token. */
export async function connectionOf(terminal: Terminal, values: Values<typeof connectionOptions>): Promise<Connection> {
  const { server, token, data } = usageOf(() => readClientConfig(given(values), terminal.environment))
  if (token === '')
    throw new Usage(
      'An access token is missing: give --token, or set PLATEKEEP_TOKEN. `platekeep bootstrap` prints the first ones, and an administrator issues more (POST /v1/tokens).',
    )
  return { server: server || ((await readServerNote(data))?.url ?? defaultServer()), token }
}

/** The address a server has that was started without any setting. */
function defaultServer(): string {
  const { host, port } = readConfig({}, {})
  return `http://${host}:${port}`
}

function given({ server, token, data }: Values<typeof connectionOptions>): Record<string, string> {
  return {
    ...(server === undefined ? {} : { server }),
    ...(token === undefined ? {} : { token }),
    ...(data === undefined ? {} : { data }),
  }
}

/** A wrong setting is a wrong call. */
export function usageOf<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Mendable ? new Usage(error.message) : error
  }
}

/** The note in a data folder, or undefined where there is none that can be read. It stays there after the server has stopped. */
export async function readServerNote(data: string): Promise<ServerNote | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(join(data, 'server.json'), 'utf8'))
    if (typeof note !== 'object' || note === null || !('url' in note) || typeof note.url !== 'string') return undefined
    const operatorToken = 'operatorToken' in note && typeof note.operatorToken === 'string' ? note.operatorToken : ''
    return { url: note.url, operatorToken }
  } catch {
    return undefined
  }
}
