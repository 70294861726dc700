#!/usr/bin/env node
// A chat peer in JavaScript. See README.md.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { fromHex, toHex } from './dchat/bytes.mjs'
import { ChatClient } from './dchat/client.mjs'
import { Device } from './dchat/identity.mjs'
import { Home, MemorySequences } from './dchat/sequences.mjs'
import { ChatSession } from './dchat/session.mjs'
import { MAX_SHARD_BITS, Topic } from './dchat/topic.mjs'

const USAGE = `Usage: node chat.mjs [options] MULTIADDR TOPIC
       node chat.mjs [options] MULTIADDR --private-topic INVITE

Chats in a topic through the gateway at MULTIADDR: prints what others write, sends each line you type. Ends at the end of
input (Ctrl+D) or at Ctrl+C, when everything sent is with the relay.

  --private-topic INVITE  a private topic, as "dchat topic create" prints it
  --history N             how many old messages to show; default 20
  --push                  send by push, with signed acceptances, and not by gossip
  --json                  one JSON object a line on standard output, and nothing else there
  --network NAME          default dchat-dev
  --shard-bits N          how many shards the network has; default 4, which is 16
  --home FOLDER           keep the device key and its sequences there; without it, a new device each time
  --patience SECONDS      how long the end waits for the gateway; default 20
  --seed HEX              the 32 bytes of the device key
  --help                  this text
`

function readArguments () {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'private-topic': { type: 'string' },
      history: { type: 'string', default: '20' },
      push: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      network: { type: 'string', default: 'dchat-dev' },
      'shard-bits': { type: 'string', default: '4' },
      patience: { type: 'string', default: '20' },
      home: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  const [address, name, ...rest] = positionals
  const topicText = values['private-topic'] ?? name
  const extra = values['private-topic'] == null ? rest : [name, ...rest].filter(text => text != null)
  if (values.help || address == null || topicText == null || extra.length > 0) {
    const [output, code] = values.help ? [process.stdout, 0] : [process.stderr, 2]
    output.write(USAGE)
    process.exit(code)
  }
  const topic = values['private-topic'] == null ? Topic.from(values.network, topicText) : Topic.fromInvite(topicText)
  return {
    ...values,
    address,
    topic,
    network: topic.network,
    history: numberOf('--history', values.history, 100_000),
    patienceMs: 1000 * numberOf('--patience', values.patience, 86_400),
    shardBits: numberOf('--shard-bits', values['shard-bits'], MAX_SHARD_BITS),
    seed: values.seed == null ? undefined : fromHex(values.seed)
  }
}

function numberOf (name, text, max) {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(value <= max)) {
    throw new RangeError(`${name} is a whole number of 0 to ${max}, got ${text}.`)
  }
  return value
}

function openDevice ({ home, seed }) {
  if (home != null) {
    const store = new Home(home, seed)
    return { device: store.device, sequences: store, close: () => store.close() }
  }
  const sequences = seed == null ? new MemorySequences() : MemorySequences.fromTime()
  return { device: new Device(seed), sequences, close: () => {} }
}

/** What others wrote must not lead the terminal. */
function printable (text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character => character === '\n' ? '\n    ' : '\ufffd')
}

function printJson (event) {
  const flat = event.event === 'message' ? { event: 'message', ...event.message, source: event.source } : event
  const { content, ...rest } = flat
  process.stdout.write(JSON.stringify(rest, (_, value) => typeof value === 'bigint' ? value.toString() : value) + '\n')
}

function printText ({ event, ...details }) {
  switch (event) {
    case 'message': {
      const { deviceKey, composedAt, text } = details.message
      const time = new Date(composedAt).toISOString().slice(0, 16).replace('T', ' ')
      process.stdout.write(`${time} ${deviceKey.slice(0, 8)}  ${printable(text)}\n`)
      break
    }
    case 'ready': return say(`connected to ${details.peer}`)
    case 'disconnected': return say('the gateway is gone; connecting again')
    case 'equivocation': return say(`${details.deviceKey.slice(0, 8)} wrote two messages under one number: ${details.first}, ${details.id}`)
    case 'gap': return say('the relay no longer has everything since the last time')
    case 'rejected': return say(`not kept (${printable(details.code)}): ${details.id}`)
    case 'unconfirmed': return say(`nobody confirmed ${details.id}`)
    case 'error': return say(`${details.name}: ${printable(details.message)}`)
  }
}

function say (text) {
  process.stderr.write(`-- ${text}\n`)
}

const options = (() => {
  try {
    return readArguments()
  } catch (error) {
    process.stderr.write(`chat.mjs: ${error.message}\n`)
    process.exit(2)
  }
})()
const print = options.json ? printJson : printText
const { device, sequences, close } = openDevice(options)
let failed = false
let session = null
const client = await ChatClient.start({
  network: options.network,
  shardBits: options.shardBits,
  device,
  sequences,
  onMessage: (message, room, source) => session.onMessage(message, source),
  onEquivocation: ({ id, deviceKey, sequence }, first) => print({ event: 'equivocation', id, first, deviceKey, sequence })
})
session = new ChatSession(client, {
  topic: options.topic,
  address: options.address,
  viaPush: options.push,
  history: options.history,
  patienceMs: options.patienceMs,
  onEvent: event => {
    failed ||= event.event === 'rejected'
    print(event)
  }
})
print({ event: 'started', device: toHex(device.key), topic: options.topic.name, shard: options.topic.shard(options.shardBits) })
session.run()

const lines = createInterface({ input: process.stdin })
lines.on('close', () => session.lastCall())
process.on('SIGINT', () => {
  process.on('SIGINT', () => process.exit(130))
  lines.close()
})
process.on('SIGTERM', () => lines.close())
for await (const line of lines) {
  if (line.length > 0) {
    await session.send(line).catch(error => {
      failed = true
      print({ event: 'error', name: error.name, message: error.message })
    })
  }
}
const isConfirmed = await session.finish()
await client.stop()
close()
process.exit(isConfirmed && !failed ? 0 : 1)
