// What a gossip peer does with a message of a shard, by src/DChat.Core/Protocol/gossip.md: takes it and passes it on ('accept'),
// drops it and holds it against the forwarder ('reject'), or just drops it ('ignore'). Reject only what no honest peer
// forwards, or honest ones get expelled.
import { MAX_AHEAD_MS } from './clock.mjs'
import { millisecondsOf, readEnvelope, RETENTION, verifyEnvelope } from './envelope.mjs'
import { shardOf } from './topic.mjs'

/** How old a gossiped message may be, in milliseconds. */
export const MAX_AGE_MS = 24 * 60 * 60 * 1000

const REJECTED = new Set(['oversized', 'non-canonical', 'wrong-network', 'wrong-shard', 'bad-signature'])

/**
 * Judges the data of a gossip message, cheapest check first.
 *
 * @param {Uint8Array} bytes
 * @param {{ network: string, shardBits: number, shard: number, now: number }} where the shard it came for, and Unix
 * milliseconds
 * @returns {{ verdict: 'accept' | 'reject' | 'ignore', code: string }} the code says why; `none` when accepted
 */
export function judge (bytes, where) {
  const code = codeOf(bytes, where)
  return { verdict: code === 'none' ? 'accept' : REJECTED.has(code) ? 'reject' : 'ignore', code }
}

function codeOf (bytes, { network, shardBits, shard, now }) {
  const { code, envelope } = readEnvelope(bytes)
  if (code !== 'none') {
    return code
  }
  if (envelope.network !== network) {
    return 'wrong-network'
  }
  if (shardOf(envelope.topicTag, shardBits) !== shard) {
    return 'wrong-shard'
  }
  if (envelope.retention > RETENTION.thirtyDays) {
    return envelope.permit.length === 0 ? 'permit-required' : 'permit-invalid'
  }
  const age = now - millisecondsOf(envelope.hlc)
  if (age < -MAX_AHEAD_MS) {
    return 'timestamp-ahead'
  }
  if (age > MAX_AGE_MS) {
    return 'stale'
  }
  return verifyEnvelope(envelope) ? 'none' : 'bad-signature'
}

/**
 * The gossipsub validator of one shard; set it as the topic's in `topicValidators`.
 *
 * @param {object} options
 * @param {string} options.network
 * @param {number} options.shardBits
 * @param {number} options.shard
 * @param {() => number} [options.now] Unix milliseconds
 * @param {(judged: { peer: string, verdict: string, code: string }) => void} [options.onJudged] for metrics
 */
export function shardValidator ({ network, shardBits, shard, now = Date.now, onJudged = () => {} }) {
  return (peerId, message) => {
    const { verdict, code } = judge(message.data, { network, shardBits, shard, now: now() })
    onJudged({ peer: peerId.toString(), verdict, code })
    return verdict
  }
}
