/**
 * The messages of vendors that write JSON: the shapes of `payloads/`, with the quirks that adapters must live with (plates in
 * lower case, confidences as text, times in seconds, milliseconds or without a zone).
 */
import { towns } from './towns.ts'
import { localMs } from './localTime.ts'
import type { SimulatedRead } from './observe.ts'
import { hash32, seedOf } from './prng.ts'

/** `us-ma`, `ca-qc`; only the country where the camera does not know the state. */
function region(jurisdiction: string | undefined): string {
  if (jurisdiction === undefined || jurisdiction === 'US-GOV') return 'us'
  return jurisdiction.length === 2 ? `us-${jurisdiction.toLowerCase()}` : jurisdiction.toLowerCase()
}

/** A number made of a text, for fields that hold one. */
function serial(text: string, salt: number): number {
  return hash32(seedOf(text), 0, salt)
}

/** The vendors' agents and servers are named after the town they stand in. */
function siteNumber(read: SimulatedRead): number {
  return towns.findIndex(({ name }) => name === read.device.town)
}

function word(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

const bodyTypes: Readonly<Record<string, string>> = {
  sedan: 'sedan-standard',
  suv: 'suv-crossover',
  pickup: 'truck-standard',
}

/** OpenALPR/Rekor `alpr_group`, version 2: one vehicle's pass with its candidates. Percentages, milliseconds. */
export function openalprGroup(read: SimulatedRead, images: { plate: string; vehicle: string } | undefined): object {
  const { reading } = read
  const agent = `SIMULATED${String(siteNumber(read)).padStart(31, '0')}`
  const camera = Number(read.device.reference)
  const uuid = `${agent}-${camera}-${read.capturedMs}`
  const percent = (share: number): number => Number((share * 100).toFixed(4))
  const candidates = [
    { plate: reading.plate, confidence: percent(reading.plateConfidence), matches_template: 0 },
    ...(reading.alternatives ?? []).map(({ plate, confidence }) => ({
      plate,
      confidence: percent(confidence),
      matches_template: 0,
    })),
  ]
  const regionConfidence = percent(reading.jurisdictionConfidence ?? 0.11)
  const guess = (name: string): object[] => [{ name, confidence: percent(0.4 + reading.plateConfidence / 2) }]
  return {
    data_type: 'alpr_group',
    version: 2,
    agent_type: 'alprd',
    agent_uid: agent,
    agent_version: '2.7.101',
    company_id: '00000000-0000-4000-8000-000000000000',
    country: 'us',
    camera_id: camera,
    epoch_start: read.capturedMs,
    epoch_end: read.capturedMs + 1200,
    frame_start: 0,
    frame_end: 36,
    is_parked: read.speedKph === 0,
    gps_latitude: read.latitude,
    gps_longitude: read.longitude,
    travel_direction: read.headingDegrees,
    uuids: [uuid, `${agent}-${camera}-${read.capturedMs + 400}`],
    plate_indexes: [0, 0],
    best_uuid: `${agent}-${camera}-${read.capturedMs + 400}`,
    best_plate_number: reading.plate,
    best_confidence: percent(reading.plateConfidence),
    best_region: region(reading.jurisdiction),
    best_region_confidence: regionConfidence,
    candidates,
    best_plate: {
      plate: reading.plate,
      confidence: percent(reading.plateConfidence),
      region: region(reading.jurisdiction),
      region_confidence: Math.round(regionConfidence),
      matches_template: 0,
      plate_index: 0,
      requested_topn: 10,
      processing_time_ms: 48.5,
      ...(images ? { plate_crop_jpeg: images.plate } : {}),
      candidates,
    },
    vehicle: {
      make: guess(word(read.make)),
      make_model: guess(`${word(read.make)}_${word(read.model)}`),
      color: guess(read.colour),
      body_type: guess(bodyTypes[read.class] ?? read.class),
    },
    ...(images ? { vehicle_crop_jpeg: images.vehicle } : {}),
  }
}

/** Plate Recognizer: `hook` and `data`, plates in lower case. Snapshot posts it as it is, Stream as a field of a form. */
export function platerecognizerHook(read: SimulatedRead): object {
  const { reading } = read
  const plate = reading.plate.toLowerCase()
  const candidates = [
    { score: reading.plateConfidence, plate },
    ...(reading.alternatives ?? []).map((other) => ({ score: other.confidence, plate: other.plate.toLowerCase() })),
  ]
  return {
    hook: { target: 'http://127.0.0.1:8081/', id: 2, event: 'image.done' },
    data: {
      processing_time: 0.186,
      timestamp: new Date(read.capturedMs).toISOString(),
      timestamp_local: new Date(localMs(read.capturedMs)).toISOString().replace('T', ' ').replace('Z', ''),
      results: [
        {
          box: { xmin: 563, ymin: 530, xmax: 702, ymax: 579 },
          plate,
          score: reading.plateConfidence,
          dscore: 0.8493,
          candidates,
          region: { code: region(reading.jurisdiction), score: reading.jurisdictionConfidence ?? 0.11 },
          vehicle: {
            type: read.class === 'suv' ? 'SUV' : read.class,
            score: 0.81,
            box: { xmin: 67, ymin: 113, xmax: 908, ymax: 653 },
          },
          model_make: [{ make: read.make, model: read.model, score: 0.61 }],
          color: [{ color: read.colour, score: 0.86 }],
        },
      ],
      filename: `${read.capturedMs}.jpg`,
      version: 1,
      camera_id: read.device.reference,
    },
  }
}

/** FF Group's application on Axis cameras: everything as text, the time four times over, no state of issuance. */
export function axisEvent(read: SimulatedRead): object {
  const { plate, plateConfidence } = read.reading
  const local = new Date(localMs(read.capturedMs)).toISOString()
  return {
    packetCounter: String(serial(read.eventId, 1) % 100_000_000),
    capture_timestamp: String(read.capturedMs),
    frame_timestamp: '0',
    capture_ts: `${read.capturedMs}000000`,
    datetime: `${local.slice(0, 10).replaceAll('-', '')} ${local.slice(11, 23).replace(/[:.]/g, '')}`,
    plateText: plate,
    plateUnicode: plate,
    plateUTF8: plate,
    plateASCII: plate,
    plateCountry: 'USA',
    plateConfidence: plateConfidence.toFixed(6),
    carState: 'lost',
    roiID: String(read.lane),
    geotag: { lat: read.latitude, lon: read.longitude },
    imageType: 'plate',
    plateImageType: 'jpg',
    plateImageSize: '0',
    carMoveDirection: 'in',
    timeProcessing: '0',
    carID: String(serial(read.eventId, 2)),
    GEOtarget: 'Camera',
    camera_info: {
      SerialNumber: read.device.reference,
      ProdShortName: 'AXIS P1445-LE-3',
      MACAddress: (read.device.reference.match(/../g) ?? []).join(':'),
    },
    sensorProviderID: `simulated_${read.device.number}`,
  }
}

/** Blue Iris with CodeProject.AI: no camera in it (the token must tell), the time to the second. */
export function blueirisAlert(read: SimulatedRead): object {
  const { plate, plateConfidence } = read.reading
  const hex = [3, 4, 5, 6].map((salt) => serial(read.eventId, salt).toString(16).padStart(8, '0')).join('')
  const requestId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  const label = `Plate: ${plate}`
  const prediction = { confidence: plateConfidence, label, plate, x_min: 469, y_min: 557, x_max: 614, y_max: 677 }
  return [
    {
      api: 'alpr',
      found: {
        success: true,
        processMs: 80,
        inferenceMs: 62,
        predictions: [prediction],
        message: `Found ${label}`,
        moduleId: 'ALPR',
        moduleName: 'License Plate Reader',
        code: 200,
        command: 'alpr',
        requestId,
        inferenceDevice: 'GPU',
        analysisRoundTripMs: 96,
        processedBy: 'localhost',
        timestampUTC: new Date(read.capturedMs).toUTCString(),
      },
    },
  ]
}

/** Frigate's `frigate/tracked_object_update` of type `lpr`: seconds with fractions. */
export function frigateUpdate(read: SimulatedRead): object {
  return {
    type: 'lpr',
    id: `${(read.capturedMs / 1000).toFixed(6)}-${read.eventId.slice(-6)}`,
    name: null,
    plate: read.reading.plate,
    score: read.reading.plateConfidence,
    camera: read.device.reference,
    timestamp: read.capturedMs / 1000,
    plate_box: [917, 487, 1029, 529],
  }
}

/** Verkada's webhook: whole seconds, no identifier of the event. */
export function verkadaWebhook(read: SimulatedRead): object {
  const seconds = Math.floor(read.capturedMs / 1000)
  return {
    org_id: '00000000-0000-4000-8000-000000000001',
    webhook_type: 'lpr',
    created_at: seconds + 4,
    webhook_id: '00000000-0000-4000-8000-000000000002',
    data: {
      camera_id: read.device.reference,
      created: seconds,
      license_plate_number: read.reading.plate,
      confidence: read.reading.plateConfidence,
    },
  }
}
