// A light client: follows topics over gossip, reads history from a relay, sends by gossip or push. What comes by several
// ways is told once.
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { equal, toHex } from './bytes.mjs'
import { HybridClock } from './clock.mjs'
import { messageIdText, readEnvelope } from './envelope.mjs'
import { FetchClient } from './fetch.mjs'
import { createChatNode } from './node.mjs'
import { Opener, seal } from './payload.mjs'
import { PushClient } from './push.mjs'
import { ReplayWindow } from './replay.mjs'
import { SeenIds } from './seen.mjs'
import { MemorySequences } from './sequences.mjs'
import { gossipTopic } from './topic.mjs'
import { shardValidator } from './validator.mjs'

/** A topic one follows or writes to. Made by `ChatClient.room`. */
class Room {
  constructor (topic, device, shardBits) {
    this.topic = topic
    this.shard = topic.shard(shardBits)
    this.gossipTopic = gossipTopic(topic.network, shardBits, this.shard)
    this.author = device.author(topic)
    this.opener = new Opener(topic)
    this.seen = new SeenIds()
    this.replays = new ReplayWindow()
    this.isFollowed = false
  }
}

/** See the methods; README.md has an example. */
export class ChatClient {
  #options
  #rooms = new Map()
  #device
  #sequences
  #clock
  #now
  #onMessage
  #onJudged
  #onEquivocation

  /**
   * Starts a node and makes its client.
   *
   * @param {object} options
   * @param {string} options.network
   * @param {number} options.shardBits
   * @param {import('./identity.mjs').Device} options.device who writes
   * @param {{ next: (authorKey: string) => bigint }} [options.sequences] where a device that outlives the process keeps what it
   * has used; see sequences.mjs
   * @param {Uint8Array} [options.peerSeed] see createChatNode, also for `listen` and `gossip`
   * @param {() => number} [options.now] Unix milliseconds
   * @param {(message: object, room: Room, source: 'gossip' | 'fetch') => void} [options.onMessage] called once for each message
   * @param {(judged: object) => void} [options.onJudged] see shardValidator
   * @param {(message: object, first: string) => void} [options.onEquivocation] called when an author used a sequence twice, with
   * the second message and the id of the first; `onMessage` is called as well
   */
  static async start (options) {
    const { network, shardBits, peerSeed: seed, listen, gossip } = options
    return new ChatClient(await createChatNode({ network, shardBits, seed, listen, gossip }), options)
  }

