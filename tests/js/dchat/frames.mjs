// Messages on a libp2p stream, each preceded by its length as an unsigned varint. Works by events: an async iterator ends
// when the other side ends its half, and loses what a paused stream still holds.
import { drained } from '../lib/streams.mjs'
import { concat } from './bytes.mjs'
import { readVarint, varint } from './wire.mjs'

const MAX_LENGTH_OF_LENGTH = 10

/** The other side broke the rules of the stream. */
export class FrameError extends Error {
  name = 'FrameError'
}

/**
 * Reads frames and hands each on as it is complete, in order, so that nothing is queued.
 *
 * @param {object} stream a libp2p stream, before it has been given time to deliver anything
 * @param {number} maxLength the longest frame; a longer one resets the stream
 * @param {object} handler
 * @param {(frame: Uint8Array) => void} handler.onFrame what it throws resets the stream
 * @param {(error: Error | null) => void} handler.onEnd called once; null when the other side ended its half between frames
 */
export function readFrames (stream, maxLength, { onFrame, onEnd }) {
  const buffer = new FrameBuffer(maxLength)
  let isOver = false
  const finish = error => {
    if (!isOver) {
      isOver = true
      onEnd(error)
    }
  }
  stream.addEventListener('message', ({ data }) => {
    try {
      buffer.add(data.subarray())
      for (let frame; !isOver && (frame = buffer.take()) != null;) {
        onFrame(frame)
      }
    } catch (error) {
      finish(error)
      stream.abort(error)
    }
  })
  // It also comes, ahead of the close, when the stream was reset.
  stream.addEventListener('end', () => {
    if (stream.status !== 'reset' && stream.status !== 'aborted') {
      finish(buffer.isEmpty ? null : new FrameError('The stream ended within a message.'))
    }
  })
  stream.addEventListener('close', ({ error }) => finish(error ?? null))
}

/** Sends a frame, and waits while the stream takes no more. */
export async function sendFrame (stream, bytes) {
  if (!stream.send(concat(varint(bytes.length), bytes))) {
    await drained(stream)
  }
}

/** Puts frames together; joins what came only when a whole frame is there, so that tiny pieces cost no more than large ones. */
class FrameBuffer {
  #maxLength
  #chunks = []
  #length = 0
  #needed = 1

  constructor (maxLength) {
    this.#maxLength = maxLength
  }

  get isEmpty () { return this.#length === 0 }

  add (chunk) {
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The next frame; null when it is not complete yet. */
  take () {
    if (this.#length < this.#needed) {
      return null
    }
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : concat(...this.#chunks)
    const prefix = readVarint(bytes)
    if (prefix == null) {
      if (bytes.length >= MAX_LENGTH_OF_LENGTH) {
        throw new FrameError('The length of a message is no number.')
      }
      this.#keep(bytes, bytes.length + 1)
      return null
    }
    if (prefix.value > BigInt(this.#maxLength)) {
      throw new FrameError(`A message of ${prefix.value} bytes is longer than ${this.#maxLength}.`)
    }
    const end = prefix.length + Number(prefix.value)
    if (bytes.length < end) {
      this.#keep(bytes, end)
      return null
    }
    this.#keep(bytes.subarray(end), 1)
    return bytes.subarray(prefix.length, end)
  }

  #keep (rest, needed) {
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#length = rest.length
    this.#needed = needed
  }
}
