/**
 * Pictures for the messages of cameras that send them: an evenly grey JPEG, different for each read by a comment that it
 * carries, so that a store that addresses pictures by their bytes has something to tell apart. No photograph of anything.
 *
 * The simplest baseline JPEG there is (ITU-T T.81): one grey component, and code tables that know "no difference" and "end of
 * block" only, so that each block of 8 by 8 is two zero bits.
 */
const widthPx = 64
const heightPx = 32

/** A JPEG of about 250 bytes. The comment is ASCII of at most 200 characters. */
export function picture(comment: string): Buffer {
  const text = Buffer.from(comment.slice(0, 200), 'latin1')
  const quantization = Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])
  const frame = Buffer.from([8, 0, heightPx, 0, widthPx, 1, 1, 0x11, 0])
  const blocks = (widthPx / 8) * (heightPx / 8)
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xfe, text),
    segment(0xdb, quantization),
    segment(0xc0, frame),
    segment(0xc4, oneCode(0x00)),
    segment(0xc4, oneCode(0x10)),
    segment(0xda, Buffer.from([1, 1, 0x00, 0, 63, 0])),
    Buffer.alloc((blocks * 2) / 8, 0),
    Buffer.from([0xff, 0xd9]),
  ])
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([head, content])
}

/** A Huffman table of one code, the single bit 0, for the symbol 0. */
function oneCode(tableClass: number): Buffer {
  return Buffer.from([tableClass, 1, ...Array.from({ length: 15 }, () => 0), 0])
}
