/** `platekeep audit verify`: reads the whole log as an auditor and checks it with code that shares nothing with the server's. */
import { Mendable } from '../../kernel/errors.ts'
import { head, leaves } from '../../oversight/oversight.ts'
import { LogVerifier, type Verdict } from '../logVerifier.ts'
import { Client } from '../client.ts'
import { command, noOperands, Usage } from '../command.ts'
import { connectionOf, connectionOptions } from '../connection.ts'
import { Progress } from '../progress.ts'
import { counted, jsonLine, localTime, shown, type Terminal } from '../terminal.ts'

const pageMax = 5_000
const openShown = 10

export const auditVerify = command({
  operands: noOperands,
  options: {
    earlier: {
      type: 'string',
      value: '<size>:<root>',
      about: 'A head you noted before: check too that the log still begins with exactly those entries',
    },
    ...connectionOptions,
  },
  about: [
    'Reads every entry of the log and checks that each has the hash the server says, that all together have the root of the log’s head, that no entry is missing, and that every attempt has at most one outcome. It needs an auditor’s or the CSO’s token; reading the log is recorded in it too.',
    'Note the size and the root it prints. Given to --earlier another day, they show that nothing of what was there has been changed or taken out since.',
  ],
  examples: ['platekeep audit verify', 'platekeep audit verify --earlier 4711:9f2c…'],
  run: async (terminal, values) => {
    const earlier = earlierOf(values.earlier)
    const client = new Client(await connectionOf(terminal, values))
    try {
      const { size, root } = await client.call(head, {})
      if (earlier && earlier.size > size)
        throw new Mendable(
          `The log has ${size} entries and had ${earlier.size} when you noted its head: entries were taken out of it.`,
        )
      const verdict = await verified(client, size, terminal, earlier)
      const problems = [...verdict.problems, ...headProblems(verdict, root, earlier)]
      if (values.json) terminal.print(jsonLine({ ...verdict, sound: problems.length === 0, problems }))
      else terminal.print(told(verdict, problems, earlier))
      return problems.length === 0 ? 0 : 1
    } finally {
      client.close()
    }
  },
})

type Earlier = { size: number; root: string }

function earlierOf(text: string | undefined): Earlier | undefined {
  if (text === undefined) return undefined
  const [, size = '', root = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (root === '')
    throw new Usage('--earlier is a size and a root as `audit verify` printed them: 4711:<64 hexadecimal digits>.')
  return { size: Number(size), root }
}

async function verified(
  client: Client,
  size: number,
  terminal: Terminal,
  earlier: Earlier | undefined,
): Promise<Verdict> {
  const verifier = new LogVerifier(earlier?.size)
  const progress = new Progress(terminal, { unit: 'entries', total: size })
  while (verifier.size < size) {
    const limit = Math.min(pageMax, size - verifier.size)
    const page = await client.call(leaves, { from: verifier.size, limit })
    if (page.leaves.length === 0) break
    for (const leaf of page.leaves.slice(0, limit)) verifier.take(leaf)
    progress.update(verifier.size, verifier.size)
  }
  progress.end()
  return verifier.verdict(size)
}

function headProblems(verdict: Verdict, root: string, earlier: Earlier | undefined): string[] {
  return [
    ...(verdict.root === root ? [] : ['the entries do not add up to the root of the head']),
    ...(earlier && verdict.earlierRoot !== earlier.root
      ? [`the first ${earlier.size} entries are no longer those whose root you noted`]
      : []),
  ]
}

function told(verdict: Verdict, problems: readonly string[], earlier: Earlier | undefined): string {
  const { size, root, attempts, outcomes, invalid, unauthenticated, open } = verdict
  const kept = [
    `The log holds ${counted(size, 'entry', 'entries')}: ${counted(attempts, 'attempt')}, ${counted(outcomes, 'outcome')}, ${counted(invalid, 'invalid request')}, ${counted(unauthenticated, 'refused sign-in')}.`,
    ...(problems.length > 0
      ? ['', 'IT IS NOT SOUND:', ...problems.map((problem) => `  - ${shown(problem)}`)]
      : [
          'Every entry has the hash it should have, none is missing, and together they have the root of the head.',
          'No attempt has two outcomes, and no outcome is without its attempt.',
          ...(earlier ? [`It still begins with the ${earlier.size} entries whose root you noted.`] : []),
        ]),
    '',
    ...(open.length === 0
      ? ['Every attempt has its outcome.']
      : [
          `${counted(open.length, 'attempt has', 'attempts have')} no outcome yet (in progress, or to be closed as unknown within minutes):`,
          ...open
            .slice(0, openShown)
            .map(({ act, operation, actor, at }) => shown(`  ${act}  ${operation}  ${actor}  ${localTime(at)}`)),
          ...(open.length > openShown ? [`  and ${open.length - openShown} more; --json lists them`] : []),
        ]),
    '',
    `Note this head to check against another day:  --earlier ${size}:${root}`,
  ]
  return kept.join('\n')
}
