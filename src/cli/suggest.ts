/** What somebody probably meant who misspelt a word. */

const distanceMax = 3

/** The word with the fewest differing characters, if they are few; undefined where none is near. */
export function closest(given: string, words: readonly string[]): string | undefined {
  const ranked = words
    .map((word) => ({ word, distance: word.startsWith(given) && given.length > 1 ? 0 : editDistance(given, word) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.min(distanceMax, Math.ceil(given.length / 2)) ? best.word : undefined
}

/** How many characters must be put in, taken out or replaced to make one word of another (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of from.slice(0, 64).split('').entries()) {
    const next = [index + 1]
    for (const [place, other] of to.split('').entries()) {
      const replaced = (row[place] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
