// What the test peers do with streams. Events and not async iterators: an iterator ends at the peer's end of writing and
// loses what a paused stream still holds.
import { createCipheriv, createHash } from 'node:crypto'

const CHUNK = 64 * 1024

// js-libp2p resets a stream that holds 4 MiB unread. One that is paused again while resume() hands out what it holds, as
// an echo does, opens its yamux window all the same: it must be able to hold all that its peer may then send.
const LARGEST_WINDOW = 16 * 1024 * 1024

/** Sends back whatever comes, no faster than it leaves, and ends when the peer does. */
export function echo (stream) {
  stream.maxReadBufferLength = LARGEST_WINDOW
  stream.addEventListener('message', ({ data }) => {
    if (!stream.send(data)) {
      stream.pause()
    }
  })
  stream.addEventListener('drain', () => {
    if (stream.readStatus === 'paused') {
      stream.resume()
    }
  })
  stream.addEventListener('end', () => {
    if (stream.status === 'open') {
      stream.close().catch(error => stream.abort(error))
    }
  })
}

/** Sends `bytes` pseudo-random bytes to an echo, reads them back, and resolves to the hashes of both. */
export async function exchange (stream, bytes) {
  const sent = createHash('sha256')
  const received = createHash('sha256')
  let count = 0
  const ended = new Promise((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => {
      count += data.byteLength
      received.update(data.subarray())
    })
    stream.addEventListener('end', resolve)
    stream.addEventListener('close', ({ error }) => { if (error != null) { reject(error) } })
  })
  // It may fail before it is awaited, while this still sends.
  ended.catch(() => {})
  for (const chunk of randomChunks(bytes)) {
    sent.update(chunk)
    if (!stream.send(chunk)) {
      await drained(stream)
    }
  }
  await stream.close()
  await ended
  return { bytes: count, sent: sent.digest('hex'), received: received.digest('hex') }
}

/** A stream that a person, or a test, leads by hand. */
export class ManualStream {
  #stream
  #text = ''
  #ended = false
  #error = null
  #changed = Promise.withResolvers()

  constructor (stream) {
    this.#stream = stream
    stream.addEventListener('message', ({ data }) => this.#change(() => { this.#text += Buffer.from(data.subarray()).toString('latin1') }))
    stream.addEventListener('end', () => this.#change(() => { this.#ended = true }))
    stream.addEventListener('close', ({ error }) => this.#change(() => { this.#error = error ?? null }))
  }

  /** 'open', 'closed' (both halves ended), 'aborted' (reset by this side) or 'reset' (by the peer). */
  get status () { return this.#stream.status }

  get protocol () { return this.#stream.protocol }

  async write (text) {
    if (!this.#stream.send(Buffer.from(text, 'latin1'))) {
      await drained(this.#stream)
    }
  }

  /** Takes nothing more off the stream until it is resumed. */
  pause () { this.#stream.pause() }

  resume () { this.#stream.resume() }

  closeWrite () { return this.#stream.close() }

  reset () { this.#stream.abort(new Error('told to')) }

  /** Exactly so many bytes, as text. */
  async read (length) {
    await this.#until(() => this.#text.length >= length)
    const text = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    return text
  }

  /** All that comes until the peer ends its half. */
  async readToEnd () {
    await this.#until(() => this.#ended)
    return this.read(this.#text.length)
  }

  /** How the stream has ended, once it has. */
  async ended () {
    while (this.status === 'open') {
      await this.#changed.promise
    }
    return { status: this.status, error: this.#error?.name ?? null }
  }

  async #until (condition) {
    while (true) {
      if (this.#error != null) {
        throw this.#error
      }
      if (condition()) {
        return
      }
      if (this.#ended) {
        throw new Error(`The stream ended after "${this.#text}".`)
      }
      await this.#changed.promise
    }
  }

  #change (apply) {
    apply()
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** Resolves when a stream that refused more takes more again. */
export function drained (stream) {
  return new Promise((resolve, reject) => {
    const finish = settle => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      settle()
    }
    const onDrain = () => finish(resolve)
    const onClose = ({ error }) => finish(() => reject(error ?? new Error('The stream was closed.')))
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
  })
}

/** The same bytes in every run, without a pattern that could hide an exchange of two chunks. */
function * randomChunks (bytes) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
  for (let left = bytes; left > 0; left -= CHUNK) {
    yield cipher.update(Buffer.alloc(Math.min(left, CHUNK)))
  }
}
