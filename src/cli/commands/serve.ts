/** `platekeep serve`: the server, until it is told to stop. */
import { command, noOperands } from '../command.ts'
import { configOf, serverOptions } from '../serverOptions.ts'
import { startedServer, untilStopped } from '../startedServer.ts'
import { jsonLine } from '../terminal.ts'

export const serve = command({
  operands: noOperands,
  options: serverOptions,
  about: [
    'Starts the server and says its address when it is ready. Unless --database-url names another one, it starts a PostgreSQL of its own in the data folder and stops it at the end.',
    'Ctrl-C, or a signal to end, stops it cleanly: requests in progress finish and open streams end. A second Ctrl-C ends it at once; nothing that was acknowledged is lost either way.',
    'Every setting can come from an option or from the environment. Log lines are JSON on standard error.',
  ],
  examples: ['platekeep serve --data ./data --port 8417', 'platekeep serve --retention 30d --log-level warn --json'],
  run: async (terminal, values) => {
    const config = configOf(terminal, values)
    const stop = terminal.interruption()
    const server = await startedServer(config, (step) => {
      if (!values.json) terminal.note(`platekeep: ${step}`)
    })
    const ready = { ready: true, url: server.url, data: config.data, pid: process.pid }
    terminal.print(values.json ? jsonLine(ready) : `Platekeep is ready at ${server.url} (data in ${config.data}).`)
    await untilStopped(server, stop)
    if (!values.json) terminal.note('platekeep: stopped')
  },
})
