/** `platekeep hotlist list`. */
import { listFeeds } from '../../hotlists/hotlists.ts'
import { Client } from '../client.ts'
import { command, noOperands } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { feedTable } from '../feeds.ts'
import { jsonLine } from '../terminal.ts'

export const hotlistList = command({
  operands: noOperands,
  options: connectionOptions,
  about: [
    'Lists the hot list feeds with their size and age. A list past its refresh age is stale, and its alerts say so.',
  ],
  examples: ['platekeep hotlist list'],
  run: async (terminal, values) => {
    const client = new Client(await connectionOf(terminal, values))
    try {
      const reply = await client.call(listFeeds, {})
      if (values.json) return terminal.print(jsonLine(reply))
      terminal.print(
        reply.feeds.length > 0
          ? feedTable(reply.feeds)
          : 'There is no feed yet. Set one up with `platekeep hotlist import <file> --feed <name> --create …`.',
      )
    } finally {
      client.close()
    }
  },
})
