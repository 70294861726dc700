// What only members of a topic see: who wrote, when, and what. Laid out and padded as envelope.proto says.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { equal, toHex, utf8, viewOf } from './bytes.mjs'
import { messageIdText, NONCE_LENGTH, readEnvelope, RETENTION, verifyEnvelope, writeEnvelope } from './envelope.mjs'
import { verifyCertificate } from './identity.mjs'

const CERTIFICATE_OFFSET = 32
const COMPOSED_AT_OFFSET = 96
const LENGTH_OFFSET = 104
const CONTENT_OFFSET = 108
const BUCKETS = Object.freeze([256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 61_056])

// The years 1 to 9999.
const MIN_COMPOSED_AT = -62_135_596_800_000n
const MAX_COMPOSED_AT = 253_402_300_799_999n

// Then all are forgotten: whoever floods a topic with authors costs its readers some time, and no memory.
const MAX_KNOWN_AUTHORS = 256

/** The longest content in bytes. */
export const MAX_CONTENT_LENGTH = BUCKETS.at(-1) - CONTENT_OFFSET

/**
 * Seals and signs a message.
 *
 * @param {import('./topic.mjs').Topic} topic
 * @param {object} author from Device.author
 * @param {object} message
 * @param {string | Uint8Array} message.content text becomes UTF-8
 * @param {number | bigint} message.sequence from 1, never used twice under one author key
 * @param {bigint} message.hlc from the device's clock, now: relays refuse old and future ones
 * @param {number} [message.composedAt] Unix milliseconds, when the user wrote it. Default now
 * @param {number} [message.retention] default thirty days
 * @param {Uint8Array} [message.permit]
 * @param {Uint8Array} [message.nonce] 24 bytes, random. Only test vectors set it: one used twice gives the plaintexts away
 * @returns {Uint8Array} the envelope
 * @throws {RangeError} the content is too long, or a field is out of its range
 */
export function seal (topic, author, message) {
  const content = typeof message.content === 'string' ? utf8(message.content) : message.content
  const plaintext = layOut(author, BigInt(message.composedAt ?? Date.now()), content)
  const nonce = message.nonce ?? crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))
  const key = topic.payloadKey(author.keyGeneration, author.key)
  const fields = {
    network: topic.network,
    topicTag: topic.tag,
    authorKey: author.key,
    sequence: message.sequence,
    hlc: message.hlc,
    retention: message.retention ?? RETENTION.thirtyDays,
    keyGeneration: author.keyGeneration,
    nonce,
    permit: message.permit
  }
  return writeEnvelope(fields, associated => xchacha20poly1305(key, nonce, associated).encrypt(plaintext), author.seed)
}

/** Verifies and opens the messages of one topic. */
export class Opener {
  #topic
  #authors = new Map()

  constructor (topic) {
    this.#topic = topic
  }

  /**
   * Opens an envelope: checks form, topic, signature, seal, padding and certificate, in this order.
   *
   * @param {Uint8Array} bytes the envelope and nothing else
   * @param {object} [options]
   * @param {boolean} [options.isVerified] the signature was verified before, by the gossip validator or the fetch client
   * @returns {{ status: string, message: object | null }} `opened` and the message, or why there is none: `malformed`,
   * `unsupported`, `not-this-topic`, `bad-signature`, `undecipherable`, `bad-payload`, `bad-certificate`
   */
  open (bytes, { isVerified = false } = {}) {
    const { code, envelope } = readEnvelope(bytes)
    if (code !== 'none') {
      return failed(code.startsWith('unknown') ? 'unsupported' : 'malformed')
    }
    if (envelope.network !== this.#topic.network || !equal(envelope.topicTag, this.#topic.tag)) {
      return failed('not-this-topic')
    }
    if (!isVerified && !verifyEnvelope(envelope)) {
      return failed('bad-signature')
    }
    return this.#openPayload(bytes, envelope)
  }

