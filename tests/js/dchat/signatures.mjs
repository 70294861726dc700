// Ed25519 (RFC 8032), verified by the rule of envelope.proto. Libraries differ in signatures that no honest signer makes, and
// everybody must come to the same answer, or peers would punish each other for forwarding what only one of them takes: so
// this does not use `ed25519.verify` of @noble/curves, which multiplies by the cofactor.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, toHex } from './bytes.mjs'

export const KEY_LENGTH = 32
export const SIGNATURE_LENGTH = 64

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const PRIME = Point.Fp.ORDER

// The eight points of small order are the multiples of this one. They come in pairs that differ in the sign of x.
const ORDER_8 = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
const SMALL_ORDER_Y = new Set(Array.from({ length: 8 }, (_, i) => toNumber(withoutSign(ORDER_8.multiplyUnsafe(BigInt(i)).toBytes()))))

// What comes before a raw key in a SubjectPublicKeyInfo (RFC 8410).
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)

// Node has OpenSSL, which is ten times faster. Browsers have no such thing that answers at once.
const native = globalThis.process?.getBuiltinModule?.('node:crypto') ?? null

/** The public key of a 32-byte seed. */
export function publicKeyOf (seed) {
  return ed25519.getPublicKey(seed)
}

/** The signature of a message by the key of a seed. */
export function signBytes (seed, message) {
  return ed25519.sign(message, seed)
}

/** Whether the key signed the message. */
export function verifyBytes (publicKey, message, signature) {
  return native == null ? verifyPortably(publicKey, message, signature) : verifyNatively(publicKey, message, signature)
}

/** As `verifyBytes`, wherever there is JavaScript. Takes about a millisecond. */
export function verifyPortably (publicKey, message, signature) {
  if (!isSound(publicKey, signature)) {
    return false
  }
  const encodedR = signature.subarray(0, KEY_LENGTH)
  try {
    const key = Point.fromBytes(publicKey)
    const r = Point.fromBytes(encodedR)
    const s = toNumber(signature.subarray(KEY_LENGTH))
    const challenge = toNumber(sha512(concat(encodedR, publicKey, message))) % ORDER
    return Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge)).equals(r)
  } catch {
    return false // No point of the curve.
  }
}

/** As `verifyBytes`, by Node's OpenSSL: it has no cofactor either, but takes keys and nonces of small order. */
export function verifyNatively (publicKey, message, signature) {
  if (!isSound(publicKey, signature)) {
    return false
  }
  try {
    const key = native.createPublicKey({ key: concat(SPKI_PREFIX, publicKey), format: 'der', type: 'spki' })
    return native.verify(null, message, key, signature)
  } catch {
    return false // No point of the curve.
  }
}

/** Lengths, a reduced scalar, and key and nonce in their canonical encoding and not of small order. */
function isSound (publicKey, signature) {
  return publicKey.length === KEY_LENGTH && signature.length === SIGNATURE_LENGTH &&
    toNumber(signature.subarray(KEY_LENGTH)) < ORDER &&
    isSoundPoint(publicKey) && isSoundPoint(signature.subarray(0, KEY_LENGTH))
}

function isSoundPoint (encoded) {
  const y = toNumber(withoutSign(encoded))
  return y < PRIME && !SMALL_ORDER_Y.has(y)
}

function withoutSign (encoded) {
  const bytes = Uint8Array.from(encoded)
  bytes[KEY_LENGTH - 1] &= 0x7f
  return bytes
}

/** The number that bytes spell, little-endian. */
function toNumber (bytes) {
  return BigInt('0x' + toHex(bytes.toReversed()))
}
