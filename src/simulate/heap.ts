/** A queue that gives out its members by a number, least first; equal ones in the order in which they came. */
export class Heap<T> {
  readonly #keyOf: (member: T) => number
  readonly #nodes: { member: T; key: number; turn: number }[] = []
  #turn = 0

  constructor(keyOf: (member: T) => number) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.#nodes.length
  }

  peek(): T | undefined {
    return this.#nodes[0]?.member
  }

  push(member: T): void {
    this.#nodes.push({ member, key: this.#keyOf(member), turn: this.#turn++ })
    let child = this.#nodes.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#swapIfBefore(child, parent)) return
      child = parent
    }
  }

  pop(): T | undefined {
    const first = this.#nodes[0]
    const last = this.#nodes.pop()
    if (first === undefined || last === undefined) return undefined
    if (this.#nodes.length === 0) return first.member
    this.#nodes[0] = last
    let parent = 0
    for (;;) {
      const left = 2 * parent + 1
      const child = this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#swapIfBefore(child, parent)) return first.member
      parent = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#nodes[a]
    const other = this.#nodes[b]
    if (one === undefined || other === undefined) return false
    return one.key === other.key ? one.turn < other.turn : one.key < other.key
  }

  #swapIfBefore(a: number, b: number): boolean {
    const one = this.#nodes[a]
    const other = this.#nodes[b]
    if (one === undefined || other === undefined || !this.#isBefore(a, b)) return false
    this.#nodes[a] = other
    this.#nodes[b] = one
    return true
  }
}
