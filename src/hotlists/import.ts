/**
 * The life of a hot list file, in one transaction:
 *
 *   1. it is parsed as it arrives, each row made an entry or rejected with its line and reason, and staged;
 *   2. refused as a whole where it looks broken (fileRules.ts);
 *   3. the feed is locked, and the difference to what is live written: entries end, entries begin, the rest is not touched;
 *   4. the revision and its rejected rows are recorded;
 *   5. last, intake is held back for the instant of the commit, which shows the new list to everybody at once.
 *
 * Whatever goes wrong before the commit, the list stays as it was. Only the staging waits for the sender, and it locks nothing.
 */
import { must } from '../kernel/assert.ts'
import type { Tx } from '../kernel/db.ts'
import { Invalid, TooMuch, Unavailable, type Fault } from '../kernel/errors.ts'
import type { Issued } from '../policy/decision.ts'
import type { ImportReport, ImportRequest } from './contract.ts'
import { entryEncoder } from './entry.ts'
import { fileFault, resultFault, rowsMax, successionFault } from './fileRules.ts'
import type { FormatRejection, FormatRow, FormatSummary, ListFormat } from './formats/format.ts'
import {
  dropRepeatedRows,
  getLockedFeed,
  holdIntakeUntilCommit,
  stage,
  writeDifference,
  writeRevision,
} from './importStore.ts'
import { fileLimits, type ReceivedFile } from './receivedFile.ts'
import type { StoredFeed } from './store.ts'

/** So many rejected rows are listed; all are counted. */
export const rejectionsListedMax = 10_000

/** Files tell the time of the state whose lists they are, without saying so. */
const listTimezone = 'America/New_York'

/** An import holds a connection while its file arrives; the pool is for everybody. */
const atOnceMax = 2
let atOnce = 0

export type ImportFile = ImportRequest & { readonly file: ReceivedFile }

/** Imports a file into a feed; the report of what changed. Throws `Invalid` (422) where the file is refused as a whole. */
export async function importInto(
  tx: Tx,
  scope: Issued<{ feedNo: number }>,
  feed: StoredFeed & { listFormat: ListFormat },
  request: ImportFile,
  by: { id: string; at: Date },
): Promise<ImportReport> {
  if (atOnce >= atOnceMax)
    throw new Unavailable(`${atOnceMax} lists are being imported right now. Send yours again in a while.`, 30)
  atOnce++
  try {
    return await imported(tx, scope, feed, request, by)
  } finally {
    atOnce--
  }
}

async function imported(
  tx: Tx,
  scope: Issued<{ feedNo: number }>,
  feed: StoredFeed & { listFormat: ListFormat },
  request: ImportFile,
  by: { id: string; at: Date },
): Promise<ImportReport> {
  const reading = new Reading(feed, request.file)
  const staged = await stage(tx, reading.lines(), fileLimits.totalMsMax + fileLimits.silenceMsMax)
  const summary = must(reading.summary, 'the file was read to its end')
  const sha256 = must(request.file.sha256, 'the file was digested to its end')
  const { rejected, rejections } = reading
  refuseFor(fileFault({ summary, rejected, rows: staged, firstRejections: rejections, sha256 }, request.sha256))

  const duplicates = await dropRepeatedRows(tx)
  const rows = staged - duplicates
  const before = await getLockedFeed(tx, scope)
  const { mode, shrinkRatioMin } = feed
  const acceptShrink = request.acceptShrink ?? false
  refuseFor(successionFault({ mode, entriesBefore: before.entries, rows, rejected, shrinkRatioMin, acceptShrink }))

  const revision = before.revision + 1
  const { zeroFolded } = feed.listFormat
  const difference = await writeDifference(tx, scope, revision, { mode, zeroFolded })
  const entries = before.entries + difference.added - difference.removed
  refuseFor(resultFault(feed, entries))

  const counts = { ...difference, rows, duplicates, rejected, entries }
  const fileDatedAt = await writeRevision(tx, scope, {
    ...counts,
    revision,
    at: by.at,
    byId: by.id,
    sha256: Buffer.from(sha256, 'hex'),
    fileDated: { local: localInstant(summary.headerDate), timezone: listTimezone },
    rejections,
  })
  await holdIntakeUntilCommit(tx)
  return {
    feedId: feed.id,
    revision,
    lines: summary.lines,
    ...counts,
    sha256,
    fileDatedAt: fileDatedAt?.toISOString() ?? null,
    rejections: rejections.slice(0, 20),
  }
}

/** One pass over a file: what it gives to the staging table, and what is known of it afterwards. */
class Reading {
  readonly rejections: FormatRejection[] = []
  rejected = 0
  summary: FormatSummary | undefined
  #feed: StoredFeed & { listFormat: ListFormat }
  #file: ReceivedFile

  constructor(feed: StoredFeed & { listFormat: ListFormat }, file: ReceivedFile) {
    this.#feed = feed
    this.#file = file
  }

  /** Text for COPY, a few thousand rows at a time. */
  async *lines(): AsyncGenerator<string, void> {
    const encode = entryEncoder(this.#feed.category, this.#feed.listFormat)
    let rows = 0
    for await (const batch of this.#batches()) {
      for (const rejection of batch.rejections) this.#reject(rejection)
      let text = ''
      for (const row of batch.rows) {
        const line = encode(row)
        if (typeof line === 'string') text += `${line}\n`
        else this.#reject({ line: row.line, reason: line.reason })
      }
      rows += batch.rows.length
      if (rows > rowsMax)
        throw new TooMuch(413, `The file has over ${rowsMax} rows. Split the list into several feeds.`)
      if (text !== '') yield text
    }
  }

  async *#batches(): AsyncGenerator<{ rows: FormatRow[]; rejections: FormatRejection[] }, void> {
    this.summary = yield* this.#feed.listFormat.parse(this.#file, this.#feed.options)
  }

  #reject(rejection: FormatRejection): void {
    this.rejected++
    if (this.rejections.length < rejectionsListedMax) this.rejections.push(rejection)
  }
}

function refuseFor(fault: Fault | undefined): void {
  if (fault) throw new Invalid([fault], 422)
}

/** The date of a file's header, where it is one of the calendar; a wrong one is no reason to refuse a whole list. */
function localInstant(text: string | undefined): string | null {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$/.test(text)) return null
  return Number.isNaN(Date.parse(`${text.slice(0, 10)}T${text.slice(11) || '00:00'}Z`)) ? null : text
}
