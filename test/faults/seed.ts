/** The seed of a fault test: a new one each time, said so that the same can be played again. */
import { randomBytes } from 'node:crypto'

/** The seed for a test file of this folder; given by PLATEKEEP_TEST_SEED, or made up, and printed either way. */
export function seedFor(file: string): string {
  const seed = process.env['PLATEKEEP_TEST_SEED'] ?? randomBytes(4).toString('hex')
  say(`seed ${seed}; to play it again: PLATEKEEP_TEST_SEED=${seed} vitest run --config vitest.faults.config.ts ${file}`)
  return seed
}

/** A line of figures on standard output, as it is. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
