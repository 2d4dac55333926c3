/**
 * `platekeep bootstrap`: the first act of an installation. Where a server has the data folder, it is asked, with the operator's
 * key that lies there; where none has it, one is started for the moment.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { systemCaller } from '../../door/jobs.ts'
import { perform, Refusal } from '../../door/perform.ts'
import type { BootstrapReply, BootstrapRequest } from '../../installation/contract.ts'
import { bootstrap as operation } from '../../installation/installation.ts'
import type { Config } from '../../kernel/config.ts'
import { Mendable } from '../../kernel/errors.ts'
import { FolderInUse } from '../../kernel/folderLock.ts'
import { Client, Unreachable } from '../client.ts'
import { command, noOperands, Usage } from '../command.ts'
import { readServerNote } from '../connection.ts'
import { configOf, serverOptions } from '../serverOptions.ts'
import { ServerProblem } from '../serverProblem.ts'
import { startedServer } from '../startedServer.ts'
import { jsonLine, shown, type Terminal } from '../terminal.ts'

/** Enough to try sharing between agencies. */
const agenciesDefault = ['First Example Police Department=MA0010100', 'Second Example Police Department=MA0020100']

type Agency = BootstrapRequest['agencies'][number]

export const bootstrap = command({
  operands: noOperands,
  options: {
    agency: {
      type: 'string',
      multiple: true,
      value: '<name=ORI>',
      about:
        'An agency and its ORI; devices may follow: "Name=ORI=Camera 1,Camera 2" (default: two examples with one device each)',
    },
    'state-name': { type: 'string', value: '<name>', about: 'Name of the agency that runs the repository' },
    'state-ori': { type: 'string', value: '<ORI>', about: 'Its ORI' },
    ...serverOptions,
  },
  about: [
    'Sets up the state with its administrator and its auditor, the first agencies, a person for each of their first roles, a department server and devices, and prints the access tokens. This is the only time they are shown: the database keeps their hashes.',
    'Run it on the machine that has the data folder. A server that runs there is asked; otherwise one is started for the moment and stopped again.',
  ],
  examples: [
    'platekeep bootstrap --agency "Example Police Department=MA0010100=North Gate,South Gate"',
    'platekeep bootstrap --data ./data --json > secrets.json',
  ],
  run: async (terminal, values) => {
    const config = configOf(terminal, values)
    const request: BootstrapRequest = {
      ...(values['state-name'] === undefined ? {} : { stateName: values['state-name'] }),
      ...(values['state-ori'] === undefined ? {} : { stateOri: values['state-ori'] }),
      agencies: (values.agency ?? agenciesDefault).map(agencyOf),
    }
    const { url, reply } = await bootstrapped(terminal, config, request, values.json === true)
    if (values.json) return terminal.print(jsonLine({ url, data: config.data, ...reply }))
    terminal.print(told(url, config, reply))
  },
})

/** An agency from `Name=ORI` or `Name=ORI=Device,Device`. */
function agencyOf(text: string): Agency {
  const [name = '', ori = '', devices, ...rest] = text.split('=').map((part) => part.trim())
  if (!name || !/^[A-Z]{2}[A-Z0-9]{7}$/.test(ori) || rest.length > 0)
    throw new Usage(
      `--agency "${text}" is not name=ORI: write "Example Police Department=MA0010100", where the ORI has nine characters, the state's two letters first.`,
    )
  const named = devices
    ?.split(',')
    .map((device) => device.trim())
    .filter(Boolean)
  return { name, ori, ...(named ? { devices: named } : {}) }
}

type Done = { url: string; reply: BootstrapReply }

async function bootstrapped(
  terminal: Terminal,
  config: Config,
  request: BootstrapRequest,
  quiet: boolean,
): Promise<Done> {
  try {
    return await byOwnServer(config, request, (step) => {
      if (!quiet) terminal.note(`platekeep: ${step}`)
    })
  } catch (error) {
    if (error instanceof FolderInUse) return await byRunningServer(config, request)
    throw error
  }
}

/** On a free port, since it is only there for this one act; the address told is the one `serve` will have. */
async function byOwnServer(config: Config, request: BootstrapRequest, say: (step: string) => void): Promise<Done> {
  const server = await startedServer({ ...config, host: '127.0.0.1', port: 0, mqttUrl: '', logLevel: 'warn' }, say)
  try {
    const reply = await perform(server.door, operation, systemCaller('operator'), request)
    return { url: `http://${config.host}:${config.port}`, reply }
  } catch (error) {
    throw error instanceof Refusal ? doneBefore(config) : error
  } finally {
    await server.stop()
  }
}

const noteTries = 20
const noteTryMs = 500

/** A server that has just taken the folder needs a moment until it answers. */
async function byRunningServer(config: Config, request: BootstrapRequest): Promise<Done> {
  for (let tried = 1; ; tried++) {
    const note = await readServerNote(config.data)
    if (note) {
      const client = new Client({ server: note.url, token: note.operatorToken })
      try {
        return { url: note.url, reply: await client.call(operation, request) }
      } catch (error) {
        if (error instanceof ServerProblem && error.status === 403) throw doneBefore(config)
        if (!(error instanceof Unreachable) || tried >= noteTries) throw error
      } finally {
        client.close()
      }
    } else if (tried >= noteTries)
      throw new Mendable(
        `A process has the data folder ${config.data}, but no server there says its address. Stop that process and try again.`,
      )
    await delay(noteTryMs)
  }
}

function doneBefore({ data }: Config): Mendable {
  return new Mendable(
    `The installation in ${data} was bootstrapped before; its secrets were shown then, and only their hashes are kept. To go on, start it with \`platekeep serve\` and act under one of those tokens: an administrator adds people (POST /v1/people) and issues tokens (POST /v1/tokens). If the tokens are lost, begin again with a new data folder, by --data.`,
  )
}

function told(url: string, config: Config, { state, agencies }: BootstrapReply): string {
  const person = ({ role, personId, token }: BootstrapReply['state']['people'][number]): string =>
    `  ${role.padEnd(20)} ${personId.padEnd(24)} ${token}`
  const lines = [
    `Server     ${url}`,
    `Data       ${config.data}`,
    '',
    `The state  ${state.agencyId}`,
    ...state.people.map(person),
    ...agencies.flatMap((agency) => [
      '',
      `${shown(agency.name)} (${agency.ori})  ${agency.agencyId}`,
      ...agency.people.map(person),
      `  ${'department server'.padEnd(20)} ${agency.departmentServer.tokenId.padEnd(24)} ${agency.departmentServer.token}`,
      ...agency.devices.map(
        ({ deviceId, name, token }) => `  ${`device ${shown(name)}`.padEnd(20)} ${deviceId.padEnd(24)} ${token}`,
      ),
    ]),
    '',
    'These tokens are shown this once: only their hashes are kept. Put them where they belong now.',
    'Next: platekeep serve, then for example PLATEKEEP_TOKEN=<a department server’s token> platekeep intake reads.ndjson',
  ]
  return lines.join('\n')
}
