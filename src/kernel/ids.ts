/**
 * Identifiers carry their noun: `device_4jv0…`. The random part is 80 bits in Crockford's base 32 (no I, L, O, U), so
 * an id can be read aloud over a radio and cannot be guessed or counted. Reads are the exception: see `reads/readId.ts`.
 */
import { randomBytes } from 'node:crypto'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Base 32 (Crockford, lower case) of bytes; five bits a character, the last padded with zeros. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(buffer >> bits) & 31]
    }
    buffer &= (1 << bits) - 1
  }
  if (bits > 0) text += alphabet[(buffer << (5 - bits)) & 31]
  return text
}

/** A new identifier of a noun, for example `newId('agency')` → `agency_0c3v9x2k1m7q8r4t`. */
export function newId<Noun extends string>(noun: Noun): `${Noun}_${string}` {
  return `${noun}_${base32(randomBytes(10))}`
}
