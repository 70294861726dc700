// Every use of a key has a label, so that what is made for one purpose never serves another. A label is ASCII and ends in a
// zero byte. Derived keys: HKDF-SHA256 without salt, 32 bytes, info = label ‖ context. Signatures: Ed25519 over
// label ‖ message.
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concat, toHex, utf8 } from './bytes.mjs'

const { Point } = ed25519

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
 * Whether the key signed label ‖ message, by the rule of envelope.proto. Libraries differ in signatures that no honest signer
 * makes, and everybody must come to the same answer, or peers would punish each other for forwarding what only one of them
 * takes: so this does not use `ed25519.verify`, which multiplies by the cofactor.
 */
export function verify (publicKey, purpose, message, signature) {
  const encodedR = signature.subarray(0, KEY_LENGTH)
  const s = toNumber(signature.subarray(KEY_LENGTH))
  const { BASE, Fn } = Point
  if (publicKey.length !== KEY_LENGTH || signature.length !== SIGNATURE_LENGTH || s >= Fn.ORDER) {
    return false
  }
  try {
    const key = Point.fromBytes(publicKey)
    const r = Point.fromBytes(encodedR)
    const challenge = toNumber(sha512(concat(encodedR, publicKey, purpose, message))) % Fn.ORDER
    return !key.isSmallOrder() && !r.isSmallOrder() &&
      BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge)).equals(r)
  } catch {
    return false // No point of the curve, or not in its canonical encoding.
  }
}

/** The number that bytes spell, little-endian. */
function toNumber (bytes) {
  return BigInt('0x' + toHex(bytes.toReversed()))
}
