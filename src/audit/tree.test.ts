import { describe, expect, test } from 'vitest'
import { emptyTree, grown, leafHash, nodeHash, rootOf } from './tree.ts'

// Known answers: RFC 6962 as published with transparency-dev/merkle.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

describe('CR-4.c: the tree of the log', () => {
  test('hashes by RFC 6962', () => {
    expect(rootOf(emptyTree).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(leafHash('L123456').toString('hex')).toBe('395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56')
    expect(nodeHash(Buffer.from('N123'), Buffer.from('N456')).toString('hex')).toBe(
      'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
    )
  })
  test('gives the known root at every size', () => {
    let tree = emptyTree
    for (const [index, leaf] of leaves.entries()) {
      tree = grown(tree, [leafHash(Buffer.from(leaf, 'hex'))])
      expect(rootOf(tree).toString('hex')).toBe(roots[index])
    }
  })
  test('does not depend on how the leaves arrive', () => {
    const hashes = Array.from({ length: 300 }, (_, index) => leafHash(`leaf ${index}`))
    const once = grown(emptyTree, hashes)
    const inParts = grown(grown(emptyTree, hashes.slice(0, 77)), hashes.slice(77))
    expect(rootOf(inParts)).toEqual(rootOf(once))
    expect(once.frontier).toHaveLength(4) // 300 = 256 + 32 + 8 + 4
  })
})
