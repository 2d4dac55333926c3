/**
 * Plates in the forms that are seen on Massachusetts roads, in realistic shares, without a table of those given out.
 *
 * A form numbers its plates: `encode(k)` is its k-th. Vehicles are dealt to forms in blocks of 10,000, so that a vehicle's
 * number gives its form and its serial within the form, and a permutation (multiply, add, modulo the form's size) scatters
 * the serials. Each step is one to one, so plates are unique within a jurisdiction by construction, up to 12 million vehicles.
 *
 * Massachusetts and Rhode Island share one form of six digits, dealt alike: those numbers exist in both, as some do in life.
 */
import { must } from '../kernel/assert.ts'
import { hash32, Random } from './prng.ts'

/** More than the registered vehicles of the state twice over; beyond it the smallest form would run out. */
export const vehiclesMax = 12_000_000

export const blockSize = 10_000

type Form = {
  jurisdiction: string
  /** Vehicles of this form in each block of 10,000. */
  share: number
  /** `A` a letter, `9` a digit, `1` a digit but not zero, all else itself; or `word`. */
  pattern: string
}

/** Jurisdictions are written as the repository stores them (`reads/jurisdiction.ts`). */
const forms: readonly Form[] = [
  { jurisdiction: 'MA', share: 4430, pattern: '1AAA99' },
  { jurisdiction: 'MA', share: 1950, pattern: '199AA9' },
  { jurisdiction: 'MA', share: 900, pattern: '19AA99' },
  { jurisdiction: 'MA', share: 200, pattern: '199AAA' },
  { jurisdiction: 'MA', share: 20, pattern: '199999' },
  { jurisdiction: 'MA', share: 380, pattern: 'A19999' },
  { jurisdiction: 'MA', share: 240, pattern: '1999AA' },
  { jurisdiction: 'MA', share: 80, pattern: 'word' },
  { jurisdiction: 'NH', share: 450, pattern: '1999999' },
  { jurisdiction: 'RI', share: 150, pattern: '1AA999' },
  { jurisdiction: 'RI', share: 80, pattern: 'AA999' },
  { jurisdiction: 'RI', share: 20, pattern: '199999' },
  { jurisdiction: 'CT', share: 230, pattern: 'AA19999' },
  { jurisdiction: 'NY', share: 210, pattern: 'AAA1999' },
  { jurisdiction: 'ME', share: 120, pattern: '1999AA' },
  { jurisdiction: 'NJ', share: 90, pattern: 'A19AAA' },
  { jurisdiction: 'FL', share: 80, pattern: 'AAAA19' },
  { jurisdiction: 'PA', share: 60, pattern: 'AAA1999' },
  { jurisdiction: 'VT', share: 60, pattern: 'AAA199' },
  { jurisdiction: 'VA', share: 30, pattern: 'AAA1999' },
  { jurisdiction: 'NC', share: 30, pattern: 'AAA1999' },
  { jurisdiction: 'CA', share: 25, pattern: '1AAA999' },
  { jurisdiction: 'TX', share: 25, pattern: 'AAA1999' },
  { jurisdiction: 'GA', share: 20, pattern: 'AAA1999' },
  { jurisdiction: 'OH', share: 15, pattern: 'AAA1999' },
  { jurisdiction: 'MD', share: 15, pattern: '1AA9999' },
  { jurisdiction: 'IN', share: 15, pattern: 'P199999' },
  { jurisdiction: 'IL', share: 15, pattern: 'AA19999' },
  { jurisdiction: 'MI', share: 10, pattern: 'AAA1999' },
  { jurisdiction: 'CA-QC', share: 30, pattern: 'A19AAA' },
  { jurisdiction: 'CA-NB', share: 8, pattern: 'AAA199' },
  { jurisdiction: 'CA-ON', share: 6, pattern: 'AAAA199' },
  { jurisdiction: 'CA-NS', share: 3, pattern: 'AAA199' },
  { jurisdiction: 'US-GOV', share: 3, pattern: 'G4119999' },
]

/** Jurisdictions a reader takes a plate for, with shares: what misreads fall into. */
export const jurisdictionShares: readonly (readonly [jurisdiction: string, share: number])[] = [
  ...forms.reduce(
    (shares, form) => shares.set(form.jurisdiction, (shares.get(form.jurisdiction) ?? 0) + form.share),
    new Map<string, number>(),
  ),
]

/** Serials leave out I, O, Q and U, as most states do; words have them all. */
const letters = 'ABCDEFGHJKLMNPRSTVWXYZ'

