/**
 * The one way in. Every act goes through here and nowhere else:
 *
 *   1. the request is parsed against its contract (an invalid one leaves one *invalid* record);
 *   2. an attempt is recorded and committed; if that cannot be done, nothing happens;
 *   3. a transaction opens, the facts are loaded, the policy decides; a refusal is recorded with its clause;
 *   4. the effect runs;
 *   5. the outcome, with what was entered or retrieved, is recorded in the same transaction;
 *   6. commit; then the reply is shaped by its schema and released.
 *
 * `perform` is `performMany` of one. Acts that arrive together share transactions, but each has an attempt and an outcome of
 * its own; if the shared transaction fails because of one of them, they are run again one by one. No act holds a connection
 * while it waits for another. A crash leaves an attempt without an outcome, which a job closes as *unknown*.
 */
import { createHmac } from 'node:crypto'
import type { Static, TSchema } from 'typebox'
import { attemptLeaf, leafBytesMax, outcomeLeaf, type Attempt, type Ending, type Recorded } from '../audit/entry.ts'
import { insertLeaves, insertOpenActs, writeOutcomes, type Outcome } from '../audit/store.ts'
import { assert, must } from '../kernel/assert.ts'
import type { Clock } from '../kernel/clock.ts'
import { mayRunAgain, type Db, type Tx } from '../kernel/db.ts'
import { Fatal, Invalid, PlatekeepError, Unavailable } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import { errorFields, type Log } from '../kernel/log.ts'
import type { Metrics } from '../kernel/metrics.ts'
import type { Refused } from '../policy/decision.ts'
import { clauses, type Clause } from '../policy/clauses.ts'
import { parsed, shaped } from './contract.ts'
import { findReplay, keepReply } from './idempotency.ts'
import type { Caller, Operation, PermittedAct } from './operation.ts'

/** Policy said no. Carries the clause, its title, and what the person can do about it. */
export class Refusal extends PlatekeepError {
  override readonly name = 'Refusal'
  readonly code = 'refused'
  readonly status: 403 | 404
  readonly clause: Clause
  readonly remedy: string | undefined
  constructor({ clause, remedy }: Refused, hidden = false) {
    super(`${clauses[clause].title} (${clause}).${remedy ? ` ${remedy}` : ''}`)
    this.clause = clause
    this.remedy = remedy
    this.status = hidden ? 404 : 403
  }
}

/** What the door needs of the world. Made by `main/`, and by tests with a clock they drive. */
export type Door = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Keys the digests of requests. */
  readonly digestKey: Buffer
  /** Why nothing may be done (a broken log), or undefined. */
  broken(): string | undefined
  /** Something was committed: the sequencer may look. */
  committed(): void
}

export type Act = { readonly caller: Caller; readonly raw: unknown }

type Prepared<Request> = { act: Act; attempt: Attempt; request: Request; digest: Buffer }
type Settled<Reply> = PromiseSettledResult<Reply>

const rerunsMax = 5

/** Performs one act. Throws one of the closed set of errors. */
export async function perform<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  door: Door,
  operation: Operation<Q, R, Request, Facts, Scope>,
  caller: Caller,
  raw: unknown,
): Promise<Static<R>> {
  const [settled] = await performMany(door, operation, [{ caller, raw }])
  if (settled?.status === 'fulfilled') return settled.value
  throw must(settled, 'each act is settled').reason
}

/** Performs acts that arrived together; each is settled in its place. */
export async function performMany<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  door: Door,
  operation: Operation<Q, R, Request, Facts, Scope>,
  acts: readonly Act[],
): Promise<Settled<Static<R>>[]> {
  const broken = door.broken()
  if (broken)
    return acts.map(() => ({
      status: 'rejected',
      reason: new Unavailable(`The log is broken, so nothing may be done: ${broken}`, 300),
    }))
  const settled = Array.from<Settled<Static<R>> | undefined>({ length: acts.length })
  const at = door.clock.now()
  const prepared: { place: number; one: Prepared<Request> }[] = []
  const invalidLeaves: string[] = []
  for (const [place, act] of acts.entries()) {
    const attempt = attemptOf(door, operation.id, act, at)
    try {
      const request = operation.parse ? await operation.parse(act.raw) : (parsed(operation.request, act.raw) as Request)
      prepared.push({ place, one: { act, attempt, request, digest: Buffer.from(attempt.digest, 'hex') } })
    } catch (error) {
      settled[place] = { status: 'rejected', reason: error }
      invalidLeaves.push(invalidLeaf(attempt, error, at))
    }
  }
  try {
    if (invalidLeaves.length > 0) await door.db.once(insertLeaves, [invalidLeaves])
    if (prepared.length > 0)
      await recordAttempts(
        door,
        prepared.map(({ one }) => one.attempt),
      )
  } catch (error) {
    const reason = failure(door, operation.id, error)
    return acts.map(
      (_, place) =>
        (settled[place]?.status === 'rejected' && reason instanceof Unavailable
          ? { status: 'rejected', reason }
          : settled[place]) ?? { status: 'rejected', reason },
    )
  }
  const ended = await settle(
    door,
    operation,
    prepared.map(({ one }) => one),
  )
  for (const [index, { place }] of prepared.entries()) settled[place] = must(ended[index], 'each act is settled')
  door.committed()
  for (const each of settled) door.metrics.acts.inc({ operation: operation.id, result: resultOf(each) })
  door.metrics.actSeconds.observe({ operation: operation.id }, (door.clock.now().getTime() - at.getTime()) / 1000)
  return settled.map((each) => must(each, 'each act is settled'))
}

