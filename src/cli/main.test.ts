import { describe, expect, test } from 'vitest'
import { commands } from './commands.ts'
import { ran } from './testing.ts'

describe('help', () => {
  test('names every command with an example', async () => {
    const { code, out } = await ran(['--help'])
    expect(code).toBe(0)
    for (const { name, example } of commands) {
      expect(out).toContain(`  ${name} `)
      expect(out).toContain(`$ ${example}`)
    }
    expect(commands.map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "serve",
        "demo",
        "bootstrap",
        "intake",
        "hotlist import",
        "hotlist list",
        "hotlist rejections",
        "hotlist formats",
        "search",
        "alerts",
        "explain",
        "audit verify",
        "bench",
      ]
    `)
  })

  test.each(commands.map(({ name }) => name))('of %s has a usage line, --json and an example', async (name) => {
    const { code, out, err } = await ran([...name.split(' '), '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`Usage: platekeep ${name}`)
    expect(out).toContain('--json')
    expect(out).toContain(`  $ platekeep ${name}`)
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(130)
  })

  test('without a command is shown, and is a wrong call', async () => {
    const { code, out } = await ran([])
    expect(code).toBe(2)
    expect(out).toContain('Usage: platekeep <command>')
  })

  test('of a word with several commands lists those', async () => {
    const { code, out } = await ran(['hotlist', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('hotlist rejections')
    expect(out).not.toContain('serve')
  })
})

describe('a wrong call says what was meant and ends with 2', () => {
  const calls: [string[], string][] = [
    [['serch'], 'There is no command "serch". Did you mean "search"?'],
    [['hotlist', 'imprt', 'x'], 'There is no command "hotlist imprt". Did you mean "hotlist import"?'],
    [['quux'], 'There is no command "quux". See platekeep --help'],
    [['search', '4ABC12', '--purpos', 'safety'], 'There is no option --purpos. Did you mean --purpose?'],
    [['search', '4ABC12', '--purpose'], '--purpose needs a value'],
    [['search', '--purpose', 'safety', '--facts', 'x'], '<plate> is missing.'],
    [['search', '4ABC', '12', '--purpose', 'safety'], '"12" is one argument too many'],
    [['search', '4ABC12'], '--purpose is missing: one of safety'],
    [['search', '4ABC12', '--purpose', 'safety'], '--facts is missing'],
    [['search', '4ABC12', '--purpose', 'fun', '--facts', 'x'], 'purpose must'],
    [['search', '4ABC12', '--purpose', 'safety', '--facts', 'x', '--from', 'soon'], '--from "soon" is no time.'],
    [
      ['search', '4ABC12', '--purpose', 'safety', '--facts', 'x', '--limit', 'all'],
      '--limit "all" is no whole number.',
    ],
    [['search', '4ABC12', '--purpose', 'safety', '--facts', 'x', '--limit', '9999'], 'limit must be <= 500'],
    [['search', '4ABC12', '--purpose', 'safety', '--facts', 'x'], 'An access token is missing'],
    [['alerts', '--since', '3'], '--since goes with --follow.'],
    [['alerts', '--json=yes'], '--json takes no value.'],
    [['intake', '--vendor', 'acme', 'x.json', '--token', 't'], 'There is no vendor "acme". There are: '],
    [['intake'], '<file…> is missing.'],
    [['hotlist', 'import', 'x.txt'], '--feed is missing'],
    [['bootstrap', '--agency', 'Nowhere'], '--agency "Nowhere" is not name=ORI'],
    [['serve', '--port', 'http'], '--port: must be a whole number'],
    [['serve', '--server', 'http://127.0.0.1'], 'There is no option --server.'],
    [['audit', 'verify', '--earlier', '3'], '--earlier is a size and a root'],
    [['demo', '--rate', '0'], '--rate must be from 1 to 500'],
    [['explain', 'intake.submt'], 'Did you mean intake.submit?'],
    [['alerts', '--server', 'localhost', '--token', 't'], '--server: must be an address such as'],
  ]
  test.each(calls)('%j', async (args, message) => {
    const { code, out, err } = await ran(args)
    expect(err).toContain(message)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  test('a misspelt variable of ours is refused by name', async () => {
    const { code, err } = await ran(['alerts'], { PLATEKEEP_TOKN: 'x' })
    expect(code).toBe(2)
    expect(err).toContain('PLATEKEEP_TOKN is not a setting.')
  })

  test('a server knows the variables of clients, so that one shell can have both', async () => {
    const { err } = await ran(['serve', '--port', 'http'], {
      PLATEKEEP_TOKEN: 'x',
      PLATEKEEP_SERVER: 'http://127.0.0.1:1',
    })
    expect(err).toContain('--port: must be a whole number')
  })
})

describe('where no server answers', () => {
  test('says so and how to mend it, and ends with 1', async () => {
    const { code, out, err } = await ran(['alerts', '--server', 'http://127.0.0.1:9', '--token', 't'])
    expect(err).toMatch(
      /No server answers at http:\/\/127\.0\.0\.1:9 \(ECONNREFUSED\)\. Start one with `platekeep serve`/,
    )
    expect({ code, out }).toEqual({ code: 1, out: '' })
  })
})

describe('explain', () => {
  test('lists all operations', async () => {
    const { code, out } = await ran(['explain'])
    expect(code).toBe(0)
    expect(out).toMatch(/intake\.submit +POST \/v1\/reads +Send reads/)
  })

  test('shows steps, clauses, fields and what is recorded', async () => {
    const { code, out } = await ran(['explain', 'searches.run'])
    expect(code).toBe(0)
    expect(out).toContain('Route     POST /v1/searches')
    expect(out).toMatch(/CR-1\.1 +Access needs a lawful basis and specific facts/)
    expect(out).toMatch(/plate +text, 1 to 32; The whole plate/)
    expect(out).toMatch(/sealed +plate, facts/)
    expect(out).toContain('the ids, sealed')
  })

  test('explains every operation, as text and as JSON', async () => {
    const { operations } = JSON.parse((await ran(['explain', '--json'])).out) as { operations: { id: string }[] }
    expect(operations.length).toBeGreaterThan(20)
    for (const { id } of operations) {
      expect(await ran(['explain', id])).toMatchObject({ code: 0, err: '' })
      const one = JSON.parse((await ran(['explain', id, '--json'])).out) as Record<string, unknown>
      expect(one).toMatchObject({ id, steps: expect.any(Array), recorded: expect.any(Object) })
    }
  })
})
