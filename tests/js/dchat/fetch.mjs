// The client of /dchat/fetch/1: reads a topic from a relay's log, and verifies what it is given.
import { equal } from './bytes.mjs'
import { messageIdText, readEnvelope, verifyEnvelope } from './envelope.mjs'
import { readFrames, sendFrame } from './frames.mjs'
import * as proto from './proto.mjs'
import { LOG_LENGTH, RelayError } from './relay.mjs'

export const FETCH_PROTOCOL = '/dchat/fetch/1'

/** The most messages a request may ask for. */
export const MAX_COUNT = 256

/** The longest reply that is read: 256 KiB of envelopes, and what is said of each. */
export const MAX_REPLY_LENGTH = 512 * 1024

/** How long a reply may take. */
const REPLY_TIMEOUT_MS = 30_000

export const Cursor = proto.message({ log: [1, proto.bytes], sequence: [2, proto.uint64] })

export const FetchRequest = proto.message({
  topicTag: [1, proto.optional(proto.bytes)],
  shard: [2, proto.optional(proto.uint32)],
  after: [3, proto.nested(Cursor)],
  maxCount: [4, proto.uint32]
})

export const FetchedEnvelope = proto.message({
  sequence: [1, proto.uint64],
  topicSequence: [2, proto.uint64],
  envelope: [3, proto.bytes]
})

export const FetchReply = proto.message({
  status: [1, proto.uint32],
  head: [2, proto.nested(Cursor)],
  messages: [3, proto.repeated(proto.nested(FetchedEnvelope))]
})

export const STATUS = Object.freeze({ ok: 1, cursorGap: 2, malformed: 3, unavailable: 4 })

/** The stream ended before the answer came: ask again, on a new one. */
export class FetchLostError extends Error {
  name = 'FetchLostError'
}

/** The relay's storage cannot answer now: ask again later. */
export class FetchUnavailableError extends Error {
  name = 'FetchUnavailableError'
}

/**
 * @typedef {object} Fetched
 * @property {string} id the MessageId in hexadecimal
 * @property {Uint8Array} envelope verified, and of the topic asked for
 * @property {{ log: Uint8Array, sequence: bigint }} cursor to go on after this message
 * @property {bigint} topicSequence
 */

/** One fetch stream. Made by `FetchClient.open`. */
export class FetchClient {
  #stream
  #waiting = []
  #isOver = false

  constructor (stream) {
    this.#stream = stream
    readFrames(stream, MAX_REPLY_LENGTH, {
      onFrame: frame => {
        const waiting = this.#waiting.shift()
        if (waiting == null) {
          throw new RelayError('bad-reply', 'The relay sent what nobody had asked for.')
        }
        waiting.resolve(frame)
      },
      onEnd: error => {
        this.#isOver = true
        this.#waiting.splice(0).forEach(({ reject }) => reject(new FetchLostError('The fetch stream has ended.', { cause: error })))
      }
    })
  }

  /** @param {object} connection a libp2p connection to a gateway */
  static async open (connection) {
    return new FetchClient(await connection.newStream(FETCH_PROTOCOL))
  }

  /**
   * Asks once for what follows a cursor.
   *
   * @param {import('./topic.mjs').Topic} topic
   * @param {object} [options]
   * @param {object | null} [options.after] a cursor of this relay; absent for the start
   * @param {number} [options.maxCount] 1 to 256
   * @returns {Promise<{ status: 'ok' | 'cursor-gap', head: object, last: object | null, messages: Fetched[], unsupported: number }>}
   * `last` is the cursor to go on from, null when nothing came; `unsupported` counts messages of a version or class this
   * program does not know
   * @throws {RelayError} `bad-reply`: what came is not what was asked for, or an envelope does not verify
   */
  async fetch (topic, { after = null, maxCount = MAX_COUNT } = {}) {
    if (this.#isOver) {
      throw new FetchLostError('The fetch stream has ended.')
    }
    const waiting = Promise.withResolvers()
    this.#waiting.push(waiting)
    const timer = setTimeout(() => this.#stream.abort(new Error('The relay did not answer in time.')), REPLY_TIMEOUT_MS)
    try {
      const request = FetchRequest.encode({ topicTag: topic.tag, after, maxCount })
      const [frame] = await Promise.all([waiting.promise, sendFrame(this.#stream, request)])
      return readReply(FetchReply.decode(frame), topic, after, maxCount)
    } catch (error) {
      this.#stream.abort(error)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Everything after a cursor, page by page, until there is no more for now.
   *
   * A `cursor-gap` starts anew: pages may then hold messages that were fetched before, so compare ids.
   */
  async * pages (topic, after = null) {
    while (true) {
      const page = await this.fetch(topic, { after })
      if (page.status === 'cursor-gap' && after == null) {
        throw new RelayError('bad-reply', 'The relay found a gap where no cursor was given.')
      }
      yield page
      if (page.status === 'ok' && page.last == null) {
        return
      }
      after = page.last
    }
  }

  /** Ends the stream. */
  async close () {
    if (!this.#isOver) {
      await this.#stream.close()
    }
  }
}

function readReply (reply, topic, after, maxCount) {
  switch (reply.status) {
    case STATUS.ok:
      break
    case STATUS.cursorGap:
      return { status: 'cursor-gap', head: reply.head, last: null, messages: [], unsupported: 0 }
    case STATUS.unavailable:
      throw new FetchUnavailableError('The storage of the relay cannot answer now.')
    default:
      throw new RelayError('bad-reply', `The relay answered with status ${reply.status}.`)
  }
  const { head } = reply
  require(head != null && head.log.length === LOG_LENGTH, 'There is no head.')
  require(after == null || equal(after.log, head.log), 'The log is another than that of the cursor.')
  require(reply.messages.length <= maxCount, `${reply.messages.length} messages came, ${maxCount} were asked for.`)
  const messages = []
  let previous = { sequence: after?.sequence ?? 0n, topicSequence: 0n }
  for (const message of reply.messages) {
    require(message.sequence > previous.sequence && message.sequence <= head.sequence, 'The messages are not in the order of the log.')
    require(message.topicSequence > previous.topicSequence, 'The messages are not in the order of the topic.')
    previous = message
    const isSupported = verifyFetched(message.envelope, topic)
    if (isSupported) {
      messages.push({
        id: messageIdText(message.envelope),
        envelope: message.envelope,
        cursor: { log: head.log, sequence: message.sequence },
        topicSequence: message.topicSequence
      })
    }
  }
  const last = reply.messages.length > 0 ? { log: head.log, sequence: previous.sequence } : null
  return { status: 'ok', head, last, messages, unsupported: reply.messages.length - messages.length }
}

/** False for what only a newer program can read. */
function verifyFetched (bytes, topic) {
  const { code, envelope } = readEnvelope(bytes)
  if (code.startsWith('unknown')) {
    return false
  }
  require(code === 'none', `An envelope is ${code}.`)
  require(envelope.network === topic.network && equal(envelope.topicTag, topic.tag), 'An envelope is of another topic.')
  require(verifyEnvelope(envelope), 'An envelope is not signed by its author.')
  return true
}

function require (condition, reason) {
  if (!condition) {
    throw new RelayError('bad-reply', reason)
  }
}
