/** SQL of alerts: giving positions, and reading by position. */
import type { SequencedStream } from '../audit/sequencer.ts'
import { must } from '../kernel/assert.ts'
import { statement, type Row, type Tx } from '../kernel/db.ts'
import type { AlertScope } from './policy.ts'

// The maximum is one look at the end of the primary key, and only one sequencer runs at a time, so adding to it is safe.
const moveQueue = statement(
  'alerts.moveQueue',
  `with taken as (
     delete from alert_queue where no in (select no from alert_queue order by no limit $1)
     returning no, alert_no, plate_key, kind, at),
   placed as (
     select coalesce((select max(position) from alert_events), 0) + row_number() over (order by no) as position,
       alert_no, plate_key, kind, at
     from taken),
   events as (
     insert into alert_events (position, alert_no, plate_key, kind, at)
     select position, alert_no, plate_key, kind, at from placed),
   audience as (
     insert into alert_audience (position, agency_id)
     select p.position, agency_id from placed p join alerts a on a.plate_key = p.plate_key and a.no = p.alert_no
     cross join lateral unnest(a.agency_ids) as agency_id)
   select count(*)::int4 as moved from placed`,
  { moved: 'int4' },
)

const selectQueued = statement('alerts.selectQueued', `select exists (select from alert_queue) as waiting`, {
  waiting: 'bool',
})

/** Alerts get their positions from the sequencer, once they are committed, in the order in which subscribers see them. */
export const alertStream: SequencedStream = {
  channel: 'platekeep_alerts',
  waits: async (tx) => must(await tx.row(selectQueued), 'a row is always returned').waiting,
  move: async (tx, limit) => must(await tx.row(moveQueue, [limit]), 'a count is always returned').moved,
}

const eventColumns = {
  position: 'int8',
  kind: 'text',
  at: 'timestamptz',
  id: 'text',
  raised_at: 'timestamptz',
  state: 'text',
  priority: 'int2',
  grade: 'text',
  look_back: 'bool',
  agency_ids: 'text[]',
  captured_at: 'timestamptz',
  device_no: 'int4',
  read: 'jsonb',
  matches: 'jsonb',
  key_no: 'int4?',
  key_secret: 'bytea?',
} as const
export type EventRow = Row<typeof eventColumns>

const columns = `e.position, e.kind, e.at, a.id, a.raised_at, a.state, a.priority, a.grade, a.look_back, a.agency_ids,
  a.captured_at, a.device_no, a.read, a.matches, k.no as key_no, k.secret as key_secret`
const details = `join alerts a on a.plate_key = e.plate_key and a.no = e.alert_no
  left join read_day_keys k on k.day = (a.captured_at at time zone 'UTC')::date`

/** Past its time means invisible at once (CR-7.b), counted from receipt where the time is not proven. */
function kept(since: string): string {
  return `(case when a.read->>'timeTrust' = 'proven' then a.captured_at else (a.read->>'receivedAt')::timestamptz end) > ${since}`
}

const listAll = statement(
  'alerts.listAll',
  `select ${columns} from alert_events e ${details}
   where e.position < $1 and e.kind = 'raised' and ${kept('$2')} order by e.position desc limit $3`,
  eventColumns,
)
const listForAgency = statement(
  'alerts.listForAgency',
  `select ${columns} from alert_audience u join alert_events e on e.position = u.position ${details}
   where u.position < $1 and e.kind = 'raised' and ${kept('$2')} and u.agency_id = $4 order by u.position desc limit $3`,
  eventColumns,
)
/** Alerts before a position, newest first, each once, in its present state. */
export function findAlerts(tx: Tx, scope: AlertScope, before: number, limit: number): Promise<EventRow[]> {
  const parameters = [before, scope.keptSince, limit]
  return scope.agencyId === null
    ? tx.rows(listAll, parameters)
    : tx.rows(listForAgency, [...parameters, scope.agencyId])
}

const selectHead = statement(
  'alerts.selectHead',
  `select coalesce(max(position), 0)::int8 as position from alert_events`,
  { position: 'int8' },
)
/** The newest position there is; 0 before the first alert. */
export async function getHead(tx: Tx): Promise<number> {
  return must(await tx.row(selectHead), 'an aggregate gives a row').position
}

const selectNews = statement(
  'alerts.selectNews',
  `select agency_id, max(position)::int8 as position from alert_audience where position > $1 and position <= $2 group by agency_id`,
  { agency_id: 'text', position: 'int8' },
)
/** Which agencies have something new between two positions, and up to where. Says nothing about any plate. */
export function findNews(tx: Tx, after: number, through: number) {
  return tx.rows(selectNews, [after, through])
}

// One look for everybody: each question (whose, after where, how many) gives its positions, and at least one row with the head.
const selectPositions = statement(
  'alerts.selectPositions',
  `select q.no::int4 as no, h.head, p.position
   from unnest($1::text[], $2::int8[], $3::int4[]) with ordinality as q(agency_id, after, most, no)
   cross join (select coalesce(max(position), 0)::int8 as head from alert_events) h
   left join lateral (
     (select u.position from alert_audience u
      where q.agency_id is not null and u.agency_id = q.agency_id and u.position > q.after order by u.position limit q.most)
     union all
     (select e.position from alert_events e
      where q.agency_id is null and e.position > q.after order by e.position limit q.most)) p on true
   order by q.no, p.position`,
  { no: 'int4', head: 'int8', position: 'int8?' },
)
const selectEvents = statement(
  'alerts.selectEvents',
  `select ${columns} from alert_events e ${details} where e.position = any($1::int8[]) and ${kept('$2')} order by e.position`,
  eventColumns,
)

export type Wanted = { readonly scope: AlertScope; readonly after: number; readonly limit: number }
export type Found = { readonly rows: readonly EventRow[]; readonly through: number }

/**
 * What each of several subscribers gets next, in their order. Those that ask the same are answered from one look, and an event
 * is loaded once however many get it: a round costs two statements, not two for each subscriber.
 */
export async function findEvents(tx: Tx, wanted: readonly Wanted[]): Promise<Found[]> {
  const questions = new Map<string, Wanted>()
  for (const each of wanted) questions.set(keyOf(each), each)
  const asked = [...questions.entries()]
  const looked = await tx.rows(selectPositions, [
    asked.map(([, { scope }]) => scope.agencyId),
    asked.map(([, { after }]) => after),
    asked.map(([, { limit }]) => limit),
  ])
  const positions = looked.flatMap(({ position }) => (position === null ? [] : [position]))
  const [first] = wanted
  // All acts of a group happen at one instant, so what is kept is the same for all.
  const rows =
    first && positions.length > 0 ? await tx.rows(selectEvents, [[...new Set(positions)], first.scope.keptSince]) : []
  const byPosition = new Map(rows.map((row) => [row.position, row]))
  const answers = new Map<string, Found>()
  for (const [index, [key, { limit }]] of asked.entries()) {
    const mine = looked.filter(({ no }) => no === index + 1)
    const found = mine.flatMap(({ position }) => (position === null ? [] : [position]))
    const last = found.at(-1) ?? 0
    // A full page may not be all; otherwise nothing lies between the last one and the head, which was seen in the same look.
    const through = found.length === limit ? last : must(mine[0], 'each question gives a row').head
    answers.set(key, { rows: found.flatMap((position) => byPosition.get(position) ?? []), through })
  }
  return wanted.map((each) => must(answers.get(keyOf(each)), 'each question has its answer'))
}

function keyOf({ scope, after, limit }: Wanted): string {
  return `${scope.agencyId ?? ''} ${after} ${limit}`
}
