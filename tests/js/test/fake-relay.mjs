// A relay in one process with the tests, as push.proto and fetch.proto want it, that can be told to lie.
import { LABELS, publicKeyOf } from '../dchat/keys.mjs'
import { concat, equal, fromHex } from '../dchat/bytes.mjs'
import { messageIdOf, messageIdText, readEnvelope } from '../dchat/envelope.mjs'
import { FETCH_PROTOCOL, FetchReply, FetchRequest, STATUS } from '../dchat/fetch.mjs'
import { readFrames, sendFrame } from '../dchat/frames.mjs'
import { merkleRoot } from '../dchat/merkle.mjs'
import { createChatNode } from '../dchat/node.mjs'
import { PUSH_PROTOCOL, PushReply, PushRequest, PushWelcome } from '../dchat/push.mjs'
import { Acceptance, Delegation, keyOfPeer } from '../dchat/relay.mjs'
import { signStatement } from '../dchat/statement.mjs'
import { shardOf } from '../dchat/topic.mjs'

export const RELAY_SEED = fromHex('11'.repeat(32))
export const GATEWAY_SEED = fromHex('22'.repeat(32))
export const NETWORK = 'dchat-test'
export const SHARD_BITS = 4

const HOUR = 3_600_000n

/** A delegation that holds, but for what is replaced. */
export function delegate (now, replaced = {}, seed = RELAY_SEED) {
  const { network = NETWORK, ...members } = replaced
  const delegation = Delegation.encode({
    relayId: publicKeyOf(RELAY_SEED),
    gatewayKey: publicKeyOf(GATEWAY_SEED),
    notBeforeMs: BigInt(now) - HOUR,
    notAfterMs: BigInt(now) + HOUR,
    ...members
  })
  return signStatement(seed, LABELS.delegation, network, delegation)
}

/** An acceptance of envelopes that holds, but for what is replaced. */
export function accept (now, envelopes, replaced = {}, seed = GATEWAY_SEED) {
  const { topicTag } = readEnvelope(envelopes[0]).envelope
  const { network = NETWORK, ...members } = replaced
  const acceptance = Acceptance.encode({
    relayId: publicKeyOf(RELAY_SEED),
    gatewayKey: publicKeyOf(GATEWAY_SEED),
    shard: shardOf(topicTag, SHARD_BITS),
    log: new Uint8Array(16).fill(3),
    count: envelopes.length,
    root: merkleRoot(envelopes.map(messageIdOf)),
    acceptedAtMs: BigInt(now),
    includeByEpoch: BigInt(now) / HOUR + 2n,
    ...members
  })
  return signStatement(seed, LABELS.acceptance, network, acceptance)
}

/** Serves push and fetch from memory. `lies` may replace what it says; `answers` holds replies back until it resolves. */
export class FakeRelay {
  log = new Uint8Array(16).fill(3)
  messages = []
  requests = []
  lies = {}
  answers = null
  pageSize = 256

  static async start (options = {}) {
    const relay = new FakeRelay()
    relay.node = await createChatNode({
      network: NETWORK, shardBits: SHARD_BITS, seed: GATEWAY_SEED, listen: ['/ip4/127.0.0.1/tcp/0'], ...options
    })
    if (!equal(keyOfPeer(relay.node.peerId), publicKeyOf(GATEWAY_SEED))) {
      throw new Error('The PeerId does not hold the key of the gateway.')
    }
    await relay.node.handle(PUSH_PROTOCOL, stream => relay.#servePush(stream), { maxInboundStreams: 100 })
    await relay.node.handle(FETCH_PROTOCOL, stream => relay.#serveFetch(stream), { maxInboundStreams: 100 })
    return relay
  }

  get address () { return this.node.getMultiaddrs()[0] }

  /** Makes a message durable; its place, and whether it was there. */
  keep (envelope) {
    const id = messageIdText(envelope)
    const index = this.messages.findIndex(message => message.id === id)
    const { topicTag } = readEnvelope(envelope).envelope
    if (index < 0) {
      const topicSequence = BigInt(this.messages.filter(message => equal(message.topicTag, topicTag)).length + 1)
      this.messages.push({ id, envelope, topicTag, topicSequence })
    }
    const place = index < 0 ? this.messages.length - 1 : index
    return { sequence: BigInt(place + 1), topicSequence: this.messages[place].topicSequence, isDuplicate: index >= 0 }
  }

  #servePush (stream) {
    let next = 0n
    let answering = Promise.resolve()
    sendFrame(stream, PushWelcome.encode({
      network: NETWORK, shardBits: SHARD_BITS, delegation: delegate(Date.now()), ...this.lies.welcome
    })).catch(() => {})
    readFrames(stream, 1024 * 1024, {
      onFrame: frame => {
        const { envelopes } = PushRequest.decode(frame)
        const numbered = envelopes.map(envelope => ({ envelope, number: next++ }))
        this.requests.push(envelopes)
        answering = answering.then(async () => {
          await this.answers
          await sendFrame(stream, PushReply.encode(this.#answer(numbered)))
        }).catch(error => stream.abort(error))
      },
      onEnd: error => { if (error == null) { answering.then(() => stream.close()).catch(() => {}) } }
    })
  }

  // Accepts in reverse order, for the order of an answer is the relay's. What is larger than 2 KiB is over its quota.
  #answer (numbered) {
    const isKept = ({ envelope }) => envelope.length <= 2048
    const kept = numbered.filter(isKept).reverse()
    const accepted = kept.map(({ envelope, number }) => ({ number, ...this.keep(envelope) }))
    const rejected = numbered.filter(item => !isKept(item)).map(({ number }) => ({ number, code: 'over-quota', isTransient: true }))
    const acceptance = kept.length === 0
      ? null
      : accept(Date.now(), kept.map(({ envelope }) => envelope), this.lies.acceptance, this.lies.acceptanceSeed)
    return { acceptance, accepted, rejected, ...this.lies.reply?.(numbered) }
  }

  #serveFetch (stream) {
    let answering = Promise.resolve()
    readFrames(stream, 1024, {
      onFrame: frame => {
        answering = answering.then(() => sendFrame(stream, FetchReply.encode(this.#page(FetchRequest.decode(frame)))))
          .catch(error => stream.abort(error))
      },
      onEnd: error => { if (error == null) { answering.then(() => stream.close()).catch(() => {}) } }
    })
  }

  #page ({ topicTag, after, maxCount }) {
    const head = { log: this.log, sequence: BigInt(this.messages.length) }
    if (after != null && (!equal(after.log, this.log) || after.sequence > head.sequence)) {
      return { status: STATUS.cursorGap, head }
    }
    const messages = this.messages
      .map(({ topicTag, topicSequence, envelope }, i) => ({ topicTag, sequence: BigInt(i + 1), topicSequence, envelope }))
      .filter(message => message.sequence > (after?.sequence ?? 0n) && equal(message.topicTag, topicTag))
      .slice(0, Math.min(maxCount, this.pageSize))
    return { status: STATUS.ok, head, messages, ...this.lies.page?.(messages) }
  }
}

/** The bytes with one bit changed. */
export function damaged (bytes) {
  return concat(bytes.subarray(0, -1), Uint8Array.of(bytes.at(-1) ^ 1))
}
