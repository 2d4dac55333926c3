/** `platekeep bench <name> [--json] [--seconds n]`: what the performance table is measured with. */
import { Mendable } from '../src/kernel/errors.ts'

const benches: Readonly<
  Record<string, { about: string; load: () => Promise<{ run: (json: boolean, seconds?: number) => Promise<void> }> }>
> = {
  ingest: { about: 'reads/s in batches of 500, and the ratio to COPY', load: () => import('./ingest.ts') },
}

/** Runs one bench; throws `Mendable` for a name that is none. */
export async function runBench(args: readonly string[]): Promise<void> {
  const [name = ''] = args.filter((arg) => !arg.startsWith('--'))
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (!bench) {
    const list = Object.entries(benches).map(([each, { about }]) => `  ${each.padEnd(14)} ${about}`)
    throw new Mendable(`There is no bench "${name}". Benches:\n${list.join('\n')}`)
  }
  const at = args.indexOf('--seconds')
  const { run } = await bench.load()
  await run(args.includes('--json'), at >= 0 ? Number(args[at + 1]) : undefined)
}
