// gossipsub as DChat uses it: StrictNoSign, because the envelope carries its own signature and a second would name the
// publisher; and one message id that every implementation computes alike.
import { gossipsub } from '@libp2p/gossipsub'
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, utf8 } from './bytes.mjs'
import { gossipTopic } from './topic.mjs'

const ID_LENGTH = 20

// Many peers of one address are no attack on the loopback address.
const LOOPBACK = new Set(['127.0.0.1', '::1'])

// In a quiet chat nobody delivers anything: only first and invalid deliveries count.
const SCORED = createTopicScoreParams({ meshMessageDeliveriesWeight: 0, meshFailurePenaltyWeight: 0 })

/** The gossip message id: the first 20 bytes of SHA-256(topic ‖ data). */
export function gossipMessageId (topic, data) {
  return sha256(concat(utf8(topic), data)).subarray(0, ID_LENGTH)
}

/**
 * The gossipsub service for a network.
 *
 * @param {object} network
 * @param {string} network.network
 * @param {number} network.shardBits
 * @param {object} [overrides] further options of @libp2p/gossipsub
 */
export function chatGossip ({ network, shardBits }, overrides = {}) {
  const shards = Array.from({ length: 1 << shardBits }, (_, shard) => gossipTopic(network, shardBits, shard))
  return gossipsub({
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: ({ topic, data }) => gossipMessageId(topic, data),
    // What others subscribe to here costs memory.
    allowedTopics: shards,
    ignoreDuplicatePublishError: true,
    scoreParams: {
      topics: Object.fromEntries(shards.map(topic => [topic, SCORED])),
      IPColocationFactorWhitelist: LOOPBACK
    },
    ...overrides
  })
}
