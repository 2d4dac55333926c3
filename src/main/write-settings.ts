/** Writes `docs/settings.md` from the lists of settings: `npx node src/main/write-settings.ts`. A test holds the two to each other. */
import { writeFile } from 'node:fs/promises'
import { day } from '../kernel/clock.ts'
import { clientSettings, flagOf, settings, variableOf } from '../kernel/config.ts'

const file = new URL('../../docs/settings.md', import.meta.url)

type Settings = Readonly<Record<string, { readonly about: string; readonly default: string | number }>>

const introduction = `# Settings

Made from the lists in \`src/kernel/config.ts\` by \`npx node src/main/write-settings.ts\`; change them there.

A setting comes from a flag, or else from the environment, or else it has its default. An empty value counts as none. A name
that begins with \`PLATEKEEP_\` and is in neither list is refused, so that a misspelt setting is noticed. Secrets belong in
the environment: flags can be seen by everybody on the machine.
`

/** The text of `docs/settings.md`. */
export function settingsText(): string {
  return [
    introduction,
    '## Of a server (`platekeep serve`)\n',
    tableOf(settings),
    '## Of a client (the commands that talk to a server)\n',
    tableOf(clientSettings),
  ].join('\n')
}

function tableOf(list: Settings): string {
  const rows = Object.entries(list).map(([name, setting]) => [
    code(flagOf(name)),
    code(variableOf(name)),
    defaultOf(name, setting.default),
    setting.about.replaceAll('<', '&lt;'),
  ])
  const table = [['flag', 'environment', 'default', 'what it is for'], ['---', '---', '---', '---'], ...rows]
  return `${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

/** As one would write it: a retention in days, nothing for an empty text. */
function defaultOf(name: string, value: string | number): string {
  if (name === 'retention') return code(`${Number(value) / day}d`)
  return value === '' ? '' : code(String(value))
}

function code(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) await writeFile(file, settingsText())
