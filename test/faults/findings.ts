/** What a campaign found wrong, by kind: how often, and the first few in words. */
import type { Ledger } from './ledger.ts'

/** Each kind, and what it says in the report. */
export const kinds = {
  lost: 'acknowledged reads lost',
  storedTwice: 'reads stored twice, or acknowledged as stored twice',
  phantom: 'reads that nobody sent',
  unmatched: 'matches missing (read and live entry)',
  wronglyMatched: 'matches that should not be',
  unalerted: 'alerts missing',
  alertedTwice: 'alerts raised twice, or not taken back',
  positions: 'positions of alerts missing, doubled or out of order',
  followed: 'alerts lost or repeated for the follower',
  log: 'faults in the log: index, hash, root',
  acts: 'acts without attempt, with two outcomes, or in the wrong order',
  unrecorded: 'acknowledged acts not recorded as done',
  lists: 'list revisions lost or made twice',
  answers: 'answers that should not have come',
  mistakes: 'mistakes of the program, from its log',
} as const
export type Kind = keyof typeof kinds
export const kindNames = Object.keys(kinds) as Kind[]

const examplesMax = 5

export class Findings {
  readonly #found = new Map<Kind, { count: number; examples: string[] }>()

  add(kind: Kind, example: string): void {
    const found = this.#found.get(kind) ?? { count: 0, examples: [] }
    found.count++
    if (found.examples.length < examplesMax) found.examples.push(example)
    this.#found.set(kind, found)
  }
  addAll(kind: Kind, examples: readonly string[]): void {
    for (const each of examples) this.add(kind, each)
  }
  count(kind: Kind): number {
    return this.#found.get(kind)?.count ?? 0
  }
  /** Every kind that was found, with how often: empty where all is well. */
  found(): Partial<Record<Kind, number>> {
    return Object.fromEntries([...this.#found].map(([kind, { count }]) => [kind, count]))
  }
  /** The first few of each kind, a line each. */
  examples(): string[] {
    return [...this.#found].flatMap(([kind, { examples }]) => examples.map((each) => `${kind}: ${each}`))
  }
}

/** How much was looked at: the trials behind each zero. */
export type Trials = {
  readonly acknowledged: number
  readonly stored: number
  readonly sent: number
  readonly matches: number
  readonly alerts: number
  readonly events: number
  readonly leaves: number
  readonly acts: number
  readonly unknownActs: number
  readonly answers: number
  readonly revisions: number
}

/** How often each kind could have gone wrong. */
export function trialsOf(kind: Kind, trials: Trials): number {
  return {
    lost: trials.acknowledged,
    storedTwice: trials.sent,
    phantom: trials.stored,
    unmatched: trials.matches,
    wronglyMatched: trials.matches,
    unalerted: trials.alerts,
    alertedTwice: trials.alerts,
    positions: trials.events,
    followed: trials.events,
    log: trials.leaves,
    acts: trials.acts,
    unrecorded: trials.answers,
    lists: trials.revisions,
    answers: trials.answers,
    mistakes: trials.acts,
  }[kind]
}

/**
 * With none in n trials, the true rate lies below about 3/n with 95 % confidence. Trials within one kill are not independent
 * of each other, so the bound that counts is the one over kills; both are printed.
 */
export function bound(trials: number): string {
  return `${trials === 0 ? 100 : Number(Math.min(100, 300 / trials).toPrecision(2))} %`
}

export function addUp(all: readonly Trials[]): Trials {
  const sum = (pick: (trials: Trials) => number): number => all.reduce((total, each) => total + pick(each), 0)
  return {
    acknowledged: sum((t) => t.acknowledged),
    stored: sum((t) => t.stored),
    sent: sum((t) => t.sent),
    matches: sum((t) => t.matches),
    alerts: sum((t) => t.alerts),
    events: sum((t) => t.events),
    leaves: sum((t) => t.leaves),
    acts: sum((t) => t.acts),
    unknownActs: sum((t) => t.unknownActs),
    answers: sum((t) => t.answers),
    revisions: sum((t) => t.revisions),
  }
}

/** What the ledger alone shows. */
export function checkAnswers(ledger: Ledger, findings: Findings): void {
  findings.addAll('answers', ledger.wrongAnswers)
  for (const read of ledger.reads.values()) {
    if (read.stored > 1)
      findings.add('storedTwice', `${read.plate} ${read.capturedMs}: answered as stored ${read.stored} times`)
    // A read of a pass may later be answered with the better one's id; any other keeps its own for ever.
    if (!read.hasEvent && read.ids.size > 1)
      findings.add('storedTwice', `${read.plate} ${read.capturedMs}: answered with ${read.ids.size} ids`)
  }
}
