// The envelope: the signed, sealed, immutable unit of chat, read and written to the byte as
// src/DChat.Core/Protocol/envelope.proto says. Exactly one byte string encodes an envelope, so its hash names the message.
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, toHex, utf8 } from './bytes.mjs'
import { LABELS, SIGNATURE_LENGTH, sign, verify } from './keys.mjs'
import { bytesField, CanonicalReader, fixed64Field, NonCanonicalError, varintField } from './wire.mjs'

/** The longest envelope in bytes, signature included. */
export const MAX_ENVELOPE_LENGTH = 60 * 1024

export const VERSION = 1
export const TAG_LENGTH = 16
export const NONCE_LENGTH = 24
export const MAX_NETWORK_LENGTH = 32
export const MAX_PERMIT_LENGTH = 128

/** How long relays keep a message; the two longest need a permit. */
export const RETENTION = Object.freeze({ oneDay: 1, sevenDays: 2, thirtyDays: 3, oneYear: 4, permanent: 5 })

const NETWORK_NAME = /^[a-z0-9][a-z0-9._-]*$/
const KEY_LENGTH = 32
const SEAL_LENGTH = 16
const MAX_UINT32 = 0xffff_ffffn
const MAX_ENUM = 0x7fff_ffffn

// Field numbers of EnvelopeBody, in the order of the wire.
const F = Object.freeze({
  version: 1,
  network: 2,
  topicTag: 3,
  authorKey: 4,
  sequence: 5,
  hlc: 6,
  retention: 7,
  keyGeneration: 8,
  nonce: 9,
  ciphertext: 10,
  permit: 11
})

/** Whether a text is a network name: 1 to 32 of a-z 0-9 - . _ and the first a letter or digit. */
export function isNetworkName (name) {
  return name.length <= MAX_NETWORK_LENGTH && NETWORK_NAME.test(name)
}

/**
 * @typedef {object} Envelope
 * @property {string} network
 * @property {Uint8Array} topicTag 16 bytes
 * @property {Uint8Array} authorKey 32 bytes
 * @property {bigint} sequence from 1
 * @property {bigint} hlc milliseconds in the top 48 bits, a counter in the low 16
 * @property {number} retention see RETENTION
 * @property {number} keyGeneration
 * @property {Uint8Array} nonce 24 bytes
 * @property {Uint8Array} ciphertext
 * @property {Uint8Array} permit empty when absent
 * @property {Uint8Array} associated what the seal covers besides the plaintext: the body without its ciphertext
 * @property {Uint8Array} body what the signature covers
 * @property {Uint8Array} signature 64 bytes
 */

/**
 * Reads an envelope in its canonical form; does not verify the signature.
 *
 * @param {Uint8Array} bytes the envelope and nothing else
 * @returns {{ code: string, envelope: Envelope | null }} the code is `none`, or why there is no envelope: `oversized`,
 * `non-canonical`, `unknown-version` (nothing but the outer form and the version was looked at) or `unknown-class`
 * (everything else is canonical)
 */
export function readEnvelope (bytes) {
  if (bytes.length > MAX_ENVELOPE_LENGTH) {
    return { code: 'oversized', envelope: null }
  }
  try {
    return readOuter(bytes)
  } catch (error) {
    if (error instanceof NonCanonicalError) {
      return { code: 'non-canonical', envelope: null }
    }
    throw error
  }
}

function readOuter (bytes) {
  const outer = new CanonicalReader(bytes)
  const body = outer.bytes(1, 0, MAX_ENVELOPE_LENGTH)
  const signature = outer.bytes(2, SIGNATURE_LENGTH)
  outer.end()

  const reader = new CanonicalReader(body)
  if (reader.varint(F.version, MAX_UINT32) !== BigInt(VERSION)) {
    return { code: 'unknown-version', envelope: null }
  }
  const envelope = { ...readBody(reader, body), body, signature }
  const isKnown = envelope.retention >= RETENTION.oneDay && envelope.retention <= RETENTION.permanent
  return isKnown ? { code: 'none', envelope } : { code: 'unknown-class', envelope: null }
}

function readBody (reader, body) {
  const network = String.fromCharCode(...reader.bytes(F.network, 1, MAX_NETWORK_LENGTH))
  if (!isNetworkName(network)) {
    throw new NonCanonicalError('Not a network name.')
  }
  const topicTag = reader.bytes(F.topicTag, TAG_LENGTH)
  const authorKey = reader.bytes(F.authorKey, KEY_LENGTH)
  const sequence = reader.varint(F.sequence)
  if (sequence === 0n) {
    throw new NonCanonicalError('Sequences start from 1.')
  }
  const hlc = reader.fixed64(F.hlc)
  const retention = Number(reader.varint(F.retention, MAX_ENUM))
  const keyGeneration = Number(reader.varint(F.keyGeneration, MAX_UINT32))
  const nonce = reader.bytes(F.nonce, NONCE_LENGTH)
  const header = body.subarray(0, reader.offset)
  const ciphertext = reader.bytes(F.ciphertext, SEAL_LENGTH, MAX_ENVELOPE_LENGTH)
  const encodedPermit = body.subarray(reader.offset)
  const permit = reader.isAtEnd ? new Uint8Array() : reader.bytes(F.permit, 1, MAX_PERMIT_LENGTH)
  reader.end()
  const associated = concat(header, encodedPermit)
  return { network, topicTag, authorKey, sequence, hlc, retention, keyGeneration, nonce, ciphertext, permit, associated }
}

/**
 * Writes and signs an envelope.
 *
 * @param {object} fields as in Envelope; `permit` may be left out
 * @param {(associated: Uint8Array) => Uint8Array} seal makes the ciphertext, given what it must also cover
 * @param {Uint8Array} authorSeed the RFC 8032 seed of the author key
 * @throws {RangeError} a field is out of its range
 */
export function writeEnvelope (fields, seal, authorSeed) {
  const header = concat(
    varintField(F.version, VERSION),
    bytesField(F.network, utf8(fields.network)),
    bytesField(F.topicTag, fields.topicTag),
    bytesField(F.authorKey, fields.authorKey),
    varintField(F.sequence, fields.sequence),
    fixed64Field(F.hlc, fields.hlc),
    varintField(F.retention, fields.retention),
    varintField(F.keyGeneration, fields.keyGeneration),
    bytesField(F.nonce, fields.nonce)
  )
  const permit = fields.permit?.length > 0 ? bytesField(F.permit, fields.permit) : new Uint8Array()
  const body = concat(header, bytesField(F.ciphertext, seal(concat(header, permit))), permit)
  const bytes = concat(bytesField(1, body), bytesField(2, sign(authorSeed, LABELS.envelope, body)))
  const { code } = readEnvelope(bytes)
  if (code !== 'none') {
    throw new RangeError(`No envelope can have these fields: ${code}.`)
  }
  return bytes
}

/** Whether the author key signed the body. */
export function verifyEnvelope (envelope) {
  return verify(envelope.authorKey, LABELS.envelope, envelope.body, envelope.signature)
}

/** The message's id: 32 bytes, SHA-256 of the envelope bytes as carried. */
export function messageIdOf (bytes) {
  return sha256(bytes)
}

/** The message's id in hexadecimal digits. */
export function messageIdText (bytes) {
  return toHex(sha256(bytes))
}

/** The Unix milliseconds of a hybrid logical timestamp. */
export function millisecondsOf (hlc) {
  return Number(hlc >> 16n)
}
