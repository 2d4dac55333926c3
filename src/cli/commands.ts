/** Every command, in the order of the help. A command's own file is read only when it is called, so that help comes at once. */
import type { Command } from './command.ts'

export type Listed = {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  /** For the overview; the command's own help has more. */
  readonly example: string
  load(): Promise<Command>
}

export const commands: readonly Listed[] = [
  {
    name: 'serve',
    summary: 'Start the server',
    example: 'platekeep serve --data ./data --port 8417',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'demo',
    summary: 'Start a server with a simulated state and its traffic, to try things out',
    example: 'platekeep demo',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'bootstrap',
    summary: 'Set up the first administrators, agencies and machines; prints their secrets once',
    example: 'platekeep bootstrap --agency "Example Police Department=MA0010100"',
    load: async () => (await import('./commands/bootstrap.ts')).bootstrap,
  },
  {
    name: 'intake',
    summary: 'Send files of reads, in our form or in a vendor’s',
    example: 'platekeep intake reads.ndjson.gz more.json',
    load: async () => (await import('./commands/intake.ts')).intake,
  },
  {
    name: 'hotlist import',
    summary: 'Import a hot list’s file as the next revision of its feed',
    example: 'platekeep hotlist import stolen.txt --feed "Stolen vehicles"',
    load: async () => (await import('./commands/hotlistImport.ts')).hotlistImport,
  },
  {
    name: 'hotlist list',
    summary: 'List the hot list feeds, with their age and size',
    example: 'platekeep hotlist list',
    load: async () => (await import('./commands/hotlistList.ts')).hotlistList,
  },
  {
    name: 'hotlist rejections',
    summary: 'List the rows of a hot list’s file that were rejected',
    example: 'platekeep hotlist rejections --feed "Stolen vehicles"',
    load: async () => (await import('./commands/hotlistRejections.ts')).hotlistRejections,
  },
  {
    name: 'hotlist formats',
    summary: 'List the layouts of hot list files, or say which one a file seems to have',
    example: 'platekeep hotlist formats stolen.txt',
    load: async () => (await import('./commands/hotlistFormats.ts')).hotlistFormats,
  },
  {
    name: 'search',
    summary: 'Find where a plate was read, with a reason',
    example:
      'platekeep search 4ABC12 --purpose safety --facts "Driver reported missing by family, last seen leaving work"',
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    name: 'alerts',
    summary: 'Show the latest alerts, or follow them as they are raised',
    example: 'platekeep alerts --follow',
    load: async () => (await import('./commands/alerts.ts')).alerts,
  },
  {
    name: 'explain',
    summary: 'Say what an operation does: its steps, its clauses, what is recorded',
    example: 'platekeep explain intake.submit',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'audit verify',
    summary: 'Check the whole log, entry by entry, with nothing but what it serves',
    example: 'platekeep audit verify',
    load: async () => (await import('./commands/auditVerify.ts')).auditVerify,
  },
  {
    name: 'bench',
    summary: 'Measure how fast it is on this machine',
    example: 'platekeep bench ingest',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
]
