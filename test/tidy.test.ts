/**
 * The house's rules (DESIGN section 2, CONTRIBUTING.md) as checks. Each complaint says where, and what to write instead. What is
 * not yet as it should be stands in a list that may only shrink: a line that is no longer needed fails too.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { committedFiles, lineAt, sourceOf, textOfFile, type Source } from './sources.ts'

const files = committedFiles()
const isTest = (file: string): boolean => /\.test\.ts$|\/testing\.ts$|\/samples\/|^test\//.test(file)
const sources = files.filter((file) => /^(?:src|test|bench)\/.*\.ts$/.test(file)).map(sourceOf)
const program = sources.filter(({ file }) => file.startsWith('src/') && !isTest(file))

/** `file:line: what to do` for each place where a pattern stands in one view of the sources. */
function complaints(
  of: readonly Source[],
  view: 'text' | 'code' | 'words',
  pattern: RegExp,
  instead: string,
  except: (file: string, found: string) => boolean = () => false,
): string[] {
  return of.flatMap((source) =>
    [...source[view].matchAll(pattern)]
      .filter(([found]) => !except(source.file, found))
      .map(
        (match) => `${source.file}:${lineAt(source.text, match.index)}: ${match[0].trim().slice(0, 60)}: ${instead}`,
      ),
  )
}

