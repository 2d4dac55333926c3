/**
 * The schema as readable text: what the migrations add up to, asked of PostgreSQL's catalogs and written in one fixed order and
 * form, so that it is the same on every supported server. `db/schema.sql` holds it (`npm run schema` writes it), and
 * `schema.test.ts` proves it equal to a migrated database. Partitions are left out: they come and go with the days.
 */
import type { Client } from 'pg'

type Row = Readonly<Record<string, string | null>>

const heading = `-- What the migrations add up to. Written by \`npm run schema\`, compared with a migrated database by a test: change it by adding a
-- migration. Why each thing is there stands in db/migrations; who may do what with it, in test/grants.txt.
`

/** The text for the schema \`public\` of a migrated database. */
export async function schemaText(client: Client): Promise<string> {
  const parts = [
    ...(await extensions(client)),
    ...(await types(client)),
    ...(await tables(client)),
    ...(await functions(client)),
  ]
  return `${heading}\n${parts.join('\n\n')}\n`
}

async function rows(client: Client, text: string): Promise<Row[]> {
  return (await client.query<Row>(text)).rows
}

async function extensions(client: Client): Promise<string[]> {
  const found = await rows(client, `select extname from pg_extension where extname <> 'plpgsql' order by extname`)
  return found.map(({ extname }) => `create extension ${extname};`)
}

async function types(client: Client): Promise<string[]> {
  const found = await rows(
    client,
    `select c.relname as name, string_agg('  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod), E',\\n' order by a.attnum) as fields
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'c' group by c.relname order by c.relname`,
  )
  return found.map(({ name, fields }) => `create type ${name} as (\n${fields}\n);`)
}

const ours = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`

async function tables(client: Client): Promise<string[]> {
  const [found, columns, constraints, indexes, triggers, comments] = [
    await rows(
      client,
      `select c.relname as name, pg_get_partkeydef(c.oid) as key from pg_class c where ${ours} order by 1`,
    ),
    await rows(client, columnsText),
    await rows(client, constraintsText),
    await rows(client, indexesText),
    await rows(client, triggersText),
    await rows(client, commentsText),
  ]
  const of = (name: string | null, list: readonly Row[]): string[] =>
    list.flatMap((row) => (row['of'] === name ? [row['text'] ?? ''] : []))
  return found.map(({ name = null, key = null }) => {
    const inside = [...of(name, columns), ...of(name, constraints)].map((line) => `  ${line}`).join(',\n')
    const after = [...of(name, comments), ...of(name, indexes), ...of(name, triggers)].map((line) => `\n${line};`)
    return `create table ${name} (\n${inside}\n)${key === null ? '' : ` partition by ${key.toLowerCase()}`};${after.join('')}`
  })
}

const columnsText = `select c.relname as of, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attcollation <> t.typcollation then 'collate ' || quote_ident(l.collname) end,
    case when a.attidentity = 'a' then 'generated always as identity' when d.oid is not null then 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
    case when a.attnotnull then 'not null' end) as text
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid left join pg_collation l on l.oid = a.attcollation
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where ${ours} order by c.relname, a.attnum`

// Since PostgreSQL 18 "not null" is a constraint with a name of its own; here it stands with its column.
const constraintsText = `select c.relname as of, 'constraint ' || o.conname || ' ' || pg_get_constraintdef(o.oid) as text
  from pg_class c join pg_constraint o on o.conrelid = c.oid
  where ${ours} and o.contype in ('p', 'u', 'f', 'c', 'x') order by c.relname, position(o.contype::text in 'pufxc'), o.conname`

const indexesText = `select c.relname as of, lower(substring(pg_get_indexdef(i.indexrelid), '^CREATE (?:UNIQUE )?INDEX')) ||
    substring(pg_get_indexdef(i.indexrelid), '^CREATE (?:UNIQUE )?INDEX(.*)$') as text
  from pg_class c join pg_index i on i.indrelid = c.oid join pg_class n on n.oid = i.indexrelid
  where ${ours} and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.conrelid = c.oid) order by c.relname, n.relname`

const triggersText = `select c.relname as of, pg_get_triggerdef(t.oid) as text from pg_class c join pg_trigger t on t.tgrelid = c.oid
  where ${ours} and not t.tgisinternal order by c.relname, t.tgname`

const commentsText = `select c.relname as of,
    'comment on ' || case when d.objsubid = 0 then 'table ' || c.relname else 'column ' || c.relname || '.' || a.attname end || ' is ' || quote_literal(d.description) as text
  from pg_class c join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
  left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
  where ${ours} order by c.relname, d.objsubid`

async function functions(client: Client): Promise<string[]> {
  const found = await rows(
    client,
    `select pg_get_functiondef(p.oid) as text from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
     order by p.proname, pg_get_function_identity_arguments(p.oid)`,
  )
  return found.map(({ text }) => `${(text ?? '').trimEnd()};`)
}
