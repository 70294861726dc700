// The arguments of chat.mjs.
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import { fromHex } from '../dchat/bytes.mjs'
import { MAX_SHARD_BITS, Topic } from '../dchat/topic.mjs'

export const USAGE = `Usage: node chat.mjs [options] MULTIADDR TOPIC
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

Exit codes: 0 when the relay has everything that was sent, 1 when not, 2 for wrong arguments.
`

/** Reads the arguments; null when they ask for help. Throws an error with a line for the user. */
export function readArguments (args) {
  const { values, positionals } = parseArgs({
    args,
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
  if (values.help) {
    return null
  }
  const [address, name, ...rest] = positionals
  const isPrivate = values['private-topic'] != null
  const extra = isPrivate ? positionals.slice(1) : rest
  if (address == null || (name == null && !isPrivate)) {
    throw new Error('give the MULTIADDR of a gateway and a TOPIC.')
  }
  if (extra.length > 0) {
    throw new Error(`'${extra[0]}' is one word too many.`)
  }
  const topic = isPrivate ? Topic.fromInvite(values['private-topic']) : Topic.from(values.network, name)
  return {
    ...values,
    address: addressOf(address),
    topic,
    network: topic.network,
    history: numberOf('--history', values.history, 100_000),
    patienceMs: 1000 * numberOf('--patience', values.patience, 86_400),
    shardBits: numberOf('--shard-bits', values['shard-bits'], MAX_SHARD_BITS),
    seed: seedOf(values.seed)
  }
}

function addressOf (text) {
  try {
    multiaddr(text)
    return text
  } catch {
    throw new Error(`'${text}' is no MULTIADDR; a silo prints its own as it starts (libp2p), such as /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo….`)
  }
}

function seedOf (text) {
  if (text != null && !/^[0-9a-f]{64}$/i.test(text)) {
    throw new Error('--seed takes 64 hex digits.')
  }
  return text == null ? undefined : fromHex(text.toLowerCase())
}

function numberOf (name, text, max) {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(value <= max)) {
    throw new RangeError(`${name} is a whole number of 0 to ${max}, got ${text}.`)
  }
  return value
}
