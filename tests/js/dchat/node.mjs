// A libp2p node of a chat peer: TCP, Noise, yamux, identify, ping and gossipsub.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { chatGossip } from './gossip.mjs'

/**
 * Makes a node and starts it.
 *
 * @param {object} options
 * @param {string} options.network
 * @param {number} options.shardBits
 * @param {Uint8Array} [options.seed] 32 bytes of the PeerId's key. A new peer when absent: the PeerId is seen by relays and
 * has nothing to do with the device key, so a fixed one only helps to track the user
 * @param {string[]} [options.listen] addresses; none by default, for a chat peer dials
 * @param {object} [options.gossip] further options of @libp2p/gossipsub
 */
export async function createChatNode ({ network, shardBits, seed, listen = [], gossip = {} }) {
  return createLibp2p({
    privateKey: await (seed == null ? generateKeyPair('Ed25519') : generateKeyPairFromSeed('Ed25519', seed)),
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 100 },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      gossip: chatGossip({ network, shardBits }, gossip)
    }
  })
}
