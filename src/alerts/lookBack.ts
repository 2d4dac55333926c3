/**
 * Look-back: an entry that comes onto a list finds the reads that were there before it, as far back as its list says.
 *
 * No read slips between two revisions: a revision is committed while it holds intake's lock, so every read is matched either
 * by intake against the new list, or was committed before it and is found here (kernel/locks.ts). A revision is worked through
 * in batches of entries, each an act of its own; what was matched once is never matched again, so a crash costs nothing but
 * the repetition. At the end, with intake held back for an instant, alerts of reads that a better reading replaced meanwhile
 * are taken back: intake could not see those yet.
 */
import { operation, type Actor, type Caller, type PermittedAct } from '../door/operation.ts'
import { perform, type Door } from '../door/perform.ts'
import { systemCaller } from '../door/jobs.ts'
import { findRevisionToLookBack, writeLookedBack } from '../hotlists/hotlists.ts'
import { hour } from '../kernel/clock.ts'
import type { Tx } from '../kernel/db.ts'
import { Conflict } from '../kernel/errors.ts'
import { locks } from '../kernel/locks.ts'
import { LookBackEndReply, LookBackEndRequest, lookBackEntriesMax, LookBackReply, LookBackRequest } from './contract.ts'
import { listDayOf } from './grade.ts'
import { beginLookBack, matchEarlierReads, selectWaiting, takeBackMistaken } from './lookBackStore.ts'
import { mayLookBack, type LookBackScope } from './policy.ts'

/** Clocks of two servers may differ by less than this; taking back looks that much further. */
const clockSlackMs = hour
/** Beyond this something is wrong, and the next call begins anew. */
const batchesMax = 20_000

export type LookBackOperations = ReturnType<typeof lookBackOperations>

type Revision = { feedNo: number; revision: number }

/** The two operations of look-back, for a retention in milliseconds. Only the program itself performs them. */
export function lookBackOperations(retentionMs: number) {
  const facts = (tx: Tx, _caller: Caller, request: Revision) => getWaitingRevision(tx, request)
  const policy = (actor: Actor, request: Revision, known: Awaited<ReturnType<typeof facts>>, at: Date) =>
    mayLookBack(actor, request, known, new Date(at.getTime() - retentionMs))

  const lookBack = operation({
    id: 'alerts.lookBack',
    title: 'Match new hot list entries with the reads that came before them',
    steps: [
      'only the program itself',
      'take the next thousand entries of the revision that are still live and good',
      'CL-2: one statement matches them with recent reads and raises the alerts, as intake does',
    ],
    request: LookBackRequest,
    reply: LookBackReply,
    effect: 'intake',
    begin: beginLookBack,
    facts,
    policy,
    run: (tx, { request, scope, at }) =>
      matchEarlierReads(
        tx,
        scope,
        { afterEntry: request.afterEntry, limit: lookBackEntriesMax },
        { at, listDay: listDayOf(at) },
      ),
    record: {
      entered: ({ feedNo, revision, afterEntry }) => ({ fields: { feedNo, revision, afterEntry } }),
      // The alerts are themselves the list, as reads are for intake.
      retrieved: ({ entries, matches, alertIds }) => ({
        fields: { entries, matches },
        results: alertIds,
        resultsUnlisted: true,
      }),
    },
  })

  const endLookBack = operation({
    id: 'alerts.endLookBack',
    title: 'Finish looking back for a list revision',
    steps: [
      'only the program itself, once every entry was looked at',
      'hold intake back for an instant',
      'take back alerts of reads that were replaced or withdrawn meanwhile',
      'mark the revision as looked back',
    ],
    request: LookBackEndRequest,
    reply: LookBackEndReply,
    effect: 'intake',
    begin: `begin; select pg_advisory_xact_lock(${locks.listRevision})`,
    facts,
    policy,
    run: async (tx, { scope, at }: PermittedAct<Revision, LookBackScope>) => {
      const superseded = await takeBackMistaken(tx, scope, new Date(scope.importedAt.getTime() - clockSlackMs), at)
      await writeLookedBack(tx, scope, scope.revision, at)
      return { superseded }
    },
    record: {
      entered: ({ feedNo, revision }) => ({ fields: { feedNo, revision } }),
      retrieved: ({ superseded }) => ({ fields: { superseded } }),
    },
  })
  return { lookBack, endLookBack }
}

/** The revision that waits longest, locked for this act. Throws `Conflict` where it is not the one that was meant. */
async function getWaitingRevision(tx: Tx, { feedNo, revision }: Revision) {
  const found = await findRevisionToLookBack(tx)
  if (found?.feed_no !== feedNo || found.revision !== revision)
    throw new Conflict('Another process looks back for this revision, or has finished it.')
  return { importedAt: found.imported_at, lookBackMinutes: found.look_back_minutes }
}

/**
 * Looks back for every revision that waits, oldest first; how many were finished. Safe to call at any time and from several
 * processes: where another is at the same revision, this one leaves it to the other.
 */
export async function lookBackDue(door: Door, { lookBack, endLookBack }: LookBackOperations): Promise<number> {
  const caller = systemCaller('look-back')
  let finished = 0
  let at = { feedNo: 0, revision: 0, afterEntry: 0 }
  for (let batch = 0; batch < batchesMax; batch++) {
    const [waiting] = await door.db.once(selectWaiting)
    if (!waiting) break
    const { feed_no: feedNo, revision } = waiting
    if (feedNo !== at.feedNo || revision !== at.revision) at = { feedNo, revision, afterEntry: 0 }
    try {
      const { lastEntry } = await perform(door, lookBack, caller, at)
      at.afterEntry = lastEntry ?? at.afterEntry
      if (lastEntry !== null) continue
      await perform(door, endLookBack, caller, { feedNo, revision })
      finished++
    } catch (error) {
      if (error instanceof Conflict) break
      throw error
    }
  }
  return finished
}
