/**
 * The demonstration: a server with a simulated state, its traffic, and what to try next. It always has a database and a data folder of
 * its own. What is shown here of secrets a real installation shows once; this one keeps them, so that a second start finds them.
 */
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parsed } from '../door/contract.ts'
import { must } from '../kernel/assert.ts'
import { second } from '../kernel/clock.ts'
import { readConfig, type Config } from '../kernel/config.ts'
import { Invalid, Mendable } from '../kernel/errors.ts'
import { codeOf } from '../kernel/systemError.ts'
import { replaceFile } from '../kernel/wholeFile.ts'
import { startedServer } from '../cli/startedServer.ts'
import { jsonLine, type Terminal } from '../cli/terminal.ts'
import { Fleet } from '../simulate/fleet.ts'
import { simulatedState } from '../simulate/state.ts'
import { watchAlerts } from './demoAlerts.ts'
import { guideOf, guideText, type Guide } from './demoGuide.ts'
import { fillLists } from './demoLists.ts'
import { writeSamples } from './demoSamples.ts'
import { callerOf, createState, DemoState } from './demoState.ts'
import { demoFleetSize } from './demoTraffic.ts'
import { startTraffic, type Traffic } from './demoTrafficThread.ts'
import type { Server } from './server.ts'

export type DemoOptions = {
  readonly data: string
  readonly port: number | undefined
  readonly readsPerSecond: number
  readonly json: boolean
}

const seed = 'demonstration'
const portsTried = 20
/** The guide names a plate of the last two hours; it does not wait for it for ever. */
const historyMsMax = 4 * second

/** Runs until the terminal is interrupted. */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<void> {
  const startedMs = performance.now()
  const stop = terminal.interruption()
  const say = (text: string): void => {
    if (!options.json) terminal.note(`platekeep: ${text}`)
  }
  const config = await configOf(options, say)
  const kept = await readState(config.data)
  const traffic = startTraffic({ seed, withHistory: kept === undefined, readsPerSecond: options.readsPerSecond })
  try {
    const server = await startedServer(config, say)
    try {
      const { state, listEntries } = await fill(server, config, kept, say)
      traffic.start(startOf(server, state))
      const sample = await Promise.race([traffic.sample, delay(historyMsMax, null), traffic.ended.then(() => null)])
      const whole = { ...state, sample: sample ?? state.sample }
      await writeState(config.data, whole)
      const samples = await writeSamples(config.data, whole)
      const guide = guideOf({ url: server.url, data: shortPath(config.data), state: whole, samples })
      const seconds = (performance.now() - startedMs) / 1000
      terminal.print(
        options.json ? readyLine(guide, config, whole) : guideText(guide, { seconds, listEntries, isNew: !kept }),
      )
      await play(terminal, options, server, whole, traffic, stop)
      say('stopping')
    } finally {
      await traffic.stop()
      await server.stop()
    }
  } finally {
    await traffic.stop()
  }
  say(`stopped; the data is kept in ${shortPath(config.data)}`)
}

/** The settings of the demonstration's server, whatever the environment says: that may be meant for a real one. */
async function configOf({ data, port }: DemoOptions, say: (text: string) => void): Promise<Config> {
  const config = readConfig({ data, logLevel: 'warn', ...(port === undefined ? {} : { port: String(port) }) }, {})
  if (port !== undefined) return config
  for (let tried = config.port; tried < config.port + portsTried; tried++) {
    if (!(await isFree(config.host, tried))) continue
    if (tried !== config.port) say(`port ${config.port} is taken, so it is port ${tried}`)
    return { ...config, port: tried }
  }
  throw new Mendable(
    `Ports ${config.port} to ${config.port + portsTried - 1} are all taken. Choose another with --port.`,
  )
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host, port }, () => probe.close(() => resolve(true)))
  })
}

