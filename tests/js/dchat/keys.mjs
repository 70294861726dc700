// Every use of a key has a label, so that what is made for one purpose never serves another. A label is ASCII and ends in a
// zero byte. Derived keys: HKDF-SHA256 without salt, 32 bytes, info = label ‖ context. Signatures: Ed25519 over
// label ‖ message.
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, utf8 } from './bytes.mjs'

export const KEY_LENGTH = 32
export const SIGNATURE_LENGTH = 64

const label = name => utf8(`DCHAT-${name}-V1\0`)

export const LABELS = Object.freeze({
  publicTopicSecret: label('PUBLIC-TOPIC-SECRET'),
  routingKey: label('ROUTING-KEY'),
  payloadKey: label('PAYLOAD-KEY'),
  authorSeed: label('AUTHOR-SEED'),
  authorCertificate: label('AUTHOR-CERTIFICATE'),
  envelope: label('ENVELOPE'),
  invite: label('INVITE'),
  delegation: label('DELEGATION'),
  acceptance: label('ACCEPTANCE')
})

/** 32 bytes derived from a secret for one purpose. */
export function derive (secret, purpose, context = new Uint8Array()) {
  return hkdf(sha256, secret, undefined, concat(purpose, context), KEY_LENGTH)
}

/** The public key of a 32-byte RFC 8032 seed. */
export function publicKeyOf (seed) {
  return ed25519.getPublicKey(seed)
}

/** Signs label ‖ message. */
export function sign (seed, purpose, message) {
  return ed25519.sign(concat(purpose, message), seed)
}

/**
 * Whether the key signed label ‖ message, by the rule of envelope.proto. Everybody must come to the same answer, or peers
 * would punish each other for forwarding what only one of them takes.
 */
export function verify (publicKey, purpose, message, signature) {
  try {
    return !isSmallOrder(signature.subarray(0, KEY_LENGTH)) &&
      ed25519.verify(signature, concat(purpose, message), publicKey, { zip215: false })
  } catch {
    return false
  }
}

function isSmallOrder (encodedPoint) {
  return ed25519.Point.fromBytes(encodedPoint, false).isSmallOrder()
}
