/** The program's help, made from what the commands declare. */
import { allOptions, type Command } from './command.ts'
import { commands, type Listed } from './commands.ts'

const indent = '  '

/** The whole program's help: every command with an example. */
export function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const list = commands.flatMap(({ name, summary, example }) => [
    `${indent}${name.padEnd(width)}  ${summary}`,
    `${indent}${' '.repeat(width)}    $ ${example}`,
  ])
  return [
    'Platekeep: a central repository for licence-plate reads that enforces its own policy.',
    '',
    'Usage: platekeep <command> [options]',
    '',
    ...list,
    '',
    'Every command takes --json, for programs, and --help, which says more about it. It ends with 0 where all went well,',
    '1 where something failed, and 2 where it was called wrongly.',
  ].join('\n')
}

/** The commands of one word that has several, such as `hotlist`. */
export function overviewOf(word: string, listed: readonly Listed[]): string {
  const width = Math.max(...listed.map(({ name }) => name.length))
  return [
    `Usage: platekeep ${word} <command> [options]`,
    '',
    ...listed.map(({ name, summary }) => `${indent}${name.padEnd(width)}  ${summary}`),
  ].join('\n')
}

/** One command's help: usage, what it does, its options, examples. */
export function helpOf({ name, summary }: Listed, described: Command): string {
  const options = Object.entries(allOptions(described)).map(([option, { value, about, multiple, type }]) => ({
    left: `--${option}${type === 'string' ? ` ${value ?? '<text>'}` : ''}${multiple ? ' …' : ''}`,
    about,
  }))
  const width = Math.min(32, Math.max(...options.map(({ left }) => left.length)))
  const usage = ['platekeep', name, described.operands.usage, '[options]'].filter(Boolean).join(' ')
  return [
    `${summary}.`,
    '',
    `Usage: ${usage}`,
    '',
    ...described.about.flatMap((paragraph) => [...wrapped(paragraph, 100), '']),
    'Options:',
    ...options.flatMap(({ left, about }) => optionLines(left, about, width)),
    '',
    described.examples.length === 1 ? 'Example:' : 'Examples:',
    ...described.examples.map((example) => `${indent}$ ${example}`),
  ].join('\n')
}

function optionLines(left: string, about: string, width: number): string[] {
  const lines = wrapped(about, 100 - width - 4)
  const first = left.length > width ? [`${indent}${left}`] : []
  return [
    ...first,
    ...lines.map((line, index) => {
      const beside = index === 0 && first.length === 0 ? left : ''
      return `${indent}${beside.padEnd(width)}  ${line}`
    }),
  ]
}

/** A paragraph in lines of at most `width` characters. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
