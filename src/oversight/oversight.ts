/** Watching over the system: the log as it stands, and the acts that ended without an outcome. */
import Type from 'typebox'
import { outcomeLeaf } from '../audit/entry.ts'
import { countPending, findHead, findLeaves, findOpenActs, writeOutcomes } from '../audit/store.ts'
import { NoRequest } from '../agencies/contract.ts'
import { noFacts, operation } from '../door/operation.ts'
import { minute } from '../kernel/clock.ts'
import { LogHead, LogLeaves, LogRange } from './contract.ts'
import { mayCloseActs, mayReadLog, maySeeLogHead } from './policy.ts'

const leavesDefault = 1_000

export const head = operation({
  id: 'log.head',
  title: 'Show the size and the root of the log',
  steps: ['anybody who is known', 'the head of the tree, and how many leaves wait to be sequenced'],
  request: NoRequest,
  reply: LogHead,
  route: { method: 'GET', path: '/v1/log/head' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeLogHead,
  run: async (tx) => {
    const { size, root } = await findHead(tx)
    return { size, root: root.toString('hex'), pending: await countPending(tx) }
  },
  record: { entered: () => ({}), retrieved: ({ size }) => ({ fields: { size } }) },
})

export const leaves = operation({
  id: 'log.leaves',
  title: 'Read leaves of the log',
  steps: ['CR-4.d, GA-6.3: auditors of the state and the CSO', 'the leaves from an index on, with their hashes'],
  request: LogRange,
  reply: LogLeaves,
  route: { method: 'GET', path: '/v1/log/leaves' },
  effect: 'read',
  facts: noFacts,
  policy: mayReadLog,
  run: async (tx, { request }) => ({
    leaves: (await findLeaves(tx, request.from, request.limit ?? leavesDefault)).map(({ index, hash, leaf }) => ({
      index,
      hash: hash.toString('hex'),
      leaf,
    })),
  }),
  record: {
    entered: ({ from, limit }) => ({ fields: { from, limit } }),
    retrieved: (reply) => ({ fields: { count: reply.leaves.length } }),
  },
})

/** No act takes this long: the slowest is the import of a large hot list, whose limits add up to less. */
const actMsMax = 20 * minute
const closedAtOnce = 500

export const closeUnknown = operation({
  id: 'log.closeUnknown',
  title: 'Close acts that ended without an outcome',
  steps: [
    'only the program itself',
    'find acts begun long ago and still open, whose process must have died',
    'record their outcome as unknown',
  ],
  request: NoRequest,
  reply: Type.Object({ closed: Type.Integer() }, { additionalProperties: false }),
  effect: 'read',
  facts: noFacts,
  policy: mayCloseActs,
  run: async (tx, { at }) => {
    const open = await findOpenActs(tx, new Date(at.getTime() - actMsMax), closedAtOnce)
    const outcomes = open.map(({ act_id, operation: name, started_at }) => ({
      actId: act_id,
      ...outcomeLeaf({ actId: act_id, operation: name, at: started_at }, { result: 'unknown' }, {}, at),
    }))
    return { closed: outcomes.length > 0 ? await writeOutcomes(tx, outcomes) : 0 }
  },
  record: { entered: () => ({}), retrieved: ({ closed }) => ({ fields: { closed } }) },
})
