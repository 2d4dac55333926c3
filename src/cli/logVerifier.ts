/**
 * Verifies a log from what was served of it. This repeats, on purpose, what the server's own tree does (RFC 6962, section 2.1):
 * a check that called the code it checks would agree with it in its mistakes as well.
 */
import { createHash } from 'node:crypto'

export type ServedLeaf = { readonly index: number; readonly hash: string; readonly leaf: string }
export type OpenAttempt = {
  readonly act: string
  readonly operation: string
  readonly actor: string
  readonly at: string
}

export type Verdict = {
  readonly size: number
  /** Of all entries, in hexadecimal. */
  readonly root: string
  /** Of the first entries, as many as were asked for. */
  readonly earlierRoot: string | undefined
  readonly attempts: number
  readonly outcomes: number
  readonly invalid: number
  readonly unauthenticated: number
  /** Attempts without an outcome. */
  readonly open: readonly OpenAttempt[]
  readonly problems: readonly string[]
}

const problemsMax = 100

export class LogVerifier {
  size = 0
  readonly #earlierSize: number | undefined
  #earlierRoot: string | undefined
  /** Roots of perfect subtrees with their heights, largest first. */
  readonly #subtrees: { height: number; root: Buffer }[] = []
  readonly #open = new Map<string, OpenAttempt>()
  readonly #counts = { attempt: 0, outcome: 0, invalid: 0, unauthenticated: 0 }
  readonly #problems: string[] = []
  #problemCount = 0

  /** `earlierSize`: the root over so many first entries is wanted too. */
  constructor(earlierSize?: number) {
    this.#earlierSize = earlierSize
    if (earlierSize === 0) this.#earlierRoot = this.#root()
  }

  /** Takes the next entry. */
  take({ index, hash, leaf }: ServedLeaf): void {
    if (index !== this.size) this.#blame(`entry ${this.size} is missing: entry ${index} came in its place`)
    const computed = sha256(Buffer.from([0]), Buffer.from(leaf))
    if (computed.toString('hex') !== hash) this.#blame(`entry ${index} does not have the hash that is kept for it`)
    this.#append(computed)
    if (this.size === this.#earlierSize) this.#earlierRoot = this.#root()
    this.#readEntry(index, leaf)
  }

  /** What was found, for a log that should have `size` entries. */
  verdict(size: number): Verdict {
    if (this.size !== size) this.#blame(`the log should have ${size} entries, and ${this.size} were served`)
    const { attempt, outcome, invalid, unauthenticated } = this.#counts
    const rest = this.#problemCount - this.#problems.length
    return {
      size: this.size,
      root: this.#root(),
      earlierRoot: this.#earlierRoot,
      attempts: attempt,
      outcomes: outcome,
      invalid,
      unauthenticated,
      open: [...this.#open.values()],
      problems: rest > 0 ? [...this.#problems, `and ${rest} more`] : this.#problems,
    }
  }

  #append(leafHash: Buffer): void {
    let node = { height: 0, root: leafHash }
    for (let last = this.#subtrees.at(-1); last?.height === node.height; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop()
      node = { height: node.height + 1, root: sha256(Buffer.from([1]), last.root, node.root) }
    }
    this.#subtrees.push(node)
    this.size++
  }

  #root(): string {
    let root: Buffer | undefined
    for (const subtree of this.#subtrees.toReversed())
      root = root ? sha256(Buffer.from([1]), subtree.root, root) : subtree.root
    return (root ?? sha256()).toString('hex')
  }

  /** An outcome closes its attempt, so that a second one, or one without an attempt, finds nothing to close. */
  #readEntry(index: number, leaf: string): void {
    const entry = entryIn(leaf)
    if (!entry) return this.#blame(`entry ${index} is not an entry of this log`)
    this.#counts[entry.event]++
    const { act } = entry
    if (entry.event === 'attempt') {
      if (this.#open.has(act)) this.#blame(`entry ${index} begins ${act} a second time`)
      this.#open.set(act, entry)
    } else if (entry.event === 'outcome' && !this.#open.delete(act)) {
      this.#blame(`entry ${index} is a second outcome of ${act}, or one without an attempt`)
    }
  }

  #blame(problem: string): void {
    this.#problemCount++
    if (this.#problems.length < problemsMax) this.#problems.push(problem)
  }
}

const events = ['attempt', 'outcome', 'invalid', 'unauthenticated'] as const
type Entry = OpenAttempt & { readonly event: (typeof events)[number] }

function entryIn(leaf: string): Entry | undefined {
  let value: unknown
  try {
    value = JSON.parse(leaf)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { event: name, act, operation, actor, at } = value as Record<string, unknown>
  const event = events.find((each) => each === name)
  if (!event || typeof operation !== 'string' || typeof at !== 'string') return undefined
  if (event !== 'unauthenticated' && typeof act !== 'string') return undefined
  return { event, act: typeof act === 'string' ? act : '', operation, actor: nameOf(actor), at }
}

function nameOf(actor: unknown): string {
  if (typeof actor !== 'object' || actor === null || !('name' in actor)) return ''
  return String(actor.name)
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
