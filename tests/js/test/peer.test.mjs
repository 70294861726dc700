// dchat-peer.mjs, led as the C# tests lead it: gossip between two of them, and the fake relay.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { concat, toHex } from '../dchat/bytes.mjs'
import { Device } from '../dchat/identity.mjs'
import { seal } from '../dchat/payload.mjs'
import { Topic } from '../dchat/topic.mjs'
import { FakeRelay, NETWORK, SHARD_BITS } from './fake-relay.mjs'

const SCRIPT = new URL('../dchat-peer.mjs', import.meta.url).pathname
const topic = Topic.public(NETWORK, 'general')

class Led {
  #process = spawn(process.execPath, [SCRIPT, JSON.stringify({ network: NETWORK, shardBits: SHARD_BITS })], { stdio: ['pipe', 'pipe', 'inherit'] })
  #answers = new Map()
  #lastId = 0
  started = Promise.withResolvers()

  constructor () {
    createInterface({ input: this.#process.stdout }).on('line', line => {
      const message = JSON.parse(line)
      if (message.event === 'started') {
        this.started.resolve(message)
      }
      const answer = this.#answers.get(message.id)
      if (answer != null) {
        message.error == null ? answer.resolve(message.result) : answer.reject(Object.assign(new Error(), message.error))
      }
    })
  }

  do (command, args = {}) {
    const id = ++this.#lastId
    const answer = Promise.withResolvers()
    this.#answers.set(id, answer)
    this.#process.stdin.write(JSON.stringify({ id, command, ...args }) + '\n')
    return answer.promise
  }

  end () {
    this.#process.stdin.end()
    return new Promise(resolve => this.#process.on('exit', resolve))
  }
}

describe('dchat-peer.mjs', { timeout: 60_000 }, () => {
  let relay
  const [one, two] = [new Led(), new Led()]
  before(async () => {
    relay = await FakeRelay.start()
    const { addresses: [address] } = await two.started.promise
    await one.do('dial', { address })
    for (const peer of [one, two]) {
      await peer.do('subscribe', { topic: 'general' })
      await peer.do('dial', { address: relay.address.toString() })
    }
    await Promise.all([one, two].map(peer => peer.do('mesh', { topic: 'general' })))
  })
  after(async () => {
    assert.deepEqual(await Promise.all([one.end(), two.end()]), [0, 0])
    await relay.node.stop()
  })

  test('everything published is received once', async () => {
    const sent = await one.do('publishMany', { topic: 'general', prefix: 'm', count: 100, ratePerSecond: 200 })
    await two.do('receivedCount', { topic: 'general', count: 100 })
    const got = await two.do('received', { topic: 'general' })

    assert.deepEqual(got.map(({ id }) => id).sort(), sent.map(({ id }) => id).sort())
    assert.equal((await two.do('counters')).accept, 100)
  })

  test('what is wrong is rejected, what is old ignored, and neither is told', async () => {
    const { shardTopic } = await one.do('topic', { topic: 'general' })
    const author = new Device().author(topic)
    const fresh = seal(topic, author, { content: 'x', sequence: 1, hlc: BigInt(Date.now()) << 16n })
    const old = seal(topic, author, { content: 'x', sequence: 2, hlc: BigInt(Date.now() - 90_000_000) << 16n })
    const { peer } = await one.started.promise
    for (const bytes of [concat(fresh, Uint8Array.of(0)), old]) {
      await one.do('publishRaw', { shardTopic, hex: toHex(bytes) })
    }
    await one.do('publish', { topic: 'general', text: 'after' })
    await two.do('receivedCount', { topic: 'general', count: 101 })
    const counters = await two.do('counters')

    assert.deepEqual(counters, { accept: 101, ignore: { stale: 1 }, reject: { 'non-canonical': 1 }, rejectedFrom: { [peer]: 1 }, ignoredFrom: { [peer]: 1 } })
  })

  test('what is pushed is accepted, and fetched by the other', async () => {
    const relayPeer = relay.node.peerId.toString()
    const pushed = await one.do('push', { topic: 'general', prefix: 'p', count: 20, peer: relayPeer })
    const fetched = await two.do('fetch', { topic: 'general', peer: relayPeer })
    const none = await two.do('fetch', { topic: 'general', peer: relayPeer, after: fetched.cursor })
    const page = await two.do('fetchPage', { topic: 'general', peer: relayPeer, after: fetched.messages[4].cursor, maxCount: 3 })

    assert.equal(pushed.accepted.length, 20)
    assert.deepEqual([pushed.rejected, pushed.lost], [[], []])
    assert.deepEqual(fetched.messages.map(({ id }) => id).sort(), pushed.accepted.map(({ id }) => id).sort())
    assert.deepEqual(none, { messages: [], cursor: fetched.cursor, hadGap: false })
    assert.deepEqual(page.ids, fetched.messages.slice(5, 8).map(({ id }) => id))
    await assert.rejects(one.do('push', { topic: 'general', prefix: 'p', count: 1, peer: (await two.started.promise).peer }), { name: 'UnsupportedProtocolError' })
  })
})
