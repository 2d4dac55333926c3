/**
 * An operation is one thing that a person, a device or a job can do, declared whole: what crosses the wire, the facts the
 * policy needs, the policy, the effect, and what is recorded. The server, OpenAPI, the command line, the role matrix and the
 * tests are derived from the list of operations; nothing can be done that is not in it.
 *
 * What a slice writes is `operation({ … })`; the compiler refuses one without a policy or without a record.
 */
import type { Static, TSchema } from 'typebox'
import type { LoggedFields } from '../audit/entry.ts'
import type { Tx } from '../kernel/db.ts'
import type { Fault } from '../kernel/errors.ts'
import type { Decision } from '../policy/decision.ts'
import type { Role } from '../policy/roles.ts'

/** Who acts. Made by the identity slice from a token, or by the program itself for its jobs. */
export type Actor = {
  readonly id: string
  readonly kind: 'person' | 'machine' | 'system'
  readonly name: string
  readonly agencyId: string
  readonly agencyNo: number
  readonly agencyName: string
  readonly roles: ReadonlySet<Role>
  /** For machines: which devices they speak for. */
  readonly devices: 'all of its agency' | readonly number[]
}

/** One act about to be performed: who, from where, with what. */
export type Caller = {
  readonly actor: Actor
  /** The source address, or `local` for the program itself. */
  readonly from: string
  readonly idempotencyKey?: string | undefined
}

/** How an operation is reached over HTTP. */
export type Route = {
  readonly method: 'GET' | 'POST'
  readonly path: `/v1/${string}`
  /**
   * `json`: one JSON object, to the request's contract. `bytes`: the body goes to the operation's own `parse`, after
   * decompression, with its media type. `stream`: the body as it arrives.
   */
  readonly body?: 'json' | 'bytes' | 'stream'
  readonly mediaTypes?: readonly string[]
  readonly bodyBytesMax?: number
  /** What the body looks like, for OpenAPI, where it is not the request's own schema. */
  readonly bodySchema?: TSchema
  /** The reply is a stream of server-sent events, served by the named internal operation, act by act. */
  readonly events?: string
}

/** One permitted act inside its transaction. */
export type PermittedAct<Request, Scope> = {
  readonly actId: string
  readonly caller: Caller
  readonly request: Request
  readonly scope: Scope
  readonly at: Date
}

export type OperationRecord<Request, Reply> = {
  /** What was asked or entered: recorded for refused acts too. Personal values go under `sealed`. */
  entered(request: Request): { fields?: LoggedFields; sealed?: Readonly<Record<string, string | undefined>> }
  /** What was retrieved or made (GA-6.1): counts for the leaf, ids for its Merkle root. */
  retrieved?(reply: Reply): { fields?: LoggedFields; results?: readonly string[]; resultsUnlisted?: boolean }
}

export type Operation<Q extends TSchema, R extends TSchema, Request, Facts, Scope> = {
  readonly id: string
  /** One line, for `--help`, OpenAPI and `explain`. */
  readonly title: string
  /** The steps in words, for `explain`: what happens, in order. */
  readonly steps: readonly string[]
  readonly request: Q
  readonly reply: R
  /** Absent: only the program's own jobs perform it. */
  readonly route?: Route
  /**
   * `read`: changes nothing but the log. `write`: takes an Idempotency-Key; a repeat gets the stored reply. `secret`: likewise,
   * but the reply holds a secret and is not stored, so a repeat is a conflict. `intake`: once-only by its own keys.
   */
  readonly effect: 'read' | 'write' | 'secret' | 'intake'
  /** A refusal looks like absence, because the existence of the thing is itself secret. */
  readonly refusalHidden?: boolean
  /** Replaces the contract's own parsing, for bodies that are not one JSON object. Throws `Invalid`. */
  parse?(raw: unknown): Request | Promise<Request>
  facts(tx: Tx, caller: Caller, request: Request, at: Date): Promise<Facts>
  /** The facts of a whole group in one go, in its order. Absent: `facts` for each. */
  factsMany?(tx: Tx, acts: readonly { caller: Caller; request: Request; at: Date }[]): Promise<Facts[]>
  policy(actor: Actor, request: Request, facts: Facts, at: Date): Decision<Scope>
  run(tx: Tx, act: PermittedAct<Request, Scope>): Promise<Static<R>>
  /** All acts of a group in one go; replies in their order. Absent: `run` for each. */
  runMany?(tx: Tx, acts: readonly PermittedAct<Request, Scope>[]): Promise<Static<R>[]>
  readonly record: OperationRecord<Request, Static<R>>
  /** Where every item of a reply was refused: what was wrong, so that the caller gets a problem document and not a success. */
  allRefused?(reply: Static<R>): Fault[] | undefined
  /** The text that opens the transaction, where a lock must be held before the first snapshot. */
  readonly begin?: string
  /** Run after commit, before the reply leaves: wakes whoever waits for what was committed. Must not throw. */
  committed?(): void
}

/** Any operation, whatever its types: for the list and the programs that walk it. */
export type AnyOperation = Operation<TSchema, TSchema, unknown, unknown, unknown>

/** Declares an operation whose request is what its contract says. */
export function operation<Q extends TSchema, R extends TSchema, Facts, Scope>(
  declared: Operation<Q, R, Static<Q>, Facts, Scope>,
): Operation<Q, R, Static<Q>, Facts, Scope> {
  return declared
}

/** Declares an operation that parses its own body. */
export function parsingOperation<Q extends TSchema, R extends TSchema, Request, Facts, Scope>(
  declared: Operation<Q, R, Request, Facts, Scope> & { parse(raw: unknown): Request | Promise<Request> },
): Operation<Q, R, Request, Facts, Scope> {
  return declared
}

/** For operations whose policy needs nothing but the actor. */
export async function noFacts(): Promise<undefined> {
  return undefined
}
