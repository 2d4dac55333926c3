/**
 * Keeps PostgreSQL running until it is told to stop. When it ends without being asked to, it is started again in the
 * same way as the first time, and on the same port, so that connection pools find it again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Fatal } from './errors.ts'
import { errorFields, type Log } from './log.ts'
import { clearLeftover } from './postgresLeftover.ts'
import { keepLogSmall } from './postgresLog.ts'
import { logPath, startPostmaster, stopPostmaster, waitUntilReady } from './postmaster.ts'
import type { Postmaster, PostmasterOptions } from './postmaster.ts'

/** The first time somebody waits for the answer, and a taken port can be changed. Later the port is known to others. */
const firstStart = { attempts: 5, keepsPort: false }
const restart = { attempts: 30, keepsPort: true }
const pauseMsMax = 10_000

export class Supervisor {
  readonly #options: PostmasterOptions
  readonly #log: Log
  readonly #onLost: (reason: Fatal) => void
  readonly #stopping = new AbortController()
  #postmaster: Postmaster | undefined
  #recovering: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined
  #stopTrimming: () => void = () => {}

  constructor(options: PostmasterOptions, log: Log, onLost: (reason: Fatal) => void) {
    this.#options = options
    this.#log = log
    this.#onLost = onLost
  }

  /** Starts it for the first time. The answer is undefined when it is ready, or why it is not after a few attempts. */
  async start(): Promise<string | undefined> {
    this.#stopTrimming = keepLogSmall(logPath(this.#options.place), this.#log)
    const problem = await this.#tryToStart(firstStart)
    if (problem !== undefined) await this.stop()
    return problem
  }

  pid(): number | undefined {
    return this.#postmaster?.pid
  }

  /** Stops it and waits for its end. May be called again, and while it is being started again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await this.#recovering
    if (this.#postmaster) await stopPostmaster(this.#postmaster, this.#options, this.#log)
    this.#stopTrimming()
  }

  /** Starts until it is ready, with growing pauses. The answer is undefined then, or why the last attempt failed. */
  async #tryToStart({ attempts, keepsPort }: typeof firstStart): Promise<string | undefined> {
    let problem = 'it was told to stop'
    for (let attempt = 0; attempt < attempts && !this.#stopping.signal.aborted; attempt += 1) {
      if (attempt > 0) await this.#pause(Math.min(100 * 2 ** attempt, pauseMsMax))
      const outcome = await this.#startOnce()
      if (outcome === undefined) return undefined
      problem = outcome
      this.#log('warn', 'PostgreSQL did not start', { attempt: attempt + 1, problem })
      if (!keepsPort && isPortTaken(problem)) break
    }
    return problem
  }

  async #startOnce(): Promise<string | undefined> {
    try {
      await clearLeftover(this.#options.place, this.#options.binaries, this.#log)
      const postmaster = await startPostmaster(this.#options)
      if (await waitUntilReady(postmaster, this.#options.place.dataPath, this.#log, this.#stopping.signal)) {
        this.#postmaster = postmaster
        void postmaster.ended.then((how) => this.#onEnd(how))
        return undefined
      }
      await stopPostmaster(postmaster, this.#options, this.#log)
      return `${await postmaster.ended}: ${await postmaster.recentLog()}`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  #onEnd(how: string): void {
    this.#postmaster = undefined
    if (this.#stopping.signal.aborted) return
    this.#log('error', 'PostgreSQL ended without being asked to; starting it again', { how })
    this.#recovering = this.#recover()
  }

  async #recover(): Promise<void> {
    const startedAt = performance.now()
    const problem = await this.#tryToStart(restart)
    if (this.#stopping.signal.aborted) return
    if (problem === undefined) {
      this.#log('info', 'PostgreSQL is ready again', { ms: Math.round(performance.now() - startedAt) })
      return
    }
    const reason = new Fatal(`PostgreSQL cannot be started again: ${problem}`)
    this.#log('error', 'PostgreSQL cannot be started again; giving up', errorFields(reason))
    this.#onLost(reason)
  }

  async #pause(ms: number): Promise<void> {
    // Cut short by `stop`, which is no error here.
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}

/** PostgreSQL's own words; `lc_messages` is C. */
export function isPortTaken(problem: string): boolean {
  return /could not bind .* address/.test(problem)
}
