/** All SQL about the installation itself. */
import { statement, type Db, type Tx } from '../kernel/db.ts'
import { Mendable } from '../kernel/errors.ts'
import { must } from '../kernel/assert.ts'

const lockInstallation = statement('installation.lock', `select bootstrapped_at from installation for update`, {
  bootstrapped_at: 'timestamptz?',
})
/** Whether the first administrators were let in. Holds the row, so that two who ask at once follow each other. */
export async function isBootstrapped(tx: Tx): Promise<boolean> {
  return must(await tx.row(lockInstallation), 'there is one installation').bootstrapped_at !== null
}

const markBootstrapped = statement('installation.markBootstrapped', `update installation set bootstrapped_at = $1`, {})
/** From now on administrators let people in. */
export async function setBootstrapped(tx: Tx, at: Date): Promise<void> {
  await tx.run(markBootstrapped, [at])
}

const claimKeys = statement(
  'installation.claimKeys',
  `update installation set keys_fingerprint = coalesce(keys_fingerprint, $1) returning keys_fingerprint`,
  { keys_fingerprint: 'bytea' },
)
/** Ties a database to its keys at the first start. Throws `Mendable` where it belongs to others. */
export async function checkKeys(db: Db, fingerprint: Buffer): Promise<void> {
  const [row] = await db.once(claimKeys, [fingerprint])
  if (!row?.keys_fingerprint.equals(fingerprint)) {
    throw new Mendable(
      'This database belongs to another set of keys. Point --keys to the folder of the keys it was started with.',
    )
  }
}
