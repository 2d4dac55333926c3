/**
 * Every operation there is, in one list. The server's routes, OpenAPI, `explain`, the role matrix and the tests over all
 * operations are derived from it; what is not here cannot be done.
 */
import * as agencies from './agencies/agencies.ts'
import { alertOperations } from './alerts/alerts.ts'
import type { AnyOperation } from './door/operation.ts'
import * as equipment from './equipment/equipment.ts'
import * as hotlists from './hotlists/hotlists.ts'
import * as identity from './identity/identity.ts'
import * as installation from './installation/installation.ts'
import { intakeOperations, listRefusals } from './intake/intake.ts'
import * as oversight from './oversight/oversight.ts'
import { prepareDays } from './reads/reads.ts'
import { searchOperations } from './searches/searches.ts'

export type OperationSettings = { readonly retentionMs: number }

export type Operations = ReturnType<typeof allOperations>

/** All operations, for a retention, by name; `list` has them in the order of the house. */
export function allOperations({ retentionMs }: OperationSettings) {
  const alerts = alertOperations(retentionMs)
  const intake = intakeOperations(retentionMs)
  const searches = searchOperations(retentionMs)
  const list: readonly AnyOperation[] = [
    installation.bootstrap,
    agencies.create,
    agencies.list,
    identity.addPerson,
    identity.issueToken,
    identity.revoke,
    identity.listTokens,
    identity.me,
    equipment.register,
    equipment.list,
    prepareDays,
    hotlists.createFeed,
    hotlists.listFeeds,
    hotlists.importList,
    hotlists.listRejections,
    alerts.list,
    alerts.stream,
    alerts.deliver,
    alerts.lookBack,
    alerts.endLookBack,
    intake.submit,
    intake.vendor,
    listRefusals,
    searches.run,
    oversight.head,
    oversight.leaves,
    oversight.closeUnknown,
  ]
  return { list, alerts, intake, searches }
}
