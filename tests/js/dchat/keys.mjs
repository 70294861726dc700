// Every use of a key has a label, so that what is made for one purpose never serves another. A label is ASCII and ends in a
// zero byte. Derived keys: HKDF-SHA256 without salt, 32 bytes, info = label ‖ context. Signatures: Ed25519 over
// label ‖ message.
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, utf8 } from './bytes.mjs'
import { KEY_LENGTH, signBytes, verifyBytes } from './signatures.mjs'

export { KEY_LENGTH, publicKeyOf, SIGNATURE_LENGTH } from './signatures.mjs'

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

/** Signs label ‖ message. */
export function sign (seed, purpose, message) {
  return signBytes(seed, concat(purpose, message))
}

/** Whether the key signed label ‖ message. */
export function verify (publicKey, purpose, message, signature) {
  return verifyBytes(publicKey, concat(purpose, message), signature)
}