describe('who imports whom', () => {
  const slices = 'agencies identity equipment reads hotlists alerts intake searches oversight installation'.split(' ')
  const layers = ['kernel', 'policy', 'audit', 'door', ...slices]
  const programs = ['cli', 'field', 'main', 'simulate', 'web']
  /** What of a slice others may import besides its face and its contract, and who. */
  const shared: Readonly<Record<string, string>> = {
    'src/reads/plate.ts': 'anybody',
    'src/reads/jurisdiction.ts': 'anybody',
    'src/reads/readIds.ts': 'anybody',
    // The one statement matches as the alerts grade: DESIGN section 4.
    'src/alerts/grade.ts': 'intake',
    'src/alerts/grading.ts': 'intake',
    // Formats, vendors and topics are pure, and programs know them too.
    'src/hotlists/formats/format.ts': 'programs',
    'src/hotlists/formats/formats.ts': 'programs',
    'src/hotlists/formats/sniff.ts': 'programs',
    'src/intake/adapters/adapter.ts': 'programs',
    'src/intake/adapters/adapters.ts': 'programs',
    'src/intake/multipart.ts': 'programs',
    'src/intake/mqtt.ts': 'programs',
  }
  const imports = sources.flatMap(({ file, text }) =>
    [
      ...text.matchAll(
        /^\s*(?:import|export)\b[^'"`;]*?from '(\.[^']+)'|\bimport\('(\.[^']+)'\)|^import '(\.[^']+)'/gm,
      ),
    ].map((match) => ({
      file,
      line: lineAt(text, match.index),
      target: normalize(join(dirname(file), match[1] ?? match[2] ?? match[3] ?? '')),
    })),
  )
  const layerOf = (file: string): string => file.split('/')[1] ?? ''

  function complaint(file: string, target: string): string | undefined {
    if (!target.startsWith('src/')) return `the program does not import ${target.split('/')[0]}/`
    const [from, to] = [layerOf(file), layerOf(target)]
    if (from === to || to === 'operations.ts')
      return from === to || !layers.includes(from) ? undefined : 'only programs know the list of operations'
    if (layers.includes(from) && !layers.includes(to)) return `${from} is no program, and imports none`
    if (layers.includes(from) && layers.indexOf(to) > layers.indexOf(from))
      return `${to} lies to the right of ${from}: register it (src/operations.ts, src/main) instead of importing it`
    if (!slices.includes(to) || target === `src/${to}/${to}.ts` || target === `src/${to}/contract.ts`) return undefined
    const who = shared[target]
    const may = who === 'anybody' || who === from || (who === 'programs' && programs.includes(from))
    return may ? undefined : `of ${to}, import only ${to}.ts and contract.ts`
  }

  test('kernel, policy, audit, door, the slices from left to right, programs', () => {
    const wrong = imports
      .filter(({ file }) => file.startsWith('src/') && !isTest(file))
      .flatMap(({ file, line, target }) => {
        const found = complaint(file, target)
        return found ? [`${file}:${line}: ${target}: ${found}`] : []
      })
    expect(imports.length).toBeGreaterThan(500)
    expect(wrong).toEqual([])
  })
  test('every exception is used', () => {
    const used = new Set(
      imports.filter(({ file, target }) => layerOf(file) !== layerOf(target)).map(({ target }) => target),
    )
    expect(
      Object.keys(shared).filter((file) => !used.has(file)),
      'take these from the list',
    ).toEqual([])
  })
  test('every folder of src has its place', () => {
    const folders = new Set(program.map(({ file }) => layerOf(file)))
    expect([...folders].filter((each) => ![...layers, ...programs, 'operations.ts'].includes(each))).toEqual([])
    for (const slice of slices) expect(folders).toContain(slice)
  })
  test('a contract is safe in a browser, and a policy is pure', () => {
    const wrong = imports.flatMap(({ file, line, target }) => {
      const name = file.split('/').at(-1)
      if (name === 'contract.ts' && slices.includes(layerOf(file)))
        return /^src\/(?:kernel\/schema|policy\/\w+|\w+\/contract)\.ts$/.test(target)
          ? []
          : [`${file}:${line}: a contract imports ${target}`]
      if (name === 'policy.ts' && slices.includes(layerOf(file)))
        return /\/store\.ts$|kernel\/db\.ts$|\/perform\.ts$/.test(target)
          ? [`${file}:${line}: a policy takes facts, and loads none`]
          : []
      return []
    })
    const policies = program.filter(({ file }) => file.endsWith('/policy.ts'))
    wrong.push(...complaints(policies, 'code', /\b(?:async|await|Promise)\b/g, 'a policy is a pure function'))
    expect(wrong).toEqual([])
  })
  test('nothing is only passed on: no barrel files', () => {
    const wrong = complaints(sources, 'code', /^export \* from/gm, 'name what is exported, where it is made')
    const barrels = program
      .filter(({ code, file }) => file.endsWith('/index.ts') || !/^(?!import |export (?:type )?\{|\}|\s|$)/m.test(code))
      .map(({ file }) => `${file}: holds nothing of its own`)
    expect([...wrong, ...barrels]).toEqual([])
  })
})

describe('one place for each thing', () => {
  const schema = textOfFile('db/schema.sql')
  const tables = [...schema.matchAll(/^create table (\w+)/gm)].map(([, name = '']) => name)
  const isStore = (file: string): boolean => /store\.ts$/i.test(file)

  test('only stores name tables', () => {
    const named = new RegExp(
      String.raw`\b(?:from|join|insert into|update|table|truncate|copy)\s+(?:only\s+)?(?:${tables.join('|')})\b`,
      'g',
    )
    // Migrations are about tables; keys of requests belong to the door; a bulk load for benches writes below the door.
    const except = new Set(['src/kernel/migrate.ts', 'src/door/idempotency.ts', 'src/simulate/heap.ts'])
    expect(
      complaints(
        program,
        'words',
        named,
        'SQL belongs into the slice’s store.ts',
        (file) => isStore(file) || except.has(file),
      ),
    ).toEqual([])
  })

  /** Whose each table is. Others may read it; only the owner's store writes it. */
  const owners: Readonly<Record<string, readonly string[]>> = {
    agencies: ['agencies'],
    identity: ['people', 'access_tokens', 'access_token_devices'],
    equipment: ['devices', 'device_aliases'],
    reads: ['reads', 'read_day_keys', 'plates'],
    hotlists: ['feeds', 'feed_revisions', 'feed_rejections', 'hotlist_entries', 'hotlist_staging'],
    alerts: ['matches', 'alerts', 'alert_queue', 'alert_events', 'alert_audience'],
    intake: ['device_refusals'],
    audit: ['log_open', 'log_outbox', 'log_leaves', 'log_tree', 'log_values'],
    door: ['idempotency_keys'],
    installation: ['installation'],
    kernel: ['migrations'],
  }
  test('each table has one owner, and only the owner writes it', () => {
    expect(Object.values(owners).flat().sort()).toEqual([...tables].sort())
    const writes = /\b(?:insert into|update|delete from|copy|truncate)\s+(\w+)/gi
    const wrong = program
      .filter(({ file }) => isStore(file) || file === 'src/door/idempotency.ts')
      .flatMap(({ file, words, text }) =>
        [...words.matchAll(writes)]
          .filter(([, name = '']) => tables.includes(name) && !owners[file.split('/')[1] ?? '']?.includes(name))
          // The one statement: storing, matching and alerting are one (DESIGN section 4).
          .filter(() => file !== 'src/intake/store.ts')
          .map((match) => `${file}:${lineAt(text, match.index)}: ${match[1]} is not this slice's to write`),
      )
    expect(wrong).toEqual([])
  })
  test('only policies permit and refuse', () => {
    const instead = 'decisions are made in policy.ts'
    const except = (file: string): boolean => file.endsWith('/policy.ts') || file === 'src/policy/decision.ts'
    expect(complaints(program, 'code', /(?<![\w.#])(?:permit|refuse)\(/g, instead, except)).toEqual([])
  })
  test('only the door, the sequencer and migrations begin and commit', () => {
    const allowed = new Set([
      'src/door/perform.ts',
      'src/kernel/db.ts',
      'src/kernel/migrate.ts',
      'src/kernel/locks.ts',
      'src/audit/sequencer.ts',
    ])
    const instead = 'take the Tx you are given; only the door begins and commits'
    expect([
      ...complaints(
        program,
        'text',
        // An operation may say how the door opens its transaction: with a lock, or a setting, before the first snapshot.
        /['"`](?:begin|commit|rollback|savepoint)\s*(?:['"`]|;(?! select pg_advisory_xact_lock| set local | \$\{))/g,
        instead,
        (file) => allowed.has(file),
      ),
      ...complaints(program, 'code', /\.transaction\(/g, instead, (file) => allowed.has(file)),
    ]).toEqual([])
  })
  test('only the settings read the environment', () => {
    expect(
      complaints(program, 'code', /\bprocess\.env\b/g, 'add a setting to src/kernel/config.ts', (file) =>
        environment.has(file),
      ),
    ).toEqual([])
  })
  const environment = new Set(['src/kernel/config.ts'])
  test('time comes from the clock', () => {
    const bySystem = new Set(['src/kernel/clock.ts'])
    const instead = 'take a Clock (src/kernel/clock.ts); performance.now() is for durations'
    const inSql = 'instants are parameters of SQL, so that tests can drive time'
    expect([
      ...complaints(program, 'code', /\bDate\.now\(|\bnew Date\(\)|(?<![\w.])Date\(\)/g, instead, (file) =>
        bySystem.has(file),
      ),
      ...complaints(
        program,
        'words',
        /\bnow\(\)|\bcurrent_(?:timestamp|date|time)\b|\b(?:clock|statement|transaction)_timestamp\b|\blocaltime(?:stamp)?\b/g,
        inSql,
      ),
    ]).toEqual([])
    const sql = files.filter((file) => file.endsWith('.sql') && file !== 'db/schema.sql')
    const inFiles = sql.filter((file) =>
      /\bnow\(\)|\bcurrent_(?:timestamp|date)\b/i.test(textOfFile(file).replaceAll(/--.*$/gm, '')),
    )
    expect(inFiles).toEqual([])
  })
})

describe('what is not written here', () => {
  test('any, silenced errors, and tests left out', () => {
    const everything = sources.filter(({ file }) => file !== 'test/tidy.test.ts')
    const reasoned = (file: string, found: string): boolean => / -- \S/.test(found) && file !== ''
    expect([
      ...complaints(everything, 'code', /(?::|<|\bas) any\b/g, 'say unknown, and look'),
      ...complaints(everything, 'text', /@ts-(?:ignore|nocheck).*/g, 'mend the type'),
      ...complaints(
        everything,
        'text',
        /(?:@ts-expect-error|(?:es|ox)lint-disable).*/g,
        'mend it, or say why after " -- "',
        (file, found) => reasoned(file, found) || /@ts-expect-error \S/.test(found),
      ),
      ...complaints(everything, 'code', /\b(?:describe|test|it)\.only\b/g, 'all tests run'),
      ...complaints(
        everything,
        'text',
        /\b(?:describe|test|it)\.(?:skip|todo)\b.*/g,
        'mend it, or use skip(why) inside',
      ),
      ...complaints(everything, 'text', /\b(?:TODO|FIXME|XXX|HACK)\b.*/g, 'do it, or write an issue'),
    ]).toEqual([])
  })
  test('words that say nothing, as names of functions', () => {
    const empty = /\bfunction (?:handle|process|manage|do|util)(?:[A-Z]\w*)?\b/g
    // Not an act but a thing: the terminal of the process.
    const except = (file: string): boolean => file === 'src/cli/processTerminal.ts'
    expect(complaints(program, 'code', empty, 'name what it does (DESIGN section 3)', except)).toEqual([])
  })
  test('places of one machine, and hosts of registries', () => {
    const places =
      /\/work\/(?:main|shared)|\/home\/\w+\/|\/Users\/\w+|\/root\/|\bregistry\.(?:npmjs|yarnpkg)\b|\bartifactory\b|\bnexus\.\w+\.\w+|"resolved": "http/g
    const wrong = files
      .filter((file) => !/\.(?:jpg|png|webp|zip|gz)$/.test(file) && file !== 'test/tidy.test.ts')
      .flatMap((file) => {
        const text = textOfFile(file)
        return [...text.matchAll(places)].map(
          (match) => `${file}:${lineAt(text, match.index)}: ${match[0]}: name no machine's place`,
        )
      })
    expect(wrong).toEqual([])
  })
  test('exact versions only, and no install scripts', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(textOfFile('package.json'))
    const ranges = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !/^(?:\d+\.\d+\.\d+(?:-[\w.]+)?|file:[\w./-]+)$/.test(version))
      .map(([name, version]) => `${name} ${version}`)
    expect(ranges, 'npm install --save-exact').toEqual([])
    expect(textOfFile('.npmrc')).toContain('ignore-scripts=true')
  })
})

/** Names of functions that are longer, or are exported without a word on what they do; and files that are longer. */
const ratchets = JSON.parse(readFileSync(join(import.meta.dirname, 'tidy.json'), 'utf8')) as {
  longFiles: string[]
  longFunctions: string[]
  undocumented: string[]
}
const linesOfFileMax = 400
const linesOfFunctionMax = 80

type Found = { readonly name: string; readonly lines: number; readonly exported: boolean; readonly documented: boolean }

const heads = [
  /^( {0,4})(export )?(?:default )?(?:async )?function\*? (\w+)/,
  /^( {0,4})(export )?const (\w+)[^=]* = (?:async )?(?:\(|\w+ =>).*(?:\{|\()$/,
  /^( {2})()(?:readonly |static |async |private |\*)*(#?\w+)\([^;=]*\{$/,
]
const noFunctions = new Set(['if', 'for', 'while', 'switch', 'return', 'catch', 'constructor', 'describe', 'test'])

/** Functions at the top of a file and in classes: the formatter ends each with a brace in the column of its first word. */
function functionsOf({ text, code }: Source): Found[] {
  const lines = code.split('\n')
  const original = text.split('\n')
  return lines.flatMap((line, index) => {
    const [, indent = '', exported, name = ''] =
      heads.map((head) => head.exec(line)).find((match) => match !== null) ?? []
    if (name === '' || noFunctions.has(name)) return []
    const end = lines.findIndex((each, place) => place > index && each.startsWith(`${indent}}`))
    const documented = /(?:\*\/|^\s*\/\/.*)\s*$/.test(original[index - 1] ?? '')
    return [
      {
        name,
        lines: end === -1 ? 1 : end - index + 1,
        exported: exported !== undefined && exported !== '',
        documented,
      },
    ]
  })
}

describe('small enough to read, and said what it is for', () => {
  const sorted = (list: readonly string[]): string[] => [...new Set(list)].sort()
  test(`files of at most ${linesOfFileMax} lines`, () => {
    const long = sources.filter(({ text }) => text.split('\n').length - 1 > linesOfFileMax).map(({ file }) => file)
    expect(sorted(long), 'divide the new one; take from test/tidy.json what is short enough now').toEqual(
      sorted(ratchets.longFiles),
    )
  })
  test(`functions of at most ${linesOfFunctionMax} lines`, () => {
    const long = sources.flatMap((source) =>
      functionsOf(source)
        .filter(({ lines }) => lines > linesOfFunctionMax)
        .map(({ name }) => `${source.file} ${name}`),
    )
    expect(sorted(long), 'divide the new one; take from test/tidy.json what is short enough now').toEqual(
      sorted(ratchets.longFunctions),
    )
  })
  test('an exported function says what it does, what it takes, and what it throws', () => {
    const silent = program.flatMap((source) =>
      functionsOf(source)
        .filter(({ exported, documented }) => exported && !documented)
        .map(({ name }) => `${source.file} ${name}`),
    )
    expect(sorted(silent), 'write a sentence above the new one; take from test/tidy.json what has one now').toEqual(
      sorted(ratchets.undocumented),
    )
  })
  test('the measures themselves find what they look for', () => {
    const text = `/** Why. */\nexport function one() {\n  return '}'\n}\nexport async function two(): Promise<void> {\n${'  x()\n'.repeat(90)}}\nclass C {\n  three(a: string) {\n    y()\n  }\n}\n`
    const code = text.replace("'}'", '   ')
    expect(functionsOf({ file: 'x.ts', text, code, words: '' })).toEqual([
      { name: 'one', lines: 3, exported: true, documented: true },
      { name: 'two', lines: 92, exported: true, documented: false },
      { name: 'three', lines: 3, exported: false, documented: false },
    ])
  })
})
