// A js-libp2p peer driven over stdin and stdout, one JSON object a line: {id, op, ...} in, {id, ok, ...} out.
import { createInterface } from 'node:readline'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify, identifyPush } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { requestPerf, serveEcho, serveHoldOpen, servePerf, serveUpload, unlimited } from './protocols.mjs'

const ECHO = '/test/echo/1.0.0'
const HOLD = '/test/hold/1.0.0'
const UPLOAD = '/test/upload/1.0.0'
const PERF = '/perf/1.0.0'

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [badIdentity(noise())],
  streamMuxers: [yamux()],
  services: { identify: identify(), identifyPush: identifyPush(), ping: ping() },
  // Loopback dials all come from one address; the defaults allow five a second.
  connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1000 },
  connectionMonitor: { enabled: true, pingInterval: Number(process.env.PING_INTERVAL ?? 10000) }
})
const many = { maxInboundStreams: 1000, maxOutboundStreams: 1000 }
await node.handle(ECHO, serveEcho, many)
await node.handle(HOLD, serveHoldOpen, many)
await node.handle(UPLOAD, serveUpload, many)
await node.handle(PERF, servePerf, many)

const identified = new Map()
node.addEventListener('peer:identify', event => identified.set(event.detail.peerId.toString(), event.detail))

const operations = {
  async dial ({ address }) {
    const started = performance.now()
    const connection = await node.dial(multiaddr(address))
    return { peer: connection.remotePeer.toString(), ms: performance.now() - started, muxer: connection.multiplexer }
  },
  async identified ({ peer }) {
    for (let i = 0; i < 500 && !identified.has(peer); i++) await new Promise(resolve => setTimeout(resolve, 10))
    const found = identified.get(peer)
    const stored = await node.peerStore.get(peerIdFromString(peer))
    return {
      agent: found.agentVersion,
      protocols: found.protocols,
      certified: stored.addresses.filter(a => a.isCertified).map(a => a.multiaddr.toString()),
      sequence: found.signedPeerRecord?.seq.toString()
    }
  },
  async protocols ({ peer }) {
    return { protocols: (await node.peerStore.get(peerIdFromString(peer))).protocols }
  },
  async ping ({ peer, count }) {
    for (let i = 0; i < count; i++) await node.services.ping.ping(peerIdFromString(peer))
    return {}
  },
  async echo ({ peer, length, streams }) {
    const data = new Uint8Array(length)
    for (let i = 0; i < length; i++) data[i] = (i * 31) ^ (i >> 8)
    await Promise.all(Array.from({ length: streams }, () => echoOnce(peer, data)))
    return {}
  },
  async reset ({ peer }) {
    const stream = await node.dialProtocol(peerIdFromString(peer), HOLD)
    stream.send(new Uint8Array([1]))
    stream.abort(new Error('on purpose'))
    return {}
  },
  async sawReset ({ peer }) {
    const stream = await node.dialProtocol(peerIdFromString(peer), '/test/reset/1.0.0')
    // It may have ended before there was anything to listen on.
    if (stream.status === 'open') await new Promise(resolve => stream.addEventListener('close', resolve, { once: true }))
    return { reset: stream.status === 'reset', status: stream.status }
  },
  async halfClose ({ peer }) {
    // The peer answers only after it has seen the end of what we send.
    const stream = await node.dialProtocol(peerIdFromString(peer), UPLOAD)
    stream.send(new Uint8Array(100_000))
    await stream.close()
    return { answer: await readAll(stream) }
  },
  async connections ({ peer }) {
    const found = node.getConnections(peerIdFromString(peer))
    return { count: found.length, status: found.map(c => c.status) }
  },
  async hangUp ({ peer }) {
    await node.hangUp(peerIdFromString(peer))
    return {}
  },
  async perf ({ address, upload, download }) {
    const connection = await node.dial(multiaddr(address))
    const stream = await connection.newStream(PERF)
    const started = performance.now()
    await requestPerf(stream, upload, download)
    return { ms: performance.now() - started }
  },
  async dialMany ({ address, count }) {
    const times = []
    for (let i = 0; i < count; i++) {
      const started = performance.now()
      const connection = await node.dial(multiaddr(address), { force: true })
      times.push(performance.now() - started)
      await connection.close()
    }
    return { times }
  }
}

// BAD_IDENTITY=1: shows the true identity key with a signature that is not its own.
function badIdentity (create) {
  if (process.env.BAD_IDENTITY == null) return create
  return components => create(override(components, 'privateKey', key => override(key, 'sign', () => () => new Uint8Array(64))))
}

function override (target, property, replace) {
  return new Proxy(target, { get: (real, name) => name === property ? replace(real[name]) : real[name] })
}

async function echoOnce (peer, data) {
  const stream = await node.dialProtocol(peerIdFromString(peer), ECHO, many)
  const bytes = unlimited(stream)
  const sent = (async () => {
    for (let at = 0; at < data.length; at += 65536) await bytes.write(data.subarray(at, at + 65536))
    await stream.close()
  })()
  for (let at = 0; at < data.length;) {
    const part = await bytes.read()
    if (part == null) throw new Error(`echo ended at ${at} of ${data.length}`)
    const chunk = part.subarray()
    if (Buffer.compare(chunk, data.subarray(at, at + chunk.length)) !== 0) throw new Error(`echo differs after ${at}`)
    at += chunk.length
  }
  await sent
}

async function readAll (stream) {
  const parts = []
  for await (const part of stream) parts.push(Buffer.from(part.subarray()))
  return Buffer.concat(parts).toString()
}

const reply = message => process.stdout.write(JSON.stringify(message) + '\n')
process.on('unhandledRejection', error => { process.stderr.write(`unhandled: ${error?.stack ?? error}\n`) })

createInterface({ input: process.stdin }).on('line', async line => {
  const { id, op, ...parameters } = JSON.parse(line)
  try {
    reply({ id, ok: true, ...await operations[op](parameters) })
  } catch (error) {
    reply({ id, ok: false, error: `${error.name}: ${error.message}` })
  }
}).on('close', () => process.exit(0))

reply({ id: 0, ok: true, peer: node.peerId.toString(), address: node.getMultiaddrs()[0].toString() })