  #openPayload (bytes, envelope) {
    const id = `${toHex(envelope.authorKey)}/${envelope.keyGeneration}`
    const known = this.#authors.get(id)
    const key = known?.key ?? this.#topic.payloadKey(envelope.keyGeneration, envelope.authorKey)
    const plaintext = decrypt(key, envelope)
    if (plaintext == null) {
      return failed('undecipherable')
    }
    const payload = readPayload(plaintext)
    if (payload == null) {
      return failed('bad-payload')
    }
    if (known == null || !equal(known.statement, payload.statement)) {
      if (!verifyCertificate(
        payload.certificate, payload.deviceKey, envelope.topicTag, envelope.keyGeneration, envelope.authorKey)) {
        return failed('bad-certificate')
      }
      this.#remember(id, { key, statement: payload.statement.slice() })
    }
    return { status: 'opened', message: describe(bytes, envelope, payload) }
  }

  #remember (id, author) {
    if (this.#authors.has(id)) {
      return
    }
    if (this.#authors.size >= MAX_KNOWN_AUTHORS) {
      this.#authors.clear()
    }
    this.#authors.set(id, author)
  }
}

function describe (bytes, envelope, payload) {
  return {
    id: messageIdText(bytes),
    deviceKey: toHex(payload.deviceKey),
    authorKey: toHex(envelope.authorKey),
    keyGeneration: envelope.keyGeneration,
    sequence: envelope.sequence,
    hlc: envelope.hlc,
    retention: envelope.retention,
    composedAt: Number(payload.composedAt),
    content: payload.content,
    /** The content as UTF-8; what is not UTF-8 shows as U+FFFD. */
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload.content)
  }
}

function failed (status) {
  return { status, message: null }
}

function decrypt (key, envelope) {
  try {
    return xchacha20poly1305(key, envelope.nonce, envelope.associated).decrypt(envelope.ciphertext)
  } catch {
    return null
  }
}

function bucketFor (contentLength) {
  return BUCKETS.find(bucket => bucket - CONTENT_OFFSET >= contentLength)
}

function layOut (author, composedAt, content) {
  if (content.length > MAX_CONTENT_LENGTH) {
    throw new RangeError(`A message is at most ${MAX_CONTENT_LENGTH} bytes, got ${content.length}.`)
  }
  if (composedAt < MIN_COMPOSED_AT || composedAt > MAX_COMPOSED_AT) {
    throw new RangeError('The time of composition is not within the years 1 to 9999.')
  }
  const plaintext = new Uint8Array(bucketFor(content.length))
  plaintext.set(author.deviceKey)
  plaintext.set(author.certificate, CERTIFICATE_OFFSET)
  viewOf(plaintext).setBigInt64(COMPOSED_AT_OFFSET, composedAt)
  viewOf(plaintext).setUint32(LENGTH_OFFSET, content.length)
  plaintext.set(content, CONTENT_OFFSET)
  return plaintext
}

/** The parts of a plaintext; null unless it is laid out and padded exactly as `layOut` does. */
function readPayload (plaintext) {
  if (!BUCKETS.includes(plaintext.length)) {
    return null
  }
  const composedAt = viewOf(plaintext).getBigInt64(COMPOSED_AT_OFFSET)
  const length = viewOf(plaintext).getUint32(LENGTH_OFFSET)
  const isSound = composedAt >= MIN_COMPOSED_AT && composedAt <= MAX_COMPOSED_AT &&
    length <= plaintext.length - CONTENT_OFFSET && bucketFor(length) === plaintext.length &&
    plaintext.subarray(CONTENT_OFFSET + length).every(byte => byte === 0)
  return !isSound
    ? null
    : {
        deviceKey: plaintext.subarray(0, CERTIFICATE_OFFSET),
        certificate: plaintext.subarray(CERTIFICATE_OFFSET, COMPOSED_AT_OFFSET),
        statement: plaintext.subarray(0, COMPOSED_AT_OFFSET),
        composedAt,
        content: plaintext.subarray(CONTENT_OFFSET, CONTENT_OFFSET + length)
      }
}
