// A chat in one topic through one gateway: keeps the connection, reads what was missed, and does not forget what was sent
// before a relay has it.
import { SeenIds } from './seen.mjs'

/** How much of what was sent may wait to be confirmed. */
export const MAX_UNCONFIRMED = 4096

const SYNC_MS = 30_000
// A gateway follows a shard when a peer wants it, and says so: then it also knows that this peer does.
const SUBSCRIBE_TIMEOUT_MS = 2_000
const FINISH_TIMEOUT_MS = 20_000
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 15_000

/**
 * Events, each an object with `event`: `ready`, `message` (with `message` and `source`), `sent`, `accepted`, `rejected`,
 * `unconfirmed`, `disconnected`, `gap`, `error`.
 */
export class ChatSession {
  #client
  #topic
  #address
  #viaPush
  #onEvent
  #history
  #buffer = []
  #cursor = null
  #unconfirmed = new Map()
  #confirmed = new SeenIds(2 * MAX_UNCONFIRMED)
  #ready = Promise.withResolvers()
  #stopped = new AbortController()
  #push = null
  #settling = null

  /**
   * @param {import('./client.mjs').ChatClient} client one that tells its messages to `onMessage` of this session
   * @param {object} options
   * @param {import('./topic.mjs').Topic} options.topic
   * @param {string} options.address multiaddr of the gateway
   * @param {boolean} options.viaPush whether to send by push; else by gossip, and by push what nobody seems to have got
   * @param {number} options.history how many old messages to tell
   * @param {(event: object) => void} options.onEvent
   */
  constructor (client, { topic, address, viaPush, history, onEvent }) {
    this.#client = client
    this.#topic = topic
    this.#address = address
    this.#viaPush = viaPush
    this.#history = history
    this.#onEvent = onEvent
  }

  /** Give this to the client. */
  onMessage (message, source) {
    if (this.#buffer != null) {
      this.#buffer.push({ event: 'message', message, source })
    } else {
      this.#onEvent({ event: 'message', message, source })
    }
  }

  /** Connects, and connects again, until `finish`. */
  async run () {
    this.#client.subscribe(this.#topic)
    let retry = FIRST_RETRY_MS
    while (!this.#stopped.signal.aborted) {
      try {
        const connection = await this.#client.dial(this.#address)
        await this.#begin(connection)
        retry = FIRST_RETRY_MS
        await this.#untilClosed(connection)
      } catch (error) {
        this.#report(error)
      }
      await this.#delay(retry)
      retry = Math.min(2 * retry, LAST_RETRY_MS)
    }
  }

  /** Sends a text once there is a gateway; resolves when it is on its way. */
  async send (text) {
    await this.#ready.promise
    if (this.#unconfirmed.size >= MAX_UNCONFIRMED) {
      await this.settle()
    }
    const sealed = this.#client.seal(this.#topic, text)
    this.#unconfirmed.set(sealed.id, sealed.envelope)
    const via = !this.#viaPush && await this.#gossip(sealed) ? 'gossip' : 'push'
    this.#onEvent({ event: 'sent', id: sealed.id, text, via })
    if (via === 'push') {
      this.#pushOne(sealed.id, sealed.envelope)
    }
  }

  /** Reads what is new, and pushes what was sent and the relay does not have. */
  settle () {
    this.#settling ??= (async () => {
      try {
        await this.#sync()
        await Promise.all([...this.#unconfirmed].map(([id, envelope]) => this.#pushOne(id, envelope)))
      } catch (error) {
        this.#report(error)
      } finally {
        this.#settling = null
      }
    })()
    return this.#settling
  }

