// Who speaks for a relay, and what it promises: relay.proto and the acceptances of push.proto, as signed statements.
import { equal, toHex } from './bytes.mjs'
import { messageIdOf, readEnvelope } from './envelope.mjs'
import { KEY_LENGTH, LABELS } from './keys.mjs'
import { merkleRoot } from './merkle.mjs'
import * as proto from './proto.mjs'
import { openStatement } from './statement.mjs'
import { shardOf } from './topic.mjs'

export const MAX_DELEGATION_LENGTH = 256
export const MAX_ACCEPTANCE_LENGTH = 256
export const LOG_LENGTH = 16

const EPOCH_MS = 3_600_000n
const IDENTITY_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

export const Delegation = proto.message({
  relayId: [1, proto.bytes],
  gatewayKey: [2, proto.bytes],
  notBeforeMs: [3, proto.fixed64],
  notAfterMs: [4, proto.fixed64]
})

export const Acceptance = proto.message({
  relayId: [1, proto.bytes],
  gatewayKey: [2, proto.bytes],
  shard: [3, proto.uint32],
  log: [4, proto.bytes],
  count: [5, proto.uint32],
  root: [6, proto.bytes],
  acceptedAtMs: [7, proto.fixed64],
  includeByEpoch: [8, proto.uint64]
})

const DELEGATION = {
  label: LABELS.delegation, codec: Delegation, maxLength: MAX_DELEGATION_LENGTH, signerOf: ({ relayId }) => relayId
}
const ACCEPTANCE = {
  label: LABELS.acceptance, codec: Acceptance, maxLength: MAX_ACCEPTANCE_LENGTH, signerOf: ({ gatewayKey }) => gatewayKey
}

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
 * @param {object | null} signed a SignedStatement
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
  const { statement: delegation, reason } = openStatement(signed, DELEGATION, network)
  require(delegation != null, `The delegation ${reason}.`)
  require(delegation.relayId.length === KEY_LENGTH, 'The RelayId is not 32 bytes long.')
  require(gatewayKey != null && equal(delegation.gatewayKey, gatewayKey), 'The delegation is for another gateway.')
  require(isWithin(delegation, BigInt(now)), 'The delegation is not valid now.')
  return delegation
}

/**
 * Checks that a gateway promised to keep exactly these messages.
 *
 * @param {object | null} signed a SignedStatement
 * @param {object} delegation of the gateway, verified
 * @param {string} network
 * @param {Uint8Array[]} envelopes those accepted, in the order of the reply
 * @param {number} shardBits
 * @returns {object} the Acceptance
 * @throws {RelayError} `bad-acceptance`
 */
export function verifyAcceptance (signed, delegation, network, envelopes, shardBits) {
  const require = (condition, reason) => requireThat(condition, 'bad-acceptance', reason)
  require(signed != null, 'There is no acceptance of what was accepted.')
  const { statement: acceptance, reason } = openStatement(signed, ACCEPTANCE, network)
  require(acceptance != null, `The acceptance ${reason}.`)
  require(equal(acceptance.relayId, delegation.relayId), 'The acceptance is of another relay.')
  require(equal(acceptance.gatewayKey, delegation.gatewayKey), 'The acceptance is of another gateway.')
  require(acceptance.log.length === LOG_LENGTH, 'The log id is not 16 bytes long.')
  require(isWithin(delegation, acceptance.acceptedAtMs), 'The acceptance was signed outside the time of the delegation.')
  require(acceptance.includeByEpoch >= acceptance.acceptedAtMs / EPOCH_MS, 'The acceptance names an epoch that was over.')
  require(acceptance.count === envelopes.length, `The acceptance counts ${acceptance.count}, the reply ${envelopes.length}.`)
  require(envelopes.every(bytes => shardOfEnvelope(bytes, shardBits) === acceptance.shard),
    `Shard ${acceptance.shard} does not hold all the messages.`)
  require(equal(acceptance.root, merkleRoot(envelopes.map(messageIdOf))), 'The root is not that of the accepted messages.')
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

function requireThat (condition, code, reason) {
  if (!condition) {
    throw new RelayError(code, reason)
  }
}
