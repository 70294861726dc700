// Signed statements: statement.proto. What one key states to a network, signed under a label for its type.
import { concat, equal, utf8 } from './bytes.mjs'
import { SIGNATURE_LENGTH, sign, verify } from './keys.mjs'
import * as proto from './proto.mjs'

export const SignedStatement = proto.message({
  network: [1, proto.string],
  statement: [2, proto.bytes],
  signature: [3, proto.bytes]
})

/**
 * Signs an encoded statement.
 *
 * @param {Uint8Array} seed of the key that the statement names as its signer
 * @param {Uint8Array} label one of LABELS
 * @param {string} network
 * @param {Uint8Array} statement in its canonical form
 */
export function signStatement (seed, label, network, statement) {
  return { network, statement, signature: sign(seed, label, signedBytes(network, statement)) }
}

/**
 * Reads a signed statement and checks everything that holds for all of them.
 *
 * @param {{ network: string, statement: Uint8Array, signature: Uint8Array }} signed
 * @param {object} type
 * @param {Uint8Array} type.label one of LABELS
 * @param {object} type.codec
 * @param {number} type.maxLength in bytes
 * @param {(statement: object) => Uint8Array} type.signerOf the key that must have signed
 * @param {string} network in which it must hold
 * @returns {{ statement: object } | { reason: string }} the statement, or why it does not hold
 */
export function openStatement (signed, { label, codec, maxLength, signerOf }, network) {
  if (signed.statement.length > maxLength) {
    return { reason: 'is too long' }
  }
  if (signed.network !== network) {
    return { reason: `is for network ${signed.network}, not ${network}` }
  }
  let statement
  try {
    statement = codec.decode(signed.statement)
  } catch (error) {
    return { reason: `is malformed: ${error.message}` }
  }
  if (!equal(codec.encode(statement), signed.statement)) {
    return { reason: 'is not in its canonical form' }
  }
  return signed.signature.length === SIGNATURE_LENGTH &&
    verify(signerOf(statement), label, signedBytes(network, signed.statement), signed.signature)
    ? { statement }
    : { reason: 'is not signed by the key that it names' }
}

function signedBytes (network, statement) {
  const name = utf8(network)
  return concat(Uint8Array.of(name.length), name, statement)
}
