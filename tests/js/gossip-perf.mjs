// Ten js-libp2p nodes in one process, each connected to every other, that gossip: what the figures gossip-rate and
// gossip-p99 measure ours beside. Driven as perf.mjs is.
import { createInterface } from 'node:readline'
import { gossipTopic, Tally } from './lib/gossip-tally.mjs'
import { createNode } from './lib/node.mjs'

const operations = { start, publish, pace }
const nodes = []
const tally = new Tally()

reply({ ok: true, address: '' })
for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...args } = JSON.parse(line)
  try {
    reply({ ok: true, ...await operations[op](args) })
  } catch (error) {
    reply({ ok: false, error: String(error.stack) })
  }
}
process.exit(0)

function reply (message) {
  process.stdout.write(JSON.stringify(message) + '\n')
}

async function start ({ count, degree }) {
  for (let i = 0; i < count; i++) {
    const node = await createNode({ monitorMs: 0, gossip: {} }, () => {})
    node.services.pubsub.addEventListener('gossipsub:message', ({ detail: { msg } }) => tally.delivered(msg.data))
    node.services.pubsub.subscribe(gossipTopic)
    nodes.push(node)
  }
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) await nodes[i].dial(nodes[j].getMultiaddrs())
  }
  while (nodes.some(node => node.services.pubsub.getMeshPeers(gossipTopic).length < degree)) {
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {}
}

/** Publishes from every node in turn, so many messages under way at most, and waits until all have arrived everywhere. */
async function publish ({ messages, size, window }) {
  const started = performance.now()
  for (let i = 0; i < messages; i++) {
    await tally.room(window)
    await nodes[i % nodes.length].services.pubsub.publish(gossipTopic, tally.next(size, nodes.length - 1))
  }
  await tally.room(1)
  return { elapsed: performance.now() - started }
}

/**
 * Publishes from every node in turn, one message an interval, and waits until all have arrived everywhere; how long each took
 * to each of the others.
 */
async function pace ({ messages, size, interval }) {
  tally.delays = []
  const started = performance.now()
  for (let i = 0; i < messages; i++) {
    await new Promise(resolve => setTimeout(resolve, started + (i + 1) * interval - performance.now()))
    await nodes[i % nodes.length].services.pubsub.publish(gossipTopic, tally.next(size, nodes.length - 1))
  }
  await tally.room(1)
  return { elapsed: tally.delays }
}
