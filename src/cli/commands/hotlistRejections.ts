/** `platekeep hotlist rejections`: which rows of a file were not taken, and why. */
import { listRejections } from '../../hotlists/hotlists.ts'
import { Client } from '../client.ts'
import { command, noOperands, Usage } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { getFeed } from '../feeds.ts'
import { wholeNumber } from '../requests.ts'
import { table } from '../table.ts'
import { counted, jsonLine } from '../terminal.ts'

const pageMax = 1_000

export const hotlistRejections = command({
  operands: noOperands,
  options: {
    feed: { type: 'string', value: '<id or name>', about: 'Required. Which feed' },
    revision: { type: 'string', value: '<n>', about: 'Of which revision (default: the last)' },
    ...connectionOptions,
  },
  about: ['Lists the rejected rows of a file by line and reason, at most 10,000. The rows themselves are not kept.'],
  examples: ['platekeep hotlist rejections --feed "Stolen vehicles"'],
  run: async (terminal, values) => {
    if (values.feed === undefined) throw new Usage('--feed is missing: the identifier or the name of a feed.')
    const revision = wholeNumber('revision', values.revision)
    const client = new Client(await connectionOf(terminal, values))
    try {
      const { id, name } = await getFeed(client, values.feed, '')
      const request = { id, revision, limit: pageMax }
      let page = await client.call(listRejections, request)
      const { rejected, revision: found } = page
      const rejections = [...page.rejections]
      while (page.nextAfterLine !== null) {
        page = await client.call(listRejections, { ...request, afterLine: page.nextAfterLine })
        rejections.push(...page.rejections)
      }
      if (values.json) return terminal.print(jsonLine({ feedId: id, revision: found, rejected, rejections }))
      if (rejections.length > 0)
        terminal.print(
          table(
            [
              { title: 'LINE', right: true, value: ({ line }) => String(line) },
              { title: 'REASON', value: ({ reason }) => reason },
            ],
            rejections,
          ),
        )
      terminal.print(`${counted(rejected, 'row')} rejected of revision ${found} of ${name}.`)
    } finally {
      client.close()
    }
  },
})