/** State and hot lists, made at the first start and found at later ones. */
async function fill(
  server: Server,
  { data }: Config,
  kept: DemoState | undefined,
  say: (text: string) => void,
): Promise<{ state: DemoState; listEntries: number }> {
  const simulated = simulatedState(seed)
  if (!kept) say('setting up agencies, devices, people and tokens')
  const state = kept ?? (await createState(server, simulated))
  if (!kept) await writeState(data, state)
  const administrator = must(
    state.people.find(({ role }) => role === 'dcjis-administrator'),
    'the state has an administrator',
  )
  say('importing hot lists')
  const fleet = new Fleet(seed, demoFleetSize)
  const listEntries = await fillLists(server, await callerOf(server, administrator.token), simulated, fleet)
  return { state, listEntries }
}

function startOf(server: Server, state: DemoState) {
  return {
    server: server.url,
    servers: state.servers.map(({ ori, token }) => [ori, token] as const),
    devices: state.devices.map(({ reference, token }) => [reference, token] as const),
  }
}

/** Shows how it goes until it is to stop. Throws what the traffic's thread failed of. */
async function play(
  terminal: Terminal,
  { json }: DemoOptions,
  server: Server,
  state: DemoState,
  traffic: Traffic,
  stop: AbortSignal,
): Promise<void> {
  const quiet = new AbortController()
  stop.addEventListener('abort', () => quiet.abort(), { once: true })
  const alerts = watchAlerts(server.url, state, quiet.signal)
  const lines = drawStatus(terminal, json, traffic, alerts, quiet.signal)
  try {
    await Promise.race([untilAborted(stop), traffic.ended])
  } finally {
    quiet.abort()
    await Promise.all([lines, alerts.ended])
  }
}

const quietLineMs = 60 * second

async function drawStatus(
  terminal: Terminal,
  json: boolean,
  traffic: Traffic,
  alerts: ReturnType<typeof watchAlerts>,
  signal: AbortSignal,
): Promise<void> {
  let before: number | undefined
  while (!signal.aborted && !json) {
    const everyMs = terminal.draws ? second : quietLineMs
    await delay(everyMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    const { stored, refused, failed } = traffic.counts()
    const rate = before === undefined ? '' : ` (${Math.round(((stored - before) * 1000) / everyMs)}/s)`
    before = stored
    const troubles = `${refused > 0 ? `, ${refused} refused` : ''}${failed > 0 ? `, ${failed} not sent` : ''}`
    const line = `${stored.toLocaleString('en-US')} reads stored since the start${rate}${troubles}, ${alerts.text()}. Ctrl-C stops.`
    if (terminal.draws) terminal.draw(line)
    else terminal.note(`platekeep: ${line}`)
  }
  terminal.draw('')
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function readyLine(guide: Guide, config: Config, state: DemoState): string {
  const { people, servers, sample } = state
  return jsonLine({ ready: true, url: guide.url, data: config.data, people, servers, sample, commands: guide.steps })
}

function statePath(data: string): string {
  return join(data, 'demo.json')
}

async function writeState(data: string, state: DemoState): Promise<void> {
  await replaceFile(statePath(data), `${JSON.stringify(state, null, 1)}\n`, { mode: 0o600 })
}

/** What an earlier start kept; undefined at the first one. Throws `Mendable` where the folder is no demonstration's. */
async function readState(data: string): Promise<DemoState | undefined> {
  try {
    return parsed(DemoState, JSON.parse(await readFile(statePath(data), 'utf8')))
  } catch (error) {
    const again = `Remove the folder and start again: rm -r ${shortPath(data)}`
    if (error instanceof SyntaxError || error instanceof Invalid)
      throw new Mendable(`${statePath(data)} is damaged, so the demonstration's tokens are lost. ${again}`)
    if (codeOf(error) !== 'ENOENT') throw error
    // Tokens are written as soon as there are any; a server's note without them is from another use, or from a first start
    // that was cut off.
    if (await isThere(join(data, 'server.json')))
      throw new Mendable(
        `${data} was not set up as a demonstration, or its set-up was cut off. Give another folder with --data. Or, if it holds nothing you need: ${again}`,
      )
    return undefined
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** As somebody in this folder would type it. */
function shortPath(path: string): string {
  const short = relative('.', path)
  return short === '' || short.startsWith('..') ? path : short
}
