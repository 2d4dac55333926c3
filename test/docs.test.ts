/**
 * What the documents say can be checked: where their links lead, which files and commands they name, and the tables that repeat
 * a list of the program. A document that names what is not there is worse than none.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import packageFile from '../package.json' with { type: 'json' }
import { allOptions } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { listFormats } from '../src/hotlists/formats/formats.ts'
import { adapters } from '../src/intake/adapters/adapters.ts'
import { settingsText } from '../src/main/write-settings.ts'
import { allOperations } from '../src/operations.ts'
import { day } from '../src/kernel/clock.ts'

const root = join(import.meta.dirname, '..')
const ours = /^(?:node_modules|data|demo-data|coverage)(?:\/|$)/
const documents = (await Array.fromAsync(glob('**/*.md', { cwd: root, exclude: (name) => ours.test(name) }))).sort()
/** The documents about the program; those under `policy/` quote other people's texts. */
const manuals = documents.filter((name) => !name.startsWith('policy/'))
const textOf = (name: string): string => readFileSync(join(root, name), 'utf8')

/** The anchors that Markdown viewers give to a document's headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Everything in backticks and in code blocks: what a reader would type or look for. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'))
  const spans = [...text.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span = '']) => span,
  )
  return [...blocks, ...spans]
}

function brokenLinksIn(name: string): string[] {
  const links = [...textOf(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? name : join(dirname(name), path)
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchorsOf(textOf(target)).includes(anchor)
    })
}

/** The paths in a tree of two spaces a level, each line a name and what it is for. */
function treeOf(text: string): string[] {
  const block = /^## The tree$[\s\S]*?^```\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? ''
  const folders: string[] = []
  return block.split('\n').flatMap((line) => {
    const [, indent = '', name] = /^( *)(\S+)/.exec(line) ?? []
    if (name === undefined) return []
    folders.splice(indent.length / 2)
    const path = [...folders, name].join('')
    if (name.endsWith('/')) folders.push(name)
    return [path]
  })
}

/** Of each document what is wrong with it, as `name: what`. */
function faults(names: readonly string[], find: (name: string) => readonly string[]): string[] {
  return names.flatMap((name) => find(name).map((fault) => `${name}: ${fault}`))
}
function matchesIn(name: string, pattern: RegExp): string[] {
  return codeOf(textOf(name)).flatMap((code) => [...code.matchAll(pattern)].map(([whole, group]) => group ?? whole))
}

describe('the documents', () => {
  test('are found', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/settings.md']))
    expect(documents.length).toBeGreaterThan(15)
  })

  test('link to what is there', () => {
    expect(faults(documents, brokenLinksIn)).toEqual([])
  })

  test('name files that are there', () => {
    const path = /(?<![\w./-])(?:src|test|db|docs|policy|bench|bin)\/[\w./*-]*\w\/?/g
    const named = (name: string) => matchesIn(name, path).filter((each) => !/\*|NNNN/.test(each))
    expect(manuals.flatMap(named).length).toBeGreaterThan(100)
    expect(faults(manuals, (name) => named(name).filter((each) => !existsSync(join(root, each))))).toEqual([])
  })

  test('draw the tree as it is', () => {
    const drawn = treeOf(textOf('ARCHITECTURE.md'))
    expect(drawn.length).toBeGreaterThan(40)
    expect(drawn.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('give each folder of src its place in the tree', () => {
    const drawn = treeOf(textOf('ARCHITECTURE.md'))
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => `src/${name}/`).filter((folder) => !drawn.includes(folder))).toEqual([])
  })

  test('name npm scripts that exist', () => {
    const isKnown = (script: string) => script === 'ci' || Object.hasOwn(packageFile.scripts, script)
    const named = (name: string) => matchesIn(name, /\bnpm (?:run )?([\w:-]+)/g)
    expect(faults(manuals, (name) => named(name).filter((script) => !isKnown(script)))).toEqual([])
  })

  test('name commands and options that exist', async () => {
    const described = await Promise.all(
      commands.map(async (each) => [each.name, Object.keys(allOptions(await each.load()))] as const),
    )
    expect(
      faults(manuals, (name) => matchesIn(name, called).flatMap((call) => wrongIn(call, new Map(described)))),
    ).toEqual([])
  })

  test('name operations and routes that exist', () => {
    const { list } = allOperations({ retentionMs: 365 * day })
    const ids = new Set(list.map(({ id }) => id))
    const routes = list.flatMap(({ route }) => (route ? [pattern(route.path)] : []))
    const isRoute = (path: string) => routes.some((route) => route.test(path))
    expect(faults(manuals, (name) => matchesIn(name, /\/v1\/[\w/<>$-]+/g).filter((path) => !isRoute(path)))).toEqual([])
    expect(
      faults(manuals, (name) => matchesIn(name, /platekeep explain ([\w.]+)/g).filter((id) => !ids.has(id))),
    ).toEqual([])
  })
})

/** A call of the program, up to a comment, a pipe or a redirection. */
const called = /(?:^|npx |\$ |&& |=\S* )platekeep (?!-)([^#|>]+)/g

/** What of a call is no command, or an option that its command does not have. */
function wrongIn(call: string, described: ReadonlyMap<string, readonly string[]>): string[] {
  const [first = '', second = ''] = call.trim().split(/\s+/)
  const name = described.has(`${first} ${second}`) ? `${first} ${second}` : first
  const options = described.get(name)
  if (!options) return [`platekeep ${call.trim()}`]
  const wanted = [...call.matchAll(/\s--([\w-]+)/g)].map(([, option = '']) => option)
  return wanted.filter((option) => !options.includes(option)).map((option) => `platekeep ${name} --${option}`)
}

/** A route with any word in the place of a parameter. */
function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[\\w<>$]+')}$`)
}

describe('tables that repeat a list of the program', () => {
  test('docs/settings.md is what the lists of settings say', () => {
    expect(textOf('docs/settings.md'), 'run `npx node src/main/write-settings.ts` and read the difference').toBe(
      settingsText(),
    )
  })

  test('docs/vendors.md has every vendor, and no other', () => {
    const rows = [...textOf('docs/vendors.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, vendor]) => vendor)
    expect(new Set(rows)).toEqual(new Set(adapters.keys()))
  })

  test('docs/hot-lists.md has every format, with its title, its fold and its codes', () => {
    const rows = textOf('docs/hot-lists.md')
    const expected = [...listFormats.values()].map(
      ({ name, title, zeroFolded, jurisdictionCodes }) =>
        `| \`${name}\` | ${title} | ${zeroFolded ? 'yes' : ''} | ${jurisdictionCodes} |`,
    )
    expect(expected.filter((row) => !rows.includes(row))).toEqual([])
    expect([...rows.matchAll(/^\| `\w+` \| .* \| (?:postal|ncic|iso) \|$/gm)]).toHaveLength(listFormats.size)
  })

  test('the decisions are numbered without a gap', () => {
    const numbers = documents.flatMap((name) => /^docs\/decisions\/(\d{4})-/.exec(name)?.[1] ?? [])
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')))
  })
})
