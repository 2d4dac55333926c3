/**
 * Where the simulated devices are: every place of `roads.ts` in one direction (some in both), the participating towns'
 * squares, patrol cars, and trailers. The list's order is fixed; only the directions hang on the seed.
 */
import { must } from '../kernel/assert.ts'
import type { Random } from './prng.ts'
import { headingBetween, type Road, roads } from './roads.ts'
import { participating, townOf } from './towns.ts'

export type DeviceKind = 'fixed' | 'mobile' | 'portable'

export type Spot = {
  /** For people: `I-90 E, Framingham`. Unique. */
  name: string
  kind: DeviceKind
  agencyOri: string
  town: string
  /** The road or square. A patrol car has none. */
  road: string | null
  latitude: number
  longitude: number
  /** Of the traffic it looks at; null for a patrol car, which looks everywhere. */
  headingDegrees: number | null
  /** Of the traffic, as posted. */
  speedKph: number
  lanes: number
  /** How many vehicles pass it, compared with the others. */
  volume: number
}

/** Who owns the devices at a place, by ORI. */
export type Owners = { highway: string; campus: string; transit: string; towns: ReadonlyMap<string, string> }

const bothDirectionsCount = 24
const patrolCarsCount = 34

/** All spots: roads, squares, patrol cars, trailers. */
export function spotsOf(random: Random, owners: Owners): Spot[] {
  return [...onRoads(random, owners), ...onSquares(owners), ...patrolCars(owners), ...trailers(owners)]
}

function onRoads(random: Random, owners: Owners): Spot[] {
  const sites = roads.flatMap((road) => road.places.map((_, index) => ({ road, index })))
  const both = new Set(random.shuffled(sites).slice(0, bothDirectionsCount))
  return sites.flatMap((site) => {
    const first = random.chance(0.5)
    const directions = both.has(site) ? [true, false] : [first]
    return directions.map((along) => onRoad(site.road, site.index, along, owners))
  })
}

function onRoad(road: Road, index: number, along: boolean, owners: Owners): Spot {
  const place = must(road.places[index], 'the index was made from the places')
  const before = road.places[index - 1] ?? place
  const after = road.places[index + 1] ?? place
  const townOri = owners.towns.get(place.town)
  return {
    name: `${road.name} ${along ? road.along : road.against}, ${place.town}`,
    kind: 'fixed',
    agencyOri: road.highway || townOri === undefined ? owners.highway : townOri,
    town: place.town,
    road: road.name,
    latitude: place.latitude,
    longitude: place.longitude,
    headingDegrees: along ? headingBetween(before, after) : headingBetween(after, before),
    speedKph: road.speedKph,
    lanes: road.lanes,
    volume: road.volume,
  }
}

function onSquares(owners: Owners): Spot[] {
  return participating.map(([town, square], index) => ({
    name: `${square}, ${town}`,
    kind: 'fixed',
    agencyOri: oriOf(town, owners),
    town,
    road: square,
    ...centreOf(town),
    headingDegrees: (index * 50) % 360,
    speedKph: 40,
    lanes: 1,
    volume: 3,
  }))
}

/** Patrol cars are dealt in turn to the departments and to the transit, campus and state police. */
function patrolCars(owners: Owners): Spot[] {
  const stations = [
    ...participating.map(([town]) => ({ town, agencyOri: oriOf(town, owners), title: 'Car' })),
    { town: 'Boston', agencyOri: owners.transit, title: 'Transit car' },
    { town: 'Amherst', agencyOri: owners.campus, title: 'Campus car' },
    { town: 'Framingham', agencyOri: owners.highway, title: 'Troop car' },
    { town: 'Springfield', agencyOri: owners.highway, title: 'Troop car' },
    { town: 'Middleborough', agencyOri: owners.highway, title: 'Troop car' },
  ]
  return Array.from({ length: patrolCarsCount }, (_, index): Spot => {
    const { town, agencyOri, title } = must(stations[index % stations.length], 'there are stations')
    return {
      name: `${title} ${1 + Math.floor(index / stations.length)}, ${town}`,
      kind: 'mobile',
      agencyOri,
      town,
      road: null,
      ...centreOf(town),
      headingDegrees: null,
      speedKph: 40,
      lanes: 1,
      volume: 2,
    }
  })
}

const towed = [
  'Arlington',
  'Boston',
  'Brockton',
  'Cambridge',
  'Lowell',
  'Lynn',
  'Quincy',
  'Salem',
  'Waltham',
  'Worcester',
]

/** Trailers stand a few streets away from the square, where the square's own camera does not look. */
function trailers(owners: Owners): Spot[] {
  return towed.map((town, index) => {
    const { latitude, longitude } = centreOf(town)
    return {
      name: `Trailer, ${town}`,
      kind: 'portable',
      agencyOri: oriOf(town, owners),
      town,
      road: 'Main Street',
      latitude: Number((latitude + 0.006).toFixed(4)),
      longitude: Number((longitude - 0.008).toFixed(4)),
      headingDegrees: (index * 70 + 20) % 360,
      speedKph: 45,
      lanes: 1,
      volume: 1,
    }
  })
}

function oriOf(town: string, owners: Owners): string {
  return must(owners.towns.get(town), `${town} has a police department in the simulation`)
}

function centreOf(name: string): { latitude: number; longitude: number } {
  const { latitude, longitude } = townOf(name)
  return { latitude, longitude }
}
