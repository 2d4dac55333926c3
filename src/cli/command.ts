/**
 * What a command of the program is, and how its arguments are read. A command declares its options; the types of what `run`
 * gets are derived from them, and so is its help.
 */
import { parseArgs } from 'node:util'
import { Mendable } from '../kernel/errors.ts'
import { closest } from './suggest.ts'
import type { Terminal } from './terminal.ts'

/** The command was called wrongly: exit code 2, where every other failure is 1. */
export class Usage extends Mendable {}

export type Option = {
  readonly type: 'string' | 'boolean'
  readonly multiple?: true
  /** What stands for the value in the help: `<url>`. */
  readonly value?: string
  readonly about: string
}
export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { multiple: true }
    ? string[]
    : string
export type Values<O extends Options> = { readonly [Name in keyof O]?: ValueOf<O[Name]> } & { readonly json?: boolean }

/** Options as they were given, by name. */
export type Given = Readonly<Record<string, string | boolean | string[]>>

export type Operands = {
  /** As in the usage line: `<file…>`. */
  readonly usage: string
  readonly least: number
  readonly most: number
}

export type Command = {
  /** What follows the command's name in its usage line, without the options. */
  readonly operands: Operands
  readonly options: Options
  /** Paragraphs of the help. */
  readonly about: readonly string[]
  readonly examples: readonly string[]
  /** Its arguments go through unread, to a program that reads them itself. */
  readonly passesOn?: true
  /** The exit code, 0 unless it says otherwise. Throws `Usage` and `Mendable`. */
  run(terminal: Terminal, values: Given, operands: readonly string[]): Promise<number | void>
}

type Declared<O extends Options> = Omit<Command, 'options' | 'run'> & {
  readonly options: O
  run(terminal: Terminal, values: Values<O>, operands: readonly string[]): Promise<number | void>
}

export const noOperands: Operands = { usage: '', least: 0, most: 0 }

/** Declares a command. What it gets was read by its own options, so their types hold (`parseArguments`). */
export function command<const O extends Options>(declared: Declared<O>): Command {
  return { ...declared, run: (terminal, values, operands) => declared.run(terminal, values as Values<O>, operands) }
}

const common: Options = {
  json: { type: 'boolean', about: 'Print JSON for programs instead of text for people' },
  help: { type: 'boolean', about: 'Show this help' },
}

/** The options of a command together with those that all have. */
export function allOptions({ options }: Pick<Command, 'options'>): Options {
  return { ...options, ...common }
}

export type Parsed = { readonly values: Given; readonly operands: readonly string[] }

/** Reads a command's arguments. Throws `Usage` with what is wrong and what was probably meant. */
export function parseArguments(name: string, described: Command, args: readonly string[]): Parsed {
  if (described.passesOn) return { values: args.includes('--help') ? { help: true } : {}, operands: [...args] }
  const options = allOptions(described)
  const { values, positionals } = parsedOr(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: Object.fromEntries(
        Object.entries(options).map(([option, { type, multiple }]) => [option, { type, multiple: multiple ?? false }]),
      ),
    }),
  )
  if (values['help'] !== true) checkOperands(name, described.operands, positionals)
  return { values: Object.fromEntries(Object.entries(values).flatMap(asValue)), operands: positionals }

  function parsedOr<T>(parse: () => T): T {
    try {
      return parse()
    } catch (error) {
      throw new Usage(`${reasonOf(error, args, Object.keys(options))} See platekeep ${name} --help.`)
    }
  }
}

function asValue([name, value]: [string, unknown]): [string, string | boolean | string[]][] {
  if (typeof value === 'string' || typeof value === 'boolean') return [[name, value]]
  return Array.isArray(value) ? [[name, value.filter((each) => typeof each === 'string')]] : []
}

function checkOperands(name: string, { usage, least, most }: Operands, given: readonly string[]): void {
  if (given.length < least) throw new Usage(`${usage || 'An argument'} is missing. See platekeep ${name} --help.`)
  if (given.length > most)
    throw new Usage(
      `"${given[most]}" is one argument too many${most === 0 ? '' : `; ${usage} takes ${most}`}. Put text with spaces in quotes. See platekeep ${name} --help.`,
    )
}

/** Node's reason in our words: it names the option, and what was probably meant. */
function reasonOf(error: unknown, args: readonly string[], names: readonly string[]): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const message = error instanceof Error ? error.message : ''
  const quoted = /'(-[^'\s]*)/.exec(message)?.[1]
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const unknown = args.find((each) => quoted !== undefined && each.startsWith(quoted)) ?? quoted ?? '?'
    const meant = closest(unknown.replace(/^-+/, '').replace(/=.*/, ''), names)
    return `There is no option ${unknown.replace(/=.*/, '')}.${meant ? ` Did you mean --${meant}?` : ''}`
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
    return /does not take an argument/.test(message)
      ? `${quoted ?? 'This option'} takes no value.`
      : `${quoted ?? 'This option'} needs a value${/ambiguous/.test(message) ? `, and one that begins with a dash is written ${quoted}=-value` : ''}.`
  }
  return message
}
