/**
 * Ways through the simulated state: which fixed and portable devices a vehicle passes between two towns, and when.
 *
 * The map is a graph: the places along the roads, joined in order; each town's centre, joined to the two places nearest to it
 * by slow streets; and interchanges, where places of different roads lie close together. A vehicle takes the fastest way.
 */
import { must } from '../kernel/assert.ts'
import type { SimulatedDevice } from './devices.ts'
import { headingBetween, kilometresBetween, type Road, roads } from './roads.ts'
import { towns } from './towns.ts'

/** A device on the way, with the minutes after departure when it is passed in free flow. */
export type Sighting = { device: SimulatedDevice; afterMinutes: number }

/** The devices of a way in the order in which they are passed, and the whole way's minutes. */
export type Route = { sightings: readonly Sighting[]; minutes: number }

type Point = { latitude: number; longitude: number; road: Road | null }

const interchangeKmMax = 3
const streetKph = 38
/** The crossing of a town on its streets, at either end of a way. */
const townMinutes = 4

export class Routes {
  readonly #points: readonly Point[]
  readonly #edges: Map<number, number>[]
  readonly #devicesAt: ReadonlyMap<string, SimulatedDevice[]>
  /** For each town as the origin: the point before each point on the fastest way to it. Filled when asked; at most one a town. */
  readonly #before = new Map<number, { before: Int32Array; minutes: Float64Array }>()
  /** At most towns × towns ways: about 8,300. */
  readonly #routes = new Map<number, Route>()

  constructor(devices: readonly SimulatedDevice[]) {
    this.#points = [
      ...towns.map(({ latitude, longitude }): Point => ({ latitude, longitude, road: null })),
      ...roads.flatMap((road) => road.places.map(({ latitude, longitude }): Point => ({ latitude, longitude, road }))),
    ]
    this.#edges = this.#points.map(() => new Map())
    this.#joinRoads()
    this.#joinInterchanges()
    this.#joinTowns()
    this.#devicesAt = devicesByPlace(devices)
  }

  /** The way between two towns, given by their positions in `towns`. Within a town it passes that town's own devices. */
  between(from: number, to: number): Route {
    const key = from * towns.length + to
    const known = this.#routes.get(key)
    if (known) return known
    const route = this.#trace(from, to)
    this.#routes.set(key, route)
    return route
  }

  #join(a: number, b: number, kph: number): void {
    const minutes = (kilometresBetween(this.#point(a), this.#point(b)) / kph) * 60 + 0.3
    this.#edges[a]?.set(b, minutes)
    this.#edges[b]?.set(a, minutes)
  }

  #joinRoads(): void {
    let first = towns.length
    for (const road of roads) {
      for (let index = 1; index < road.places.length; index++)
        this.#join(first + index - 1, first + index, road.speedKph)
      first += road.places.length
    }
  }

  #joinInterchanges(): void {
    for (let a = towns.length; a < this.#points.length; a++) {
      for (let b = a + 1; b < this.#points.length; b++) {
        const near = kilometresBetween(this.#point(a), this.#point(b)) <= interchangeKmMax
        if (near && this.#point(a).road !== this.#point(b).road) this.#join(a, b, streetKph * 1.5)
      }
    }
  }

  #joinTowns(): void {
    for (const town of towns.keys()) {
      const places = this.#points.keys().filter((index) => index >= towns.length)
      const byDistance = [...places].sort((a, b) => this.#kilometres(town, a) - this.#kilometres(town, b))
      for (const place of byDistance.slice(0, 2)) this.#join(town, place, streetKph)
    }
  }

  #point(index: number): Point {
    return must(this.#points[index], 'points are numbered as they were made')
  }

  #kilometres(a: number, b: number): number {
    return kilometresBetween(this.#point(a), this.#point(b))
  }

  /** Dijkstra's search over the 205 points, plainly: a sorted queue would not be faster at this size. */
  #from(origin: number): { before: Int32Array; minutes: Float64Array } {
    const known = this.#before.get(origin)
    if (known) return known
    const minutes = new Float64Array(this.#points.length).fill(Infinity)
    const before = new Int32Array(this.#points.length).fill(-1)
    const open = new Set(this.#points.keys())
    minutes[origin] = 0
    while (open.size > 0) {
      let nearest = -1
      for (const point of open) if (nearest < 0 || at(minutes, point) < at(minutes, nearest)) nearest = point
      open.delete(nearest)
      for (const [next, cost] of this.#edges[nearest] ?? []) {
        if (at(minutes, nearest) + cost >= at(minutes, next)) continue
        minutes[next] = at(minutes, nearest) + cost
        before[next] = nearest
      }
    }
    const found = { before, minutes }
    this.#before.set(origin, found)
    return found
  }

  #trace(from: number, to: number): Route {
    const { before, minutes } = this.#from(from)
    const path: number[] = [to]
    for (let point = to; point !== from; path.unshift(point)) point = must(before[point], 'every town can be reached')
    const sightings = path.flatMap((point, index) => {
      const last = path[index - 1] ?? point
      const next = path[index + 1] ?? point
      const afterMinutes = townMinutes + at(minutes, point)
      return this.#passed(point, last, next).map((device): Sighting => ({ device, afterMinutes }))
    })
    return { sightings, minutes: at(minutes, to) + 2 * townMinutes }
  }

  /** The devices of a place that look at traffic going this way: on the same road, and within a right angle of it. */
  #passed(point: number, last: number, next: number): SimulatedDevice[] {
    const { road } = this.#point(point)
    const here = this.#devicesAt.get(placeKey(this.#point(point), road)) ?? []
    if (road === null) return here
    if (this.#point(last).road !== road && this.#point(next).road !== road) return []
    const heading = headingBetween(this.#point(last), this.#point(next))
    return here.filter((device) => Math.abs(turn(heading - (device.headingDegrees ?? heading))) < 90)
  }
}

function at(list: Float64Array, index: number): number {
  return list[index] ?? Infinity
}

/** An angle between -180 and 180 degrees. */
function turn(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180
}

/** Devices on a road by the place of the road; those in a town (squares, trailers) by the town's centre. */
function devicesByPlace(devices: readonly SimulatedDevice[]): Map<string, SimulatedDevice[]> {
  const byPlace = new Map<string, SimulatedDevice[]>()
  for (const device of devices) {
    if (device.kind === 'mobile') continue
    const road = roads.find(
      (candidate) => candidate.name === device.road && candidate.places.some((p) => same(p, device)),
    )
    const town = towns.find((candidate) => candidate.name === device.town)
    const key = placeKey(road || !town ? device : town, road ?? null)
    byPlace.set(key, [...(byPlace.get(key) ?? []), device])
  }
  return byPlace
}

type Coordinates = { latitude: number; longitude: number }

function same(a: Coordinates, b: Coordinates): boolean {
  return a.latitude === b.latitude && a.longitude === b.longitude
}

function placeKey({ latitude, longitude }: Coordinates, road: Road | null): string {
  return `${road?.name ?? 'town'} ${latitude} ${longitude}`
}
