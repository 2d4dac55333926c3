/**
 * When a file is refused as a whole. A list that is silently shorter is an alert that silently never comes, so a file that
 * looks broken changes nothing: the list stays as it was, and a person looks. Pure functions, in order of precedence; each
 * gives the first thing that is wrong.
 */
import type { Fault } from '../kernel/errors.ts'
import type { FormatRejection, FormatSummary } from './formats/format.ts'

/** Rows that cannot be read: a few are always there, but more than a tenth means another layout or a damaged file. */
export const rejectedRatioMax = 0.1

/** In a file of a few lines one bad row is already a tenth; so many are let pass, as long as more rows are good than bad. */
export const rejectedFreeMax = 3

/**
 * The longest list that may alert on look-alikes. With a million entries up to 2 % of innocent plates share a key with one, up
 * to 28 false alerts an hour for one car; with ten thousand it is one in four hours.
 */
export const lookAlikeEntriesMax = 10_000

/** More than there are vehicles in any state's hot file, many times over. */
export const rowsMax = 5_000_000

export type ReadFile = {
  readonly summary: FormatSummary
  /** Rejected by the layout or by the importer. */
  readonly rejected: number
  /** Without the rejected rows; repeated ones still counted. */
  readonly rows: number
  readonly firstRejections: readonly FormatRejection[]
  readonly sha256: string
}

/** What is wrong with a file by itself. */
export function fileFault(file: ReadFile, expectedSha256: string | undefined): Fault | undefined {
  const { summary, rejected, rows } = file
  const { trailerCount } = summary
  const counted = summary.rows + summary.rejected
  if (expectedSha256 !== undefined && expectedSha256 !== file.sha256)
    return fault('sha256', 'The file did not arrive as it was sent: its SHA-256 is another. Send it again.')
  if (trailerCount !== undefined && trailerCount !== counted) {
    return fault(
      'trailer-count',
      `The trailer says ${trailerCount} entries, and the file has ${counted}: part of it is missing or it was changed. Fetch it again.`,
    )
  }
  if (rejected > rows || (rejected > rejectedFreeMax && rejected > (rows + rejected) * rejectedRatioMax)) {
    const examples = file.firstRejections.slice(0, 3).map(({ line, reason }) => `line ${line}: ${reason}`)
    return fault(
      'too-many-rejected',
      `${rejected} of ${rows + rejected} rows cannot be read (at most a tenth may): ${examples.join('; ')}. Is it the right format?`,
    )
  }
  return undefined
}

export type ListChange = {
  readonly mode: string
  readonly entriesBefore: number
  /** Different entries in the file. */
  readonly rows: number
  readonly rejected: number
  readonly shrinkRatioMin: number
  /** A person says, with a reason, that the list is meant to be that short. */
  readonly acceptShrink: boolean
}

/** What is wrong with a file as the successor of the list that is live. */
export function successionFault(change: ListChange): Fault | undefined {
  const { mode, entriesBefore, rows, rejected, shrinkRatioMin, acceptShrink } = change
  const knowinglyEmpty = acceptShrink && mode === 'replace' && rejected === 0
  if (rows === 0 && !knowinglyEmpty) {
    return fault(
      'no-rows',
      mode === 'replace'
        ? 'The file holds no entries. If the list is meant to be empty, import it with acceptShrink and a reason.'
        : 'The file holds no entries.',
    )
  }
  if (mode === 'replace' && !acceptShrink && rows < entriesBefore * shrinkRatioMin) {
    return fault(
      'shrunken',
      `The file holds ${rows} entries where ${entriesBefore} are live, less than the ${shrinkRatioMin} of them that this feed allows. ` +
        'If the list is meant to be that short, import it with acceptShrink and a reason.',
    )
  }
  return undefined
}

/** What is wrong with the list as it would be. */
export function resultFault(feed: { alertsLookAlike: boolean }, entriesAfter: number): Fault | undefined {
  if (!feed.alertsLookAlike || entriesAfter <= lookAlikeEntriesMax) return undefined
  return fault(
    'look-alike-bulk',
    `This feed alerts on look-alike plates, and may hold at most ${lookAlikeEntriesMax} entries; it would hold ${entriesAfter}. ` +
      'Of a long list 0.5 to 2 % of innocent plates share a key with an entry: import it into a feed without look-alikes.',
  )
}

function fault(rule: string, message: string): Fault {
  return { path: 'file', rule, message }
}
