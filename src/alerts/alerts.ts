/**
 * Alerts, as people get them: a list to page through, and a stream. A stream is opened by one act and then is a row of bounded
 * acts, `alerts.deliver`, each of which asks the policy again and is recorded before anything leaves (DESIGN section 1).
 * Who performs those is in `subscribers.ts`; intake raises the alerts, and look-back (`lookBack.ts`) those of lists that came later.
 */
import { shaped } from '../door/contract.ts'
import { noFacts, operation } from '../door/operation.ts'
import { must } from '../kernel/assert.ts'
import { sealReadIds, startOfDay } from '../reads/readIds.ts'
import {
  Alert,
  AlertList,
  AlertListRequest,
  AlertRead,
  AlertMatch,
  DeliverRequest,
  Delivery,
  StreamOpened,
  StreamRequest,
} from './contract.ts'
import { lookBackOperations } from './lookBack.ts'
import { maySeeAlerts } from './policy.ts'
import { findAlerts, findEvents, getHead, type EventRow, type Wanted } from './store.ts'

export { lookBackDue } from './lookBack.ts'
export { alertStream } from './store.ts'
export { openAlertHub } from './subscribers.ts'

const pageDefault = 50
const audience = "CR-8, CR-1.3: people who work with alerts, for their agency's reads and lists; the state for all"

/** The operations of alerts, for a retention in milliseconds: what is past it is not shown. */
export function alertOperations(retentionMs: number) {
  const policy = (actor: Parameters<typeof maySeeAlerts>[0], _request: unknown, _facts: undefined, at: Date) =>
    maySeeAlerts(actor, new Date(at.getTime() - retentionMs))

  const list = operation({
    id: 'alerts.list',
    title: 'List alerts, newest first',
    steps: [audience, 'find a page of them, each once, in its present state', 'record the ids of those shown'],
    request: AlertListRequest,
    reply: AlertList,
    route: { method: 'GET', path: '/v1/alerts' },
    effect: 'read',
    facts: noFacts,
    policy,
    run: async (tx, { request, scope }) => {
      const limit = request.limit ?? pageDefault
      const rows = await findAlerts(tx, scope, request.before ?? Number.MAX_SAFE_INTEGER, limit)
      const last = rows.length < limit ? undefined : rows.at(-1)
      return { alerts: alertsOf(rows), next: last?.position ?? null }
    },
    record: {
      entered: ({ before, limit }) => ({ fields: { before, limit } }),
      retrieved: ({ alerts }) => ({ fields: { count: alerts.length }, results: alerts.map(({ id }) => id) }),
    },
  })

  const stream = operation({
    id: 'alerts.stream',
    title: 'Follow alerts as they are raised',
    steps: [
      audience,
      'find the position to go on from: after the last one that was received, or from now on',
      'then deliver, act by act, as alerts.deliver',
    ],
    request: StreamRequest,
    reply: StreamOpened,
    route: { method: 'GET', path: '/v1/alerts/stream', events: 'alerts.deliver' },
    effect: 'read',
    facts: noFacts,
    policy,
    run: async (tx, { request }) => {
      const head = await getHead(tx)
      // A position that is not given yet comes from another database: everything from now on is new to that reader.
      return { position: Math.min(request.after ?? head, head) }
    },
    record: {
      entered: ({ after }) => ({ fields: { after } }),
      retrieved: ({ position }) => ({ fields: { position } }),
    },
  })

  const deliver = operation({
    id: 'alerts.deliver',
    title: 'Deliver the next alerts of an open stream',
    steps: [
      `${audience}; asked again for each delivery`,
      'find what lies after the position the subscriber has, at most a page',
      'record the ids of what is delivered, and commit; only then does it leave',
    ],
    request: DeliverRequest,
    reply: Delivery,
    effect: 'read',
    facts: noFacts,
    policy,
    run: async (tx, act) => must((await delivered(tx, [wantedOf(act)]))[0], 'an act has its reply'),
    runMany: (tx, acts) => delivered(tx, acts.map(wantedOf)),
    record: {
      entered: ({ after }) => ({ fields: { after } }),
      retrieved: ({ alerts, through }) => ({
        fields: { count: alerts.length, through },
        results: alerts.map(({ id }) => id),
      }),
    },
  })
  return { list, stream, deliver, ...lookBackOperations(retentionMs) }
}

function wantedOf({ scope, request }: { scope: Wanted['scope']; request: DeliverRequest }): Wanted {
  return { scope, after: request.after, limit: request.limit }
}

async function delivered(tx: Parameters<typeof findEvents>[0], wanted: readonly Wanted[]): Promise<Delivery[]> {
  const found = await findEvents(tx, wanted)
  // Each event is presented once, however many get it.
  const rows = [...new Set(found.flatMap((each) => each.rows))]
  const presented = new Map(alertsOf(rows).map((alert, index) => [rows[index], alert]))
  return found.map((each) => ({
    alerts: each.rows.map((row) => must(presented.get(row), 'every row was presented')),
    through: each.through,
  }))
}

function alertsOf(rows: readonly EventRow[]): Alert[] {
  return rows.map((row) =>
    shaped(Alert, {
      position: row.position,
      kind: row.kind,
      id: row.id,
      at: row.at.toISOString(),
      raisedAt: row.raised_at.toISOString(),
      state: row.state,
      priority: row.priority,
      grade: row.grade,
      lookBack: row.look_back,
      readyToAct: false,
      unconfirmed: true,
      read: readOf(row),
      matches: Array.isArray(row.matches) ? row.matches.map(matchOf) : [],
    }),
  )
}

/** The copy of the read, with the read's own id as long as its day has a key: later there is no such read any more. */
function readOf({ read, captured_at, device_no, key_no, key_secret }: EventRow): AlertRead {
  const copy = shaped(AlertRead, read)
  if (key_no === null || key_secret === null) return copy
  const capturedMs = captured_at.getTime()
  const dayKey = { no: key_no, dayMs: startOfDay(capturedMs), secret: key_secret }
  const [readId] = sealReadIds([{ plate: copy.plate, capturedMs, deviceNo: device_no }], dayKey)
  return { ...copy, readId: must(readId, 'one read has one id') }
}

/** The copy of an entry: what else the list said is JSON within the entry's text. */
function matchOf(match: unknown): AlertMatch {
  const { details, ...rest } = { ...(typeof match === 'object' ? match : {}) } as Record<string, unknown>
  return shaped(AlertMatch, typeof details === 'string' ? { ...rest, details: parsedDetails(details) } : rest)
}

function parsedDetails(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Not of our importer's making: shown as it is.
  }
  return { note: text }
}
