/** `platekeep bench`: hands over to the benches, which come with the source and not with an installation. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Mendable } from '../../kernel/errors.ts'
import { command } from '../command.ts'

const program = new URL('../../../bench/main.ts', import.meta.url)

export const bench = command({
  operands: { usage: '<name> [options of the bench]', least: 0, most: 20 },
  options: {},
  passesOn: true,
  about: [
    'Runs one bench, with a data folder of its own that it removes afterwards, and prints a table and one last line of JSON. Without a name it lists the benches.',
  ],
  examples: ['platekeep bench ingest', 'platekeep bench search --json'],
  run: async (_terminal, _values, args) => {
    if (!existsSync(fileURLToPath(program)))
      throw new Mendable('The benches are not part of this installation. Run them from a clone of the repository.')
    const module: unknown = await import(program.href)
    if (
      typeof module !== 'object' ||
      module === null ||
      !('runBench' in module) ||
      typeof module.runBench !== 'function'
    )
      throw new TypeError('bench/main.ts has no function runBench')
    await module.runBench(args)
  },
})
