/**
 * The sequencer: the one place where an order is made. Acts write their leaves, and alerts their events, into outboxes inside
 * their own transactions; numbers from identity columns are not in commit order, so nothing there is a position yet. The
 * sequencer, one at a time on the whole database (it holds an advisory lock on a connection of its own), takes what has
 * committed, gives it positions, extends the Merkle tree, and notifies. It alone notifies: NOTIFY in every transaction would
 * make commits queue behind each other.
 *
 * Crash-safe: taking from the outbox, appending and moving the head are one transaction; if it dies, nothing has moved. If
 * the lock's connection dies, the lock is gone and another process's sequencer takes over.
 */
import pg from 'pg'
import { assert } from '../kernel/assert.ts'
import { connectionOptions, mayRunAgain, parserOf, txOn, type Tx } from '../kernel/db.ts'
import { Fatal } from '../kernel/errors.ts'
import { errorFields, type Log } from '../kernel/log.ts'
import { locks } from '../kernel/locks.ts'
import { anyLeaves, getTree, takeLeaves, writeLeaves } from './store.ts'
import { grown, leafHash, type Tree } from './tree.ts'

/** Something besides the log that needs positions in commit order: `waits` looks into its queue, `move` moves it and says how many. */
export type SequencedStream = {
  channel: string
  waits: (tx: Tx) => Promise<boolean>
  move: (tx: Tx, limit: number) => Promise<number>
}

const batchMax = 2_000
const idlePollMs = 20
const lockRetryMs = 500

export type Sequencer = {
  /** Something was committed in this process: look now instead of at the next poll. */
  nudge(): void
  /** Is this process the one that sequences, and has the log failed? For /readyz and /metrics. */
  state(): { holdsLock: boolean; size: number; broken: string | undefined }
  stop(): Promise<void>
}

/** Starts a sequencer on connections of its own. It waits for the lock if another one works, and takes over when that one ends. */
export function startSequencer(options: { url: string; log: Log; streams: readonly SequencedStream[] }): Sequencer {
  let stopping = false
  let holdsLock = false
  let size = 0
  let broken: string | undefined
  let wake: (() => void) | undefined
  let nudged = false

  /** Waits for a nudge, at most `ms`. */
  function rest(ms: number): Promise<void> {
    if (nudged || stopping) {
      nudged = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake?.(), ms)
      wake = () => {
        clearTimeout(timer)
        wake = undefined
        nudged = false
        resolve()
      }
    })
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        await lead()
      } catch (error) {
        if (error instanceof Fatal) {
          // A log that does not fit itself is not extended, and nothing else may be done either: see readyz and the door.
          broken = error.message
          options.log('error', 'the log is broken; the service stops', errorFields(error))
          return
        }
        options.log('warn', 'the sequencer lost its database connection and will try again', errorFields(error))
      }
      holdsLock = false
      await rest(lockRetryMs)
    }
  }

  /** Takes the lock and sequences until stopped or until the connection fails. */
  async function lead(): Promise<void> {
    const client = new pg.Client({
      connectionString: options.url,
      options: connectionOptions({ role: 'platekeep_sequencer' }),
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      types: { getTypeParser: parserOf },
    })
    let lost: Error | undefined
    client.on('error', (error) => {
      lost = error
      wake?.()
    })
    await client.connect()
    try {
      while (!stopping && !lost) {
        const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
          locks.sequencer,
        ])
        if (rows[0]?.held) break
        await rest(lockRetryMs)
      }
      while (!stopping && !lost) {
        holdsLock = true
        const moved = await step(client)
        if (moved < batchMax) await rest(moved === 0 ? idlePollMs : 1)
      }
      if (lost) throw lost
    } finally {
      await client
        .end()
        .catch((error: unknown) => options.log('warn', "the sequencer's connection did not close", errorFields(error)))
    }
  }

  /** Sequences what has committed; how much there was, at most a batch. */
  async function step(client: pg.Client): Promise<number> {
    // A look without a transaction: most polls find nothing.
    if (size > 0 && !(await anythingWaits(txOn(client)))) return 0
    await client.query('begin')
    try {
      const tx = txOn(client)
      const leaves = await takeLeaves(tx, batchMax)
      const head = leaves.length > 0 || size === 0 ? await append(tx, leaves) : undefined
      let most = leaves.length
      for (const stream of options.streams) {
        const moved = await stream.move(tx, batchMax)
        if (moved > 0) await client.query(`notify ${stream.channel}`)
        most = Math.max(most, moved)
      }
      await client.query('commit')
      if (head) size = head.size
      return most
    } catch (error) {
      await client
        .query('rollback')
        .catch((failure: unknown) => options.log('warn', 'the sequencer could not roll back', errorFields(failure)))
      if (mayRunAgain(error)) return 0
      throw error
    }
  }

  async function anythingWaits(tx: Tx): Promise<boolean> {
    if (await anyLeaves(tx)) return true
    for (const stream of options.streams) if (await stream.waits(tx)) return true
    return false
  }

  const ended = run()
  return {
    nudge: () => {
      nudged = true
      wake?.()
    },
    state: () => ({ holdsLock, size, broken }),
    stop: async () => {
      stopping = true
      wake?.()
      await ended
    },
  }
}

/** Appends leaves to the tree inside a transaction; the new head. */
async function append(tx: Tx, leaves: readonly string[]): Promise<Tree> {
  const before = await getTree(tx)
  if (leaves.length === 0) return before
  const hashes = leaves.map(leafHash)
  const after = grown(before, hashes)
  assert(after.size === before.size + leaves.length, 'the tree grows by the leaves it is given')
  await writeLeaves(tx, before, after, hashes, leaves)
  return after
}
