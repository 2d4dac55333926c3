/** Follows the demonstration's alerts as its administrator, for the status line. */
import { alertOf } from '../cli/commands/alerts.ts'
import { Client } from '../cli/client.ts'
import { follow } from '../cli/eventSource.ts'
import { Mendable } from '../kernel/errors.ts'
import { must } from '../kernel/assert.ts'
import type { DemoState } from './demoState.ts'

export type WatchedAlerts = { text(): string; readonly ended: Promise<void> }

/** Follows until the signal; `text` is for the status line, and says what went wrong where following failed. */
export function watchAlerts(server: string, { people }: DemoState, signal: AbortSignal): WatchedAlerts {
  const { token } = must(
    people.find(({ role }) => role === 'dcjis-administrator'),
    'the state has an administrator',
  )
  const client = new Client({ server, token })
  let count = 0
  let last = ''
  let trouble: string | undefined
  const following = follow(client, {
    route: { method: 'GET', path: '/v1/alerts/stream' },
    since: undefined,
    signal,
    onEvent: ({ event, data }) => {
      if (event !== 'alert') return
      const { kind, read, matches } = alertOf(data)
      if (kind !== 'raised') return
      count++
      last = `: ${read.plate} ${matches[0]?.category ?? ''} at ${read.device}`
    },
    onLost: () => undefined,
  })
  const ended = following
    .catch((error: unknown) => {
      if (!(error instanceof Mendable)) throw error
      trouble = error.message
    })
    .finally(() => client.close())
  return { text: () => trouble ?? `${count} ${count === 1 ? 'alert' : 'alerts'}${last}`, ended }
}
