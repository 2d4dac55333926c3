/**
 * What every vendor's adapter is: a pure function from one message as it came over the wire to reads, heartbeats and
 * refusals in our words. An adapter knows a vendor's format and nothing else: no database, no clock, no device table.
 *
 * A new adapter is one file here, a sample under `samples/`, a test, and a line in `adapters.ts`.
 */

/** A file that came with a message, or out of it (base64 in JSON). Bytes as sent; never decoded or re-encoded. */
export type DraftImage = {
  kind: 'plate' | 'vehicle' | 'context'
  mediaType: string
  bytes: Uint8Array
}

/** When the device says it saw the plate. A time without a zone is resolved with the device's configured zone, and the read says so. */
export type CapturedTime = { instant: Date } | { zoneless: string }

/**
 * One plate seen once, before policy and normalisation. Absent means the vendor did not say; a value the vendor wrote
 * as a placeholder ("Unknown", 0/0 coordinates, empty confidence) is absent too.
 */
export type ReadDraft = {
  /** The camera as the payload names it; null where the message names none and the token must tell. */
  device: string | null
  /** The raw text, exactly as the vendor wrote it (after JSON or XML unescaping). */
  plate: string
  captured: CapturedTime
  /** State of issuance in whatever form the vendor uses (`us-mo`, `QC`, `MA`); `reads/jurisdiction.ts` settles it. */
  jurisdiction?: string
  /** 0 to 1, whatever the vendor's scale. */
  plateConfidence?: number
  jurisdictionConfidence?: number
  latitude?: number
  longitude?: number
  headingDegrees?: number
  speedKph?: number
  lane?: number
  make?: string
  model?: string
  colour?: string
  class?: string
  /** Other readings of the same plate, best first, without the plate itself. They never alert. */
  alternatives?: { plate: string; confidence?: number }[]
  /** The vendor's identifier of this pass of a vehicle: the same in every message about it. */
  eventId?: string
  images?: DraftImage[]
  /** Pictures that came with the read and could not be taken. They never cost the read itself, and are never dropped silently. */
  imagesRefused?: { path: string; rule: string; message: string }[]
}

/** A sign of life. Moves the device's last-seen, and its clock skew where the message says its own time. */
export type Heartbeat = { device: string | null; sentAt?: Date }

/** Something in the message that should have been a read and cannot be: told to the sender, counted by device and rule. */
export type DraftRefusal = { path: string; rule: string; message: string; device: string | null }

/**
 * What one message holds, in the message's order. `ignored` counts what is rightly not a read (a person walking past,
 * a vehicle update without a plate): acknowledged, counted, stored nowhere.
 */
export type AdapterResult = {
  items: ({ read: ReadDraft } | { refused: DraftRefusal })[]
  heartbeats: Heartbeat[]
  ignored: number
}

/** A message as received: its body, or the parts where it was multipart. Limits on sizes were kept before it got here. */
export type VendorMessage = {
  mediaType: string
  body: Buffer
  parts: { name: string; fileName: string | undefined; mediaType: string; body: Buffer }[]
}

export type Adapter = {
  /** The last segment of `POST /v1/intake/<vendor>`. */
  vendor: string
  /** For `--help`, OpenAPI and the console: whose format, which product, which document. */
  title: string
  /** Media types of the request, for example `application/json` or `multipart/form-data`. */
  mediaTypes: readonly string[]
  /** Throws `Invalid` (kernel/errors.ts) when the message as a whole is not in the vendor's format. */
  parse(message: VendorMessage): AdapterResult
}
