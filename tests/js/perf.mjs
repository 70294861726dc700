// One end of the js-libp2p pair that the benchmarks measure beside ours. Driven over stdin and stdout, one JSON object a
// line: {"op": ..., arguments} in, {"ok": true, results} or {"ok": false, "error": ...} out; the first line out says where
// it listens. It ends with its stdin. Durations are in milliseconds.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { byteStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const PERF = '/perf/1.0.0'
const BYTE = '/dchat/bench/byte/1.0.0'
const PREFIX_LENGTH = 8
const BLOCK = new Uint8Array(64 * 1024)

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), ping: ping() },
  // All dials come from loopback; the default lets one address connect five times a second.
  connectionManager: { inboundConnectionThreshold: Infinity }
})
await node.handle(PERF, servePerf)
await node.handle(BYTE, async stream => {
  for await (const bytes of stream) stream.send(bytes)
  await stream.close()
})

const operations = { connect, perf, timeConnects, timeStreams }
let connection

reply({ ok: true, address: node.getMultiaddrs()[0].toString() })
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

async function connect ({ address }) {
  connection = await node.dial(multiaddr(address))
  return {}
}

// https://github.com/libp2p/specs/blob/master/perf/perf.md
async function perf ({ upload, download }) {
  const stream = await connection.newStream(PERF)
  const started = performance.now()
  const prefix = new Uint8Array(PREFIX_LENGTH)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(download))
  stream.send(prefix)
  await sendZeros(stream, upload)
  await stream.close()
  let received = 0
  for await (const bytes of stream) received += bytes.byteLength
  if (received !== download) throw new Error(`${received} of ${download} bytes came`)
  return { elapsed: performance.now() - started }
}

async function servePerf (stream) {
  const prefix = new Uint8Array(PREFIX_LENGTH)
  let received = 0
  for await (const bytes of stream) {
    if (received < PREFIX_LENGTH) prefix.set(bytes.subarray(0, PREFIX_LENGTH - received), received)
    received += bytes.byteLength
  }
  await sendZeros(stream, Number(new DataView(prefix.buffer).getBigUint64(0)))
  await stream.close()
}

async function sendZeros (stream, count) {
  for (let left = count; left > 0; left -= BLOCK.length) {
    if (!stream.send(left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left))) await drained(stream)
  }
}

async function drained (stream) {
  const abort = new AbortController()
  try {
    const [event] = await Promise.race([
      once(stream, 'drain', abort),
      once(stream, 'close', abort)
    ])
    if (event.type === 'close') throw event.error ?? new Error('the stream ended early')
  } finally {
    abort.abort()
  }
}

async function timeConnects ({ address, count }) {
  const elapsed = []
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    const fresh = await node.dial(multiaddr(address), { force: true })
    await exchangeByte(fresh)
    elapsed.push(performance.now() - started)
    await fresh.close()
  }
  return { elapsed }
}

async function timeStreams ({ count }) {
  const elapsed = []
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    const stream = await exchangeByte(connection)
    elapsed.push(performance.now() - started)
    await stream.close()
  }
  return { elapsed }
}

async function exchangeByte (over) {
  const stream = await over.newStream(BYTE)
  const bytes = byteStream(stream)
  await bytes.write(new Uint8Array(1))
  await bytes.read({ bytes: 1 })
  bytes.unwrap()
  return stream
}
