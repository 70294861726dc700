// The client of /dchat/push/1: hands envelopes to a relay as fast as it takes them, and verifies what it promises about them.
import { MAX_ENVELOPE_LENGTH } from './envelope.mjs'
import { readFrames, sendFrame } from './frames.mjs'
import * as proto from './proto.mjs'
import { keyOfPeer, RelayError, verifyAcceptance, verifyDelegation } from './relay.mjs'
import { SignedStatement } from './statement.mjs'
import { MAX_SHARD_BITS } from './topic.mjs'

export const PUSH_PROTOCOL = '/dchat/push/1'

/** The most envelopes, and bytes of them, in one request. */
export const MAX_REQUEST_ENVELOPES = 256
export const MAX_REQUEST_BYTES = 256 * 1024

/** A relay reads no further when it has this much unanswered, so neither is more sent. */
export const MAX_UNANSWERED_ENVELOPES = 4096
export const MAX_UNANSWERED_BYTES = 4 * 1024 * 1024

/** The longest reply that is read. */
export const MAX_REPLY_LENGTH = 1024 * 1024

const WELCOME_TIMEOUT_MS = 10_000

export const PushWelcome = proto.message({
  network: [1, proto.string],
  shardBits: [2, proto.uint32],
  delegation: [3, proto.nested(SignedStatement)]
})

export const PushRequest = proto.message({ envelopes: [1, proto.repeated(proto.bytes)] })

export const AcceptedEnvelope = proto.message({
  number: [1, proto.uint64],
  sequence: [2, proto.uint64],
  topicSequence: [3, proto.uint64],
  isDuplicate: [4, proto.bool]
})

export const RejectedEnvelope = proto.message({
  number: [1, proto.uint64],
  code: [2, proto.string],
  isTransient: [3, proto.bool]
})

export const PushReply = proto.message({
  acceptance: [1, proto.nested(SignedStatement)],
  accepted: [2, proto.repeated(proto.nested(AcceptedEnvelope))],
  rejected: [3, proto.repeated(proto.nested(RejectedEnvelope))]
})

/** The stream ended before an envelope was answered. That says nothing of the envelope: send the same bytes again. */
export class PushLostError extends Error {
  name = 'PushLostError'
}

/** One push stream. Made by `PushClient.open`. */
export class PushClient {
  #stream
  #welcomed = Promise.withResolvers()
  #hasWelcome = false
  #finished = Promise.withResolvers()
  #isOver = false
  #failure = null
  #queue = []
  #writing = null
  #sent = 0n
  #unanswered = new Map()
  #unansweredBytes = 0
  #room = []

