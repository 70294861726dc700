// Kademlia as the peers of DChat.Orleans speak it: serving from the start, and with addresses of this machine.
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'

// Records below /v/ are a number, a colon and a text; the highest number is best.
function numberOf (value) {
  const [, number] = /^(\d+):/.exec(Buffer.from(value).toString('latin1')) ?? []
  return number == null ? -1 : Number(number)
}

function best (values) {
  return values.map(numberOf).reduce((best, number, i, numbers) => number > numbers[best] ? i : best, 0)
}

/**
 * The service.
 *
 * @param {object} options
 * @param {string} options.protocol such as `/dchat/kad/1.0.0`
 * @param {boolean} [options.client] whether only to ask. Default false
 */
export function createKad ({ protocol, client = false }) {
  return kadDHT({
    protocol,
    clientMode: client,
    peerInfoMapper: passthroughMapper,
    validators: {
      v: async (key, value) => {
        if (numberOf(value) < 0) throw new Error('The value has no number.')
      }
    },
    selectors: { v: (key, values) => best(values) }
  })
}

/** The multihash of a text, as content is named. */
async function contentOf (text) {
  return CID.createV1(raw.code, await sha256.digest(Buffer.from(text)))
}

/** Commands over a node's Kademlia. Texts are Latin-1. */
export function kadCommands (node) {
  const dht = node.services.dht
  const describe = ({ id, multiaddrs }) => ({ peer: id.toString(), addresses: multiaddrs.map(a => a.toString()) })
  const signal = () => AbortSignal.timeout(20_000)
  const collect = async (events, pick) => {
    const found = []
    for await (const event of events) {
      found.push(...pick(event))
    }
    return found
  }

  return {
    kadTable: () => [...dht.routingTable.kb.toIterable()].map(c => c.peerId.toString()),
    kadPut: async ({ key, value }) => collect(dht.put(Buffer.from(key), Buffer.from(value), { signal: signal() }), event =>
      event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' ? [event.from.toString()] : []),
    kadGet: async ({ key }) => {
      const values = await collect(dht.get(Buffer.from(key), { signal: signal() }), event => event.name === 'VALUE' ? [event.value] : [])
      return values.length === 0 ? null : Buffer.from(values[best(values)]).toString('latin1')
    },
    kadProvide: async ({ text }) => collect(dht.provide(await contentOf(text), { signal: signal() }), event =>
      event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER' ? [event.from.toString()] : []),
    kadFindProviders: async ({ text }) => collect(dht.findProviders(await contentOf(text), { signal: signal() }), event =>
      event.name === 'PROVIDER' ? event.providers.map(describe) : []),
    kadFindPeer: async ({ peer }) => {
      const found = await collect(dht.findPeer(peerIdFromString(peer), { signal: signal() }), event => event.name === 'FINAL_PEER' ? [describe(event.peer)] : [])
      return found[0] ?? null
    },
    kadClosest: async ({ key }) => collect(dht.getClosestPeers(Buffer.from(key), { signal: signal() }), event =>
      event.name === 'FINAL_PEER' ? [event.peer.id.toString()] : [])
  }
}
