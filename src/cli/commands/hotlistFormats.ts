/** `platekeep hotlist formats`: the layouts there are, or what a file looks like. A proposal for a person, never for an import. */
import { sniff, sniffedBytesMax } from '../../hotlists/formats/sniff.ts'
import { listFormats } from '../../hotlists/formats/formats.ts'
import { command } from '../command.ts'
import { firstBytes, openSource } from '../source.ts'
import { table, type Column } from '../table.ts'
import { jsonLine } from '../terminal.ts'

export const hotlistFormats = command({
  operands: { usage: '[file]', least: 0, most: 1 },
  options: {},
  about: [
    'Lists the layouts of hot list files that can be imported. With a file, says which of them its first lines fit, and why. Whether it is one of those is yours to say: the wrong layout would read other characters as plates.',
  ],
  examples: ['platekeep hotlist formats', 'platekeep hotlist formats stolen.txt'],
  run: async (terminal, values, [file]) => {
    if (file === undefined) {
      const formats = [...listFormats.values()].map(({ name, title }) => ({ name, title }))
      const columns: Column<(typeof formats)[number]>[] = [
        { title: 'FORMAT', value: ({ name }) => name },
        { title: 'WHAT IT IS', value: ({ title }) => title },
      ]
      return terminal.print(values.json ? jsonLine({ formats }) : table(columns, formats))
    }
    const { certain, proposals } = sniff(await firstBytes(await openSource(file, terminal.stdin), sniffedBytesMax))
    if (values.json) terminal.print(jsonLine({ certain, proposals }))
    else if (proposals.length === 0)
      terminal.print('Its first lines fit no layout. `platekeep hotlist formats` lists them.')
    else
      terminal.print(
        [
          certain ? 'It seems to be:' : 'It fits several layouts; ask whoever sends it:',
          ...proposals.map(({ format, reason }) => `  ${format}: ${reason}`),
        ].join('\n'),
      )
    return proposals.length > 0 ? 0 : 1
  },
})