function resultOf(settled: Settled<unknown> | undefined): string {
  if (settled?.status === 'fulfilled') return 'done'
  return settled?.reason instanceof PlatekeepError ? settled.reason.code : 'bug'
}

function attemptOf(door: Door, operation: string, { caller, raw }: Act, at: Date): Attempt {
  const { actor, from } = caller
  return {
    actId: newId('act'),
    operation,
    actor: { id: actor.id, name: actor.name, agency: actor.agencyId },
    at,
    from,
    digest: createHmac('sha256', door.digestKey).update(operation).update('\n').update(digestible(raw)).digest('hex'),
  }
}

/** The bytes of a request that its digest covers: a body as sent, or JSON. A stream is digested by its operation, as it passes. */
function digestible(raw: unknown): string | Uint8Array {
  if (raw instanceof Uint8Array) return raw
  if (typeof raw === 'object' && raw !== null && 'bytes' in raw && raw.bytes instanceof Uint8Array) return raw.bytes
  return JSON.stringify(raw, (key, value: unknown) => (key === 'stream' ? undefined : value)) ?? ''
}

function invalidLeaf(attempt: Attempt, error: unknown, at: Date): string {
  // One record, not two: nothing was attempted. It says who sent what kind of fault, never what was in it.
  const faults =
    error instanceof Invalid ? error.faults.slice(0, 5).map((fault) => `${fault.path.slice(0, 80)} ${fault.rule}`) : []
  const code = error instanceof PlatekeepError ? error.code : 'bug'
  const { leaf } = outcomeLeaf(attempt, { result: 'invalid', code }, { fields: { faults } }, at)
  return leaf
    .replace('"event":"outcome"', '"event":"invalid"')
    .replace(
      '{',
      `{"actor":${JSON.stringify(attempt.actor)},"from":${JSON.stringify(attempt.from)},"request":"${attempt.digest}",`,
    )
}

/**
 * Leaves the one record of a request of a known actor that could not even be read: its body is no JSON, too large, or of a type
 * that is not taken. Throws `Unavailable` where the log cannot be written.
 */
export async function recordInvalid(door: Door, operation: string, caller: Caller, error: unknown): Promise<void> {
  const attempt = attemptOf(door, operation, { caller, raw: undefined }, door.clock.now())
  await door.db.once(insertLeaves, [[invalidLeaf(attempt, error, attempt.at)]])
  door.metrics.acts.inc({ operation, result: error instanceof PlatekeepError ? error.code : 'bug' })
  door.committed()
}

async function recordAttempts(door: Door, attempts: readonly Attempt[]): Promise<void> {
  await door.db.once(insertOpenActs, [
    attempts.map((each) => each.actId),
    attempts.map((each) => each.operation),
    attempts.map((each) => each.at),
    attempts.map(attemptLeaf),
  ])
}

/** Decides and runs acts whose attempts are recorded. A failing group is run again act by act, so that one harms no other. */
async function settle<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  door: Door,
  operation: Operation<Q, R, Request, Facts, Scope>,
  group: readonly Prepared<Request>[],
): Promise<Settled<Static<R>>[]> {
  if (group.length === 0) return []
  for (let run = 1; ; run++) {
    try {
      return await door.db.transaction((tx) => runGroup(door, operation, tx, group), operation.begin)
    } catch (error) {
      if (mayRunAgain(error) && run < rerunsMax) continue
      const [only] = group
      if (group.length > 1 && !(error instanceof Unavailable)) {
        const ended = []
        for (const one of group) ended.push(...(await settle(door, operation, [one])))
        return ended
      }
      const reason = failure(door, operation.id, error)
      if (only) await recordFailure(door, operation, group, reason)
      return group.map(() => ({ status: 'rejected', reason }))
    }
  }
}

