/**
 * Jobs: what the program does by itself, each an operation performed by a named system actor, and so recorded like any other
 * act. They run on a timer in every server process; the operations themselves are safe to run twice or at the same time.
 */
import { errorFields, type Log } from '../kernel/log.ts'
import type { Caller } from './operation.ts'

/** The program itself, acting in one of its jobs. */
export function systemCaller(job: string): Caller {
  const actor = {
    id: `system:${job}`,
    kind: 'system',
    name: `Platekeep, ${job}`,
    agencyId: 'system',
    agencyNo: 0,
    agencyName: 'Platekeep',
    roles: new Set(['system'] as const),
    devices: [],
  } as const
  return { actor, from: 'local' }
}

/** `run` is told when the program stops, and ends early then. */
export type Job = { readonly name: string; readonly everyMs: number; run(stopping: AbortSignal): Promise<void> }

/** Runs jobs, each after its interval and never twice at once, until stopped. A failure is logged and tried again next time. */
export function startJobs(jobs: readonly Job[], log: Log): { soon(name: string): void; stop(): Promise<void> } {
  const stopping = new AbortController()
  const wakes = new Map<string, () => void>()
  const wanted = new Set<string>()

  function rest({ name, everyMs }: Job): Promise<void> {
    if (stopping.signal.aborted || wanted.delete(name)) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs)
      wakes.set(name, () => {
        clearTimeout(timer)
        wanted.delete(name)
        resolve()
      })
    })
  }
  async function loop(job: Job): Promise<void> {
    while (!stopping.signal.aborted) {
      await rest(job)
      wakes.delete(job.name)
      if (stopping.signal.aborted) return
      try {
        await job.run(stopping.signal)
      } catch (error) {
        log('warn', 'a job failed and will be tried again', { job: job.name, ...errorFields(error) })
      }
    }
  }
  const loops = jobs.map(loop)
  return {
    soon: (name) => {
      wanted.add(name)
      wakes.get(name)?.()
    },
    stop: async () => {
      stopping.abort()
      for (const wake of wakes.values()) wake()
      await Promise.all(loops)
    },
  }
}
