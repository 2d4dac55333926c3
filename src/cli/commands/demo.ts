/** `platekeep demo`. */
import { command, noOperands, Usage } from '../command.ts'
import { wholeNumber } from '../requests.ts'
import { runDemo } from '../../main/demo.ts'

const readsPerSecondMax = 500

export const demo = command({
  operands: noOperands,
  options: {
    data: { type: 'string', value: '<folder>', about: 'Where it keeps its data (default ./demo-data)' },
    port: { type: 'string', value: '<n>', about: 'Port to listen on (default 8417, or the next that is free)' },
    rate: {
      type: 'string',
      value: '<n>',
      about: `Reads a second, at least and as far as it can, 1 to ${readsPerSecondMax} (default 25)`,
    },
  },
  about: [
    'Starts a server with a simulated state: 22 agencies with Massachusetts town names, 200 devices on its roads, hot lists, and a person with an access token for each role. Traffic flows, in our form and in the vendors’, and raises alerts. Nothing in it is real but the names of places.',
    'It prints the addresses, the tokens and commands to try. Ctrl-C stops it; a second start finds its data again. It takes no settings from the environment, so that it never touches a real installation.',
  ],
  examples: ['platekeep demo', 'platekeep demo --data /tmp/demo --rate 100'],
  run: async (terminal, values) => {
    const readsPerSecond = wholeNumber('rate', values.rate) ?? 25
    if (readsPerSecond < 1 || readsPerSecond > readsPerSecondMax)
      throw new Usage(`--rate must be from 1 to ${readsPerSecondMax} reads a second.`)
    const port = wholeNumber('port', values.port)
    if (port !== undefined && port > 65_535) throw new Usage('--port must be from 0 to 65535.')
    await runDemo(terminal, { data: values.data ?? './demo-data', port, readsPerSecond, json: values.json === true })
  },
})
