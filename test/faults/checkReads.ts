/**
 * Reads, matches and alerts as they must be, worked out again without the server's SQL: identifiers are opened with their
 * day's key, matches are graded by `gradeOf`, the function the patrol car runs, and alerts follow from the matches.
 */
import type { ClientBase } from 'pg'
import { gradeOf, listDayOf, type MatchGrade } from '../../src/alerts/grade.ts'
import { dayKeyNoOf, openReadId, type DayKey } from '../../src/reads/readIds.ts'
import type { Findings } from './findings.ts'
import type { Ledger } from './ledger.ts'
import type { Setting } from './setting.ts'

export type ReadRow = {
  plate: string
  plate_key: string
  jurisdiction: string | null
  captured: string
  device_no: number
  flags: number
}
type EntryRow = {
  id: string
  feed_no: number
  feed_id: string
  from_revision: number
  live: boolean
  zero_folded: boolean
  plate: string
  plate_key: string
  jurisdiction: string
  category: string
  expires_on: string | null
  alerts_other_jurisdiction: boolean
  alerts_look_alike: boolean
}
type MatchRow = {
  captured: string
  device_no: number
  plate_key: string
  entry_id: string
  plate_grade: string
  jurisdiction_grade: string
  alerted: boolean
}
type AlertRow = {
  no: string
  captured: string
  device_no: number
  plate_key: string
  state: string
  matches: { feedId: string; category: string; plate: string; jurisdiction?: string }[]
}

const goneFlags = 8 | 16
const ms = `(extract(epoch from captured_at) * 1000)::bigint::text as captured`

/** What identifies a row of reads: the key that matches and alerts carry too. */
function keyOf(row: { plate_key: string; captured: string; device_no: number }): string {
  return `${row.plate_key} ${row.captured} ${row.device_no}`
}
/** An entry as it is in every revision: a change of details gives it a new row. */
function listingOf({
  feed_id,
  category,
  plate,
  jurisdiction,
}: Pick<EntryRow, 'feed_id' | 'category' | 'plate' | 'jurisdiction'>): string {
  return `${feed_id} ${category} ${plate} ${jurisdiction}`
}

export type CheckedReads = { stored: number; matches: number; alerts: number }

/** Compares the ledger with the tables. Nothing may be in progress, or `client` has a snapshot. */
export async function checkReads(
  client: ClientBase,
  setting: Setting,
  ledger: Ledger,
  findings: Findings,
): Promise<CheckedReads> {
  const reads = await findReads(client)
  await checkStored(client, setting, ledger, reads, findings)
  const { expected, matches } = await checkMatches(client, reads, findings)
  const alerts = await checkAlerts(client, reads, matches, findings)
  return { stored: reads.length, matches: expected, alerts }
}

/** Every read in the table. */
export async function findReads(client: ClientBase): Promise<ReadRow[]> {
  const columns = `plate, plate_key, jurisdiction, ${ms}, device_no, flags`
  return (await client.query<ReadRow>(`select ${columns} from reads`)).rows
}

async function checkStored(
  client: ClientBase,
  setting: Setting,
  ledger: Ledger,
  reads: readonly ReadRow[],
  findings: Findings,
): Promise<void> {
  const { rows: devices } = await client.query<{ no: number; agency_id: string; name: string }>(
    'select no, agency_id, name from devices',
  )
  const numberOf = new Map(devices.map(({ no, agency_id, name }) => [`${agency_id} ${name}`, no]))
  const { rows: keyRows } = await client.query<{ no: number; day: string; secret: Buffer }>(
    'select no, day::text as day, secret from read_day_keys',
  )
  const dayKeys = new Map<number, DayKey>(
    keyRows.map(({ no, day: name, secret }) => [no, { no, dayMs: Date.parse(`${name}T00:00:00Z`), secret }]),
  )
  const stored = new Map<string, number>()
  for (const { plate, captured, device_no } of reads) {
    const key = `${plate} ${captured} ${device_no}`
    stored.set(key, (stored.get(key) ?? 0) + 1)
  }
  for (const [key, count] of stored) if (count > 1) findings.add('storedTwice', `${key}: ${count} rows`)
  const sent = new Set<string>()
  for (const read of ledger.reads.values()) {
    const deviceNo = numberOf.get(`${setting.agencies[read.agency]?.id} ${read.camera}`)
    const own = `${read.plate} ${read.capturedMs} ${deviceNo}`
    sent.add(own)
    for (const id of read.ids) {
      const dayKey = dayKeys.get(dayKeyNoOf(id) ?? -1)
      const opened = dayKey && openReadId(id, dayKey)
      const named = opened && `${opened.plate} ${opened.capturedMs} ${opened.deviceNo}`
      if (named === undefined || !stored.has(named)) findings.add('lost', `${own} was acknowledged as ${id}`)
      else if (named !== own && !read.hasEvent) findings.add('answers', `${own} was answered with the id of ${named}`)
    }
  }
  for (const key of stored.keys()) if (!sent.has(key)) findings.add('phantom', key)
}

