/** What a feed is when it is set up, and how fresh it is later. Pure functions. */
import { hour } from '../kernel/clock.ts'
import { Invalid, invalid } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { Feed, FeedDraft } from './contract.ts'
import type { ListFormat } from './formats/format.ts'
import { listFormats } from './formats/formats.ts'
import type { NewFeed, StoredFeed } from './store.ts'

/** The format of that name. Throws `Invalid`, with the names there are. */
export function getFormat(name: string): ListFormat {
  const format = listFormats.get(name)
  if (format) return format
  throw invalid(
    '/format',
    'unknown-format',
    `There is no such format. There are: ${[...listFormats.keys()].join(', ')}.`,
  )
}

/** A feed from its draft, with what the draft leaves out. Throws `Invalid` where the draft contradicts itself. */
export async function newFeed(draft: FeedDraft): Promise<NewFeed> {
  const { name, category, format, mode, refreshHoursMax } = draft
  await refuseUnfitOptions(getFormat(format), draft.options ?? {})
  if (draft.alertsOtherJurisdiction && category !== 'amber-alert') {
    throw invalid(
      '/alertsOtherJurisdiction',
      'amber-only',
      'is for AMBER lists: for all others, the same plate of another state is another vehicle',
    )
  }
  return {
    id: newId('feed'),
    name,
    category,
    format,
    mode,
    refreshHoursMax,
    priority: draft.priority ?? 50,
    lookBackMinutes: draft.lookBackMinutes ?? 60,
    alertsOtherJurisdiction: draft.alertsOtherJurisdiction ?? false,
    alertsLookAlike: draft.alertsLookAlike ?? false,
    shrinkRatioMin: draft.shrinkRatioMin ?? 0.5,
    options: draft.options ?? {},
  }
}

/** Settings that the format would refuse at the first import are refused now: it is given nothing to read but them. */
async function refuseUnfitOptions(format: ListFormat, options: FeedDraft['options'] & object): Promise<void> {
  try {
    await format.parse(nothing(), options).next()
  } catch (error) {
    if (!(error instanceof Invalid)) throw error
    const fault = error.faults.find(({ path }) => Object.hasOwn(options, path.split('/')[0] ?? ''))
    if (fault) throw new Invalid([{ ...fault, path: `/options/${fault.path}` }])
  }
}
async function* nothing(): AsyncGenerator<Uint8Array, void> {}

/** A feed as people see it, with its age at an instant: that of its file where the file says so, else of its import. */
export function shownFeed(feed: StoredFeed, at: Date): Feed {
  const { no: _no, revisedAt, fileDatedAt, ...rest } = feed
  const from = fileDatedAt && revisedAt && fileDatedAt < revisedAt ? fileDatedAt : revisedAt
  const ageMs = from && Math.max(0, at.getTime() - from.getTime())
  return {
    ...rest,
    revisedAt: revisedAt?.toISOString() ?? null,
    fileDatedAt: fileDatedAt?.toISOString() ?? null,
    ageHours: ageMs === null ? null : Math.round((ageMs / hour) * 10) / 10,
    stale: ageMs === null || ageMs > feed.refreshHoursMax * hour,
  }
}
