/**
 * `npm test`: types, lint, format, then every test, then the faults; each step named with its time. It installs the Debian
 * package that one test needs (mosquitto) where it may, and says so where it may not: that test is then counted as skipped,
 * never left out in silence. The last line counts all tests.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const environment = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
}
const counted = { passed: 0, failed: 0, skipped: 0 }

/** Runs a command with its output shown; whether it went well. */
function run(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: environment })
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}

async function step(name: string, work: () => Promise<boolean>): Promise<boolean> {
  const begun = performance.now()
  console.log(`\n== ${name}`)
  const fine = await work()
  console.log(`== ${name}: ${fine ? 'ok' : 'FAILED'} in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  return fine
}

type VitestReport = { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTotalTests: number }

/** One run of vitest, whose counts are added up. A run without a single test has failed. */
async function vitest(config: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'platekeep-report-'))
  const file = join(folder, 'report.json')
  const fine = await run('vitest', [
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ])
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as VitestReport,
    () => undefined,
  )
  await rm(folder, { recursive: true, force: true })
  if (!report) {
    counted.failed++
    return false
  }
  counted.passed += report.numPassedTests
  counted.failed += report.numFailedTests
  counted.skipped += report.numPendingTests
  if (!fine && report.numFailedTests === 0) counted.failed++
  return fine && report.numTotalTests > 0
}

function has(command: string): boolean {
  return ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'].some(
    (folder) => spawnSync('test', ['-x', join(folder, command)]).status === 0,
  )
}

/** A real MQTT broker for the test of the bridge. */
function provideMosquitto(): void {
  if (has('mosquitto')) return
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    console.log(
      'mosquitto is not here and may not be installed: the test of the MQTT bridge is skipped. Install it with: apt-get install mosquitto',
    )
    return
  }
  console.log('installing mosquitto')
  const options = {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 180_000,
  } as const
  // The package's own service is not wanted: the test starts a broker of its own.
  if (spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'mosquitto'], options).status !== 0) {
    spawnSync('apt-get', ['update', '-q'], options)
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'mosquitto'], options)
  }
  if (!has('mosquitto')) console.log('mosquitto could not be installed: the test of the MQTT bridge is skipped.')
}

provideMosquitto()
const steps = [
  await step('types', () => run('tsc', ['--noEmit'])),
  await step('lint', () => run('oxlint', ['--type-aware', '--deny-warnings'])),
  await step('format', () => run('oxfmt', ['--check', '.'])),
  await step('tests', () => vitest('vitest.config.ts')),
  await step('faults', () => vitest('vitest.faults.config.ts')),
]
const checksFailed = steps.slice(0, 3).filter((fine) => !fine).length
console.log(`\n${counted.passed} passed, ${counted.failed + checksFailed} failed, ${counted.skipped} skipped`)
process.exitCode = steps.every(Boolean) ? 0 : 1