/** Every read with every entry it should match. Returns how many there should be, and by read the entries that alerted. */
export async function checkMatches(client: ClientBase, reads: readonly ReadRow[], findings: Findings) {
  const { rows: entries } = await client.query<EntryRow>(
    `select e.id::text as id, e.feed_no, f.id as feed_id, e.from_revision, e.to_revision is null as live, e.zero_folded, e.plate,
       e.plate_key, e.jurisdiction, e.category, e.expires_on::text as expires_on, f.alerts_other_jurisdiction, f.alerts_look_alike
     from hotlist_entries e join feeds f on f.no = e.feed_no`,
  )
  const { rows } = await client.query<MatchRow>(
    `select ${ms}, device_no, plate_key, entry_id::text as entry_id, plate_grade, jurisdiction_grade, alerted from matches`,
  )
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const listed = groupBy(entries, ({ plate_key }) => plate_key)
  const matches = groupBy(rows, keyOf)
  const readsByKey = groupBy(reads, keyOf)
  const today = listDayOf(new Date())
  let expected = 0
  for (const read of reads) {
    const there = new Set((matches.get(keyOf(read)) ?? []).flatMap(({ entry_id }) => listings(byId.get(entry_id))))
    for (const entry of listed.get(read.plate_key) ?? []) {
      // The first revision was there before any read; a later one looks back only to reads that still stand.
      if (!entry.live || (entry.from_revision > 1 && (read.flags & goneFlags) !== 0)) continue
      if (!graded(read, entry, today)) continue
      expected++
      if (!there.has(listingOf(entry)))
        findings.add('unmatched', `${keyOf(read)} with ${listingOf(entry)} of revision ${entry.from_revision}`)
    }
  }
  for (const match of rows) {
    const entry = byId.get(match.entry_id)
    const fits = (readsByKey.get(keyOf(match)) ?? []).some((read) => {
      const grade = entry && graded(read, entry, today)
      return (
        grade?.plateGrade === match.plate_grade &&
        grade.jurisdictionGrade === match.jurisdiction_grade &&
        grade.alerted === match.alerted
      )
    })
    if (!fits) findings.add('wronglyMatched', `${keyOf(match)} with entry ${match.entry_id}`)
  }
  const alerted = rows.filter((match) => match.alerted)
  return {
    expected,
    matches: new Map(
      [...groupBy(alerted, keyOf)].map(([key, each]) => [
        key,
        new Set(each.flatMap(({ entry_id }) => listings(byId.get(entry_id)))),
      ]),
    ),
  }
}

function graded(read: ReadRow, entry: EntryRow, today: string): MatchGrade | null {
  const { plate, jurisdiction, zero_folded: zeroFolded, expires_on: expiresOn } = entry
  const feed = { alertsOtherJurisdiction: entry.alerts_other_jurisdiction, alertsLookAlike: entry.alerts_look_alike }
  return gradeOf(read, { plate, jurisdiction, zeroFolded, expiresOn }, feed, today)
}
function listings(entry: EntryRow | undefined): string[] {
  return entry ? [listingOf(entry)] : []
}

/** Each match that alerts is in exactly one alert; alerts of reads that were replaced are taken back. */
async function checkAlerts(
  client: ClientBase,
  reads: readonly ReadRow[],
  matches: ReadonlyMap<string, ReadonlySet<string>>,
  findings: Findings,
): Promise<number> {
  const { rows: alerts } = await client.query<AlertRow>(
    `select no::text as no, ${ms}, device_no, plate_key, state, matches from alerts`,
  )
  const byRead = groupBy(alerts, keyOf)
  let expected = 0
  for (const [key, listed] of matches) {
    const raised = (byRead.get(key) ?? []).flatMap((alert) =>
      alert.matches.map(({ feedId, category, plate, jurisdiction = '' }) =>
        listingOf({ feed_id: feedId, category, plate, jurisdiction }),
      ),
    )
    for (const listing of listed) {
      expected++
      const times = raised.filter((each) => each === listing).length
      if (times === 0) findings.add('unalerted', `${key} with ${listing}`)
      if (times > 1) findings.add('alertedTwice', `${key} with ${listing}: ${times} times`)
    }
    if (raised.some((each) => !listed.has(each))) findings.add('wronglyMatched', `an alert of ${key} has no such match`)
  }
  for (const [key] of byRead) if (!matches.has(key)) findings.add('wronglyMatched', `an alert of ${key} has no match`)
  for (const read of reads) {
    if ((read.flags & goneFlags) === 0) continue
    for (const { no, state } of byRead.get(keyOf(read)) ?? [])
      if (state === 'raised') findings.add('alertedTwice', `alert ${no} of a replaced read still stands`)
  }
  return expected
}

export function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group) group.push(row)
    else groups.set(key(row), [row])
  }
  return groups
}
