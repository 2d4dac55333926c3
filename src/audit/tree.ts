/**
 * The Merkle tree of the log, by RFC 6962: leaves are hashed with a 0x00 in front and nodes with a 0x01, so that no node
 * can pass for a leaf. The tree grows by its *frontier*: the roots of the perfect subtrees that the leaves so far fill,
 * largest first, one for each bit set in the size. Adding a leaf merges equal neighbours, and folding the frontier from the
 * right gives the root; so a log of a billion leaves goes on from thirty hashes.
 */
import { hash } from 'node:crypto'

export type Tree = { readonly size: number; readonly frontier: readonly Buffer[] }

export const emptyTree: Tree = { size: 0, frontier: [] }

const leafPrefix = Buffer.from([0x00])
const nodePrefix = Buffer.from([0x01])

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}

/** SHA-256(0x00 ‖ entry). */
export function leafHash(entry: string | Uint8Array): Buffer {
  return sha256(Buffer.concat([leafPrefix, typeof entry === 'string' ? Buffer.from(entry) : entry]))
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([nodePrefix, left, right]))
}

/** The tree with more leaves (their hashes, in order). */
export function grown(tree: Tree, leafHashes: Iterable<Buffer>): Tree {
  const frontier = [...tree.frontier]
  let size = tree.size
  for (const leaf of leafHashes) {
    let node = leaf
    // Each low bit set in the size is a perfect subtree as large as the one in hand: merge, as in binary addition.
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = frontier.pop()
      if (!left) throw new RangeError('a frontier has one hash for each bit set in the size')
      node = nodeHash(left, node)
    }
    frontier.push(node)
    size++
  }
  return { size, frontier }
}

/** The root over all leaves; of the empty tree, SHA-256 of nothing. */
export function rootOf(tree: Tree): Buffer {
  const last = tree.frontier.at(-1)
  if (!last) return sha256(new Uint8Array())
  return tree.frontier.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
}

/** The root over a list of entries, in their order: what a leaf says of a list of results. */
export function rootOfEntries(entries: readonly string[]): Buffer {
  return rootOf(grown(emptyTree, entries.map(leafHash)))
}