  /** Ends the chat; false when the relay did not get everything in time. */
  async finish () {
    const deadline = Date.now() + FINISH_TIMEOUT_MS
    await Promise.race([this.#ready.promise, this.#delay(FINISH_TIMEOUT_MS)])
    while (this.#unconfirmed.size > 0 && Date.now() < deadline) {
      await this.settle()
      if (this.#unconfirmed.size > 0) {
        await this.#delay(FIRST_RETRY_MS)
      }
    }
    for (const id of this.#unconfirmed.keys()) {
      this.#onEvent({ event: 'unconfirmed', id })
    }
    this.#stopped.abort()
    const push = await this.#push?.catch(() => null)
    await Promise.race([push?.close(), this.#wait(FIRST_RETRY_MS)])
    return this.#unconfirmed.size === 0
  }

  async #begin (connection) {
    this.#push = null
    const subscribed = this.#client.subscribers(this.#topic, 1)
    await Promise.race([subscribed, this.#delay(SUBSCRIBE_TIMEOUT_MS)])
    await this.#sync(connection)
    this.#tellHistory()
    this.#onEvent({ event: 'ready', peer: connection.remotePeer.toString() })
    this.#ready.resolve()
    if (this.#unconfirmed.size > 0) {
      await this.settle()
    }
  }

  async #untilClosed (connection) {
    const closed = Promise.withResolvers()
    const timer = setInterval(() => this.settle(), SYNC_MS)
    connection.addEventListener('close', closed.resolve)
    this.#stopped.signal.addEventListener('abort', closed.resolve)
    if (connection.status === 'open') {
      await closed.promise
    }
    clearInterval(timer)
    if (!this.#stopped.signal.aborted) {
      this.#ready = Promise.withResolvers()
      this.#onEvent({ event: 'disconnected' })
    }
  }

  // A peer that is no relay has no history, and still one can chat with it.
  async #sync (connection = this.#client.connection()) {
    try {
      const { messages, last, hadGap } = await this.#client.fetch(this.#topic, this.#cursor, connection)
      this.#cursor = last
      if (hadGap) {
        this.#onEvent({ event: 'gap' })
      }
      messages.forEach(({ id }) => this.#confirm(id))
    } catch (error) {
      if (error.name !== 'UnsupportedProtocolError') {
        throw error
      }
    }
  }

  #tellHistory () {
    if (this.#buffer == null) {
      return
    }
    const byTime = (a, b) => a.message.hlc < b.message.hlc ? -1 : a.message.hlc > b.message.hlc ? 1 : a.message.id < b.message.id ? -1 : 1
    const old = this.#buffer.filter(({ source }) => source === 'fetch').sort(byTime)
    const live = this.#buffer.filter(({ source }) => source === 'gossip')
    this.#buffer = null
    const told = this.#history === 0 ? live : [...old.slice(-this.#history), ...live]
    told.forEach(this.#onEvent)
  }

  async #gossip (sealed) {
    try {
      return await this.#client.publish(this.#topic, sealed) > 0
    } catch (error) {
      this.#report(error)
      return false
    }
  }

  // Never throws: what is not answered stays unconfirmed, and is pushed again by `settle`.
  async #pushOne (id, envelope) {
    try {
      this.#push ??= this.#client.openPush()
      const answer = await (await this.#push).push(envelope)
      if (answer.isAccepted) {
        this.#confirm(id, { sequence: answer.sequence, isDuplicate: answer.isDuplicate })
      } else if (!answer.isTransient) {
        this.#unconfirmed.delete(id)
        this.#onEvent({ event: 'rejected', id, code: answer.code })
      }
    } catch (error) {
      this.#push = null
      if (error.name === 'UnsupportedProtocolError') {
        // The peer is no relay: gossip is all there is.
        this.#unconfirmed.delete(id)
      } else {
        this.#report(error)
      }
    }
  }

  #confirm (id, details = {}) {
    if (this.#unconfirmed.delete(id) && this.#confirmed.add(id)) {
      this.#onEvent({ event: 'accepted', id, ...details })
    }
  }

  #report (error) {
    if (!this.#stopped.signal.aborted) {
      this.#onEvent({ event: 'error', name: error.name, message: error.message })
    }
  }

  /** So many milliseconds, or until the session is finished. */
  #delay (ms) {
    const { signal } = this.#stopped
    return signal.aborted ? Promise.resolve() : this.#wait(ms)
  }

  #wait (ms) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#stopped.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      }, { once: true })
    })
  }
}
