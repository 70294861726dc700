// Ordinary protobuf (proto3) for the messages of push.proto, fetch.proto and relay.proto: whatever spelling comes is read,
// unknown fields are passed over, and absent fields have their default. Numbers of 64 bits are BigInts.
import { concat, utf8, viewOf } from './bytes.mjs'
import { BYTES, bytesField, FIXED64, fixed64Field, readVarint, VARINT, varintField } from './wire.mjs'

const FIXED32 = 5
const STRICT_UTF8 = { fatal: true, ignoreBOM: true }

/** The bytes are no protobuf message of this type. */
export class MalformedError extends Error {
  name = 'MalformedError'
}

// What a field holds: its wire type, its default, and how it is written and read.
export const uint32 = { type: VARINT, empty: () => 0, write: varintField, read: value => Number(BigInt.asUintN(32, value)) }
export const uint64 = { type: VARINT, empty: () => 0n, write: varintField, read: value => value }
export const bool = { type: VARINT, empty: () => false, write: (n, value) => varintField(n, value ? 1 : 0), read: value => value !== 0n }
export const fixed64 = { type: FIXED64, empty: () => 0n, write: fixed64Field, read: value => value }
export const bytes = { type: BYTES, empty: () => new Uint8Array(), write: bytesField, read: value => value }
export const string = { type: BYTES, empty: () => '', write: (n, value) => bytesField(n, utf8(value)), read: decodeText }

/** A message inside a message; null when absent. */
export function nested (codec) {
  return {
    type: BYTES,
    empty: () => null,
    write: (number, value) => bytesField(number, codec.encode(value)),
    read: value => codec.decode(value)
  }
}

/** Any number of a field, in order. */
export function repeated (kind) {
  return { ...kind, isRepeated: true, empty: () => [] }
}

/** A field of a oneof: there even when it has its default; null when absent. */
export function optional (kind) {
  return { ...kind, empty: () => null }
}

/**
 * The codec of a message.
 *
 * @param {Record<string, [number, object]>} schema each field's number and kind, in the order of the numbers
 */
export function message (schema) {
  const byNumber = new Map(Object.entries(schema).map(([name, [number, kind]]) => [number, { name, kind }]))
  return {
    encode: value => concat(...Object.entries(schema).flatMap(([name, [number, kind]]) => encodeField(number, kind, value[name]))),
    decode: data => {
      const result = Object.fromEntries(Object.entries(schema).map(([name, [, kind]]) => [name, kind.empty()]))
      for (const { number, type, value } of fieldsOf(data)) {
        const field = byNumber.get(number)
        if (field == null || field.kind.type !== type) {
          continue
        }
        const read = field.kind.read(value)
        if (field.kind.isRepeated) {
          result[field.name].push(read)
        } else {
          result[field.name] = read
        }
      }
      return result
    }
  }
}

function encodeField (number, kind, value) {
  if (kind.isRepeated) {
    return (value ?? []).map(item => kind.write(number, item))
  }
  const empty = kind.empty()
  const isDefault = value == null || value === empty || (empty?.length === 0 && value.length === 0)
  return isDefault ? [] : [kind.write(number, value)]
}

function * fieldsOf (data) {
  let offset = 0
  const varint = () => {
    const read = readVarint(data, offset) ?? malformed('a number is cut short')
    offset += read.length
    return read.value
  }
  const take = length => {
    if (length > data.length - offset) {
      malformed('a field is cut short')
    }
    offset += length
    return data.subarray(offset - length, offset)
  }
  while (offset < data.length) {
    const tag = varint()
    const type = Number(tag & 7n)
    const number = Number(tag >> 3n)
    if (number === 0) {
      malformed('there is no field 0')
    }
    switch (type) {
      case VARINT:
        yield { number, type, value: varint() }
        break
      case FIXED64:
        yield { number, type, value: viewOf(take(8)).getBigUint64(0, true) }
        break
      case BYTES:
        yield { number, type, value: take(Number(varint())) }
        break
      case FIXED32:
        take(4)
        break
      default:
        malformed(`wire type ${type} is not in use`)
    }
  }
}

function decodeText (value) {
  try {
    return new TextDecoder('utf-8', STRICT_UTF8).decode(value)
  } catch {
    return malformed('a text is not UTF-8')
  }
}

function malformed (reason) {
  throw new MalformedError(`Not a message of this type: ${reason}.`)
}
