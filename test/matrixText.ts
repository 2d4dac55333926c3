/** Reads `matrix.txt`: blocks of an operation with lines of a status, perhaps a clause, and the callers it is for. */
import { callerNames, type CallerName } from './callers.ts'

export type Cell = { readonly status: number; readonly clause: string | undefined }
/** Sample (an operation, or one of its variants) → caller → what is expected. */
export type Matrix = ReadonlyMap<string, ReadonlyMap<CallerName, Cell>>

const names = new Set<string>(callerNames)

export function readMatrix(text: string): Matrix {
  const groups = new Map<string, CallerName[]>()
  const matrix = new Map<string, Map<CallerName, Cell>>()
  let block: { name: string; cells: Map<CallerName, Cell> } | undefined
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const group = /^(\w+)\s+= (.+)$/.exec(line)
    const row = /^ {2}(\d{3})(?: ([A-Z]{2}-\S+))? {2,}(\S.*)$/.exec(line)
    if (group) {
      groups.set(group[1] ?? '', callersIn(group[2] ?? '', groups))
    } else if (row && block) {
      for (const caller of callersIn(row[3] ?? '', groups)) {
        if (block.cells.has(caller)) throw new Error(`matrix.txt: ${block.name} says two things of ${caller}`)
        block.cells.set(caller, { status: Number(row[1]), clause: row[2] })
      }
    } else if (/^\S/.test(line)) {
      if (matrix.has(line)) throw new Error(`matrix.txt: there are two blocks ${line}`)
      block = { name: line, cells: new Map() }
      matrix.set(line, block.cells)
    } else {
      throw new Error(`matrix.txt: "${line}" is no heading, no group, and no line of a block`)
    }
  }
  return matrix
}

/** `town except officer, machines` → names. */
function callersIn(list: string, groups: ReadonlyMap<string, readonly CallerName[]>): CallerName[] {
  return list.split(', ').flatMap((part) => {
    const [whole = '', ...without] = part.split(' except ')
    const named = groups.get(whole) ?? (isCaller(whole) ? [whole] : undefined)
    const unknown = [...(named ? [] : [whole]), ...without.filter((name) => !isCaller(name) || !named?.includes(name))]
    if (!named || unknown.length > 0) throw new Error(`matrix.txt: ${unknown.join(', ')} is no caller there is`)
    return named.filter((name) => !without.includes(name))
  })
}

function isCaller(name: string): name is CallerName {
  return names.has(name)
}
