/**
 * Searching past reads: the most sensitive act there is. Each page is an act of its own, with the reason stated again, decided
 * again and recorded before anything is released (CR-1.1, CR-1.2, CR-4.a).
 */
import { operation } from '../door/operation.ts'
import { invalid } from '../kernel/errors.ts'
import { must } from '../kernel/assert.ts'
import { jurisdictionOf } from '../reads/jurisdiction.ts'
import { plateKeyOf, plateOf } from '../reads/plate.ts'
import { sealReadIds } from '../reads/readIds.ts'
import { pageMax, SearchReply, SearchRequest, type FoundRead } from './contract.ts'
import { maySearch } from './policy.ts'
import { findReads, type ReadQuery, type ReadRow } from './store.ts'

const pageDefault = 50
const earliest = new Date('2000-01-01T00:00:00Z')
const latest = new Date('9999-12-31T00:00:00Z')
const deviceNoMax = 2_147_483_647
const cursorForm = /^(\d{1,15})\.(\d{1,10})$/

/** The operations of searching, for a retention in milliseconds. */
export function searchOperations(retentionMs: number) {
  const run = operation({
    id: 'searches.run',
    title: 'Find where a plate was read, with a reason',
    steps: [
      'CR-1.5, CR-1.3: a person with a role that searches',
      'CR-1.1: one of the five bases, specific facts in words, a case where the basis calls for one',
      'find the reads of the plate that are still kept (CR-7.b), newest first',
      'record the reason, how many were found, and the root over their ids (GA-6.1), before anything is released',
      'CR-6.b: every read is marked unconfirmed',
    ],
    request: SearchRequest,
    reply: SearchReply,
    route: { method: 'POST', path: '/v1/searches', body: 'json' },
    effect: 'read',
    facts: async (_tx, _caller, _request, at) => ({ keptSince: new Date(at.getTime() - retentionMs) }),
    policy: maySearch,
    run: async (tx, { request, scope, at }) => {
      const query = queryOf(request)
      const rows = await findReads(tx, scope, query)
      const page = rows.slice(0, query.limit - 1)
      const last = page.at(-1)
      const next = rows.length === query.limit && last ? `${last.captured_at.getTime()}.${last.device_no}` : null
      return { reads: foundReads(page), next, searchedAt: at.toISOString() }
    },
    record: {
      entered: ({ plate, jurisdiction, from, to, purpose, facts, caseNumber }) => ({
        fields: { purpose, from, to, jurisdiction, caseNumber },
        sealed: { plate, facts },
      }),
      retrieved: ({ reads }) => ({ results: reads.map((read) => read.id) }),
    },
  })
  return { run }
}

/** The query behind a request; one row more than the page, to know whether there is another. Throws `Invalid`. */
function queryOf(request: SearchRequest): ReadQuery {
  const plate = plateOf(request.plate)
  if (plate === null || plate.includes('?'))
    throw invalid('/plate', 'plate', 'must be a whole plate: 1 to 10 letters and digits')
  const from = request.from ? new Date(request.from) : earliest
  const to = request.to ? new Date(request.to) : latest
  if (from > to) throw invalid('/from', 'span', 'lies after the end of the span')
  const jurisdiction = request.jurisdiction === undefined ? null : jurisdictionOf(request.jurisdiction)
  if (request.jurisdiction !== undefined && jurisdiction === null)
    throw invalid('/jurisdiction', 'jurisdiction', 'is no state of issuance we know, such as MA')
  return {
    plate,
    plateKey: plateKeyOf(plate),
    jurisdiction,
    from,
    to,
    before: cursorOf(request.after),
    limit: Math.min(request.limit ?? pageDefault, pageMax) + 1,
  }
}

function cursorOf(after: string | undefined): ReadQuery['before'] {
  if (after === undefined) return { capturedAt: latest, deviceNo: deviceNoMax }
  const parts = cursorForm.exec(after)
  if (!parts || Number(parts[1]) > latest.getTime() || Number(parts[2]) > deviceNoMax)
    throw invalid('/after', 'cursor', 'is not the `next` of a page')
  return { capturedAt: new Date(Number(parts[1])), deviceNo: Number(parts[2]) }
}

function foundReads(rows: readonly ReadRow[]): FoundRead[] {
  const ids = idsOf(rows)
  return rows.map((row, index) => ({
    id: must(ids[index], 'each read has an id'),
    plate: row.plate,
    raw: row.raw,
    jurisdiction: row.jurisdiction,
    plateConfidence: row.plate_permille === null ? null : row.plate_permille / 1000,
    capturedAt: row.captured_at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    timeTrust: (['unknown', 'proven', 'unproven', 'unproven'] as const)[row.flags & 3] ?? 'unproven',
    zoneAssumed: (row.flags & 4) !== 0,
    agencyId: row.agency_id,
    agency: row.agency,
    deviceId: row.device_id,
    device: row.device,
    deviceKind: row.device_kind,
    road: row.road,
    latitude: row.latitude_e6 === null ? row.device_latitude : row.latitude_e6 / 1e6,
    longitude: row.longitude_e6 === null ? row.device_longitude : row.longitude_e6 / 1e6,
    headingDegrees: row.heading_degrees ?? row.device_heading,
    speedKph: row.speed_kph,
    lane: row.lane,
    make: row.make,
    model: row.model,
    colour: row.colour,
    class: row.class,
    alternatives: alternativesOf(row.alternatives),
    confirmation: 'unconfirmed',
  }))
}

function idsOf(rows: readonly ReadRow[]): string[] {
  return rows.map((row) => {
    const key = { no: row.key_no, dayMs: Date.parse(`${row.key_day}T00:00:00Z`), secret: row.key_secret }
    return must(
      sealReadIds([{ plate: row.plate, capturedMs: row.captured_at.getTime(), deviceNo: row.device_no }], key)[0],
      'one read, one id',
    )
  })
}

function alternativesOf(text: string | null): FoundRead['alternatives'] {
  if (text === null) return []
  return text.split(' ').map((each) => {
    const [plate = '', permille] = each.split(':')
    return { plate, confidence: permille === undefined ? null : Number(permille) / 1000 }
  })
}
