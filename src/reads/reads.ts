/**
 * Reads: the days they live in. Each day of capture has a partition, so that it can go whole, and a key under which its reads'
 * ids are encrypted. They exist for every day that is kept and for a week ahead; a day that is missing would refuse reads.
 */
import Type from 'typebox'
import { noFacts, operation } from '../door/operation.ts'
import { day } from '../kernel/clock.ts'
import { locks } from '../kernel/locks.ts'
import { mayPrepareDays } from './policy.ts'
import { createDays } from './store.ts'

const daysAhead = 7
const daysAtOnce = 400
const closed = { additionalProperties: false } as const

/** The days, as `2026-11-23`, that must exist at an instant for a retention. */
export function daysKept(at: Date, retentionMs: number): string[] {
  const first = Math.floor((at.getTime() - retentionMs) / day)
  const last = Math.floor(at.getTime() / day) + daysAhead
  return Array.from({ length: last - first + 1 }, (_, index) =>
    new Date((first + index) * day).toISOString().slice(0, 10),
  )
}

export const prepareDays = operation({
  id: 'reads.prepareDays',
  title: 'Make the partitions and keys of the days ahead',
  steps: ['only the program itself', 'make what is missing, attach it without stopping intake'],
  request: Type.Object(
    { days: Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), { maxItems: daysAtOnce }) },
    closed,
  ),
  reply: Type.Object({ made: Type.Integer() }, closed),
  effect: 'read',
  begin: `begin; select pg_advisory_xact_lock(${locks.days})`,
  facts: noFacts,
  policy: mayPrepareDays,
  run: async (tx, { request, scope }) => ({ made: await createDays(tx, scope, request.days) }),
  record: {
    entered: ({ days }) => ({ fields: { days: days.length } }),
    retrieved: ({ made }) => ({ fields: { made } }),
  },
})