/** Owner's words of up to four letters; followed by nothing or a number up to 999, as there is only one of each. */
const words = (
  'ACE ALFA ANNA APEX ARIA ATOM AXLE BASS BAY BEAR BEE BELL BIRD BLUE BOAT BOLD BOOK BRIO BUDD CALM CAPE CAT CHEF CLAM ' +
  'CLUB COD COLA COOL CORK COVE CROW DASH DAWN DEER DIVE DORY DUCK DUKE DUNE ECHO ELF ELM EMMA FALL FAST FERN FISH FOGG ' +
  'FOX FROG GALE GEM GIGI GLAD GOLD GOLF GULL HALO HARE HAWK HERO HIKE HILL HOPE IRIS ISLE IVY JADE JAZZ JOY JULY KALE ' +
  'KITE KIWI LAKE LARK LILY LIME LION LOBO LUNA MAMA MINT MOON NANA NAVY NINA NOVA OAK OLLI OPAL OTTO OWL PAPA PEAR PINE ' +
  'PLUM POET POPS PUFF QUAD RAIN REEF ROSE RUBY RUN SAIL SAND SKI SNOW SOX SUN SURF TEAL TIDE TOPS TUNA VIOL WAVE WOLF ZEN'
).split(' ')

type Slot = { form: DealtForm; rank: number }

type DealtForm = Form & { size: number; multiplier: number; shift: number; step: readonly number[] }

/** Deals plates to vehicles by number. About 200 ns a plate; holds 10,000 slots and nothing per vehicle. */
export class Plates {
  readonly #slots: Slot[]
  constructor(seed: string) {
    const random = new Random(seed).fork('plates')
    const slots = forms.flatMap((form) => {
      const dealt = deal(form, random)
      return Array.from({ length: form.share }, (_, rank): Slot => ({ form: dealt, rank }))
    })
    if (slots.length !== blockSize)
      throw new RangeError(`the forms' shares add up to ${slots.length}, not ${blockSize}`)
    this.#slots = random.fork('slots').shuffled(slots)
  }

  jurisdictionOf(vehicle: number): string {
    return this.#slot(vehicle).form.jurisdiction
  }

  plateOf(vehicle: number): string {
    const { form, rank } = this.#slot(vehicle)
    const serial = Math.floor(vehicle / blockSize) * form.share + rank
    const scattered = (serial * form.multiplier + form.shift) % form.size
    return form.pattern === 'word' ? word(scattered) : encode(form.pattern, scattered)
  }

  /** Whether plates of this vehicle's form are given to trucks and vans of firms. */
  commercial(vehicle: number): boolean {
    const { pattern, jurisdiction } = this.#slot(vehicle).form
    return pattern === 'P199999' || (jurisdiction === 'MA' && pattern === 'A19999')
  }

  #slot(vehicle: number): Slot {
    return must(this.#slots[vehicle % blockSize], 'vehicles are numbered from 0 in whole numbers')
  }
}

/** Chooses a form's permutation. It hangs on the pattern, not on the state, so that equal forms share numbers. */
function deal(form: Form, random: Random): DealtForm {
  const step = Array.from(form.pattern, baseOf)
  const size = form.pattern === 'word' ? words.length * 1000 : step.reduce((product, base) => product * base, 1)
  if (size < (form.share * vehiclesMax) / blockSize) {
    throw new RangeError(`${form.jurisdiction} ${form.pattern} has only ${size} plates`)
  }
  const own =
    form.pattern === '199999' ? random.fork(form.pattern) : random.fork(`${form.jurisdiction} ${form.pattern}`)
  const seed = own.next()
  // A multiplier of about 0.6 of the size scatters neighbours; it must share no factor with the size.
  let multiplier = Math.floor(size * 0.6) + (hash32(seed, 0, 1) % Math.max(1, Math.floor(size / 10)))
  while (commonFactor(multiplier, size) !== 1) multiplier++
  return { ...form, size, multiplier: multiplier % size, shift: hash32(seed, 0, 2) % size, step }
}

function baseOf(symbol: string): number {
  return symbol === 'A' ? letters.length : symbol === '9' ? 10 : symbol === '1' ? 9 : 1
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b)
}

function encode(pattern: string, scattered: number): string {
  let rest = scattered
  let plate = ''
  for (let index = pattern.length - 1; index >= 0; index--) {
    const symbol = pattern.charAt(index)
    if (symbol === 'A') {
      plate = letters.charAt(rest % letters.length) + plate
      rest = Math.floor(rest / letters.length)
    } else if (symbol === '9') {
      plate = String(rest % 10) + plate
      rest = Math.floor(rest / 10)
    } else if (symbol === '1') {
      plate = String((rest % 9) + 1) + plate
      rest = Math.floor(rest / 9)
    } else plate = symbol + plate
  }
  return plate
}

function word(scattered: number): string {
  const number = Math.floor(scattered / words.length)
  const text = must(words[scattered % words.length], 'there are words')
  return number === 0 ? text : `${text}${number}`
}
