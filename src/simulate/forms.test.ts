import { describe, expect, test } from 'vitest'
import { Value } from 'typebox/value'
import type { ReadDraft } from '../intake/adapters/adapter.ts'
import { adapters } from '../intake/adapters/adapters.ts'
import { ReadBatch, ReadItem } from '../intake/contract.ts'
import { parseMultipart } from '../intake/multipart.ts'
import { jurisdictionOf } from '../reads/jurisdiction.ts'
import { plateOf } from '../reads/plate.ts'
import { bulkObservations } from './bulk.ts'
import { type Vendor, vendors } from './devices.ts'
import { asVendorMessage, type WireMessage } from './forms.ts'
import { asItem, type SimulatedRead } from './observe.ts'
import { picture } from './pictures.ts'
import { simulatedState } from './state.ts'

const { devices } = simulatedState('forms test')

function observed(vendor: Vendor, count: number): SimulatedRead[] {
  return [
    ...bulkObservations({
      seed: 'forms test',
      count,
      from: new Date('2026-03-04T00:00:00Z'),
      to: new Date('2026-03-05T00:00:00Z'),
      fleetSize: 100_000,
      devices: devices.filter((device) => device.vendor === vendor),
    }),
  ]
}

async function parsed(vendor: Vendor, { mediaType, body }: WireMessage): Promise<ReadDraft> {
  const parts = mediaType.startsWith('multipart/') ? await parseMultipart(mediaType, body) : []
  const result = adapters.get(vendor)?.parse({ mediaType, body, parts })
  const [item] = result?.items ?? []
  if (!item || 'refused' in item) throw new Error(`refused: ${JSON.stringify(item)}`)
  expect(result).toMatchObject({ items: { length: 1 }, heartbeats: [], ignored: 0 })
  return item.read
}

/** What each vendor's form cannot say. */
const silentOn: Partial<
  Record<Vendor, { jurisdiction?: true; device?: true; wholeSeconds?: true; eventId?: true; confidence?: true }>
> = {
  axis: { jurisdiction: true },
  blueiris: { jurisdiction: true, device: true, wholeSeconds: true },
  frigate: { jurisdiction: true },
  genetec: { confidence: true },
  hikvision: { jurisdiction: true, wholeSeconds: true },
  platerecognizer: { eventId: true },
  verkada: { jurisdiction: true, wholeSeconds: true, eventId: true },
}

describe.each(vendors.filter((vendor) => vendor !== 'platekeep'))('a message in the form of %s', (vendor) => {
  const reads = observed(vendor, 60)
  const silent = silentOn[vendor] ?? {}

  test.each([false, true])('says what the device saw (pictures: %s)', async (pictures) => {
    for (const read of reads) {
      const draft = await parsed(vendor, asVendorMessage(vendor, read, { pictures }))
      expect(plateOf(draft.plate)).toBe(read.reading.plate)
      expect(draft.device).toBe(silent.device ? null : read.device.reference)
      const confidence = silent.confidence ? undefined : Math.round(read.reading.plateConfidence * 100)
      expect(draft.plateConfidence && Math.round(draft.plateConfidence * 100)).toBe(confidence)
      const captured = 'instant' in draft.captured ? draft.captured.instant.getTime() : Number.NaN
      const precision = silent.wholeSeconds ? 1000 : 1
      expect(Math.floor(captured / precision)).toBe(Math.floor(read.capturedMs / precision))
    }
  })

  test('names the state of issuance, where the form has a place for it', async () => {
    const known = reads.filter(({ reading }) => reading.jurisdiction !== undefined)
    expect(known.length).toBeGreaterThan(40)
    for (const read of known) {
      const { jurisdiction } = await parsed(vendor, asVendorMessage(vendor, read))
      const settled = jurisdiction === undefined ? null : jurisdictionOf(jurisdiction)
      // Federal plates are no state's to these vendors.
      const federal = read.reading.jurisdiction === 'US-GOV'
      expect(settled).toBe(silent.jurisdiction || federal ? null : read.reading.jurisdiction)
    }
  })

  test('names the pass: the same when sent again, another for another pass', async () => {
    const ids = await Promise.all(
      reads.map(async (read) => {
        const { eventId } = await parsed(vendor, asVendorMessage(vendor, read))
        expect((await parsed(vendor, asVendorMessage(vendor, read))).eventId).toBe(eventId)
        return eventId
      }),
    )
    expect(new Set(ids).size).toBe(silent.eventId ? 1 : reads.length)
  })
})

describe('our own form', () => {
  const reads = observed('platekeep', 500)

  test('keeps its contract', () => {
    expect(reads.map((read) => asItem(read)).filter((item) => !Value.Check(ReadItem, item))).toEqual([])
    for (const read of reads.slice(0, 20)) {
      const { mediaType, body } = asVendorMessage('platekeep', read, { pictures: true })
      expect(mediaType).toBe('application/json')
      expect(Value.Check(ReadBatch, JSON.parse(body.toString()))).toBe(true)
    }
  })

  test('has coordinates from patrol cars only', () => {
    const located = reads.filter((read) => asItem(read).latitude !== undefined)
    expect(located.length).toBeGreaterThan(20)
    expect(located.filter(({ device }) => device.kind !== 'mobile')).toEqual([])
    expect(reads.filter((read) => asItem(read).latitude === undefined && read.device.kind === 'mobile')).toEqual([])
  })

  test('calls the device what the caller calls it', () => {
    const [read] = reads
    expect(read && asItem(read, 'device_other').device).toBe('device_other')
    expect(read && asItem(read).device).toBe(read?.device.reference)
  })
})

describe('a picture', () => {
  test('is a JPEG whose segments end where they say', () => {
    const bytes = picture('a comment')
    let at = 2
    const markers: number[] = []
    while (bytes[at + 1] !== 0xda) {
      expect(bytes[at]).toBe(0xff)
      markers.push(bytes[at + 1] ?? 0)
      at += 2 + bytes.readUInt16BE(at + 2)
    }
    expect(markers).toEqual([0xfe, 0xdb, 0xc0, 0xc4, 0xc4])
    expect(bytes.subarray(0, 2).toString('hex')).toBe('ffd8')
    expect(bytes.subarray(-2).toString('hex')).toBe('ffd9')
  })

  test('differs with its comment', () => {
    expect(picture('one').equals(picture('two'))).toBe(false)
    expect(picture('one').equals(picture('one'))).toBe(true)
  })
})
