// A chat peer led over standard input and output, one JSON object a line, for tests. See README.md.
import { createInterface } from 'node:readline'
import { fromHex, toHex } from './dchat/bytes.mjs'
import { ChatClient } from './dchat/client.mjs'
import { readEnvelope, verifyEnvelope } from './dchat/envelope.mjs'
import * as fetchMessages from './dchat/fetch.mjs'
import { Device } from './dchat/identity.mjs'
import { Opener } from './dchat/payload.mjs'
import * as pushMessages from './dchat/push.mjs'
import * as relayMessages from './dchat/relay.mjs'
import { MemorySequences } from './dchat/sequences.mjs'
import * as statementMessages from './dchat/statement.mjs'
import { gossipTopic, Topic } from './dchat/topic.mjs'
import { judge } from './dchat/validator.mjs'

const { cursorText } = relayMessages
const settings = JSON.parse(process.argv[2] ?? '{}')
const network = settings.network ?? 'dchat-dev'
const shardBits = settings.shardBits ?? 4
const counters = { accept: 0, ignore: {}, reject: {}, rejectedFrom: {}, ignoredFrom: {} }
const received = new Map()
let arrived = Promise.withResolvers()

const client = await ChatClient.start({
  network,
  shardBits,
  device: new Device(settings.device == null ? undefined : fromHex(settings.device)),
  sequences: settings.device == null ? new MemorySequences() : MemorySequences.fromTime(),
  peerSeed: settings.seed == null ? undefined : fromHex(settings.seed),
  listen: settings.listen ?? ['/ip4/127.0.0.1/tcp/0'],
  gossip: settings.gossip,
  onMessage: (message, room, source) => {
    if (source === 'gossip') {
      received.get(room)?.push(message)
      arrived.resolve()
      arrived = Promise.withResolvers()
      report({ event: 'message', topic: room.topic.name, id: message.id, text: message.text, sequence: message.sequence, deviceKey: message.deviceKey })
    }
  },
  onEquivocation: ({ id, authorKey, sequence }, first) => report({ event: 'equivocation', id, first, authorKey, sequence }),
  onJudged: ({ peer, verdict, code }) => {
    if (verdict === 'accept') {
      counters.accept++
    } else {
      increment(counters[verdict], code)
      increment(verdict === 'reject' ? counters.rejectedFrom : counters.ignoredFrom, peer)
    }
  }
})

function report (message) {
  process.stdout.write(JSON.stringify(message, (_, value) => typeof value === 'bigint' ? value.toString() : value) + '\n')
}

function increment (counts, key) {
  counts[key] = (counts[key] ?? 0) + 1
}

const topicOf = text => Topic.from(network, text)
const textsOf = messages => messages.map(({ id, text, sequence, deviceKey }) => ({ id, text, sequence, deviceKey }))

function cursorOf (text) {
  if (text == null) {
    return null
  }
  const [log, sequence] = text.split(':')
  return { log: fromHex(log), sequence: BigInt(sequence) }
}

async function publishOne (topic, text) {
  const sealed = client.seal(topic, text)
  return { id: sealed.id, text, recipients: await client.publish(topic, sealed) }
}

/** What is to be told of an answered push; the acceptance was verified. */
function describeAnswer ({ id, text }, answer) {
  const { isAccepted, sequence, topicSequence, isDuplicate, acceptance, code, isTransient } = answer
  return !isAccepted
    ? { id, text, isAccepted, code, isTransient }
    : {
        id,
        text,
        isAccepted,
        sequence,
        topicSequence,
        isDuplicate,
        relayId: toHex(acceptance.relayId),
        gatewayKey: toHex(acceptance.gatewayKey),
        shard: acceptance.shard,
        log: toHex(acceptance.log),
        count: acceptance.count,
        root: toHex(acceptance.root),
        acceptedAtMs: acceptance.acceptedAtMs,
        includeByEpoch: acceptance.includeByEpoch
      }
}

async function pushAll (topic, texts, peer) {
  const push = await client.openPush(client.connection(peer))
  const sealed = texts.map(text => ({ text, ...client.seal(topic, text) }))
  const answers = await Promise.allSettled(sealed.map(item => push.push(item.envelope)))
  await push.close()
  const results = answers.map((answer, i) => answer.status === 'fulfilled'
    ? describeAnswer(sealed[i], answer.value)
    : { id: sealed[i].id, text: sealed[i].text, isAccepted: null, error: answer.reason.name, message: answer.reason.message })
  return {
    accepted: results.filter(({ isAccepted }) => isAccepted === true),
    rejected: results.filter(({ isAccepted }) => isAccepted === false),
    lost: results.filter(({ isAccepted }) => isAccepted === null)
  }
}

const numbered = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

