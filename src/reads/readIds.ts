/**
 * A read's public identifier is its own key (plate, instant, device), encrypted under its day's key.
 *
 * Storing an identifier with hundreds of millions of reads would cost a column and an index as large as all the rest, and an
 * identifier that anybody could take apart would say where a car was. So `read_…` is one AES block: the milliseconds of the
 * day (27 bits), the device's number (32), the plate's characters (60) and its length (4), under a key that exists once a day
 * in `read_day_keys`. Whoever has the id and the key's row finds the read through the unique index that is there anyway; when
 * the day is purged its key goes with it, and ids that remain in logs and letters mean nothing any more.
 * (docs/decisions/0003-read-ids.md)
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { assert } from '../kernel/assert.ts'
import { day as dayMs } from '../kernel/clock.ts'
import { plateLengthMax } from './plate.ts'

/** What identifies a read: the plate as read, the instant, the device's number. */
export type ReadKey = { readonly plate: string; readonly capturedMs: number; readonly deviceNo: number }
export type DayKey = { readonly no: number; readonly dayMs: number; readonly secret: Buffer }

const characters = '?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const codeOf = new Uint8Array(128)
for (const [code, character] of characters.split('').entries()) codeOf[character.charCodeAt(0)] = code + 1
const form = /^read_([A-Za-z0-9_-]{27})$/
const blockBytes = 16
const idBytes = 20

/** The first millisecond of an instant's day, in UTC: days of capture are days in UTC. */
export function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs
}

/** The ids of reads of one day, in their order. */
export function sealReadIds(keys: readonly ReadKey[], dayKey: DayKey): string[] {
  const blocks = Buffer.alloc(keys.length * blockBytes)
  for (const [index, key] of keys.entries()) writeBlock(blocks, index * blockBytes, key, dayKey)
  const cipher = createCipheriv('aes-128-ecb', dayKey.secret, null).setAutoPadding(false)
  const sealed = Buffer.concat([cipher.update(blocks), cipher.final()])
  const id = Buffer.alloc(idBytes)
  id.writeUInt32BE(dayKey.no, 0)
  return keys.map((_, index) => {
    sealed.copy(id, 4, index * blockBytes, (index + 1) * blockBytes)
    return `read_${id.toString('base64url')}`
  })
}

/** The number of the day's key that an id needs, or undefined where the text is no read's id. */
export function dayKeyNoOf(id: string): number | undefined {
  const text = form.exec(id)?.[1]
  return text === undefined ? undefined : Buffer.from(text, 'base64url').readUInt32BE(0)
}

/** The key inside an id; undefined where the id was not made with this day's key. */
export function openReadId(id: string, dayKey: DayKey): ReadKey | undefined {
  const text = form.exec(id)?.[1]
  if (text === undefined) return undefined
  const decipher = createDecipheriv('aes-128-ecb', dayKey.secret, null).setAutoPadding(false)
  const block = Buffer.concat([decipher.update(Buffer.from(text, 'base64url').subarray(4)), decipher.final()])
  const capturedMs = dayKey.dayMs + block.readUInt32BE(0)
  const plate = readPlate(block)
  if (block.readUInt32BE(0) >= dayMs || plate === undefined) return undefined
  return { plate, capturedMs, deviceNo: block.readUInt32BE(4) }
}

// Bytes 0-3: milliseconds of the day. 4-7: device. 8-15: the plate as two numbers of five characters, each below 38^5 < 2^27,
// with the plate's length between the upper three bits of the first and the rest of it.
function writeBlock(
  block: Buffer,
  at: number,
  { plate, capturedMs, deviceNo }: ReadKey,
  { dayMs: start }: DayKey,
): void {
  assert(capturedMs >= start && capturedMs < start + dayMs, 'a read is named with the key of its own day')
  assert(plate.length >= 1 && plate.length <= plateLengthMax, 'a plate has one to ten characters')
  const first = packed(plate, 0)
  block.writeUInt32BE(capturedMs - start, at)
  block.writeUInt32BE(deviceNo, at + 4)
  block.writeUInt32BE((((first >>> 24) << 28) | (plate.length << 24) | (first & 0xff_ffff)) >>> 0, at + 8)
  block.writeUInt32BE(packed(plate, 5), at + 12)
}

function readPlate(block: Buffer): string | undefined {
  const word = block.readUInt32BE(8)
  const plate = unpacked(((word >>> 28) << 24) | (word & 0xff_ffff)) + unpacked(block.readUInt32BE(12))
  return plate.length > 0 && plate.length === ((word >>> 24) & 0x0f) ? plate : undefined
}

function packed(plate: string, from: number): number {
  let value = 0
  for (let index = from; index < from + 5; index++)
    value = value * 38 + (index < plate.length ? (codeOf[plate.charCodeAt(index)] ?? 0) : 0)
  return value
}

function unpacked(value: number): string {
  let text = ''
  for (let rest = value, place = 0; place < 5; place++, rest = Math.floor(rest / 38)) {
    const code = rest % 38
    if (code > 0) text = (characters[code - 1] ?? '') + text
  }
  return text
}
