/**
 * Whoever keeps the hot list: sends the next revision of it every so often, under one Idempotency-Key until it is acknowledged,
 * while everything else goes on. Entries come and go; those that come must find the reads that were there before them.
 */
import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ImportReport } from '../../src/hotlists/contract.ts'
import { Random } from '../../src/simulate/prng.ts'
import { fleetSize, send, type Setting } from './setting.ts'

const startsWith = 200
const comes = 40
const goes = 10
/** Not now: 409 says that the very same request is still being performed. */
const comeAgain: ReadonlySet<number> = new Set([409, 429, 503])
const retryMs = 150
const deadlineMsMax = 60_000

export type Revisions = {
  /** Each revision that was acknowledged, with the digest of its file. */
  readonly acknowledged: { revision: number; sha256: string }[]
  readonly wrongAnswers: string[]
  stop(): Promise<void>
}

export function startRevisions(setting: Setting, urlOf: () => string): Revisions {
  const random = new Random(setting.seed).fork('revisions')
  const acknowledged: Revisions['acknowledged'] = []
  const wrongAnswers: string[] = []
  let stopping = false
  // Vehicles of the rarer three quarters: an entry looks back to a hundred reads at most.
  const draw = (): number => random.int(fleetSize / 4, fleetSize - 1)
  const listed = new Set(Array.from({ length: startsWith }, draw))

  async function run(): Promise<void> {
    for (let number = 1; !stopping; number++) {
      await deliver(fileOf(setting, listed), number)
      for (let each = 0; each < comes; each++) listed.add(draw())
      for (const vehicle of random.shuffled([...listed]).slice(0, goes)) listed.delete(vehicle)
      await delay(random.int(300, 2_000))
    }
  }

  async function deliver(file: string, number: number): Promise<void> {
    const begun = performance.now()
    // Often it hangs up, so that the next send meets the first one done, undone, or still at it.
    let msMax = random.chance(0.5) ? random.int(15, 150) : undefined
    const headers = {
      'content-type': 'text/csv',
      'idempotency-key': `revision-${hash('sha256', setting.seed).slice(0, 12)}-${number}`,
    }
    while (performance.now() - begun < deadlineMsMax) {
      const path = `/v1/feeds/${setting.revisedFeed}/revisions`
      const answer = await send(urlOf(), path, setting.administrator, file, headers, msMax).catch(() => undefined)
      msMax = undefined
      if (answer?.status === 200) {
        const { revision, sha256 } = JSON.parse(answer.text) as ImportReport
        if (sha256 !== hash('sha256', file)) wrongAnswers.push(`revision ${revision} is of another file`)
        acknowledged.push({ revision, sha256 })
        return
      }
      if (answer && !comeAgain.has(answer.status))
        wrongAnswers.push(`import: ${answer.status} ${answer.text.slice(0, 300)}`)
      await delay(retryMs)
    }
    wrongAnswers.push('a revision was not acknowledged in time')
  }

  const running = run()
  return {
    acknowledged,
    wrongAnswers,
    stop: async () => {
      stopping = true
      await running
    },
  }
}

function fileOf({ fleet }: Setting, vehicles: ReadonlySet<number>): string {
  const rows = [...vehicles].map((number) => `${fleet.plates.plateOf(number)},${fleet.plates.jurisdictionOf(number)}`)
  return `plate,state\n${rows.join('\n')}\n`
}