const commands = {
  dial: async ({ address }) => ({ peer: (await client.dial(address)).remotePeer.toString() }),
  hangUp: ({ peer }) => client.connection(peer).close(),
  connections: () => client.node.getConnections().map(connection => connection.remotePeer.toString()),
  peers: ({ topic }) => client.gossip.getSubscribers(client.room(topicOf(topic)).gossipTopic).map(peer => peer.toString()),

  subscribe: ({ topic }) => {
    const room = client.subscribe(topicOf(topic))
    received.set(room, received.get(room) ?? [])
    return { shardTopic: room.gossipTopic, shard: room.shard, tag: toHex(room.topic.tag), authorKey: toHex(room.author.key) }
  },
  subscribers: ({ topic, count = 1 }) => client.subscribers(topicOf(topic), count),
  mesh: ({ topic, count = 1 }) => client.mesh(topicOf(topic), count),

  publish: ({ topic, text }) => publishOne(topicOf(topic), text),
  publishMany: async ({ topic, prefix, count, ratePerSecond = Infinity }) => {
    const to = topicOf(topic)
    const start = performance.now()
    const sent = []
    for (const [i, text] of numbered(prefix, count).entries()) {
      const due = start + i * 1000 / ratePerSecond
      await new Promise(resolve => due > performance.now() ? setTimeout(resolve, due - performance.now()) : setImmediate(resolve))
      sent.push(await publishOne(to, text))
    }
    return sent
  },
  publishRaw: async ({ shardTopic, hex }) => (await client.gossip.publish(shardTopic, fromHex(hex))).recipients.length,

  push: ({ topic, prefix, count, peer }) => pushAll(topicOf(topic), numbered(prefix, count), peer),
  fetch: async ({ topic, after, peer }) => {
    const { messages, last, hadGap } = await client.fetch(topicOf(topic), cursorOf(after), client.connection(peer))
    return {
      messages: textsOf(messages).map((message, i) => ({ ...message, cursor: cursorText(messages[i].cursor) })),
      cursor: cursorText(last),
      hadGap
    }
  },
  fetchPage: async ({ topic, after, maxCount, peer }) => {
    const fetch = await fetchMessages.FetchClient.open(client.connection(peer))
    const { status, head, last, messages } = await fetch.fetch(topicOf(topic), { after: cursorOf(after), maxCount })
    await fetch.close()
    return { status, head: cursorText(head), cursor: cursorText(last), ids: messages.map(({ id }) => id) }
  },

  // What came by gossip so far; each message once.
  received: ({ topic }) => textsOf(received.get(client.room(topicOf(topic))) ?? []),
  // Answers when so many different messages have come by gossip.
  receivedCount: ({ topic, count }) => untilReceived(client.room(topicOf(topic)), count),
  counters: () => counters,

  // The codec alone, many at once: what the C# tests compare with.
  seal: ({ topic, text }) => {
    const { id, envelope } = client.seal(topicOf(topic), text)
    return { id, hex: toHex(envelope) }
  },
  open: ({ topic, hex }) => {
    const { status, message } = new Opener(topicOf(topic)).open(fromHex(hex))
    return message == null ? { status } : { status, ...message, content: toHex(message.content) }
  },
  read: ({ hex }) => hex.map(text => readEnvelope(fromHex(text)).code),
  verify: ({ hex }) => hex.map(text => {
    const { code, envelope } = readEnvelope(fromHex(text))
    return code === 'none' ? verifyEnvelope(envelope) : null
  }),
  judge: ({ hex, shard, now }) => hex.map(text => judge(fromHex(text), { network, shardBits, shard, now })),
  // Reads and writes a message of push.proto, fetch.proto or relay.proto; the fields as protobuf's JSON has them.
  message: ({ name, hex }) => {
    const codec = { ...pushMessages, ...fetchMessages, ...relayMessages, ...statementMessages }[name]
    const fields = codec.decode(fromHex(hex))
    return { fields: jsonOf(fields), hex: toHex(codec.encode(fields)) }
  },
  topic: ({ topic }) => {
    const { network, name, isPublic, invite, tag } = topicOf(topic)
    const shard = topicOf(topic).shard(shardBits)
    return { network, name, isPublic, invite, tag: toHex(tag), shard, shardTopic: gossipTopic(network, shardBits, shard) }
  }
}

function jsonOf (value) {
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString('base64')
  }
  if (Array.isArray(value)) {
    return value.map(jsonOf)
  }
  const isMessage = value != null && typeof value === 'object'
  return isMessage ? Object.fromEntries(Object.entries(value).filter(([, item]) => item != null).map(([name, item]) => [name, jsonOf(item)])) : value
}

async function untilReceived (room, count) {
  while ((received.get(room)?.length ?? 0) < count) {
    await arrived.promise
  }
  return received.get(room).length
}

client.node.addEventListener('peer:connect', ({ detail }) => report({ event: 'peer-connect', peer: detail.toString() }))
client.node.addEventListener('peer:disconnect', ({ detail }) => report({ event: 'peer-disconnect', peer: detail.toString() }))
report({
  event: 'started',
  peer: client.node.peerId.toString(),
  addresses: client.node.getMultiaddrs().map(address => address.toString()),
  agent: client.node.services.identify.host.agentVersion
})

async function answer ({ id, command, ...args }) {
  try {
    if (!Object.hasOwn(commands, command)) {
      throw new Error(`There is no command "${command}".`)
    }
    report({ id, result: (await commands[command](args)) ?? null })
  } catch (error) {
    report({ id, error: { name: error.name, message: error.message, code: error.code ?? null } })
  }
}

// Commands run side by side: one that waits holds up no other.
for await (const line of createInterface({ input: process.stdin })) {
  answer(JSON.parse(line))
}

// Whoever led this peer is gone.
await client.stop()
process.exit()
