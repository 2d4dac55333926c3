/**
 * Two layouts that are neither columns nor delimited: words and codes in an order that has to be recognised. What is
 * recognised goes to its field, what is not stays in the note, and a line whose plate and state cannot be told is rejected.
 */
import { categoryOf } from './categories.ts'
import { dateOf } from './dates.ts'
import type { Category, FormatRow, ListFormat } from './format.ts'
import { addNote, lineFormat } from './layout.ts'
import { plateFault } from './plates.ts'

const kansasHead = /^([A-Z0-9 -]{1,16}?) ?([A-Z0-9]{2})(?:#(\d)\s?|(CANADIAN ENTRY - CHECK\s?))(.*)$/
/** Body type, vehicle and the entering agency in one word, date: ` PC 2016CHEVMALSWSILTX0790300 20200122`. */
const kansasTail = /(?:^|\s)([A-Z0-9]{2}) (\S*)([A-Z]{2}[A-Z0-9]{7}) (\d{8})\s*$/
/** Year 4, make 4, model 3, style 2, colour 3 or 3/3, each inferred from the example. */
const kansasVehicle = /^(\d{4})([A-Z]{2,4})([A-Z0-9]{3})([A-Z0-9]{2})([A-Z]{3}(?:\/[A-Z]{3})?)$/

/**
 * Kansas. Five forms of line come in one file; all begin with plate and state and then `#`, a digit and the kind of entry
 * (or the words CANADIAN ENTRY). The form with an exclamation mark behind the kind is taken apart; of the others, of
 * which no example is known, the rest of the line is kept as the note. The first three lines may be headings.
 */
const kansas = lineFormat({
  name: 'kansas_state',
  title: 'Kansas, lines of several forms',
  zeroFolded: false,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 3,
  read(text, line) {
    const head = kansasHead.exec(text)
    if (!head) return 'the line does not begin with plate, state and "#" with the kind of entry'
    const [, plate = '', state = '', , canadian, rest = ''] = head
    const fault = plateFault(plate.trim())
    if (fault !== null) return fault
    const row: FormatRow = { line, plate: plate.trim(), jurisdiction: canadian === undefined ? state : `CA-${state}` }
    const remarks = setKansasTail(row, rest)
    row.category = kansasCategory(canadian === undefined ? remarks : '')
    addNote(row, canadian === undefined ? remarks : `Canadian entry - check ${remarks}`.trim())
    return row
  },
})

function kansasCategory(remarks: string): Category {
  const end = remarks.indexOf('!')
  return categoryOf(end === -1 ? remarks : remarks.slice(0, end)) ?? 'watch-list'
}

/** Sets what stands at its place in the rest of the line, and returns the words before it. */
function setKansasTail(row: FormatRow, rest: string): string {
  const tail = kansasTail.exec(rest)
  if (!tail) return rest.trim()
  const [, plateType, vehicle = '', ori, date = ''] = tail
  const parts = kansasVehicle.exec(vehicle)
  Object.assign(row, { plateType, sourceOri: ori })
  if (parts) Object.assign(row, { year: parts[1], make: parts[2], model: parts[3], style: parts[4], colour: parts[5] })
  else addNote(row, vehicle)
  const entered = dateOf(date)
  if (entered !== null) row.enteredOn = entered
  return rest.slice(0, tail.index).trim()
}

const ohioDate = /^\d{2}\/\d{2}\/\d{4}$/

/** The last word's first letter. S and X mean other things in Ohio than in NCIC's own files. */
const ohioLetters: Readonly<Record<string, readonly [name: string, category: Category]>> = {
  B: ['stolen boat', 'watch-list'],
  C: ['supervised release', 'watch-list'],
  H: ['protection order', 'watch-list'],
  M: ['missing person', 'missing-person'],
  N: ['deported felon', 'watch-list'],
  P: ['stolen plate', 'stolen-plate'],
  R: ['stolen Canadian plate', 'watch-list'],
  S: ['sex offender', 'watch-list'],
  T: ['gang member or terrorist', 'watch-list'],
  V: ['stolen vehicle', 'stolen-vehicle'],
  W: ['wanted person', 'wanted-person'],
  X: ['suspended registration', 'suspended-registration'],
}

/**
 * Ohio LEADS: words between single spaces. A digit, plate, state, expiry of the entry's date column, date of the warrant
 * or theft, make, model, year, colour; then for national entries two numbers, the last of which begins with the code
 * letter, and for the state's own the kind in words after `0H`. Every letter O arrives as zero. The first date is the same
 * on every row in the layout's own description, so only the second is taken.
 */
const ohio = lineFormat({
  name: 'oh_leads',
  title: 'Ohio LEADS, separated by spaces',
  zeroFolded: true,
  jurisdictionCodes: 'ncic',
  headingLinesMax: 2,
  read(text, line) {
    const [, plate = '', state = '', first = '', second = '', make = '', model = '', year = '', colour = '', ...rest] =
      text.trimEnd().split(' ')
    if (!/^[A-Z0-9]{2}$/.test(state) || !ohioDate.test(first) || !ohioDate.test(second)) {
      return 'the line is not operation, plate, state and two dates between single spaces'
    }
    const fault = plateFault(plate)
    if (fault !== null) return fault
    const row: FormatRow = { line, plate, jurisdiction: state }
    const entered = dateOf(second)
    if (entered !== null) row.enteredOn = entered
    for (const [field, value] of Object.entries({ make, model, year, colour }))
      if (value !== '') Object.assign(row, { [field]: value })
    return setOhioKind(row, rest)
  },
})

function setOhioKind(row: FormatRow, rest: readonly string[]): FormatRow | string {
  if (rest[0] === '0H') {
    const kind = rest.join(' ').trimEnd()
    if (kind === '0H LPR CALIBRATION RECORD') return 'the entry is a calibration record, and nobody is looked for'
    row.category = categoryOf(rest.slice(1).join(' ')) ?? 'watch-list'
    addNote(row, kind)
    return row
  }
  const [other, number] = rest
  if (rest.length !== 2 || other === undefined || number === undefined || !/^[A-Z]/.test(number)) {
    return 'behind the colour stand neither two numbers nor "0H" and the kind of entry: the line was cut off, or is of another layout'
  }
  const letter = number.slice(0, 1)
  const known = ohioLetters[letter]
  row.reference = number
  row.category = known?.[1] ?? 'watch-list'
  if (row.category === 'watch-list') addNote(row, `Ohio letter ${letter} (${known?.[0] ?? 'unknown'})`)
  addNote(row, `first number ${other}`)
  return row
}

export const stateTextFormats: readonly ListFormat[] = [kansas, ohio]
