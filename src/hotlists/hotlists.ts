/**
 * Hot lists: feeds, each with its owner, category and refresh age (CL-3, CL-4), and the import of their files. Matching is
 * intake's, look-back is the alerts'; both ask here what they need to know.
 */
import { NoRequest } from '../agencies/contract.ts'
import { findAgency } from '../agencies/agencies.ts'
import { parsed } from '../door/contract.ts'
import { noFacts, operation, parsingOperation } from '../door/operation.ts'
import { invalid } from '../kernel/errors.ts'
import { Feed, FeedDraft, FeedList, ImportReport, ImportRequest, RejectionList, RejectionsRequest } from './contract.ts'
import { getFormat, newFeed, shownFeed } from './feed.ts'
import { importInto, type ImportFile } from './import.ts'
import { mayCreateFeed, mayImportList, maySeeFeeds, maySeeRejections } from './policy.ts'
import { fileLimits, receivedFile } from './receivedFile.ts'
import { findFeeds, getFeed, getRejections, insertFeed } from './store.ts'

export { findAdded, findChanges, findRevisionToLookBack, writeLookedBack, type EntryRow } from './entryStore.ts'

const listRevisionListeners = new Set<() => void>()

/**
 * Has a function called after each commit of a list revision in this process, so that look-back starts at once; which
 * revisions wait is asked of the database (`findRevisionToLookBack`), where other processes' revisions are too. It must not
 * throw. Returns what takes it off again.
 */
export function onListRevision(listener: () => void): () => void {
  listRevisionListeners.add(listener)
  return () => listRevisionListeners.delete(listener)
}

export const createFeed = operation({
  id: 'feeds.create',
  title: 'Set up a hot list feed',
  steps: [
    'CL-4: the owner, by its Agency ALPR Administrator, or the state',
    'CL-3: its category is one of those that the policy names',
    'MP-IV.E.2: manual entries do not come by file',
    'store the feed under a new identifier; it is stale until its first import',
  ],
  request: FeedDraft,
  reply: Feed,
  route: { method: 'POST', path: '/v1/feeds', body: 'json' },
  effect: 'write',
  facts: async (tx, _caller, { agencyId }) => ({ agency: await findAgency(tx, agencyId) }),
  policy: mayCreateFeed,
  run: async (tx, { request, scope, at }) => {
    const feed = await newFeed(request)
    await insertFeed(tx, scope, feed, at)
    return shownFeed(await getFeed(tx, feed.id), at)
  },
  record: {
    entered: ({ agencyId, name, category, format, mode, refreshHoursMax }) => ({
      fields: { agencyId, name, category, format, mode, refreshHoursMax },
    }),
    retrieved: ({ id }) => ({ fields: { feedId: id } }),
  },
})

export const listFeeds = operation({
  id: 'feeds.list',
  title: 'List the hot list feeds, with their age and size',
  steps: ['CR-1.5: people with a login of their own', 'list the feeds by name; what is over its refresh age is stale'],
  request: NoRequest,
  reply: FeedList,
  route: { method: 'GET', path: '/v1/feeds' },
  effect: 'read',
  facts: noFacts,
  policy: maySeeFeeds,
  run: async (tx, { scope, at }) => ({ feeds: (await findFeeds(tx, scope)).map((feed) => shownFeed(feed, at)) }),
  record: { entered: () => ({}), retrieved: ({ feeds }) => ({ fields: { count: feeds.length } }) },
})

export const importList = parsingOperation({
  id: 'hotlists.import',
  title: "Import a hot list's file as the next revision of its feed",
  steps: [
    "CL-4: by the list's owner, or the state",
    'read the file as it arrives: each row is staged, or rejected with its line and reason',
    'refuse it whole where it is broken, cut short, empty, suspiciously shrunken, or mostly unreadable: the list stays as it was',
    'lock the feed, and write only the difference: entries that go, entries that come',
    'record the revision, and the rows that were rejected',
    'hold intake back for the instant of the commit; then new entries look back for the reads they missed',
  ],
  request: ImportRequest,
  reply: ImportReport,
  route: {
    method: 'POST',
    path: '/v1/feeds/:id/revisions',
    body: 'stream',
    mediaTypes: ['text/csv', 'text/plain', 'application/octet-stream'],
    bodyBytesMax: fileLimits.bytesMax,
  },
  effect: 'write',
  parse: parseImport,
  facts: async (tx, _caller, { id }) => ({ feed: await getFeed(tx, id) }),
  policy: (actor, request: ImportFile, facts) => mayImportList(actor, request, facts),
  run: async (tx, { request, scope, caller, at }) => {
    const feed = await getFeed(tx, request.id)
    const listFormat = getFormat(feed.format)
    return importInto(tx, scope, { ...feed, listFormat }, request, { id: caller.actor.id, at })
  },
  committed: () => {
    for (const listener of listRevisionListeners) listener()
  },
  record: {
    entered: ({ id, file, acceptShrink, reason }) => ({
      fields: { feedId: id, acceptShrink, bytes: file.bytes, sha256: file.sha256 },
      sealed: { reason },
    }),
    retrieved: ({ revision, rows, duplicates, rejected, added, changed, removed, entries }) => ({
      fields: { revision, rows, duplicates, rejected, added, changed, removed, entries },
    }),
  },
})

/** The query and the path beside the stream of the body. */
function parseImport(raw: unknown): ImportFile {
  const { stream, ...rest } = { ...(typeof raw === 'object' ? raw : {}) } as Record<string, unknown>
  const request = parsed(ImportRequest, rest)
  if (request.acceptShrink && request.reason === undefined)
    throw invalid('/reason', 'required', 'is missing: say why the list is meant to be that short')
  return { ...request, file: receivedFile(stream) }
}

export const listRejections = operation({
  id: 'hotlists.rejections',
  title: "List the rows of a hot list's file that were rejected",
  steps: [
    "CR-8: people of the list's agency, the state's administrators and auditors",
    'list line numbers and reasons, a page at a time; the rows themselves are not kept',
  ],
  request: RejectionsRequest,
  reply: RejectionList,
  route: { method: 'GET', path: '/v1/feeds/:id/rejections' },
  effect: 'read',
  facts: async (tx, _caller, { id }) => ({ feed: await getFeed(tx, id) }),
  policy: maySeeRejections,
  run: async (tx, { request, scope }) => {
    const { id, revision = null, afterLine = 0, limit = 200 } = request
    const found = await getRejections(tx, scope, { revision, afterLine, limit })
    const last = found.rejections.length < limit ? undefined : found.rejections.at(-1)
    return { feedId: id, ...found, nextAfterLine: last?.line ?? null }
  },
  record: {
    entered: ({ id, revision, afterLine }) => ({ fields: { feedId: id, revision, afterLine } }),
    retrieved: ({ rejections }) => ({ fields: { count: rejections.length } }),
  },
})
