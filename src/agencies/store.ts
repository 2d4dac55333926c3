/** All SQL of the agencies. */
import { isUniqueViolation, statement, type Tx } from '../kernel/db.ts'
import { Conflict } from '../kernel/errors.ts'
import type { Agency, AgencyDraft } from './contract.ts'
import type { Issued } from '../policy/decision.ts'

const insert = statement(
  'agencies.insert',
  `insert into agencies (id, ori, name, kind, contributing, created_at) values ($1, $2, $3, $4, $5, $6) returning no`,
  { no: 'int4' },
)
/** Stores an agency; its number. Throws `Conflict` where its ORI is taken. */
export async function insertAgency(
  tx: Tx,
  id: string,
  draft: Omit<AgencyDraft, 'kind'> & { kind: string },
  at: Date,
): Promise<number> {
  try {
    const [row] = await tx.rows(insert, [id, draft.ori, draft.name, draft.kind, draft.contributing, at])
    return row?.no ?? 0
  } catch (error) {
    if (isUniqueViolation(error)) throw new Conflict(`An agency with ORI ${draft.ori} is already there.`)
    throw error
  }
}

const selectAll = statement(
  'agencies.selectAll',
  `select id, ori, name, kind, contributing from agencies order by name limit 2000`,
  {
    id: 'text',
    ori: 'text',
    name: 'text',
    kind: 'text',
    contributing: 'bool',
  },
)
/** All agencies by name, 2,000 at most. */
export function findAgencies(tx: Tx, _scope: Issued<{ see: 'agencies' }>): Promise<Agency[]> {
  return tx.rows(selectAll)
}

const selectOne = statement('agencies.selectOne', `select id, no, name from agencies where id = $1`, {
  id: 'text',
  no: 'int4',
  name: 'text',
})
/** An agency by id, for the facts of other slices. */
export function findAgency(tx: Tx, id: string) {
  return tx.row(selectOne, [id])
}
