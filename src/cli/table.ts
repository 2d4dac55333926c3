/** Rows in columns, as wide as their longest cell. */
import { shown } from './terminal.ts'

export type Column<Row> = { readonly title: string; readonly right?: boolean; value(row: Row): string }

/** The table as text, without a line end at its end. Control characters in cells are shown as question marks. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => shown(value(row))))]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => (line[index] ?? '').length)))
  return cells
    .map((line) =>
      line
        .map((cell, index) => {
          const width = widths[index] ?? 0
          return columns[index]?.right ? cell.padStart(width) : cell.padEnd(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
