/** Files to try things out with, made anew at each start so that their times are of today. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../kernel/clock.ts'
import { must } from '../kernel/assert.ts'
import type { DemoState } from './demoState.ts'
import { sampleMessage } from './demoTraffic.ts'

export type Samples = {
  /** A vendor's message about a vehicle that stands on a list. */
  readonly vendorFile: string
  readonly vendor: string
  readonly listedPlate: string
  /** Of the department that the vendor's device belongs to. */
  readonly token: string
  /** A device of that department that our own form can name. */
  readonly device: string
}

/** On the stolen vehicles' list, by the share of the fleet that is listed there. */
const listedShare = 0.003

/** Writes them below the data folder, over those of an earlier start; what they hold, for the guide. */
export async function writeSamples(data: string, { seed, servers }: DemoState): Promise<Samples> {
  const folder = join(data, 'samples')
  await mkdir(folder, { recursive: true })
  const now = systemClock.now().getTime()
  const { device, plate, message } = sampleMessage(
    seed,
    (fleet, vehicle) => fleet.listed(vehicle, listedShare),
    now - 2_000,
  )
  const vendorFile = join(folder, 'openalpr.json')
  await writeFile(vendorFile, `${message}\n`)
  const { token } = must(
    servers.find(({ ori }) => ori === device.agencyOri),
    'every agency has its server',
  )
  return { vendorFile, vendor: 'openalpr', listedPlate: plate, token, device: device.reference }
}
