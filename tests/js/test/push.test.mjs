import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { messageIdText } from '../dchat/envelope.mjs'
import { Device } from '../dchat/identity.mjs'
import { publicKeyOf } from '../dchat/keys.mjs'
import { createChatNode } from '../dchat/node.mjs'
import { seal } from '../dchat/payload.mjs'
import { MAX_UNANSWERED_ENVELOPES, PushClient } from '../dchat/push.mjs'
import { Topic } from '../dchat/topic.mjs'
import { damaged, delegate, FakeRelay, GATEWAY_SEED, NETWORK, RELAY_SEED, SHARD_BITS } from './fake-relay.mjs'

const topic = Topic.public(NETWORK, 'general')
const author = new Device().author(topic)
let sequence = 0n

function sealed (content = 'hello') {
  sequence++
  return seal(topic, author, { content, sequence, hlc: BigInt(Date.now()) << 16n })
}

let relay
let node
let connection

const open = (options = {}) => PushClient.open(connection, { network: NETWORK, shardBits: SHARD_BITS, ...options })

before(async () => {
  relay = await FakeRelay.start()
  node = await createChatNode({ network: NETWORK, shardBits: SHARD_BITS })
})
beforeEach(async () => { connection = await node.dial(relay.address) })
afterEach(() => {
  relay.lies = {}
  relay.answers = null
  relay.requests = []
})
after(async () => {
  await node.stop()
  await relay.node.stop()
})

