/**
 * The three values of a plate, never mixed (DESIGN section 4):
 *
 * - the **raw text**, exactly as a device or a list wrote it;
 * - the **plate**: upper case, without separators, what people search by;
 * - the **plate key**: the plate with look-alike characters folded, what look-alike matching joins on.
 *
 * Keeping only a folded value loses information for ever (some states issue both letter O and zero), so the fold is
 * only ever computed beside the plate. The same functions run in the server, the browser and the patrol car.
 */

/** NCIC and Nlets carry plates of 1 to 10 characters. */
export const plateLengthMax = 10

/** A character the camera saw but could not read. Such a plate is stored and can be searched, but never alerts. */
export const unread = '?'

const separators = /[\s\-.·•_'/]/gu
const wellFormed = /^[A-Z0-9?]{1,10}$/
const foldedInto: Readonly<Record<string, string>> = {
  O: '0',
  D: '0',
  Q: '0',
  I: '1',
  L: '1',
  Z: '2',
  S: '5',
  G: '6',
  B: '8',
}
const foldable = /[ODQILZSGB]/g

/** The plate in a raw text, or null where it holds none (emoji, other scripts, more than ten characters, nothing at all). */
export function plateOf(raw: string): string | null {
  const plate = raw.toUpperCase().replace(separators, '')
  return wellFormed.test(plate) && !/^\?+$/.test(plate) ? plate : null
}

/** The plate key: look-alikes folded to one character each: 0ODQ, 1IL, 2Z, 5S, 6G, 8B. */
export function plateKeyOf(plate: string): string {
  return plate.replace(foldable, (character) => foldedInto[character] ?? character)
}

/** The plate as a feed that writes letter O as zero would have written it. Compared only with entries of such feeds. */
export function zeroFolded(plate: string): string {
  return plate.replaceAll('O', '0')
}

/** True where two plates of the same key differ in exactly one character: the only look-alike that may ever alert. */
export function differsInOneCharacter(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let differences = 0
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) differences++
  return differences === 1
}
