/**
 * What a policy function returns. Policies are pure: they take facts and give back a decision, and nothing else in the
 * system decides. A permit carries a *scope*, the exact reach of what was allowed. The mark on a scope cannot be
 * written down by hand, copied by spreading or imported, so a store function that asks for an `Issued` scope cannot be
 * reached without a decision: no decision, no query, and the compiler is the one that checks.
 */
import type { Clause } from './clauses.ts'

// Protected, because the compiler drops such members when an object is spread: `{ ...scope, agencies }` is not issued.
declare class Mark {
  protected readonly issued: true
}

/** A value that only `permit` can make. */
export type Issued<T extends object> = T & Mark

/** The act is allowed, within the scope. */
export type Permit<Scope> = { readonly permitted: true; readonly scope: Scope }

/**
 * Policy said no: under which clause, and what the person can do about it, as a sentence (`Ask your ALPR Administrator
 * to renew your designation.`). Without a remedy there is nothing the person can do.
 */
export type Refused = { readonly permitted: false; readonly clause: Clause; readonly remedy?: string }

/** The answer of every policy function. Declare it with the issued scope: `Decision<Issued<{ … }>>`. */
export type Decision<Scope> = Permit<Scope> | Refused

// The mark exists for the compiler only, and this is the one place where it is given.
function issue<Scope extends object>(scope: Scope): asserts scope is Issued<Scope> {
  for (const value of Object.values(scope)) if (Array.isArray(value)) Object.freeze(value)
  Object.freeze(scope)
}

/**
 * Allows an act within a scope. The scope is a plain object; it and the lists directly in it are frozen, so that what
 * was decided stays what was decided on its way to the store.
 */
export function permit<Scope extends object>(scope: Scope): Permit<Issued<Scope>> {
  issue(scope)
  return Object.freeze({ permitted: true, scope })
}

/** Refuses an act under a clause that is kept by decision, with what the person can do about it. */
export function refuse(clause: Clause, remedy?: string): Refused {
  return Object.freeze({ permitted: false, clause, ...(remedy === undefined ? {} : { remedy }) })
}
