// Counts where messages have arrived, so that only so many are under way, and how long each took.
import { randomFillSync } from 'node:crypto'

export const gossipTopic = '/dchat-bench/gossip'

export class Tally {
  #next = 0
  #missing = new Map()
  #wake

  /** Milliseconds that each message took to each node. */
  delays = []

  /** A new message, which will arrive at so many nodes. */
  next (size, nodes) {
    const data = new Uint8Array(size)
    randomFillSync(data)
    new DataView(data.buffer).setUint32(0, this.#next)
    this.#missing.set(this.#next++, { left: nodes, published: performance.now() })
    return data
  }

  delivered (data) {
    const key = new DataView(data.buffer, data.byteOffset).getUint32(0)
    const message = this.#missing.get(key)
    this.delays.push(performance.now() - message.published)
    if (--message.left === 0) {
      this.#missing.delete(key)
      this.#wake?.()
    }
  }

  /** Waits until fewer than so many messages are under way. */
  async room (window) {
    while (this.#missing.size >= window) await new Promise(resolve => { this.#wake = resolve })
  }
}