  constructor (node, options) {
    const { network, shardBits, device, sequences = new MemorySequences(), now = Date.now, onMessage, onJudged, onEquivocation } = options
    this.#options = { ...options, sequences, peerSeed: undefined, listen: undefined }
    this.node = node
    this.gossip = node.services.gossip
    this.network = network
    this.shardBits = shardBits
    this.#device = device
    this.#sequences = sequences
    this.#clock = new HybridClock(now)
    this.#now = now
    this.#onMessage = onMessage ?? (() => {})
    this.#onJudged = onJudged ?? (() => {})
    this.#onEquivocation = onEquivocation ?? (() => {})
    this.gossip.addEventListener('gossipsub:message', ({ detail: { msg } }) => this.#onGossip(msg))
  }

  /**
   * A client of the same device for other topics, with a node and a PeerId of its own. A gateway sees the pseudonyms of all
   * topics of one client under one PeerId; those of two clients it cannot tell apart from those of two users by that.
   *
   * @param {object} [options] what is to differ from this client's; a PeerId of its own is drawn, unless `peerSeed` says which
   */
  withOtherPeer (options = {}) {
    return ChatClient.start({ ...this.#options, ...options })
  }

  /** Dials a gateway. */
  dial (address) {
    return this.node.dial(multiaddr(address))
  }

  /** The connection to a peer, or any. */
  connection (peer) {
    const [connection] = this.node.getConnections(peer == null ? undefined : peerIdFromString(peer))
    if (connection == null) {
      throw new Error(peer == null ? 'There is no connection.' : `There is no connection to ${peer}.`)
    }
    return connection
  }

  /** The room of a topic. */
  room (topic) {
    const id = `${topic.network}/${toHex(topic.tag)}`
    if (!this.#rooms.has(id)) {
      this.#rooms.set(id, new Room(topic, this.#device, this.shardBits))
    }
    return this.#rooms.get(id)
  }

  /** Follows a topic over gossip. */
  subscribe (topic) {
    const room = this.room(topic)
    room.isFollowed = true
    this.gossip.topicValidators.set(room.gossipTopic, shardValidator({
      network: this.network, shardBits: this.shardBits, shard: room.shard, now: this.#now, onJudged: this.#onJudged
    }))
    this.gossip.subscribe(room.gossipTopic)
    return room
  }

  /** Seals a text now, under the next sequence; sends nothing. */
  seal (topic, text) {
    const { author } = this.room(topic)
    const envelope = seal(topic, author, {
      content: text,
      sequence: this.#sequences.next(toHex(author.key)),
      hlc: this.#clock.next(),
      composedAt: Math.floor(this.#now())
    })
    return { id: messageIdText(envelope), envelope }
  }

  /**
   * Publishes an envelope over gossip. Nobody confirms it: what must not be lost is pushed, or looked for by fetch later.
   *
   * @returns {Promise<number>} how many peers it went to
   */
  async publish (topic, { id, envelope }) {
    const room = this.room(topic)
    room.seen.add(id)
    const { recipients } = await this.gossip.publish(room.gossipTopic, envelope)
    return recipients.length
  }

  /** Opens a push stream to a gateway; see PushClient. */
  openPush (connection = this.connection()) {
    return PushClient.open(connection, { network: this.network, shardBits: this.shardBits, now: this.#now })
  }

  /**
   * Reads what a relay has of a topic after a cursor, tells what is new, and gives back all of it, also what was known. Of a
   * topic with a long history that is much: then `catchUp`.
   *
   * @returns {Promise<{ messages: object[], last: object | null, hadGap: boolean }>} `last` is the cursor for the next time
   */
  async fetch (topic, after = null, connection = this.connection()) {
    const messages = []
    const end = await this.catchUp(topic, after, connection, message => messages.push(message))
    return { messages, ...end }
  }

  /** As `fetch`, but hands each message to `onFetched` and keeps none. */
  async catchUp (topic, after, connection, onFetched) {
    const room = this.room(topic)
    const client = await FetchClient.open(connection)
    let last = after
    let hadGap = false
    try {
      for await (const page of client.pages(topic, after)) {
        hadGap ||= page.status === 'cursor-gap'
        last = page.status === 'cursor-gap' ? null : page.last ?? last
        for (const fetched of page.messages) {
          const message = this.#deliver(room, fetched.envelope, 'fetch')
          if (message != null) {
            onFetched({ ...message, cursor: fetched.cursor })
          }
        }
      }
    } finally {
      await client.close().catch(() => {})
    }
    return { last, hadGap }
  }

  /** Resolves when so many peers follow the shard of a topic. */
  subscribers (topic, count) {
    const room = this.room(topic)
    return this.#until('subscription-change', () => this.gossip.getSubscribers(room.gossipTopic).length >= count)
  }

  /** Resolves when so many peers are in the mesh of the shard of a topic. */
  mesh (topic, count) {
    const room = this.room(topic)
    return this.#until('gossipsub:graft', () => this.gossip.getMeshPeers(room.gossipTopic).length >= count)
  }

  stop () {
    return this.node.stop()
  }

  #onGossip ({ topic, data }) {
    const { envelope } = readEnvelope(data)
    for (const room of this.#rooms.values()) {
      if (room.isFollowed && room.gossipTopic === topic && equal(room.topic.tag, envelope.topicTag)) {
        this.#deliver(room, data, 'gossip')
      }
    }
  }

  // Gossip and fetched history were verified before they come here. What does not open is not for the user: anyone may write
  // to the tag of a topic without being its member.
  #deliver (room, envelope, source) {
    const { message } = room.opener.open(envelope, { isVerified: true })
    if (message != null) {
      this.#clock.observe(message.hlc)
      if (room.seen.add(message.id)) {
        this.#onMessage(message, room, source)
        const { verdict, first } = room.replays.observe(message)
        if (verdict === 'equivocation') {
          this.#onEquivocation(message, first)
        }
      }
    }
    return message
  }

  #until (event, condition) {
    return new Promise(resolve => {
      const check = () => {
        if (condition()) {
          this.gossip.removeEventListener(event, check)
          resolve()
        }
      }
      this.gossip.addEventListener(event, check)
      check()
    })
  }
}
