/** PostgreSQL's advisory locks by number, all in one place so that no two uses share one. The high half is ours. */
export const locks = {
  sequencer: 0x706c_6b01,
  migration: 0x706c_6b02,
  /**
   * Between intake and list revisions. Intake holds it shared, taken with BEGIN, before its snapshot; a revision takes it
   * exclusively as its last act before COMMIT; look-back starts after that COMMIT. Without it a read could be matched
   * against the old list while the new one's look-back cannot see it yet, and would be matched by neither.
   */
  listRevision: 0x706c_6b03,
  /** Making partitions: two servers that start on one database take turns. */
  days: 0x706c_6b04,
} as const

/**
 * Opens a transaction that matches reads: the lock is held before the first statement takes its snapshot.
 *
 * Its plans are made once per connection, perhaps while a table is still empty, when walking it looks cheapest. They must not
 * walk it when it holds millions, so these transactions look everything up by index, one by one (intake/store.ts).
 */
export const beginMatching = [
  'begin',
  'set local enable_seqscan = off',
  'set local enable_hashjoin = off',
  'set local enable_mergejoin = off',
  `select pg_advisory_xact_lock_shared(${locks.listRevision})`,
].join('; ')
