import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { concat, equal } from '../dchat/bytes.mjs'
import { messageIdText } from '../dchat/envelope.mjs'
import { FetchClient } from '../dchat/fetch.mjs'
import { Device } from '../dchat/identity.mjs'
import { createChatNode } from '../dchat/node.mjs'
import { seal } from '../dchat/payload.mjs'
import { Topic } from '../dchat/topic.mjs'
import { bytesField, varintField } from '../dchat/wire.mjs'
import { damaged, FakeRelay, NETWORK, SHARD_BITS } from './fake-relay.mjs'

const topic = Topic.public(NETWORK, 'general')
const other = Topic.public(NETWORK, 'elsewhere')
const device = new Device()

function sealed (sequence, to = topic) {
  return seal(to, device.author(to), { content: `message ${sequence}`, sequence, hlc: BigInt(Date.now()) << 16n })
}

let relay
let node
let connection

before(async () => {
  relay = await FakeRelay.start()
  node = await createChatNode({ network: NETWORK, shardBits: SHARD_BITS })
  for (let i = 1; i <= 7; i++) {
    relay.keep(sealed(i))
    relay.keep(sealed(i, other))
  }
})
beforeEach(async () => { connection = await node.dial(relay.address) })
afterEach(() => {
  relay.lies = {}
  relay.pageSize = 256
})
after(async () => {
  await node.stop()
  await relay.node.stop()
})

const idsOf = to => relay.messages.filter(({ topicTag }) => equal(topicTag, to.tag)).map(({ id }) => id)

async function everything (client, to, after) {
  const messages = []
  for await (const page of client.pages(to, after)) {
    messages.push(...page.messages)
  }
  return messages
}

describe('fetch', () => {
  test('a topic is read page by page, in the order of the log, and nothing of another', async () => {
    relay.pageSize = 3
    const client = await FetchClient.open(connection)
    const messages = await everything(client, topic)
    await client.close()

    assert.deepEqual(messages.map(({ id }) => id), idsOf(topic))
    assert.deepEqual(messages.map(({ cursor }) => cursor.sequence), [1n, 3n, 5n, 7n, 9n, 11n, 13n])
  })

  test('a cursor goes on where it was left, also on another stream', async () => {
    const first = await FetchClient.open(connection)
    const page = await first.fetch(topic, { maxCount: 2 })
    await first.close()
    const second = await FetchClient.open(connection)
    const rest = await everything(second, topic, page.last)
    await second.close()

    assert.deepEqual([...page.messages, ...rest].map(({ id }) => id), idsOf(topic))
  })

  test('questions may be asked without waiting for answers', async () => {
    const client = await FetchClient.open(connection)
    const pages = await Promise.all([topic, other, topic].map(to => client.fetch(to, { maxCount: 1 })))
    await client.close()

    assert.deepEqual(pages.map(page => page.messages[0].id), [idsOf(topic)[0], idsOf(other)[0], idsOf(topic)[0]])
  })

  test('a cursor of another log is a gap, and reading everything starts anew', async () => {
    const lost = { log: new Uint8Array(16).fill(9), sequence: 1n }
    const client = await FetchClient.open(connection)
    const page = await client.fetch(topic, { after: lost })
    const messages = await everything(client, topic, lost)
    await client.close()

    assert.equal(page.status, 'cursor-gap')
    assert.equal(page.head.sequence, 14n)
    assert.deepEqual(messages.map(({ id }) => id), idsOf(topic))
  })

  test('what only newer programs read is passed over and counted', async () => {
    const newer = concat(bytesField(1, varintField(1, 2)), bytesField(2, new Uint8Array(64)))
    relay.lies = { page: messages => ({ messages: messages.with(0, { ...messages[0], envelope: newer }) }) }
    const client = await FetchClient.open(connection)
    const page = await client.fetch(topic)
    await client.close()

    assert.equal(page.unsupported, 1)
    assert.deepEqual(page.messages.map(({ id }) => id), idsOf(topic).slice(1))
  })

  const lies = {
    'a changed envelope': messages => ({ messages: messages.with(1, { ...messages[1], envelope: damaged(messages[1].envelope) }) }),
    'an envelope of another topic': messages => ({ messages: messages.with(1, { ...messages[1], envelope: sealed(1, other) }) }),
    'no envelope': messages => ({ messages: messages.with(1, { ...messages[1], envelope: new Uint8Array(3) }) }),
    'a message twice': messages => ({ messages: messages.with(1, messages[0]) }),
    'messages in another order': messages => ({ messages: messages.toReversed() }),
    'the same place in the topic twice': messages => ({ messages: messages.with(1, { ...messages[1], topicSequence: 1n }) }),
    'a message beyond the head': () => ({ head: { log: relay.log, sequence: 12n } }),
    'no head': () => ({ head: null }),
    'a gap where no cursor was given': () => ({ status: 2 }),
    'that the request was malformed': () => ({ status: 3 }),
    'a status nobody knows': () => ({ status: 9 })
  }
  for (const [name, page] of Object.entries(lies)) {
    test(`a relay that answers ${name} is left`, async () => {
      relay.lies = { page }
      await assert.rejects(everything(await FetchClient.open(connection), topic), { code: 'bad-reply' })
    })
  }

  test('a relay that answers more than was asked for is left', async () => {
    relay.lies = { page: () => ({ messages: relay.messages.filter((_, i) => i % 2 === 0).map(({ envelope }, i) => ({ sequence: BigInt(2 * i + 1), topicSequence: BigInt(i + 1), envelope })) }) }
    const client = await FetchClient.open(connection)
    assert.equal((await client.fetch(topic, { maxCount: 7 })).messages.length, 7)
    await assert.rejects(client.fetch(topic, { maxCount: 6 }), { code: 'bad-reply' })
  })

  test('storage that cannot answer, and a lost connection, are told apart from lies', async () => {
    relay.lies = { page: () => ({ status: 4 }) }
    await assert.rejects((await FetchClient.open(connection)).fetch(topic), { name: 'FetchUnavailableError' })
    const client = await FetchClient.open(connection)
    const asked = client.fetch(topic)
    connection.abort(new Error('for the test'))
    await assert.rejects(asked, { name: 'FetchLostError' })
    await assert.rejects(client.fetch(topic), { name: 'FetchLostError' })
  })

  test('of a MessageId, the envelope is the proof', async () => {
    const client = await FetchClient.open(connection)
    const { messages } = await client.fetch(topic)
    await client.close()

    assert.ok(messages.every(({ id, envelope }) => id === messageIdText(envelope)))
  })
})
