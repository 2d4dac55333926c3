/**
 * Pictures that come with a read: as a part of a multipart message, or as base64 in a field. The bytes are kept exactly
 * as sent, for they are evidence; they are never decoded, only counted and weighed. A picture that cannot be taken is
 * named in `imagesRefused` and costs nothing else.
 */
import type { DraftImage, ReadDraft, VendorMessage } from './adapter.ts'
import { type Field, isAbsent, textOf } from './fields.ts'

export const imagesMax = 8
export const imageBytesMax = 4 * 1024 * 1024

type Kind = DraftImage['kind']
type Refused = NonNullable<ReadDraft['imagesRefused']>[number]
type Taken = { image: DraftImage } | { refused: Refused }

/** What the first bytes say; a format that is not known is left to the intake to refuse. */
function mediaTypeOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg'
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return 'image/png'
  return 'application/octet-stream'
}

function tooLarge(path: string): Taken {
  const message = `The picture is larger than ${imageBytesMax / 1024 / 1024} MiB.`
  return { refused: { path, rule: 'image-size', message } }
}

const dataUrl = /^data:[a-z0-9.+/-]{1,64};base64,/i
const padding = /={1,2}$/
const notBase64 = /[^A-Za-z0-9+/]/

/** The picture in a base64 field (RFC 4648, also with line breaks or as a data URL). Undefined where there is none. */
export function imageIn(field: Field, kind: Kind): Taken | undefined {
  if (isAbsent(field)) return undefined
  const text = textOf(field)
  // Four characters carry three bytes; line breaks and a data URL's head are allowed an eighth more.
  if (text !== undefined && text.length > imageBytesMax * 1.5) return tooLarge(field.path)
  const code = text?.replace(dataUrl, '').replaceAll(/\s/g, '').replace(padding, '')
  // Searching for one wrong character, where a match of the whole would run out of stack on a large picture.
  if (code === undefined || notBase64.test(code) || code.length % 4 === 1) {
    return { refused: { path: field.path, rule: 'image-base64', message: 'The picture is not base64.' } }
  }
  const bytes = Buffer.from(code, 'base64')
  if (bytes.length > imageBytesMax) return tooLarge(field.path)
  return { image: { kind, mediaType: mediaTypeOf(bytes), bytes } }
}

/** The pictures among a message's parts. `kindOf` tells what a part shows. A part without bytes is no picture. */
export function imagesAmong(
  parts: VendorMessage['parts'],
  kindOf: (part: VendorMessage['parts'][number]) => Kind,
): Taken[] {
  return parts
    .filter(({ mediaType, body }) => mediaType.startsWith('image/') && body.length > 0)
    .map((part) => {
      if (part.body.length > imageBytesMax) return tooLarge(`/${part.name}`)
      return { image: { kind: kindOf(part), mediaType: part.mediaType, bytes: part.body } }
    })
}

/** The two fields of the draft, with at most eight pictures. */
export function withImages(candidates: readonly (Taken | undefined)[]): {
  images: DraftImage[] | undefined
  imagesRefused: Refused[] | undefined
} {
  const taken = candidates.filter((candidate) => candidate !== undefined)
  const images = taken.flatMap((one) => ('image' in one ? [one.image] : []))
  const refused = taken.flatMap((one) => ('refused' in one ? [one.refused] : []))
  if (images.length > imagesMax) {
    const message = `The read came with ${images.length} pictures. At most ${imagesMax} are taken.`
    refused.push({ path: '', rule: 'image-count', message })
  }
  return {
    images: images.length === 0 ? undefined : images.slice(0, imagesMax),
    imagesRefused: refused.length === 0 ? undefined : refused,
  }
}
