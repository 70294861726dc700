// A js-libp2p peer led over standard input and output, one JSON object a line. See README.md.
import { createInterface } from 'node:readline'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { gossipCommands } from './lib/gossip.mjs'
import { kadCommands } from './lib/kad.mjs'
import { createNode } from './lib/node.mjs'
import { requestPerf, servePerf } from './lib/perf.mjs'
import { echo, exchange, ManualStream } from './lib/streams.mjs'

const ECHO = '/dchat-test/echo/1.0.0'
const PERF = '/perf/1.0.0'
const MANUAL = '/dchat-test/manual/1.0.0'
const STREAMS = { maxInboundStreams: 1000, maxOutboundStreams: 1000, runOnLimitedConnection: true }

const node = await createNode(JSON.parse(process.argv[2] ?? '{}'), report)
const manual = []

function report (message) {
  process.stdout.write(JSON.stringify(message) + '\n')
}

function keep (stream) {
  return manual.push(new ManualStream(stream)) - 1
}

function connectionTo (peer) {
  const [connection] = node.getConnections(peerIdFromString(peer))
  if (connection == null) {
    throw new Error(`There is no connection to ${peer}.`)
  }
  return connection
}

function describe (connection) {
  return { peer: connection.remotePeer.toString(), connection: connection.id, direction: connection.direction }
}

const commands = {
  dial: async ({ address }) => describe(await node.dial(multiaddr(address))),
  hangUp: ({ peer }) => node.hangUp(peerIdFromString(peer)),
  connections: () => node.getConnections().map(describe),
  protocols: () => node.getProtocols(),
  addresses: () => node.getMultiaddrs().map(ma => ma.toString()),
  ping: ({ peer }) => node.services.ping.ping(peerIdFromString(peer)),

  // What the peer store holds after identify: only a record that verified makes an address certified.
  known: async ({ peer }) => {
    const { addresses, protocols } = await node.peerStore.get(peerIdFromString(peer))
    return { protocols, addresses: addresses.map(a => ({ address: a.multiaddr.toString(), isCertified: a.isCertified })) }
  },

  // Says from now on that it listens there as well.
  announce: ({ address }) => {
    const { addressManager } = node.components
    addressManager.addObservedAddr(multiaddr(address))
    addressManager.confirmObservedAddr(multiaddr(address), { type: 'observed' })
  },

  handle: async ({ protocol }) => {
    await node.handle(protocol, stream => { report({ event: 'stream', stream: keep(stream), protocol: stream.protocol }) }, STREAMS)
  },
  unhandle: ({ protocol }) => node.unhandle(protocol),

  // Opens so many streams at once, and exchanges so many bytes on each only when all of them are open.
  exchange: async ({ peer, bytes, streams = 1 }) => {
    const connection = connectionTo(peer)
    const open = await Promise.all(Array.from({ length: streams }, () => connection.newStream(ECHO, STREAMS)))
    return Promise.all(open.map(stream => exchange(stream, bytes)))
  },

  perf: async ({ peer, upload, download }) => requestPerf(await connectionTo(peer).newStream(PERF), upload, download),

  open: async ({ peer, protocols = [MANUAL] }) => {
    const stream = await connectionTo(peer).newStream(protocols, STREAMS)
    return { stream: keep(stream), protocol: stream.protocol }
  },
  write: ({ stream, text }) => manual[stream].write(text),
  read: ({ stream, bytes }) => manual[stream].read(bytes),
  readToEnd: ({ stream }) => manual[stream].readToEnd(),
  pause: ({ stream }) => manual[stream].pause(),
  resume: ({ stream }) => manual[stream].resume(),
  closeWrite: ({ stream }) => manual[stream].closeWrite(),
  reset: ({ stream }) => manual[stream].reset(),
  ended: ({ stream }) => manual[stream].ended(),

  // Answers after so many milliseconds.
  wait: ({ ms }) => new Promise(resolve => setTimeout(resolve, ms))
}

if (node.services.pubsub != null) {
  Object.assign(commands, gossipCommands(node, report))
}

if (node.services.dht != null) {
  Object.assign(commands, kadCommands(node))
}

node.addEventListener('connection:open', ({ detail: connection }) => {
  report({ event: 'connection-open', ...describe(connection) })
  connection.addEventListener('close', ({ error }) => {
    report({ event: 'connection-close', ...describe(connection), error: error?.message ?? null })
  })
  // The connection monitor keeps the time of each of its pings here, and nothing else does.
  Object.defineProperty(connection, 'rtt', { set: rtt => report({ event: 'monitored', ...describe(connection), rtt }) })
})
node.addEventListener('peer:identify', ({ detail }) => {
  report({
    event: 'identified',
    peer: detail.peerId.toString(),
    agent: detail.agentVersion,
    version: detail.protocolVersion,
    protocols: detail.protocols,
    observed: detail.observedAddr?.toString(),
    record: detail.signedPeerRecord?.addresses.map(a => a.toString())
  })
})

await node.handle(ECHO, echo, STREAMS)
await node.handle(PERF, servePerf, STREAMS)
await commands.handle({ protocol: MANUAL })
report({
  event: 'started',
  peer: node.peerId.toString(),
  addresses: node.getMultiaddrs().map(a => a.toString()),
  agent: node.services.identify.host.agentVersion
})

async function answer ({ id, command, ...args }) {
  try {
    if (!Object.hasOwn(commands, command)) {
      throw new Error(`There is no command "${command}".`)
    }
    report({ id, result: (await commands[command](args)) ?? null })
  } catch (error) {
    report({ id, error: { name: error.name, message: error.message } })
  }
}

// Commands run side by side: one that waits holds up no other.
for await (const line of createInterface({ input: process.stdin })) {
  answer(JSON.parse(line))
}

// Whoever led this peer is gone.
await node.stop()
process.exit()
