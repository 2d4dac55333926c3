/**
 * Every setting there is, in one list: name, what it is for, its default, how it is read. A setting comes from a flag
 * (`--port 8080`) or from the environment (`PLATEKEEP_PORT=8080`; `DATABASE_URL` keeps its customary name). A name that
 * is not in the list is refused, because a misspelt `PLATEKEEP_RETENTON_DAYS` would otherwise mean "a year" in silence.
 */
import { join, resolve } from 'node:path'
import { day, hour, minute } from './clock.ts'
import { Mendable } from './errors.ts'

type Setting<T> = { about: string; default: T; parse: (text: string) => T }

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new Mendable(`must be a whole number from ${least} to ${most}`)
    return value
  }
}
/** Milliseconds from `365d`, `12h`, `3m`. */
function duration(least: number, most: number): (text: string) => number {
  const units: Readonly<Record<string, number>> = { m: minute, h: hour, d: day }
  return (text) => {
    const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
    const value = Number(count) * (units[unit ?? ''] ?? Number.NaN)
    if (!(value >= least && value <= most))
      throw new Mendable('must be a number with its unit: 365d (days), 12h (hours) or 3m (minutes)')
    return value
  }
}
function oneOf<const T extends string>(...values: T[]): (text: string) => T {
  return (text) => {
    const value = values.find((each) => each === text)
    if (value === undefined) throw new Mendable(`must be one of ${values.join(', ')}`)
    return value
  }
}
const text = (value: string): string => value
const postgresUrl = (value: string): string => {
  if (!/^postgres(ql)?:\/\//.test(value)) throw new Mendable('must begin with postgres:// or postgresql://')
  return value
}
const httpUrl = (value: string): string => {
  if (!/^https?:\/\/[^/]+\/?$/.test(value) || !URL.canParse(value))
    throw new Mendable('must be an address such as https://plates.example.org or http://127.0.0.1:8417')
  return value.replace(/\/$/, '')
}
const brokerUrl = (value: string): string => {
  if (!/^mqtts?:\/\//.test(value)) throw new Mendable('must begin with mqtt:// or mqtts://')
  return value
}
function setting<T>(about: string, fallback: T, parse: (text: string) => T): Setting<T> {
  return { about, default: fallback, parse }
}

/** Variables of the test run, which the servers that tests start inherit. */
const testPrefix = 'PLATEKEEP_TEST_'

export const settings = {
  data: setting('Folder for everything the server keeps: the embedded database, keys, state', './data', text),
  databaseUrl: setting('An external PostgreSQL 15 or newer; empty means the embedded one', '', postgresUrl),
  keys: setting('Folder of the secret keys; servers that share a database share it; empty means <data>/keys', '', text),
  host: setting('Address to listen on; plain HTTP is for loopback or behind a TLS proxy', '127.0.0.1', text),
  port: setting('Port to listen on; 0 chooses a free one', 8417, whole(0, 65_535)),
  logLevel: setting(
    'Least severe log line that is written',
    'info' as const,
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
  ),
  retention: setting(
    'How long a read is kept, counted from capture (CR-7.b): 365d, 36h, 3m',
    365 * day,
    duration(minute, 3650 * day),
  ),
  databaseConnections: setting('Connections to the database that acts may use at once', 12, whole(4, 200)),
  requestsAtOnce: setting('Requests in progress before newcomers are told to come back', 1_000, whole(16, 100_000)),
  mqttUrl: setting('MQTT broker to take vendor messages from; empty means none', '', brokerUrl),
  mqttTopics: setting(
    'Topics and their vendors, as topic=vendor pairs separated by commas',
    'frigate/events=frigate,frigate/tracked_object_update=frigate',
    text,
  ),
  mqttToken: setting('Access token the MQTT bridge acts under', '', text),
} satisfies Record<string, Setting<string> | Setting<number> | Setting<'debug' | 'info' | 'warn' | 'error' | 'silent'>>

/** What a client needs to reach a server. A server knows these names too, so that one shell can have the settings of both. */
export const clientSettings = {
  server: setting('Address of the server; empty means the one that runs on the data folder', '', httpUrl),
  token: setting('Access token to act under', '', text),
  data: settings.data,
} satisfies Record<string, Setting<string>>

export type SettingName = keyof typeof settings
export type ClientSettingName = keyof typeof clientSettings
export type Config = { [Name in SettingName]: ReturnType<(typeof settings)[Name]['parse']> }
export type ClientConfig = { [Name in ClientSettingName]: string }

/** `logLevel` → `--log-level`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
/** `logLevel` → `PLATEKEEP_LOG_LEVEL`. */
export function variableOf(name: string): string {
  return name === 'databaseUrl'
    ? 'DATABASE_URL'
    : `PLATEKEEP_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

export type Environment = Readonly<Record<string, string | undefined>>
type Flags = Readonly<Record<string, string>>

/** The environment this process was started with: for programs, which hand it on. */
export function currentEnvironment(): Environment {
  return process.env
}

/**
 * The configuration from flags (as `{ port: '8080' }`) over the environment over the defaults.
 * Throws `Mendable` naming the setting, where it came from, and what it must be.
 */
export function readConfig(flags: Flags, environment: Environment = currentEnvironment()): Config {
  const config = read(settings, flags, environment) as Config
  const data = resolve(config.data)
  return { ...config, data, keys: config.keys ? resolve(config.keys) : join(data, 'keys') }
}

/** Likewise for a client. What is not set is empty; the data folder is absolute. */
export function readClientConfig(flags: Flags, environment: Environment = currentEnvironment()): ClientConfig {
  const config = read(clientSettings, flags, environment) as ClientConfig
  return { ...config, data: resolve(config.data) }
}

function read(list: Readonly<Record<string, Setting<unknown>>>, flags: Flags, environment: Environment): object {
  refuseUnknown(environment)
  for (const flag of Object.keys(flags))
    if (!Object.hasOwn(list, flag)) throw new Mendable(`${flagOf(flag)} is not a setting.`)
  const entries = Object.entries(list).map(([name, { default: fallback, parse }]) => {
    const given = flags[name] ?? environment[variableOf(name)]
    if (given === undefined || given === '') return [name, fallback] as const
    try {
      return [name, parse(given)] as const
    } catch (error) {
      if (!(error instanceof Mendable)) throw error
      throw new Mendable(`${flags[name] === undefined ? variableOf(name) : flagOf(name)}: ${error.message}.`)
    }
  })
  return Object.fromEntries(entries)
}

function refuseUnknown(environment: Environment): void {
  const known = [...new Set(Object.keys({ ...settings, ...clientSettings }).map(variableOf))]
  for (const variable of Object.keys(environment)) {
    if (variable.startsWith('PLATEKEEP_') && !variable.startsWith(testPrefix) && !known.includes(variable))
      throw new Mendable(`${variable} is not a setting. Settings: ${known.join(', ')}.`)
  }
}
