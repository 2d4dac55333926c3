/** What the hub of alerts offers, and what it asks of whoever carries a stream to its reader. */
import type { Actor, Caller } from '../door/operation.ts'
import { hour, second } from '../kernel/clock.ts'

/** One follower, as the HTTP layer opens it. */
export type AlertSubscription = {
  readonly caller: Caller
  /** Who the caller is now. Throws `Unauthenticated` when the token has ended; what it says is at most half a second old. */
  refresh(): Promise<Actor>
  /** The position to go on after; undefined means from now on. */
  readonly after: number | undefined
  /** Sends one event (`heartbeat` is a comment line); false when the client has too much unread, and will be dropped. */
  send(event: { id?: number; event?: string; data: string }): boolean
  /** Closes the connection. The reason was sent before as the event `end`, unless the client is too slow to read it. */
  end(reason: string): void
}

export type AlertHub = {
  /** Adds a follower. Throws `TooMuch` (429) beyond the limit. */
  subscribe(subscription: AlertSubscription): { close(): void }
  /** Ends all streams, for a server that stops, and takes no more. */
  endAll(reason: string): void
  close(): Promise<void>
}

export type HubLimits = {
  readonly subscribersMax: number
  readonly streamMsMax: number
  readonly heartbeatMs: number
  /** Acts in one group. */
  readonly groupMax: number
  /** Between the beginnings of two rounds. */
  readonly roundsApartMs: number
}
export const limitsDefault: HubLimits = {
  subscribersMax: 2_000,
  streamMsMax: hour,
  heartbeatMs: 15 * second,
  groupMax: 64,
  roundsApartMs: 20,
}
