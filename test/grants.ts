/** The grants of the database and those written in `grants.txt`, in one form that can be compared. */
import type { Client } from 'pg'

const parts = ['app', 'sequencer', 'purge'] as const
type Part = (typeof parts)[number]
/** table → part → privileges, such as `select` or `update(flags)`. */
type Grants = ReadonlyMap<string, Readonly<Record<Part, readonly string[]>>>

/** What the catalogs say, partitions left out. A grant to everybody, or to a role we do not know, throws. */
export async function grantsOf(client: Client): Promise<Grants> {
  const { rows } = await client.query<{ name: string; grantee: string | null; privilege: string | null }>(
    `with tables as (
       select c.oid, c.relname, c.relacl, c.relowner from pg_class c
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition),
     granted as (
       select t.oid, acl.grantee, lower(acl.privilege_type) as privilege
       from tables t, aclexplode(t.relacl) as acl where acl.grantee <> t.relowner
       union all
       select t.oid, acl.grantee, lower(acl.privilege_type) || '(' || a.attname || ')'
       from tables t join pg_attribute a on a.attrelid = t.oid, aclexplode(a.attacl) as acl where acl.grantee <> t.relowner)
     select t.relname as name, case when g.grantee = 0 then 'public' else r.rolname end as grantee, g.privilege
     from tables t left join granted g on g.oid = t.oid left join pg_roles r on r.oid = g.grantee order by 1, 2, 3`,
  )
  const grants = new Map<string, Record<Part, string[]>>()
  for (const { name, grantee, privilege } of rows) {
    const granted = grants.get(name) ?? { app: [], sequencer: [], purge: [] }
    grants.set(name, granted)
    if (grantee === null || privilege === null) continue
    const part = parts.find((each) => `platekeep_${each}` === grantee)
    if (!part) throw new Error(`${grantee} has ${privilege} on ${name}, and is no part of the program`)
    granted[part].push(privilege)
  }
  return grants
}

/** Grants, or the text of `grants.txt`, one line for each table, with the privileges in a fixed order. */
export function grantsText(of: Grants | string): string[] {
  const grants = typeof of === 'string' ? written(of) : of
  return [...grants]
    .map(
      ([table, by]) =>
        `${table}: ${parts.map((part) => `${part} ${[...by[part]].sort().join(' ') || '-'}`).join(', ')}`,
    )
    .sort()
}

function written(text: string): Grants {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const grants = new Map<string, Record<Part, readonly string[]>>()
  for (const line of lines.slice(1)) {
    const [table = '', ...cells] = line
      .trim()
      .split(/ {2,}| (?=-)/)
      .filter((cell) => cell.trim() !== '')
    const [app, sequencer, purge] = cells.map((cell) => (cell.trim() === '-' ? [] : cell.trim().split(' ')))
    if (!app || !sequencer || !purge || cells.length !== parts.length)
      throw new Error(`grants.txt: "${line}" has not one cell for each of ${parts.join(', ')}`)
    grants.set(table, { app, sequencer, purge })
  }
  return grants
}
