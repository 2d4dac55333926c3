/** `platekeep bench <name> [--json] [--seconds n]`: what the performance table is measured with. */
import { Mendable } from '../src/kernel/errors.ts'

const benches: Readonly<
  Record<string, { about: string; load: () => Promise<{ run: (json: boolean, seconds?: number) => Promise<void> }> }>
> = {
  ingest: { about: 'reads/s in batches of 500, and the ratio to COPY', load: () => import('./ingest.ts') },
  'ingest-single': { about: 'reads/s, one a request over 64 connections', load: () => import('./ingestSingle.ts') },
  alerts: { about: 'time from a read to its alert at 50 subscribers', load: () => import('./alerts.ts') },
  search: { about: 'exact plate over 10 million reads, 8 clients', load: () => import('./search.ts') },
  growth: { about: 'ingest with 10 million stored against 100 thousand', load: () => import('./growth.ts') },
  size: { about: 'bytes per read and per distinct plate', load: () => import('./size.ts') },
  memory: { about: "the server's peak memory during ingest", load: () => import('./memory.ts') },
}

/** Runs one bench; throws `Mendable` for a name that is none. */
export async function runBench(args: readonly string[]): Promise<void> {
  const name = args.find((arg) => !arg.startsWith('--')) ?? ''
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (!bench) {
    const list = Object.entries(benches).map(([each, { about }]) => `  ${each.padEnd(14)} ${about}`)
    throw new Mendable(`There is no bench "${name}". Benches:\n${list.join('\n')}`)
  }
  const at = args.indexOf('--seconds')
  const { run } = await bench.load()
  await run(args.includes('--json'), at >= 0 ? Number(args[at + 1]) : undefined)
}
