/**
 * What happens on one day of the simulated state: the trips of the fleet by each vehicle's habits, and what the patrol cars see
 * on their shifts. About three events for each vehicle. A day is made whole, when its turn comes.
 */
import type { SimulatedDevice } from './devices.ts'
import type { Fleet, Habits } from './fleet.ts'
import { instantOf } from './localTime.ts'
import { type Random, Weighted } from './prng.ts'
import type { Routes } from './routes.ts'
import { towns } from './towns.ts'

export type Trip = { kind: 'trip'; at: number; vehicle: number; from: number; to: number }

/** A patrol car comes across a vehicle. */
export type Encounter = { kind: 'encounter'; at: number; vehicle: number; device: SimulatedDevice; shiftEndsAt: number }

export type Happening = Trip | Encounter

/** How many times slower than in free flow traffic is at worst. */
export const slownessMax = 1.8

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** Shifts begin at 7, 15 and 23 o'clock and last eight hours. */
const shiftsBeginAt = [7, 15, 23]
const encountersAnHour = [40, 160] as const

const errandHours = new Weighted(
  [1, 1, 1, 1, 1, 2, 3, 6, 12, 22, 30, 34, 34, 32, 30, 32, 36, 40, 38, 28, 18, 10, 5, 2].map(
    (weight, hour) => [hour, weight] as const,
  ),
)

/**
 * What the local day brings that starts at `localDay` (a local clock at midnight, see `localMs`), in no order. Some of it lies
 * after the next midnight.
 */
export function happeningsOn(
  random: Random,
  localDay: number,
  fleet: Fleet,
  devices: readonly SimulatedDevice[],
  routes: Routes,
): Happening[] {
  const happenings: Happening[] = []
  const weekday = new Date(localDay).getUTCDay()
  const resting = weekday === 0 || weekday === 6
  const chance = random.fork(`day ${localDay}`)
  for (let vehicle = 0; vehicle < fleet.size; vehicle++) {
    for (const trip of tripsOf(chance, fleet.habits(vehicle), resting, routes)) {
      const at = instantOf(localDay + Math.floor(trip.hour * hourMs))
      happenings.push({ kind: 'trip', at, vehicle, from: trip.from, to: trip.to })
    }
  }
  const patrols = random.fork(`patrols ${localDay}`)
  for (const device of devices) {
    if (device.kind === 'mobile') happenings.push(...encountersOf(patrols, localDay, device, fleet))
  }
  return happenings
}

type Leg = { hour: number; from: number; to: number }

/** There and back again. `home` is the hour by which the vehicle is back even in slow traffic. */
type Outing = { there: Leg; back: Leg; home: number }

/** The day's outings, each begun after the last has ended: a vehicle is in one place at a time. */
function tripsOf(chance: Random, habits: Habits, resting: boolean, routes: Routes): Leg[] {
  const outings: Outing[] = []
  const { home, work, diligence } = habits
  const used = chance.fraction()
  if (work !== null && used < (resting ? diligence / 4 : diligence)) {
    const leaves = Math.max(0, habits.leavesHomeAt + chance.normal(0, 0.2))
    const stays = habits.leavesWorkAt - habits.leavesHomeAt + chance.normal(0, 0.4)
    outings.push(outing(routes, home, work, leaves, stays < 0 ? stays + 24 : stays))
  }
  const errands = Math.floor(habits.errands * (resting ? 1.3 : 0.8) + chance.fraction())
  for (let errand = 0; errand < errands; errand++) {
    const hour = chance.weighted(errandHours) + chance.fraction()
    const stays = 0.3 + Math.min(chance.exponential(0.8), 6)
    outings.push(outing(routes, home, errandTown(chance, home), hour, stays))
  }
  let free = 0
  return outings
    .sort((a, b) => a.there.hour - b.there.hour)
    .flatMap(({ there, back, home: returned }) => {
      if (there.hour < free) return []
      free = returned
      return [there, back]
    })
}

/** `stays` are hours from arrival, or from departure where the way is short against them. */
function outing(routes: Routes, home: number, to: number, hour: number, stays: number): Outing {
  const thereHours = (routes.between(home, to).minutes / 60) * slownessMax
  const backHours = (routes.between(to, home).minutes / 60) * slownessMax
  const returns = hour + Math.max(stays, thereHours + 0.2)
  return {
    there: { hour, from: home, to },
    back: { hour: returns, from: to, to: home },
    home: returns + backHours,
  }
}

/** Mostly the own town or the next ones in the list, which is by county; seldom far away. */
function errandTown(chance: Random, home: number): number {
  const lot = chance.fraction()
  if (lot < 0.4) return home
  return lot < 0.95 ? (home + chance.int(-4, 4) + towns.length) % towns.length : chance.int(0, towns.length - 1)
}

function encountersOf(chance: Random, localDay: number, device: SimulatedDevice, fleet: Fleet): Encounter[] {
  const town = towns.findIndex(({ name }) => name === device.town)
  const encounters: Encounter[] = []
  for (const begins of shiftsBeginAt) {
    const rate = chance.int(...encountersAnHour) / (begins === 23 ? 3 : 1)
    if (!chance.chance(0.5)) continue
    const shiftEndsAt = instantOf(localDay + (begins + 8) * hourMs)
    for (let hour = chance.exponential(1 / rate); hour < 8; hour += chance.exponential(1 / rate)) {
      const at = instantOf(localDay + Math.floor((begins + hour) * hourMs))
      encounters.push({ kind: 'encounter', at, vehicle: localVehicle(chance, fleet, town), device, shiftEndsAt })
    }
  }
  return encounters
}

/** A vehicle that lives or works in the town, if a short search finds one; else any. */
function localVehicle(chance: Random, fleet: Fleet, town: number): number {
  const first = chance.int(0, fleet.size - 1)
  for (let step = 0; step < 40; step++) {
    const vehicle = (first + step) % fleet.size
    const { home, work } = fleet.habits(vehicle)
    if (home === town || work === town) return vehicle
  }
  return first
}
