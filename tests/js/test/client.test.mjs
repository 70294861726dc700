import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ChatClient } from '../dchat/client.mjs'
import { readEnvelope } from '../dchat/envelope.mjs'
import { Device } from '../dchat/identity.mjs'
import { Topic } from '../dchat/topic.mjs'
import { NETWORK, SHARD_BITS } from './fake-relay.mjs'

const topic = Topic.public(NETWORK, 'general')

describe('A client with another peer', () => {
  const peerSeed = new Uint8Array(32).fill(9)
  let first
  let second

  before(async () => {
    first = await ChatClient.start({ network: NETWORK, shardBits: SHARD_BITS, device: new Device(), peerSeed })
    second = await first.withOtherPeer()
  })
  after(() => Promise.all([first?.stop(), second?.stop()]))

  test('has a PeerId of its own', () => assert.notEqual(second.node.peerId.toString(), first.node.peerId.toString()))

  test('writes as the same device and never under a sequence that the other has used', () => {
    const [one, two] = [first, second].map(client => readEnvelope(client.seal(topic, 'hello').envelope).envelope)
    assert.deepEqual(two.authorKey, one.authorKey)
    assert.equal(two.sequence, one.sequence + 1n)
  })

  test('takes the PeerId it is given', async () => {
    const third = await second.withOtherPeer({ peerSeed })
    assert.equal(third.node.peerId.toString(), first.node.peerId.toString())
    await third.stop()
  })
})
