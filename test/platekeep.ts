/**
 * `platekeep serve` as a process of its own on a fresh database, set up through its own interface, and reached over real
 * connections: for what cannot be seen from inside, such as its memory, its limits, and what it does when its database is gone.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, mkdtemp, realpath, rm } from 'node:fs/promises'
import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Client } from 'pg'
import { inject } from 'vitest'
import { startServerProcess, type ServerProcess } from './faults/serverProcess.ts'
import { isRecord } from './samples.ts'
import { databaseUrl } from './times.ts'
import { undocumented } from './documented.ts'

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly body: unknown
}
export type Body = string | Buffer | AsyncIterable<Buffer> | undefined
export type Town = {
  readonly agencyId: string
  readonly server: string
  readonly device: string
  readonly devices: readonly string[]
  readonly people: ReadonlyMap<string, string>
}

export type Platekeep = {
  readonly server: ServerProcess
  readonly url: string
  readonly owner: Client
  readonly administrator: string
  readonly towns: readonly [Town, Town]
  /** Sends one request over a kept connection. An answer the interface's description does not know throws. */
  send(method: string, path: string, headers: OutgoingHttpHeaders, body?: Body): Promise<Reply>
  /** The most memory its process ever held, in bytes; undefined where the system does not say. */
  peakBytes(): Promise<number | undefined>
  close(): Promise<void>
}

/** `through` gives the address the server shall use for its database, where something stands between. */
export async function openPlatekeep(
  through: (url: string) => Promise<string> = async (url) => url,
): Promise<Platekeep> {
  const main = inject('postgresUrl')
  const name = `platekeep_process_${process.pid}_${randomBytes(3).toString('hex')}`
  const admin = new Client({ connectionString: main })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const data = await realpath(await mkdtemp(join(tmpdir(), 'platekeep-process-')))
  const server = startServerProcess({ data, retention: '3d', databaseUrl: await through(databaseUrl(main, name)) })
  const agent = new Agent({ keepAlive: true, maxSockets: 300 })
  const owner = new Client({ connectionString: databaseUrl(main, name) })
  const close = async (): Promise<void> => {
    agent.destroy()
    server.signal('SIGTERM')
    await server.ended
    await owner.end()
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
    await rm(data, { recursive: true, force: true })
  }
  try {
    const url = await server.ready
    await owner.connect()
    const send = (method: string, path: string, headers: OutgoingHttpHeaders, body?: Body): Promise<Reply> =>
      sendTo(url, agent, method, path, headers, body)
    const { operatorToken }: { operatorToken: string } = JSON.parse(await readFile(join(data, 'server.json'), 'utf8'))
    const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' }
    const draft = (town: string, ori: string) => ({ name: town, ori, devices: ['camera-1', 'camera-2'] })
    const request = { agencies: [draft('First Town', 'MA0010000'), draft('Second Town', 'MA0020000')] }
    const { body } = await send('POST', '/v1/installation/bootstrap', headers, JSON.stringify(request))
    const made = body as Bootstrapped
    const [first, second] = made.agencies.map(townOf)
    if (!first || !second) throw new Error(`bootstrap failed: ${JSON.stringify(body)}`)
    const administrator = made.state.people[0]?.token ?? ''
    return {
      server,
      url,
      owner,
      administrator,
      towns: [first, second],
      send,
      close,
      peakBytes: () => peakOf(server.pid),
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Bootstrapped = {
  state: { people: { token: string }[] }
  agencies: {
    agencyId: string
    people: { role: string; token: string }[]
    departmentServer: { token: string }
    devices: { deviceId: string; token: string }[]
  }[]
}
function townOf({ agencyId, people, departmentServer, devices }: Bootstrapped['agencies'][number]): Town {
  return {
    agencyId,
    server: departmentServer.token,
    device: devices[0]?.token ?? '',
    devices: devices.map(({ deviceId }) => deviceId),
    people: new Map(people.map(({ role, token }) => [role, token])),
  }
}

async function peakOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

/** One request, whose body may be a stream: the answer is read even if it comes before the body has ended. */
async function sendTo(
  url: string,
  agent: Agent,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
  body: Body,
): Promise<Reply> {
  const outgoing = httpRequest(new URL(url), { agent, method, path, headers })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  // A server that has answered may close while we still write.
  answered.catch(() => {})
  if (typeof body === 'string' || Buffer.isBuffer(body) || body === undefined) outgoing.end(body)
  else await pour(outgoing, body, answered)
  const incoming = await answered
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  if (!outgoing.writableFinished) outgoing.destroy()
  const text = Buffer.concat(chunks).toString()
  const isJson = String(incoming.headers['content-type']).includes('json')
  const reply = {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    text,
    body: isJson ? parsed(text) : undefined,
  }
  const complaint = /[?%]/.test(path) ? undefined : undocumented(method, path, reply)
  if (complaint !== undefined) throw new Error(`${complaint}: ${text.slice(0, 300)}`)
  return reply
}

async function pour(
  outgoing: ReturnType<typeof httpRequest>,
  body: AsyncIterable<Buffer>,
  answered: Promise<unknown>,
): Promise<void> {
  let over = false
  const end = (): void => {
    over = true
  }
  answered.then(end, end)
  for await (const chunk of body) {
    if (over) return
    await setImmediate() // So that an answer is noticed.
    if (!outgoing.write(chunk)) await Promise.race([once(outgoing, 'drain'), answered]).catch(end)
  }
  outgoing.end()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first fault of a problem document, as `path rule`. */
export function firstFault({ body }: Reply): string {
  const faults = isRecord(body) && Array.isArray(body['errors']) ? body['errors'] : []
  const [fault] = faults
  return isRecord(fault) ? `${String(fault['path'])} ${String(fault['rule'])}` : ''
}
