/** `npm run openapi`: writes the description of the HTTP interface to `docs/openapi.json`. */
import { readFile, writeFile } from 'node:fs/promises'
import { day } from '../kernel/clock.ts'
import { openApiOf } from '../door/openapi.ts'
import { allOperations } from '../operations.ts'

const file = new URL('../../docs/openapi.json', import.meta.url)
const packageFile = new URL('../../package.json', import.meta.url)

/** The checked-in text of the description. */
export async function openApiText(): Promise<string> {
  const { version }: { version: string } = JSON.parse(await readFile(packageFile, 'utf8'))
  return `${JSON.stringify(openApiOf(allOperations({ retentionMs: 365 * day }).list, version), null, 2)}\n`
}

if (import.meta.main) await writeFile(file, await openApiText())
