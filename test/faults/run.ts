/**
 * The long campaign: `npm run faults -- --kills 200 --seed <text>`. Plays it in rounds, each in a new data folder with a seed of
 * its own, so that memory stays flat and one round can be played again alone. Exits with 1 where anything was found.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { canKill } from './postgresProcesses.ts'
import { report, runCampaign, type Result } from './report.ts'

const killsPerRound = 24
const killsMax = 100_000

/** Runs the campaign the arguments ask for; the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } } })
  const kills = Number(values.kills)
  if (!Number.isInteger(kills) || kills < 1 || kills > killsMax) {
    print(`--kills must be a whole number from 1 to ${killsMax}, as in: npm run faults -- --kills 200`)
    return 2
  }
  if (!canKill) {
    print('The campaign needs Linux: it finds the processes to kill in /proc.')
    return 2
  }
  const seed = values.seed ?? randomBytes(4).toString('hex')
  const results: Result[] = []
  const rounds = Math.ceil(kills / killsPerRound)
  for (let round = 0; round < rounds; round++) {
    const roundSeed = rounds === 1 ? seed : `${seed}/${round}`
    const count = Math.min(killsPerRound, kills - round * killsPerRound)
    print(`to play this round again: npm run faults -- --kills ${count} --seed '${roundSeed}'`)
    results.push(await runCampaign(roundSeed, count, print))
    print(report(results).join('\n'))
  }
  return results.some(({ findings }) => Object.keys(findings.found()).length > 0) ? 1 : 0
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = await main()