describe('push', () => {
  test('every envelope is answered under its own number, whatever the order of the answers', async () => {
    const client = await open()
    const envelopes = [sealed('a'), sealed('x'.repeat(4000)), sealed('b'), sealed('c')]
    const first = relay.messages.length

    const answers = await Promise.all(envelopes.map(envelope => client.push(envelope)))
    await client.close()

    assert.deepEqual(answers.map(answer => answer.isAccepted), [true, false, true, true])
    assert.equal(answers[1].code, 'over-quota')
    assert.equal(answers[1].isTransient, true)
    for (const i of [0, 2, 3]) {
      assert.equal(relay.messages[Number(answers[i].sequence) - 1].id, messageIdText(envelopes[i]))
    }
    assert.equal(relay.messages.length, first + 3)
    assert.equal(answers[0].acceptance.count, 3)
    assert.equal(client.unanswered, 0)
  })

  test('a second copy is accepted as a duplicate at the place of the first', async () => {
    const client = await open()
    const envelope = sealed()
    const first = await client.push(envelope)
    const second = await client.push(envelope)
    await client.close()

    assert.equal(first.isDuplicate, false)
    assert.equal(second.isDuplicate, true)
    assert.equal(second.sequence, first.sequence)
  })

  test('nobody waits for an answer, until the limit of what may be unanswered', async () => {
    const held = Promise.withResolvers()
    relay.answers = held.promise
    const client = await open()
    const envelope = sealed()
    const pushes = Array.from({ length: MAX_UNANSWERED_ENVELOPES + 1 }, () => client.push(envelope))
    while (relay.requests.flat().length < MAX_UNANSWERED_ENVELOPES) {
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.equal(client.unanswered, MAX_UNANSWERED_ENVELOPES)
    assert.ok(relay.requests.every(request => request.length <= 256))

    held.resolve()
    const answers = await Promise.all(pushes)
    await client.close()

    assert.equal(answers.filter(answer => answer.isAccepted).length, MAX_UNANSWERED_ENVELOPES + 1)
  })

  test('a request holds at most 256 KiB of envelopes, and 4 MiB at most are unanswered', async () => {
    const held = Promise.withResolvers()
    relay.answers = held.promise
    const client = await open()
    const envelope = sealed('x'.repeat(60_000))
    const fitting = Math.floor(4 * 1024 * 1024 / envelope.length)
    const pushes = Array.from({ length: fitting + 1 }, () => client.push(envelope))
    while (relay.requests.flat().length < fitting) {
      await new Promise(resolve => setImmediate(resolve))
    }

    assert.equal(client.unanswered, fitting)
    assert.ok(relay.requests.every(request => request.length * envelope.length <= 256 * 1024))
    held.resolve()
    assert.ok((await Promise.all(pushes)).every(answer => answer.code === 'over-quota'))
    await client.close()
  })

  test('a stream that is lost rejects what is unanswered, so that it is sent again', async () => {
    relay.answers = new Promise(() => {})
    const client = await open()
    const push = client.push(sealed())
    connection.abort(new Error('for the test'))

    await assert.rejects(push, { name: 'PushLostError' })
    await assert.rejects(client.push(sealed()), { name: 'PushLostError' })
    await client.close()
  })

  test('an envelope that is too long is not sent', async () => {
    const client = await open()
    await assert.rejects(client.push(new Uint8Array(61_441)), RangeError)
    await client.close()
  })
})

describe('a relay that is not what it says', () => {
  const now = Date.now()
  const lies = {
    'serves another network': { network: 'dchat-other' },
    'has other shards': { shardBits: 5 },
    'has no delegation': { delegation: null },
    'has a delegation that the relay did not sign': { delegation: delegate(now, {}, GATEWAY_SEED) },
    'has a delegation that was changed': { delegation: { ...delegate(now), signature: damaged(delegate(now).signature) } },
    'has a delegation for another network': { delegation: delegate(now, { network: 'dchat-other' }) },
    'has a delegation for another gateway': { delegation: delegate(now, { gatewayKey: publicKeyOf(RELAY_SEED) }) },
    'has a delegation that is over': { delegation: delegate(now, { notAfterMs: BigInt(now) - 60_000n }) },
    'has a delegation that is yet to come': { delegation: delegate(now, { notBeforeMs: BigInt(now) + 600_000n }) },
    'has a delegation of more than 256 bytes': { delegation: delegate(now, { relayId: new Uint8Array(200) }) }
  }
  for (const [name, welcome] of Object.entries(lies)) {
    test(`is left when it ${name}`, async () => {
      relay.lies = { welcome }
      await assert.rejects(open(), { name: 'RelayError' })
    })
  }

  test('may use the delegation until its last millisecond', async () => {
    relay.lies = { welcome: { delegation: delegate(now, { notBeforeMs: 1000n, notAfterMs: 2000n }) } }
    for (const time of [999, 2001]) {
      await assert.rejects(open({ now: () => time }), { code: 'bad-delegation' })
    }
    for (const time of [1000, 2000]) {
      const client = await open({ now: () => time })
      await client.close()
    }
  })
})

describe('an acceptance that does not hold', () => {
  const forged = {
    'of another network': { network: 'dchat-other' },
    'of another relay': { relayId: publicKeyOf(GATEWAY_SEED) },
    'of another gateway': { gatewayKey: publicKeyOf(RELAY_SEED) },
    'of another shard': { shard: (topic.shard(SHARD_BITS) + 1) % 16 },
    'with a short log id': { log: new Uint8Array(15) },
    'with another count': { count: 2 },
    'with another root': { root: new Uint8Array(32) },
    'from before the delegation': { acceptedAtMs: BigInt(Date.now()) - 7_200_000n },
    'from after the delegation': { acceptedAtMs: BigInt(Date.now()) + 7_200_000n },
    'that names an epoch that was over': { includeByEpoch: BigInt(Date.now()) / 3_600_000n - 1n }
  }
  for (const [name, acceptance] of Object.entries(forged)) {
    test(`${name} ends the stream`, async () => {
      relay.lies = { acceptance }
      const client = await open()
      await assert.rejects(client.push(sealed()), { code: 'bad-acceptance' })
      await assert.rejects(client.push(sealed()), { code: 'bad-acceptance' })
    })
  }

  test('signed by another key ends the stream', async () => {
    relay.lies = { acceptanceSeed: RELAY_SEED }
    await assert.rejects((await open()).push(sealed()), { code: 'bad-acceptance' })
  })

  test('left out ends the stream', async () => {
    relay.lies = { reply: () => ({ acceptance: null }) }
    await assert.rejects((await open()).push(sealed()), { code: 'bad-acceptance' })
  })

  test('of a number nobody sent, or one answered twice, ends the stream', async () => {
    for (const number of [7n, 0n]) {
      relay.lies = { reply: () => ({ acceptance: null, accepted: [], rejected: [0n, number].map(n => ({ number: n, code: 'no' })) }) }
      await assert.rejects((await open()).push(sealed()), { code: 'bad-reply' })
    }
  })

  test('and a reply that is no reply, or too long, loses the stream', async () => {
    relay.lies = { reply: () => ({ acceptance: null, accepted: [], rejected: [{ number: 0n, code: 'x'.repeat(1024 * 1024) }] }) }
    await assert.rejects((await open()).push(sealed()), { name: 'PushLostError' })
  })
})
