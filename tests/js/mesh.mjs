// Many js-libp2p peers in one process that gossip, led over standard input and output as peer.mjs is. See README.md.
import { createInterface } from 'node:readline'
import { multiaddr } from '@multiformats/multiaddr'
import { gossipCommands } from './lib/gossip.mjs'
import { createNode } from './lib/node.mjs'

const { count, gossip = {} } = JSON.parse(process.argv[2])
const peers = await Promise.all(Array.from({ length: count }, start))

function report (message) {
  process.stdout.write(JSON.stringify(message) + '\n')
}

async function start (_, number) {
  const tell = event => report({ node: number, ...event })
  const node = await createNode({ gossip }, () => {})
  return { node, commands: { dial: async ({ address }) => { await node.dial(multiaddr(address)) }, ...gossipCommands(node, tell) } }
}

async function answer ({ id, command, node, ...args }) {
  try {
    report({ id, result: (await peers[node].commands[command](args)) ?? null })
  } catch (error) {
    report({ id, error: { name: error.name, message: error.message } })
  }
}

report({ event: 'started', addresses: peers.map(({ node }) => node.getMultiaddrs()[0].toString()) })
for await (const line of createInterface({ input: process.stdin })) {
  answer(JSON.parse(line))
}

// Whoever led these peers is gone.
process.exit()
