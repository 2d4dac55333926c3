/** The instant at which tests begin, unless they say otherwise: a Monday morning in Massachusetts. */
export const testTime = '2026-11-23T14:00:00.000Z'

/** The same server's URL for another database. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.toString()
}
