// A chat in one topic through one gateway: keeps the connection, reads what was missed, and does not forget what was sent
// before a relay has it.
import { setTimeout as delay } from 'node:timers/promises'
import { SeenIds } from './seen.mjs'

/** How much of what was sent may wait to be confirmed. */
export const MAX_UNCONFIRMED = 4096

/** How many live messages wait until the history is told. */
const MAX_LIVE = 1024

const SYNC_MS = 30_000
// A gateway follows a shard when a peer wants it, and says so: then it also knows that this peer does.
const SUBSCRIBE_TIMEOUT_MS = 2_000
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
  #patienceMs
  #onEvent
  #history
  #old = []
  #live = []
  #isTold = false
  #isReady = false
  #givenUp = Promise.withResolvers()
  #cursor = null
  #unconfirmed = new Map()
  #refusals = new Map()
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
   * @param {number} options.patienceMs how long the end waits for a gateway, and for it to have everything
   * @param {(event: object) => void} options.onEvent
   */
  constructor (client, { topic, address, viaPush, history, patienceMs, onEvent }) {
    this.#client = client
    this.#topic = topic
    this.#address = address
    this.#viaPush = viaPush
    this.#history = history
    this.#patienceMs = patienceMs
    this.#onEvent = onEvent
  }

  /** Give this to the client. */
  onMessage (message, source) {
    const event = { event: 'message', message, source }
    if (this.#isTold || (source === 'gossip' && this.#live.length >= MAX_LIVE)) {
      this.#onEvent(event)
    } else if (source === 'gossip') {
      this.#live.push(event)
    } else {
      this.#old.push(event)
      if (this.#old.length >= 2 * this.#history + MAX_LIVE) {
        this.#old = this.#newest()
      }
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

  /** Sends a text once there is a gateway; resolves when it is on its way, and throws when `lastCall` gave up waiting. */
  async send (text) {
    if (!this.#isReady) {
      await Promise.race([this.#ready.promise, this.#givenUp.promise])
    }
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

  /** Nothing new will be written: what still waits for a gateway waits no longer than this. */
  lastCall () {
    this.#givenUp.promise.catch(() => {})
    this.#delay(this.#patienceMs).then(() => this.#givenUp.reject(new Error('There is no gateway to send it to.')))
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
    this.lastCall()
    if (!this.#isReady) {
      await Promise.race([this.#ready.promise, this.#givenUp.promise]).catch(() => {})
    }
    const deadline = Date.now() + this.#patienceMs
    while (this.#unconfirmed.size > 0 && Date.now() < deadline) {
      const settled = this.#isReady ? this.settle() : this.#delay(FIRST_RETRY_MS)
      await Promise.race([settled, this.#delay(deadline - Date.now())])
      if (this.#unconfirmed.size > 0) {
        await this.#delay(FIRST_RETRY_MS)
      }
    }
    for (const id of this.#unconfirmed.keys()) {
      this.#onEvent({ event: 'unconfirmed', id, code: this.#refusals.get(id) })
    }
    this.#stopped.abort()
    await Promise.race([this.#closePush(), delay(FIRST_RETRY_MS)])
    return this.#unconfirmed.size === 0
  }

  async #closePush () {
    const push = await this.#push?.catch(() => null)
    await push?.close().catch(() => {})
  }

  async #begin (connection) {
    this.#push = null
    const subscribed = this.#client.subscribers(this.#topic, 1)
    await Promise.race([subscribed, this.#delay(SUBSCRIBE_TIMEOUT_MS)])
    await this.#sync(connection)
    this.#tellHistory()
    this.#onEvent({ event: 'ready', peer: connection.remotePeer.toString() })
    this.#isReady = true
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
      this.#isReady = false
      this.#ready = Promise.withResolvers()
      this.#onEvent({ event: 'disconnected' })
    }
  }

  // A peer that is no relay has no history, and still one can chat with it.
  async #sync (connection = this.#client.connection()) {
    try {
      const { last, hadGap } = await this.#client.catchUp(this.#topic, this.#cursor, connection, ({ id }) => this.#confirm(id))
      this.#cursor = last
      if (hadGap) {
        this.#onEvent({ event: 'gap' })
      }
    } catch (error) {
      if (error.name !== 'UnsupportedProtocolError') {
        throw error
      }
    }
  }

  #tellHistory () {
    if (!this.#isTold) {
      this.#isTold = true
      const told = [...this.#newest(), ...this.#live]
      this.#old = this.#live = []
      told.forEach(this.#onEvent)
    }
  }

  #newest () {
    const byTime = ({ message: a }, { message: b }) => a.hlc === b.hlc ? (a.id < b.id ? -1 : 1) : a.hlc < b.hlc ? -1 : 1
    return this.#history === 0 ? [] : this.#old.sort(byTime).slice(-this.#history)
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
      } else if (answer.isTransient) {
        this.#refusals.set(id, answer.code)
      } else {
        this.#unconfirmed.delete(id)
        this.#refusals.delete(id)
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
    this.#refusals.delete(id)
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
    return delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => {})
  }
}