/** Steps 3 to 5 for a group, inside its transaction. */
async function runGroup<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  door: Door,
  operation: Operation<Q, R, Request, Facts, Scope>,
  tx: Tx,
  group: readonly Prepared<Request>[],
): Promise<Settled<Static<R>>[]> {
  const settled = Array.from<Settled<Static<R>> | undefined>({ length: group.length })
  const outcomes: Outcome[] = []
  const permitted: { place: number; act: PermittedAct<Request, Scope>; one: Prepared<Request> }[] = []
  const asked = group.map((one) => ({ caller: one.act.caller, request: one.request, at: one.attempt.at }))
  const facts = await operation.factsMany?.(tx, asked)
  for (const [place, one] of group.entries()) {
    const { caller } = one.act
    const { request } = one
    const { at } = one.attempt
    const replay =
      operation.effect === 'read' || operation.effect === 'intake'
        ? undefined
        : await findReplay(tx, operation, caller, one.digest)
    if (replay) {
      settled[place] = { status: 'fulfilled', value: shaped(operation.reply, replay.reply) }
      outcomes.push(outcomeOf(door, one, { result: 'done' }, { fields: { repeated: true } }))
      continue
    }
    const known = facts
      ? must(facts[place], 'each act of a group has its facts')
      : await operation.facts(tx, caller, request, at)
    const decision = operation.policy(caller.actor, request, known, at)
    if (decision.permitted) {
      permitted.push({ place, one, act: { actId: one.attempt.actId, caller, request, scope: decision.scope, at } })
    } else {
      settled[place] = { status: 'rejected', reason: new Refusal(decision, operation.refusalHidden) }
      outcomes.push(
        outcomeOf(door, one, { result: 'refused', clause: decision.clause }, operation.record.entered(request)),
      )
    }
  }
  const replies = await runPermitted(
    operation,
    tx,
    permitted.map(({ act }) => act),
  )
  for (const [index, { place, one }] of permitted.entries()) {
    const reply = shaped(operation.reply, replies[index])
    if (operation.effect === 'write' || operation.effect === 'secret')
      await keepReply(tx, operation, one.act.caller, one.digest, reply, one.attempt.at)
    settled[place] = { status: 'fulfilled', value: reply }
    outcomes.push(
      outcomeOf(
        door,
        one,
        { result: 'done' },
        merged(operation.record.entered(one.request), operation.record.retrieved?.(reply)),
      ),
    )
  }
  const closed = await writeOutcomes(tx, outcomes)
  if (closed !== group.length)
    throw new Unavailable(
      'This took too long and was closed as unknown. Nothing was done; send the same request again.',
    )
  return settled.map((each) => must(each, 'each act of a group is settled'))
}

async function runPermitted<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  operation: Operation<Q, R, Request, Facts, Scope>,
  tx: Tx,
  acts: readonly PermittedAct<Request, Scope>[],
): Promise<Static<R>[]> {
  if (acts.length === 0) return []
  const replies = []
  if (operation.runMany) replies.push(...(await operation.runMany(tx, acts)))
  else for (const act of acts) replies.push(await operation.run(tx, act))
  assert(replies.length === acts.length, 'each act has its reply')
  return replies
}

function merged(entered: Recorded, retrieved: Recorded | undefined): Recorded {
  return { ...entered, ...retrieved, fields: { ...entered.fields, ...retrieved?.fields } }
}

function outcomeOf<Request>(
  door: Door,
  { attempt }: Pick<Prepared<Request>, 'attempt'>,
  ending: Ending,
  recorded: Recorded,
): Outcome {
  const outcome = outcomeLeaf(attempt, ending, recorded, door.clock.now())
  assert(outcome.leaf.length <= leafBytesMax, `what ${attempt.operation} records fits a leaf`)
  return { actId: attempt.actId, ...outcome }
}

/** What the caller is told of an error, and what the operators' log says of one that is ours. */
function failure(door: Door, operation: string, error: unknown): PlatekeepError | Bug {
  if (error instanceof PlatekeepError) return error
  // It was run again as often as it may be and met others each time: that is a busy moment, not a mistake.
  if (mayRunAgain(error))
    return new Unavailable('Others were changing the same things. Nothing was done; send the same request again.')
  const bug = new Bug(error)
  door.log('error', 'an act failed because of a mistake in the program', {
    operation,
    errorId: bug.id,
    ...errorFields(error),
    ...(error instanceof Fatal ? { message: error.message } : {}),
  })
  return bug
}

/** A mistake of ours. The reader gets an id to quote and nothing else. */
export class Bug extends Error {
  override readonly name = 'Bug'
  readonly code = 'bug'
  readonly status = 500
  readonly id: string
  constructor(cause?: unknown) {
    const id = newId('error')
    super(`Something went wrong on our side. Quote ${id} when you report it.`, { cause })
    this.id = id
  }
}

async function recordFailure<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  door: Door,
  operation: Operation<Q, R, Request, Facts, Scope>,
  group: readonly Prepared<Request>[],
  reason: PlatekeepError | Bug,
): Promise<void> {
  const ending: Ending = {
    result: 'failed',
    code: reason.code,
    ...(reason instanceof Bug ? { errorId: reason.id } : {}),
  }
  try {
    await door.db.transaction((tx) =>
      writeOutcomes(
        tx,
        group.map((one) => outcomeOf(door, one, ending, operation.record.entered(one.request))),
      ),
    )
  } catch (error) {
    // The attempt stands; a job will close it as unknown. The caller hears of the first failure, which is the one that matters.
    door.log('warn', 'the outcome of a failed act could not be recorded yet', {
      operation: operation.id,
      ...errorFields(error),
    })
  }
}
