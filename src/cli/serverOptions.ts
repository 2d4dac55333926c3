/** The settings of a server as options: the flags are those of the list of settings, whatever it holds. */
import { flagOf, readConfig, settings, variableOf, type Config } from '../kernel/config.ts'
import type { Option } from './command.ts'
import { usageOf } from './connection.ts'
import type { Terminal } from './terminal.ts'

const names = Object.entries(settings)

/** One option for each setting. */
export const serverOptions: Readonly<Record<string, Option & { type: 'string' }>> = Object.fromEntries(
  names.map(([name, { about, default: fallback }]) => [
    flagOf(name).slice(2),
    { type: 'string', value: '<value>', about: `${about} (default ${defaultText(fallback)}; ${variableOf(name)})` },
  ]),
)

function defaultText(value: string | number): string {
  if (value === '') return 'none'
  return typeof value === 'number' && value % 86_400_000 === 0 && value > 0 ? `${value / 86_400_000}d` : String(value)
}

/** The configuration that the options and the environment describe. Throws `Usage` for a setting that is wrong. */
export function configOf(terminal: Terminal, values: Readonly<Record<string, unknown>>): Config {
  const flags = names.flatMap(([name]) => {
    const value = values[flagOf(name).slice(2)]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  return usageOf(() => readConfig(Object.fromEntries(flags), terminal.environment))
}
