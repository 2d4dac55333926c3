/**
 * The vehicles of the simulated state. A vehicle is a number; all that is known of it is computed from the fleet's seed and
 * that number when asked. A fleet of two million takes no more memory than a fleet of two (about half a megabyte, for the
 * tables), and one vehicle costs under a microsecond.
 *
 * Vehicles beyond the fleet's size exist too: they are the ones that never pass, the filler of hot lists.
 */
import { type Colour, colours, commercialModels, type Model, privateModels } from './models.ts'
import { blockSize, Plates, vehiclesMax } from './plates.ts'
import { hash32, seedOf, Weighted } from './prng.ts'
import { kilometresBetween } from './roads.ts'
import { towns } from './towns.ts'

export type Look = Model & Colour & { year: number }

/** When and where a vehicle's days are spent. Hours are local, with fractions. */
export type Habits = {
  /** Positions in `towns`. */
  home: number
  work: number | null
  leavesHomeAt: number
  leavesWorkAt: number
  /** Errands a day, on average. */
  errands: number
  /** Share of working days on which it is used. */
  diligence: number
}

export type Vehicle = { number: number; plate: string; jurisdiction: string; look: Look; habits: Habits }

/** Model year of the newest vehicles. A constant, since the simulation does not know what year it is. */
const newestYear = 2026

const salt = {
  model: 1,
  colour: 2,
  year: 3,
  home: 4,
  work: 5,
  shift: 6,
  hour: 7,
  errands: 8,
  diligence: 9,
  listed: 10,
  newness: 11,
}

const homes = new Weighted(towns.map((town, index) => [index, town.populationThousands] as const))

/** Kilometres between any two towns. */
const distances = towns.map((from) => towns.map((to) => kilometresBetween(from, to)))

/** Work is drawn to the larger places more strongly than homes are. */
const workplaces = new Weighted(towns.map((town, index) => [index, town.populationThousands ** 1.3] as const))

export class Fleet {
  /** How many vehicles pass; numbers 0 to size - 1. */
  readonly size: number
  readonly plates: Plates
  readonly #seed: number

  /** `size` from 1 to 6 million: as many again are left for fillers. */
  constructor(seed: string, size: number) {
    if (!Number.isInteger(size) || size < 1 || size > vehiclesMax / 2) {
      throw new RangeError(`a fleet has 1 to ${vehiclesMax / 2} vehicles, not ${size}`)
    }
    this.size = size
    this.#seed = seedOf(`fleet ${seed}`)
    this.plates = new Plates(seed)
  }

  /** The number of the first vehicle that never passes; it and the next million differ in plate from all that do. */
  get firstFiller(): number {
    return Math.ceil(this.size / blockSize) * blockSize
  }

  vehicle(number: number): Vehicle {
    return {
      number,
      plate: this.plates.plateOf(number),
      jurisdiction: this.plates.jurisdictionOf(number),
      look: this.look(number),
      habits: this.habits(number),
    }
  }

  model(number: number): Model {
    const hash = hash32(this.#seed, number, salt.model)
    return this.plates.commercial(number) ? commercialModels.of(hash) : privateModels.of(hash)
  }

  colour(number: number): Colour {
    return colours.of(hash32(this.#seed, number, salt.colour))
  }

  look(number: number): Look {
    // Ages fall off evenly over twenty years: newer ones are twice as many as the average.
    const age = Math.floor(20 * this.#fraction(number, salt.year) * this.#fraction(number, salt.newness))
    return { ...this.model(number), ...this.colour(number), year: newestYear - age }
  }

  habits(number: number): Habits {
    const home = homes.of(hash32(this.#seed, number, salt.home))
    const shift = this.#fraction(number, salt.shift)
    const hour = this.#fraction(number, salt.hour)
    const errands = 0.4 + 1.6 * this.#fraction(number, salt.errands)
    const diligence = 0.5 + 0.5 * this.#fraction(number, salt.diligence)
    const atWork = { home, work: this.#workplace(number, home), diligence }
    if (shift < 0.6) {
      const leavesHomeAt = 6 + 3 * hour
      return { ...atWork, leavesHomeAt, leavesWorkAt: leavesHomeAt + 8.7, errands }
    }
    if (shift < 0.7) return { ...atWork, leavesHomeAt: 13.5 + hour, leavesWorkAt: 22.5 + hour, errands }
    if (shift < 0.75) return { ...atWork, leavesHomeAt: 21.5 + hour, leavesWorkAt: 6.5 + hour, errands }
    return { home, work: null, leavesHomeAt: 0, leavesWorkAt: 0, errands: errands + 0.6, diligence }
  }

  /**
   * True for a share of all vehicles, evenly over the fleet: those that stand on a hot list. Lists with other offsets have
   * other vehicles, as long as offset + share of one does not reach into the next.
   */
  listed(number: number, share: number, offset = 0): boolean {
    const lot = this.#fraction(number, salt.listed)
    return lot >= offset && lot < offset + share
  }

  /** Of four offers the nearest to home: most work close by, some far away. */
  #workplace(number: number, home: number): number {
    let nearest = workplaces.of(hash32(this.#seed, number, salt.work))
    for (let offer = 1; offer < 4; offer++) {
      const other = workplaces.of(hash32(this.#seed, number, salt.work + 100 * offer))
      if (kilometres(home, other) < kilometres(home, nearest)) nearest = other
    }
    return nearest
  }

  #fraction(number: number, salt: number): number {
    return hash32(this.#seed, number, salt) / 4294967296
  }
}

function kilometres(from: number, to: number): number {
  return distances[from]?.[to] ?? 0
}
