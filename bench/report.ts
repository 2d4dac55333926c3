/** How a bench says what it found: a table, then one last line of JSON. */

export type Figures = Readonly<Record<string, number | string>>

/** The figure at a share (0.5 is the median) of values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

/** Prints the rows and the figures; with `json`, the last line only. */
export function report(
  bench: string,
  rows: readonly (readonly [what: string, value: string])[],
  figures: Figures,
  json: boolean,
): void {
  if (!json) {
    const width = Math.max(...rows.map(([what]) => what.length))
    for (const [what, value] of rows) console.log(`  ${what.padEnd(width)}  ${value}`)
  }
  console.log(JSON.stringify({ bench, ...figures }))
}