  constructor (stream) {
    this.#stream = stream
    readFrames(stream, MAX_REPLY_LENGTH, { onFrame: frame => this.#onFrame(frame), onEnd: error => this.#onEnd(error) })
  }

  /**
   * Opens a stream and checks who answers.
   *
   * @param {object} connection a libp2p connection to a gateway
   * @param {object} options
   * @param {string} options.network
   * @param {number} [options.shardBits] what the network is known to have; the relay's word when absent
   * @param {() => number} [options.now] Unix milliseconds
   * @throws {RelayError} `wrong-network` or `bad-delegation`
   */
  static async open (connection, { network, shardBits, now = Date.now }) {
    const stream = await connection.newStream(PUSH_PROTOCOL)
    const client = new PushClient(stream)
    const timer = setTimeout(() => stream.abort(new Error('The relay did not send its welcome in time.')), WELCOME_TIMEOUT_MS)
    try {
      const welcome = await client.#welcomed.promise
      if (welcome.network !== network || welcome.shardBits !== (shardBits ?? welcome.shardBits) || welcome.shardBits > MAX_SHARD_BITS) {
        throw new RelayError('wrong-network', `The relay serves ${welcome.network} with ${welcome.shardBits} shard bits.`)
      }
      client.network = network
      client.shardBits = welcome.shardBits
      client.delegation = verifyDelegation(
        welcome.delegation, { network, gatewayKey: keyOfPeer(connection.remotePeer), now: now() })
      return client
    } catch (error) {
      stream.abort(error)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** How many envelopes are sent and not answered. */
  get unanswered () { return this.#unanswered.size }

  /**
   * Sends an envelope; does not wait for the answers of others, but waits for room when too much is unanswered.
   *
   * @param {Uint8Array} envelope
   * @returns {Promise<object>} `{ isAccepted: true, sequence, topicSequence, isDuplicate, acceptance, signed }`, verified, or
   * `{ isAccepted: false, code, isTransient }`
   * @throws {PushLostError} the stream ended before the answer
   * @throws {RelayError} the relay broke the contract; the stream is reset
   */
  async push (envelope) {
    if (envelope.length > MAX_ENVELOPE_LENGTH) {
      throw new RangeError(`An envelope is at most ${MAX_ENVELOPE_LENGTH} bytes, got ${envelope.length}.`)
    }
    while (this.#isFull(envelope.length)) {
      const { promise, resolve } = Promise.withResolvers()
      this.#room.push(resolve)
      await promise
    }
    if (this.#isOver) {
      throw this.#failure
    }
    const answer = Promise.withResolvers()
    this.#unanswered.set(this.#sent++, { envelope, answer })
    this.#unansweredBytes += envelope.length
    this.#queue.push(envelope)
    this.#write()
    return answer.promise
  }

  /** Ends this half, and waits until everything is answered and the relay has ended its own. */
  async close () {
    await this.#writing
    if (!this.#isOver) {
      await this.#stream.close()
    }
    await this.#finished.promise
  }

  #isFull (length) {
    return !this.#isOver && this.#unanswered.size > 0 &&
      (this.#unanswered.size >= MAX_UNANSWERED_ENVELOPES || this.#unansweredBytes + length > MAX_UNANSWERED_BYTES)
  }

  // One writer at a time. What is queued while it waits travels in the next request.
  #write () {
    this.#writing ??= (async () => {
      await null
      try {
        while (this.#queue.length > 0 && !this.#isOver) {
          await sendFrame(this.#stream, PushRequest.encode({ envelopes: this.#takeRequest() }))
        }
      } catch (error) {
        this.#onEnd(error)
      } finally {
        this.#writing = null
      }
    })()
  }

  #takeRequest () {
    let count = 0
    let bytes = 0
    while (count < Math.min(this.#queue.length, MAX_REQUEST_ENVELOPES) && bytes + this.#queue[count].length <= MAX_REQUEST_BYTES) {
      bytes += this.#queue[count++].length
    }
    return this.#queue.splice(0, count)
  }

  #onFrame (frame) {
    if (!this.#hasWelcome) {
      this.#hasWelcome = true
      this.#welcomed.resolve(PushWelcome.decode(frame))
    } else {
      this.#onReply(PushReply.decode(frame))
    }
  }

  #onReply (reply) {
    const taken = []
    const take = ({ number }) => {
      const sent = this.#take(number)
      taken.push(sent)
      return sent
    }
    try {
      const accepted = reply.accepted.map(take)
      const rejected = reply.rejected.map(take)
      if (accepted.length > 0) {
        const acceptance = verifyAcceptance(
          reply.acceptance, this.delegation, this.network, accepted.map(({ envelope }) => envelope), this.shardBits)
        accepted.forEach(({ answer }, i) => {
          const { sequence, topicSequence, isDuplicate } = reply.accepted[i]
          answer.resolve({ isAccepted: true, sequence, topicSequence, isDuplicate, acceptance, signed: reply.acceptance })
        })
      }
      rejected.forEach(({ answer }, i) => {
        const { code, isTransient } = reply.rejected[i]
        answer.resolve({ isAccepted: false, code, isTransient })
      })
    } catch (error) {
      taken.forEach(({ answer }) => answer.reject(error))
      throw error
    }
    this.#wakeWaiting()
  }

  #take (number) {
    const sent = this.#unanswered.get(number)
    if (sent == null) {
      throw new RelayError('bad-reply', `The relay answered number ${number}, which waits for no answer.`)
    }
    this.#unanswered.delete(number)
    this.#unansweredBytes -= sent.envelope.length
    return sent
  }

  #wakeWaiting () {
    this.#room.splice(0).forEach(resolve => resolve())
  }

  #onEnd (error) {
    if (this.#isOver) {
      return
    }
    this.#isOver = true
    this.#failure = error instanceof RelayError ? error : new PushLostError('The push stream has ended.', { cause: error })
    this.#queue = []
    this.#welcomed.promise.catch(() => {})
    this.#welcomed.reject(this.#failure)
    for (const { answer } of this.#unanswered.values()) {
      answer.reject(this.#failure)
    }
    this.#unanswered.clear()
    this.#wakeWaiting()
    this.#finished.resolve()
  }
}
