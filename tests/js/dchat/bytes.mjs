// Byte strings: the few operations that everything here shares.

const UTF8 = new TextEncoder()
const HEX_DIGITS = /^(?:[0-9a-f]{2})*$/i

/** One array that holds all the given ones in order. */
export function concat (...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Whether two arrays hold the same bytes. */
export function equal (a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** The UTF-8 bytes of a text. */
export function utf8 (text) {
  return UTF8.encode(text)
}

/** Lower-case hexadecimal digits. */
export function toHex (bytes) {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

/** The bytes that hexadecimal digits spell. */
export function fromHex (text) {
  if (!HEX_DIGITS.test(text)) {
    throw new RangeError('Not an even number of hexadecimal digits.')
  }
  return Uint8Array.from(text.match(/../g) ?? [], digits => parseInt(digits, 16))
}

/** Four bytes, big-endian. */
export function uint32 (value) {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** The view that reads and writes numbers in an array. */
export function viewOf (bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
