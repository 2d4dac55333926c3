/**
 * An operation in words. The fields come from its contracts and the clauses from its steps; what is recorded is found by asking
 * its own `record` functions about a request and a reply that have every field there is.
 */
import type { AnyOperation } from '../door/operation.ts'
import { clauses as allClauses, type Clause } from '../policy/clauses.ts'
import { fieldsOf, type Field } from './fields.ts'

export type Explained = {
  readonly id: string
  readonly title: string
  /** Method and path, or null for the program's own. */
  readonly route: string | null
  readonly effect: string
  readonly steps: readonly string[]
  readonly clauses: readonly { readonly clause: Clause; readonly title: string }[]
  readonly request: readonly Field[]
  readonly reply: readonly Field[]
  readonly recorded: {
    readonly fields: readonly string[]
    readonly sealed: readonly string[]
    readonly results: string | null
  }
}

const effects: Readonly<Record<AnyOperation['effect'], string>> = {
  read: 'changes nothing but the log',
  write: 'changes something; a repeat with the same Idempotency-Key gets the first reply',
  secret: 'makes a secret, which is shown once; a repeat with the same Idempotency-Key is a conflict',
  intake: 'stores each item once, however often it is sent',
}

/** The words about one operation: contracts as fields, clauses with their titles, and the names of what its acts record. */
export function explained(operation: AnyOperation): Explained {
  const { id, title, steps, route, effect } = operation
  return {
    id,
    title,
    route: route ? `${route.method} ${route.path}` : null,
    effect: effects[effect],
    steps,
    clauses: clausesIn(steps),
    request: fieldsOf(route?.bodySchema ?? operation.request),
    reply: fieldsOf(operation.reply),
    recorded: recordedBy(operation),
  }
}

/** The clauses that the steps name, in their order, each once. */
function clausesIn(steps: readonly string[]): Explained['clauses'] {
  const named = steps.flatMap((step) => step.match(/\b(?:CL|CR|GA|MP)-[A-Za-z0-9.]*[A-Za-z0-9]/g) ?? [])
  return [...new Set(named)].flatMap((name) =>
    isClause(name) ? [{ clause: name, title: allClauses[name].title }] : [],
  )
}

function isClause(name: string): name is Clause {
  return Object.hasOwn(allClauses, name)
}

function recordedBy({ record }: AnyOperation): Explained['recorded'] {
  const entered = record.entered(anything)
  const retrieved = record.retrieved?.(anything) ?? {}
  const listed = 'results' in retrieved
  return {
    fields: [...Object.keys(entered.fields ?? {}), ...Object.keys(retrieved.fields ?? {})],
    sealed: Object.keys(entered.sealed ?? {}),
    results: !listed
      ? null
      : retrieved.resultsUnlisted
        ? 'their number and the Merkle root of their ids, in the leaf'
        : 'their number and the Merkle root of their ids, in the leaf; the ids, sealed',
  }
}

/** Has every field, is every list and every function, and is never used for anything but the names it is asked for. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_target, property) => {
    if (property === Symbol.iterator) return emptyIterator
    if (property === Symbol.toPrimitive) return () => ''
    return anything
  },
  apply: () => anything,
})

function* emptyIterator(): Generator<never, void> {}
