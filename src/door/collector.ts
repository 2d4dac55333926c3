/**
 * Collects acts of one operation that arrive together into one transaction (`performMany`). The first starts at once; what
 * arrives while it is being committed goes together next. So a lone read waits for nothing, and sixty-four at once cost one
 * commit. Nothing is answered before its own commit, and nothing waits without a limit: beyond it, senders are told to come
 * back.
 */
import type { Static, TSchema } from 'typebox'
import { TooMuch } from '../kernel/errors.ts'
import { must } from '../kernel/assert.ts'
import type { Operation } from './operation.ts'
import { performMany, type Act, type Door } from './perform.ts'

export type Collector<Reply> = {
  /** Performs an act with its neighbours. `bytes` is its weight. Throws `TooMuch` (429) when too much is waiting. */
  perform(act: Act, bytes: number): Promise<Reply>
  /** Acts waiting and their bytes. */
  load(): { waiting: number; bytes: number }
}

export type CollectorLimits = {
  /** Groups in progress at once. */
  lanes: number
  groupActsMax: number
  groupBytesMax: number
  waitingActsMax: number
  waitingBytesMax: number
}

type Waiting<Reply> = { act: Act; bytes: number; resolve: (reply: Reply) => void; reject: (reason: unknown) => void }

/** A collector for one operation. The limits bound a group, how many groups are under way, and all that waits. */
export function collect<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  door: Door,
  operation: Operation<Q, R, Request, Facts, Scope>,
  limits: CollectorLimits,
): Collector<Static<R>> {
  const queue: Waiting<Static<R>>[] = []
  let bytes = 0
  let running = 0

  function takeGroup(): Waiting<Static<R>>[] {
    let weight = 0
    let count = 0
    for (const each of queue) {
      if (count > 0 && (count >= limits.groupActsMax || weight + each.bytes > limits.groupBytesMax)) break
      weight += each.bytes
      count++
    }
    bytes -= weight
    return queue.splice(0, count)
  }

  async function runLane(): Promise<void> {
    running++
    while (queue.length > 0) {
      const group = takeGroup()
      try {
        const settled = await performMany(
          door,
          operation,
          group.map(({ act }) => act),
        )
        for (const [index, { resolve, reject }] of group.entries()) {
          const each = must(settled[index], 'each act is settled')
          if (each.status === 'fulfilled') resolve(each.value)
          else reject(each.reason)
        }
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    running--
  }

  return {
    perform: (act, weight) =>
      new Promise((resolve, reject) => {
        if (queue.length >= limits.waitingActsMax || bytes + weight > limits.waitingBytesMax) {
          reject(new TooMuch(429, 'More arrives than can be stored. Nothing of this request was; send it again.', 1))
          return
        }
        queue.push({ act, bytes: weight, resolve, reject })
        bytes += weight
        if (running < limits.lanes) void runLane()
      }),
    load: () => ({ waiting: queue.length, bytes }),
  }
}
