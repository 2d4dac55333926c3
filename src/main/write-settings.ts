/** Writes `docs/settings.md` from the list of settings: `npx node src/main/write-settings.ts`. A test holds the two to each other. */
import { writeFile } from 'node:fs/promises'
import { day } from '../kernel/clock.ts'
import { flagOf, settings, variableOf, type SettingName } from '../kernel/config.ts'

const file = new URL('../../docs/settings.md', import.meta.url)

const introduction = `# Settings

Made from the list in \`src/kernel/config.ts\` by \`npx node src/main/write-settings.ts\`; change it there.

A setting comes from a flag, or else from the environment, or else it has its default. An empty value counts as none. A name
that begins with \`PLATEKEEP_\` and is not in this list is refused, so that a misspelt setting is noticed. Secrets belong in the
environment: flags can be seen by everybody on the machine.
`

/** The text of `docs/settings.md`. */
export function settingsText(): string {
  const rows = settingNames().map((name) => [
    code(flagOf(name)),
    code(variableOf(name)),
    defaultOf(name),
    settings[name].about,
  ])
  const table = [['flag', 'environment', 'default', 'what it is for'], ['---', '---', '---', '---'], ...rows]
  return `${introduction}\n${table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

function settingNames(): SettingName[] {
  return Object.keys(settings).filter((name): name is SettingName => Object.hasOwn(settings, name))
}

/** As one would write it: a retention in days, nothing for an empty text. */
function defaultOf(name: SettingName): string {
  const value = settings[name].default
  if (name === 'retention') return code(`${Number(value) / day}d`)
  return value === '' ? '' : code(String(value))
}

function code(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) await writeFile(file, settingsText())
