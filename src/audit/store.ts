/** All SQL of the log. Inserts only, except for the open acts and the outbox, which are queues (CR-4.c). */
import { statement, type Tx } from '../kernel/db.ts'
import { assert, must } from '../kernel/assert.ts'
import type { SealedValue } from './entry.ts'
import { rootOf, type Tree } from './tree.ts'

export const insertOpenActs = statement(
  'audit.insertOpenActs',
  `with opened as (
     insert into log_open (act_id, operation, started_at, leaf)
     select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]))
   insert into log_outbox (leaf) select leaf from unnest($4::text[]) with ordinality as l(leaf, place) order by place`,
  {},
)

export const insertLeaves = statement(
  'audit.insertLeaves',
  `insert into log_outbox (leaf) select leaf from unnest($1::text[]) with ordinality as l(leaf, place) order by place`,
  {},
)

const closeActs = statement(
  'audit.closeActs',
  `with closed as (delete from log_open where act_id = any($1::text[]) returning act_id),
   leaves as (
     insert into log_outbox (leaf)
     select leaf from unnest($1::text[], $2::text[]) with ordinality as l(act_id, leaf, place)
     where act_id in (select act_id from closed) order by place)
   select count(*)::int4 as closed from closed`,
  { closed: 'int4' },
)

const insertValues = statement(
  'audit.insertValues',
  `insert into log_values (act_id, field, salt, value) select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[])`,
  {},
)

export type Outcome = { actId: string; leaf: string; values: readonly SealedValue[] }

/**
 * Writes outcomes in the acts' own transaction. Deleting the open row is what makes each outcome the only one: whoever comes
 * second finds nothing to delete. Returns how many were still open.
 */
export async function writeOutcomes(tx: Tx, outcomes: readonly Outcome[]): Promise<number> {
  const closed = await tx.row(closeActs, [outcomes.map((each) => each.actId), outcomes.map((each) => each.leaf)])
  const values = outcomes.flatMap((each) => each.values)
  if (values.length > 0) {
    await tx.run(insertValues, [
      values.map((v) => v.actId),
      values.map((v) => v.field),
      values.map((v) => v.salt),
      values.map((v) => v.value),
    ])
  }
  return must(closed, 'a count is always returned').closed
}

const openActsBefore = statement(
  'audit.openActsBefore',
  `select act_id, operation, started_at from log_open where started_at < $1 order by started_at limit $2 for update skip locked`,
  { act_id: 'text', operation: 'text', started_at: 'timestamptz' },
)
/** Acts begun before an instant and still without an outcome, whose transactions are over. */
export function findOpenActs(tx: Tx, before: Date, limit: number) {
  return tx.rows(openActsBefore, [before, limit])
}

const takeFromOutbox = statement(
  'audit.takeFromOutbox',
  `delete from log_outbox where id in (select id from log_outbox order by id limit $1) returning id, leaf`,
  { id: 'int8', leaf: 'text' },
)
/** Takes the next leaves out of the outbox, oldest first. Only the sequencer's role may. */
export async function takeLeaves(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.rows(takeFromOutbox, [limit])
  return rows.sort((a, b) => a.id - b.id).map((row) => row.leaf)
}

const selectTree = statement('audit.selectTree', `select size, root, frontier from log_tree`, {
  size: 'int8',
  root: 'bytea',
  frontier: 'bytea[]',
})
/** The head of the tree. Its root is recomputed from the frontier: a head that does not fit itself stops the service. */
export async function getTree(tx: Tx): Promise<Tree> {
  const { size, root, frontier } = must(await tx.row(selectTree), 'the log has a head')
  const tree = { size, frontier }
  assert(root.equals(rootOf(tree)), 'the root of the log fits its frontier')
  return tree
}

const appendLeaves = statement(
  'audit.appendLeaves',
  `insert into log_leaves (index, hash, leaf) select $1::int8 + place - 1, hash, leaf
   from unnest($2::bytea[], $3::text[]) with ordinality as l(hash, leaf, place)`,
  {},
)
const moveHead = statement(
  'audit.moveHead',
  `update log_tree set size = $2, root = $3, frontier = $4 where size = $1`,
  {},
)

/** Appends leaves at the end of the tree and moves its head. */
export async function writeLeaves(
  tx: Tx,
  before: Tree,
  after: Tree,
  hashes: readonly Buffer[],
  leaves: readonly string[],
): Promise<void> {
  await tx.run(appendLeaves, [before.size, hashes, leaves])
  const moved = await tx.run(moveHead, [before.size, after.size, rootOf(after), after.frontier])
  assert(moved === 1, 'nobody else moves the head of the log')
}

const leavesFrom = statement(
  'audit.leavesFrom',
  `select index, hash, leaf from log_leaves where index >= $1 order by index limit $2`,
  {
    index: 'int8',
    hash: 'bytea',
    leaf: 'text',
  },
)
/** Leaves from an index on, in order. */
export function findLeaves(tx: Tx, from: number, limit: number) {
  return tx.rows(leavesFrom, [from, limit])
}

const selectHead = statement('audit.selectHead', `select size, root from log_tree`, { size: 'int8', root: 'bytea' })
/** Size and root of the log, for readers. */
export async function findHead(tx: Tx): Promise<{ size: number; root: Buffer }> {
  return must(await tx.row(selectHead), 'the log has a head')
}

const selectPending = statement('audit.selectPending', `select count(*) as pending from log_outbox`, {
  pending: 'int8',
})
/** How many leaves wait for the sequencer. */
export async function countPending(tx: Tx): Promise<number> {
  return must(await tx.row(selectPending), 'a count is always returned').pending
}

const selectAnyLeaves = statement('audit.selectAnyLeaves', `select exists (select from log_outbox) as waiting`, {
  waiting: 'bool',
})
/** Whether anything waits for the sequencer. */
export async function anyLeaves(tx: Tx): Promise<boolean> {
  return must(await tx.row(selectAnyLeaves), 'a row is always returned').waiting
}
