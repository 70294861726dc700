// A chat peer in a browser. It dials the gateway that the fragment of its address names, pings it, pushes a message, reads it
// back and hears one that is gossiped; then it posts what came of it to /result.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { ChatClient } from '../dchat/client.mjs'
import { chatGossip } from '../dchat/gossip.mjs'
import { Device } from '../dchat/identity.mjs'
import { Topic } from '../dchat/topic.mjs'

async function run ({ address, network, shardBits, topic: name, text }) {
  const node = await createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // Browsers deny the loopback address and plain WebSocket by default.
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), ping: ping(), gossip: chatGossip({ network, shardBits }) }
  })
  const client = new ChatClient(node, { network, shardBits, device: new Device() })
  const topic = Topic.public(network, name)
  const connection = await client.dial(address)
  const rtt = await node.services.ping.ping(connection.remotePeer)
  client.subscribe(topic)
  await client.mesh(topic, 1)
  const push = await client.openPush(connection)
  const { isAccepted } = await push.push(client.seal(topic, text).envelope)
  const { messages } = await client.fetch(topic)
  return { agent: navigator.userAgent, peer: node.peerId.toString(), remote: connection.remoteAddr.toString(), rtt, isAccepted, texts: messages.map(m => m.text) }
}

function report (result) {
  return fetch('/result', { method: 'POST', body: JSON.stringify(result) })
}

run(JSON.parse(decodeURIComponent(location.hash.slice(1)))).then(report, error => report({ error: `${error.name}: ${error.message}\n${error.stack}` }))
