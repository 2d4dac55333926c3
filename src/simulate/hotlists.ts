/**
 * Hot lists of the simulated state. A list is made of vehicles that pass (a set share of the fleet, and so the same share of all
 * passes, since being listed has nothing to do with how often one drives) and of fillers that never pass, up to any size.
 */
import type { Category } from '../hotlists/formats/format.ts'
import type { Fleet } from './fleet.ts'
import { type ListEntry, listFile, type ListLayout } from './listFiles.ts'
import { vehiclesMax } from './plates.ts'
import { Random } from './prng.ts'
import type { SimulatedAgency } from './state.ts'

export type HotListOptions = {
  seed: string
  fleet: Fleet
  agencies: readonly SimulatedAgency[]
  /** Share of the fleet that stands on the list: 0.01 makes one pass in a hundred hit. */
  share: number
  /**
   * From 0 to below 1: where the share begins. Lists whose shares do not overlap have no passing vehicle in common
   * (`Fleet.listed`), and fillers of their own as long as a million times the difference is more than their number.
   */
  offset?: number
  /** Entries in all, up to some millions. Where the share alone takes more, all of those. */
  count: number
  /** Shares of categories; one category alone where the list has but one. */
  categories: readonly Category[]
  /** The day of the file. */
  at: Date
  /** How much older entries are at most; 400 days unless said. */
  agedDaysMax?: number
  expiresInDays?: number
  reason?: string
}

/** The list as text in a layout, in pieces of about 64 KB. */
export function hotListFile(layout: ListLayout, options: HotListOptions): Generator<string> {
  return listFile(layout, hotListEntries(options), options.at)
}

/** The entries, listed vehicles spread evenly among the fillers. A million take about two seconds. */
export function* hotListEntries(options: HotListOptions): Generator<ListEntry> {
  const { fleet, share, offset = 0, count } = options
  const random = new Random(options.seed).fork(`hot list ${options.categories.join()} ${offset}`)
  let listed = 0
  for (let vehicle = 0; vehicle < fleet.size; vehicle++) if (fleet.listed(vehicle, share, offset)) listed++
  const total = Math.max(count, listed)
  const fillers = total - listed
  let filler = fleet.firstFiller + Math.round(offset * 1_000_000)
  if (filler + fillers > vehiclesMax) throw new RangeError(`there are no ${fillers} fillers for this fleet`)
  let vehicle = 0
  let due = 0
  for (let serial = 1; serial <= total; serial++) {
    due += listed
    if (due < total) {
      yield entryOf(options, random, filler++, serial)
      continue
    }
    due -= total
    while (!fleet.listed(vehicle, share, offset)) vehicle++
    yield entryOf(options, random, vehicle++, serial)
  }
}

const dayMs = 86_400_000

function entryOf(options: HotListOptions, random: Random, vehicle: number, serial: number): ListEntry {
  const { fleet, at, expiresInDays, agedDaysMax = 400, reason = '' } = options
  const { make, model, code, colour, colourCode, year } = fleet.look(vehicle)
  return {
    plate: fleet.plates.plateOf(vehicle),
    jurisdiction: fleet.plates.jurisdictionOf(vehicle),
    category: random.pick(options.categories),
    ori: random.pick(options.agencies).ori,
    serial,
    enteredOn: isoDay(at.getTime() - random.int(0, agedDaysMax) * dayMs),
    ...(expiresInDays === undefined ? {} : { expiresOn: isoDay(at.getTime() + expiresInDays * dayMs) }),
    make,
    model,
    makeCode: code.make,
    modelCode: code.model,
    styleCode: code.style,
    year,
    colour,
    colourCode,
    reason,
  }
}

function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** A list of the demonstration with what its feed needs to be told. */
export type DemoList = {
  /** Short, for file names: `stolen.txt`. */
  file: string
  title: string
  category: Category
  layout: ListLayout
  /** Hours after which the list is stale. */
  refreshHours: number
  text: () => Generator<string>
}

/**
 * The demonstration's lists for a fleet of some tens of thousands: stolen vehicles as the state gets them, expired
 * registrations, California's felony vehicles, and two short lists of the day. About one pass in 120 hits.
 */
export function demoLists(options: {
  seed: string
  fleet: Fleet
  agencies: readonly SimulatedAgency[]
  at: Date
}): DemoList[] {
  const { size } = options.fleet
  const few = (count: number): { share: number; count: number } => ({ share: count / size, count })
  const list = (
    about: Omit<DemoList, 'text'>,
    content: Pick<HotListOptions, 'share' | 'offset' | 'count'> & Partial<HotListOptions>,
  ): DemoList => ({
    ...about,
    text: () => hotListFile(about.layout, { ...options, categories: [about.category], ...content }),
  })
  return [
    list(
      {
        file: 'stolen.txt',
        title: 'NCIC stolen vehicles',
        category: 'stolen-vehicle',
        layout: 'ncic',
        refreshHours: 24,
      },
      {
        share: 0.003,
        offset: 0,
        count: 20_000 + Math.ceil(size * 0.006),
        categories: [
          'stolen-vehicle',
          'stolen-vehicle',
          'stolen-vehicle',
          'stolen-plate',
          'wanted-person',
          'missing-person',
        ],
      },
    ),
    list(
      {
        file: 'expired.csv',
        title: 'RMV expired registrations',
        category: 'expired-registration',
        layout: 'csv',
        refreshHours: 168,
      },
      { share: 0.005, offset: 0.1, count: 10_000 + Math.ceil(size * 0.01), reason: 'Registration expired' },
    ),
    list(
      {
        file: 'clew-sfr.txt',
        title: 'CLEW felony vehicles',
        category: 'felony-vehicle',
        layout: 'ca_doj_clew',
        refreshHours: 48,
      },
      { offset: 0.2, share: 0, count: 2000 },
    ),
    list(
      { file: 'amber.csv', title: 'AMBER alerts', category: 'amber-alert', layout: 'csv', refreshHours: 4 },
      {
        ...few(3),
        offset: 0.3,
        agedDaysMax: 1,
        expiresInDays: 3,
        reason: 'AMBER alert: call the State Police before a stop',
      },
    ),
    list(
      { file: 'bolo.csv', title: 'Be on the lookout', category: 'bolo', layout: 'csv', refreshHours: 24 },
      {
        ...few(12),
        offset: 0.4,
        agedDaysMax: 10,
        expiresInDays: 14,
        reason: 'Sought in connection with a burglary, verify before acting',
      },
    ),
  ]
}
