/**
 * The command line: finds the command, reads its arguments, runs it, and ends the program with a code. What went wrong is told
 * in one paragraph on standard error; a stack is shown only for a mistake of ours.
 */
import { Mendable, PlatekeepError } from '../kernel/errors.ts'
import { parseArguments, Usage } from './command.ts'
import { commands, type Listed } from './commands.ts'
import { helpOf, overview, overviewOf, wrapped } from './help.ts'
import { processTerminal } from './processTerminal.ts'
import { closest } from './suggest.ts'
import { shown, type Terminal } from './terminal.ts'

/** Runs the program with the arguments it was started with, and ends it. */
export async function main(): Promise<never> {
  const terminal = processTerminal()
  const code = await runCli(process.argv.slice(2), terminal)
  await terminal.flush()
  process.exit(code)
}

/** Runs one command; its exit code: 0 for done, 1 for failed, 2 for called wrongly. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await run(args, terminal)
  } catch (error) {
    terminal.draw('')
    if (error instanceof Mendable || error instanceof PlatekeepError) {
      terminal.note(paragraph(`platekeep: ${error.message}`, Math.max(40, terminal.columns)))
      return error instanceof Usage ? 2 : 1
    }
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
    terminal.note(`platekeep: this is a mistake in the program. Please report it with what follows.\n${told}`)
    return 1
  }
}

function paragraph(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => (line.length > width ? wrapped(shown(line), width) : [shown(line)]))
    .join('\n')
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first] = args
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    terminal.print(overview())
    return first === undefined ? 2 : 0
  }
  const found = findCommand(args)
  if (!found) return helpWithWord(args, terminal)
  const { listed, rest } = found
  const described = await listed.load()
  const { values, operands } = parseArguments(listed.name, described, rest)
  if (values['help'] === true) {
    terminal.print(helpOf(listed, described))
    return 0
  }
  return (await described.run(terminal, values, operands)) ?? 0
}

function findCommand(args: readonly string[]): { listed: Listed; rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ')
    const listed = commands.find((each) => each.name === name)
    if (listed && args.length >= words) return { listed, rest: args.slice(words) }
  }
  return undefined
}

/** A word that has several commands, such as `hotlist`, or one that is none. */
function helpWithWord(args: readonly string[], terminal: Terminal): number {
  const [word = '', next] = args
  const family = commands.filter(({ name }) => name.startsWith(`${word} `))
  if (family.length > 0 && (next === undefined || next === '--help')) {
    terminal.print(overviewOf(word, family))
    return next === undefined ? 2 : 0
  }
  const asked = family.length > 0 ? `${word} ${next}` : word
  const meant = closest(
    asked,
    (family.length > 0 ? family : commands).map(({ name }) => name),
  )
  throw new Usage(
    `There is no command "${asked}".${meant ? ` Did you mean "${meant}"?` : ''} See platekeep --help for all of them.`,
  )
}
