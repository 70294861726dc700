// Who speaks for a relay, and what it promises: relay.proto and the acceptances of push.proto.
import { equal, toHex } from './bytes.mjs'
import { messageIdOf, readEnvelope } from './envelope.mjs'
import { KEY_LENGTH, LABELS, SIGNATURE_LENGTH, verify } from './keys.mjs'
import { merkleRoot } from './merkle.mjs'
import * as proto from './proto.mjs'
import { shardOf } from './topic.mjs'

export const MAX_DELEGATION_LENGTH = 256
export const MAX_ACCEPTANCE_LENGTH = 256
export const LOG_LENGTH = 16

const EPOCH_MS = 3_600_000n
const IDENTITY_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

export const SignedDelegation = proto.message({ delegation: [1, proto.bytes], signature: [2, proto.bytes] })

export const Delegation = proto.message({
  network: [1, proto.string],
  relayId: [2, proto.bytes],
  gatewayKey: [3, proto.bytes],
  notBeforeMs: [4, proto.fixed64],
  notAfterMs: [5, proto.fixed64]
})

export const SignedAcceptance = proto.message({ acceptance: [1, proto.bytes], signature: [2, proto.bytes] })

export const Acceptance = proto.message({
  network: [1, proto.string],
  relayId: [2, proto.bytes],
  gatewayKey: [3, proto.bytes],
  shard: [4, proto.uint32],
  log: [5, proto.bytes],
  count: [6, proto.uint32],
  root: [7, proto.bytes],
  acceptedAtMs: [8, proto.fixed64],
  includeByEpoch: [9, proto.uint64]
})

/** What a relay says does not hold. A device that meets this uses another relay, and keeps what it got as proof. */
export class RelayError extends Error {
  name = 'RelayError'

  /** @param {string} code such as `bad-delegation`, stable */
  constructor (code, message) {
    super(message)
    this.code = code
  }
}

/** The Ed25519 key inside a PeerId that contains it; null for other kinds of PeerId. */
export function keyOfPeer (peerId) {
  const { bytes } = peerId.toMultihash()
  const isEd25519 = bytes.length === IDENTITY_PREFIX.length + KEY_LENGTH &&
    equal(bytes.subarray(0, IDENTITY_PREFIX.length), IDENTITY_PREFIX)
  return isEd25519 ? bytes.slice(IDENTITY_PREFIX.length) : null
}

/**
 * Checks that a relay delegated to the gateway one talks to.
 *
 * @param {{ delegation: Uint8Array, signature: Uint8Array } | null} signed
 * @param {object} expected
 * @param {string} expected.network
 * @param {Uint8Array} expected.gatewayKey the key of the remote PeerId
 * @param {number} expected.now Unix milliseconds
 * @returns {object} the Delegation
 * @throws {RelayError} `bad-delegation`
 */
export function verifyDelegation (signed, { network, gatewayKey, now }) {
  const require = (condition, reason) => requireThat(condition, 'bad-delegation', reason)
  require(signed != null, 'There is no delegation.')
  require(signed.delegation.length <= MAX_DELEGATION_LENGTH, 'The delegation is too long.')
  const delegation = decode(Delegation, signed.delegation, 'bad-delegation')
  require(delegation.relayId.length === KEY_LENGTH, 'The RelayId is not 32 bytes long.')
  require(delegation.network === network, `The delegation is for network ${delegation.network}, not ${network}.`)
  require(gatewayKey != null && equal(delegation.gatewayKey, gatewayKey), 'The delegation is for another gateway.')
  require(isWithin(delegation, BigInt(now)), 'The delegation is not valid now.')
  require(signed.signature.length === SIGNATURE_LENGTH &&
    verify(delegation.relayId, LABELS.delegation, signed.delegation, signed.signature), 'The relay did not sign its delegation.')
  return delegation
}

/**
 * Checks that a gateway promised to keep exactly these messages.
 *
 * @param {{ acceptance: Uint8Array, signature: Uint8Array } | null} signed
 * @param {object} delegation of the gateway, verified
 * @param {Uint8Array[]} envelopes those accepted, in the order of the reply
 * @param {number} shardBits
 * @returns {object} the Acceptance
 * @throws {RelayError} `bad-acceptance`
 */
export function verifyAcceptance (signed, delegation, envelopes, shardBits) {
  const require = (condition, reason) => requireThat(condition, 'bad-acceptance', reason)
  require(signed != null, 'There is no acceptance of what was accepted.')
  require(signed.acceptance.length <= MAX_ACCEPTANCE_LENGTH, 'The acceptance is too long.')
  const acceptance = decode(Acceptance, signed.acceptance, 'bad-acceptance')
  require(acceptance.network === delegation.network, `The acceptance is of network ${acceptance.network}.`)
  require(equal(acceptance.relayId, delegation.relayId), 'The acceptance is of another relay.')
  require(equal(acceptance.gatewayKey, delegation.gatewayKey), 'The acceptance is of another gateway.')
  require(acceptance.log.length === LOG_LENGTH, 'The log id is not 16 bytes long.')
  require(isWithin(delegation, acceptance.acceptedAtMs), 'The acceptance was signed outside the time of the delegation.')
  require(acceptance.includeByEpoch >= acceptance.acceptedAtMs / EPOCH_MS, 'The acceptance names an epoch that was over.')
  require(acceptance.count === envelopes.length, `The acceptance counts ${acceptance.count}, the reply ${envelopes.length}.`)
  require(envelopes.every(bytes => shardOfEnvelope(bytes, shardBits) === acceptance.shard),
    `Shard ${acceptance.shard} does not hold all the messages.`)
  require(equal(acceptance.root, merkleRoot(envelopes.map(messageIdOf))), 'The root is not that of the accepted messages.')
  require(signed.signature.length === SIGNATURE_LENGTH &&
    verify(delegation.gatewayKey, LABELS.acceptance, signed.acceptance, signed.signature), 'The gateway did not sign the acceptance.')
  return acceptance
}

/** The cursor as people write it: log id in hexadecimal, a colon, the sequence. */
export function cursorText (cursor) {
  return cursor == null ? null : `${toHex(cursor.log)}:${cursor.sequence}`
}

function isWithin ({ notBeforeMs, notAfterMs }, time) {
  return time >= notBeforeMs && time <= notAfterMs
}

function shardOfEnvelope (bytes, shardBits) {
  const { envelope } = readEnvelope(bytes)
  return envelope == null ? null : shardOf(envelope.topicTag, shardBits)
}

function decode (codec, bytes, code) {
  try {
    return codec.decode(bytes)
  } catch (error) {
    throw new RelayError(code, error.message)
  }
}

function requireThat (condition, code, reason) {
  if (!condition) {
    throw new RelayError(code, reason)
  }
}
