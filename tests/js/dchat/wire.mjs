// Protobuf to the byte: the one canonical spelling of a field that an envelope allows, and nothing else. Numbers of 64 bits
// are BigInts. Ordinary protobuf messages, whose spelling does not matter, are read by messages.mjs.
import { concat, viewOf } from './bytes.mjs'

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2

const MAX_VARINT_LENGTH = 10
const MAX_UINT64 = (1n << 64n) - 1n

/** The bytes of a varint in its shortest form, from a number or BigInt of 0 to 2^64 - 1. */
export function varint (value) {
  const bytes = []
  let rest = BigInt(value)
  if (rest < 0n || rest > MAX_UINT64) {
    throw new RangeError(`${value} is no 64-bit number.`)
  }
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

/** The bytes of tag and varint. */
export function varintField (number, value) {
  return concat(varint(number << 3 | VARINT), varint(value))
}

/** The bytes of tag and eight bytes, little-endian. */
export function fixed64Field (number, value) {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setBigUint64(0, BigInt(value), true)
  return concat(varint(number << 3 | FIXED64), bytes)
}

/** The bytes of tag, length and bytes. */
export function bytesField (number, value) {
  return concat(varint(number << 3 | BYTES), varint(value.length), value)
}

/**
 * Reads varint off the start of an array: `{ value, length }`, the value a BigInt, or null when it is cut short or longer
 * than 64 bits. `isMinimal` says whether it is in its shortest form.
 */
export function readVarint (bytes, offset = 0) {
  let value = 0n
  for (let i = 0; i < MAX_VARINT_LENGTH && offset + i < bytes.length; i++) {
    const part = bytes[offset + i]
    if (i === MAX_VARINT_LENGTH - 1 && part > 1) {
      return null
    }
    value |= BigInt(part & 0x7f) << BigInt(7 * i)
    if (part < 0x80) {
      return { value, length: i + 1, isMinimal: part !== 0 || i === 0 }
    }
  }
  return null
}

/** Thrown by CanonicalReader, and only by it: the bytes are not the canonical form of what is read. */
export class NonCanonicalError extends Error {
  name = 'NonCanonicalError'
}

/** Reads fields in their canonical form off the front of an array. */
export class CanonicalReader {
  #bytes
  #offset = 0

  constructor (bytes) {
    this.#bytes = bytes
  }

  /** How many bytes are read. */
  get offset () { return this.#offset }

  /** Whether everything is read. */
  get isAtEnd () { return this.#offset === this.#bytes.length }

  /** A varint field of at most `max`, as a BigInt. */
  varint (number, max = MAX_UINT64) {
    this.#tag(number, VARINT)
    return this.#varint(max)
  }

  /** A field of eight bytes, little-endian, as a BigInt. */
  fixed64 (number) {
    this.#tag(number, FIXED64)
    return viewOf(this.#take(8)).getBigUint64(0, true)
  }

  /** A field of `min` to `max` bytes, as a view into the array. */
  bytes (number, min, max = min) {
    this.#tag(number, BYTES)
    const length = Number(this.#varint(BigInt(max)))
    return length < min ? refuse(`field ${number} is of ${length} bytes`) : this.#take(length)
  }

  /** Refuses what is left. */
  end () {
    if (!this.isAtEnd) {
      refuse('something follows the last field')
    }
  }

  // Field numbers here are below 16, so a tag is one byte.
  #tag (number, type) {
    if (this.#bytes[this.#offset] !== (number << 3 | type)) {
      refuse(`field ${number} is missing`)
    }
    this.#offset++
  }

  #varint (max) {
    const read = readVarint(this.#bytes, this.#offset)
    if (read == null || !read.isMinimal || read.value > max) {
      refuse('a number is too large or not in its shortest form')
    }
    this.#offset += read.length
    return read.value
  }

  #take (length) {
    if (length > this.#bytes.length - this.#offset) {
      refuse('it is cut short')
    }
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }
}

function refuse (reason) {
  throw new NonCanonicalError(`Not the canonical form: ${reason}.`)
}
