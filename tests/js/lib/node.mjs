// A js-libp2p node as its users run one: TCP, WebSocket, Noise, yamux, identify, identify push, ping and the connection monitor.
// Limits that several peers on one address would run into are raised; everything else is js-libp2p's default.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { autoNATv2 } from '@libp2p/autonat-v2'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { dcutr } from '@libp2p/dcutr'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { createGossip } from './gossip.mjs'
import { createKad } from './kad.mjs'
import { mapShown, shownTcp } from './shown.mjs'

const MANY = 10_000

/**
 * Makes a node and starts it.
 *
 * @param {object} options
 * @param {string} [options.seed] 32 bytes in hex; the same seed is the same peer. A new peer when absent
 * @param {string} [options.keyType] type of a new peer's identity, such as RSA or secp256k1. Default Ed25519
 * @param {string[]} [options.listen] addresses; default one free port of the loopback address, none when empty
 * @param {number} [options.monitorMs] time between pings of the connection monitor; 0 turns it off. Default js-libp2p's, 10 s
 * @param {boolean} [options.push] whether to send and take identify pushes. Default true
 * @param {boolean} [options.earlyMuxer] whether to settle the multiplexer in the handshake. Default true
 * @param {boolean} [options.badSignature] whether another key than the identity's signs the handshake. Default false
 * @param {object} [options.gossip] settings of gossipsub, see gossip.mjs. Default: the node does not speak it
 * @param {object} [options.kad] settings of Kademlia, see kad.mjs. Default: the node does not speak it
 * @param {'client' | 'server'} [options.relay] whether to use relays, or to be one too. Default: neither
 * @param {boolean} [options.autonat] whether to speak AutoNAT v2, in both roles. Default false
 * @param {boolean} [options.dcutr] whether to look for direct connections in place of relayed ones. Default false
 * @param {object} [options.shown] public addresses that stand for this machine's, see shown.mjs. Default: addresses are what they are
 * @param {(event: object) => void} report called with what happens in handshakes
 */
export async function createNode (options, report) {
  const privateKey = options.seed == null
    ? await generateKeyPair(options.keyType ?? 'Ed25519')
    : await generateKeyPairFromSeed('Ed25519', Buffer.from(options.seed, 'hex'))
  const monitor = options.monitorMs == null ? {} : { pingInterval: options.monitorMs }
  const node = await createLibp2p({
    privateKey,
    addresses: { listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'] },
    transports: [options.shown == null ? tcp() : shownTcp(options.shown), webSockets(), ...(options.relay == null ? [] : [circuitRelayTransport()])],
    connectionEncrypters: [await observedNoise(options, report)],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: MANY, maxIncomingPendingConnections: MANY },
    connectionMonitor: { enabled: options.monitorMs !== 0, ...monitor },
    services: {
      identify: identify(),
      ping: ping(),
      ...(options.push === false ? {} : { identifyPush: identifyPush() }),
      ...(options.relay === 'server' ? { relay: circuitRelayServer() } : {}),
      ...(options.gossip == null ? {} : { pubsub: createGossip(options.gossip) }),
      ...(options.kad == null ? {} : { dht: createKad(options.kad) }),
      ...(options.autonat === true ? { autonat: autoNATv2() } : {}),
      ...(options.dcutr === true ? { dcutr: dcutr() } : {})
    }
  })
  if (options.shown != null) {
    mapShown(node, options.shown)
  }
  return node
}

/** Noise that reports what became of every handshake, and misbehaves if it is told to. */
async function observedNoise (options, report) {
  const stranger = await generateKeyPair('Ed25519')
  return components => {
    const { privateKey } = components
    const forger = { ...privateKey, publicKey: privateKey.publicKey, sign: data => stranger.sign(data) }
    const forged = Object.create(components, { privateKey: { value: forger } })
    const inner = noise()(options.badSignature === true ? forged : components)
    const secure = (direction, method) => async (connection, settings) => {
      try {
        const skipStreamMuxerNegotiation = options.earlyMuxer === false
        const secured = await inner[method](connection, { ...settings, skipStreamMuxerNegotiation })
        const peer = secured.remotePeer.toString()
        report({ event: 'secured', direction, peer, earlyMuxer: secured.streamMuxer?.protocol ?? null })
        return secured
      } catch (error) {
        report({ event: 'handshake-failed', direction, name: error.name, message: error.message })
        throw error
      }
    }

    return {
      protocol: inner.protocol,
      secureInbound: secure('inbound', 'secureInbound'),
      secureOutbound: secure('outbound', 'secureOutbound')
    }
  }
}
