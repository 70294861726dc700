// Gossipsub as the peers of DChat.Orleans speak it: one message id everywhere, and no penalty for sharing an address.
import { createHash, randomBytes } from 'node:crypto'
import { gossipsub } from '@libp2p/gossipsub'

const ID_LENGTH = 20
const HOUR = 3_600_000

/** Each invalid message costs ten, by the square of their number; all that an honest peer does costs and gains nothing. */
const INVALID_COUNTS = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.99
}

/** The id of a message without signature: SHA-256(topic, data), cut to 20 bytes. */
export function contentId ({ topic, data }) {
  return createHash('sha256').update(topic, 'utf8').update(data).digest().subarray(0, ID_LENGTH)
}

/** The id of a signed message: author, then sequence number as eight bytes. The default of js-libp2p has the author's key instead. */
export function authorId ({ from, sequenceNumber }) {
  const sequence = Buffer.alloc(8)
  sequence.writeBigUInt64BE(sequenceNumber)
  return Buffer.concat([from.toMultihash().bytes, sequence])
}

/**
 * The service.
 *
 * @param {object} options
 * @param {boolean} [options.sign] StrictSign instead of StrictNoSign
 * @param {number} [options.d] the size of meshes: 0 leaves only IHAVE and IWANT. Default js-libp2p's
 * @param {boolean} [options.flood] whether own messages go to every peer. Default false
 * @param {number} [options.idontwantMinSize] payload from which IDONTWANT is sent
 * @param {string[]} [options.scored] topics in which invalid messages count, and nothing else does. Nothing decays in them
 * @param {boolean} [options.exchange] whether it tells of others when it prunes, and connects to those it is told of. Default false
 * @param {number} [options.leaveBackoffMs] how long peers stay out of the mesh when it leaves a topic. Default js-libp2p's, 10 s
 */
export function createGossip ({ sign = false, d, flood = false, idontwantMinSize, scored = [], exchange = false, leaveBackoffMs }) {
  return gossipsub({
    globalSignaturePolicy: sign ? 'StrictSign' : 'StrictNoSign',
    msgIdFn: sign ? authorId : contentId,
    floodPublish: flood,
    allowPublishToZeroTopicPeers: true,
    emitSelf: false,
    scoreParams: {
      IPColocationFactorWeight: 0,
      ...(scored.length === 0 ? {} : { decayInterval: HOUR, topics: Object.fromEntries(scored.map(topic => [topic, INVALID_COUNTS])) })
    },
    ...(exchange ? { doPX: true, scoreThresholds: { acceptPXThreshold: 0 } } : {}),
    ...(leaveBackoffMs == null ? {} : { unsubcribeBackoff: leaveBackoffMs }),
    ...(idontwantMinSize == null ? {} : { idontwantMinDataSize: idontwantMinSize }),
    ...(d == null ? {} : { D: d, Dlo: Math.min(d, 4), Dhi: 2 * d, Dout: Math.min(2, Math.max(0, Math.floor(d / 2) - 1)) })
  })
}

/** Commands over a node's gossipsub; messages that were accepted are reported as they come. */
export function gossipCommands (node, report) {
  const pubsub = node.services.pubsub
  const { score } = pubsub
  const { duplicateMessage } = score
  score.duplicateMessage = (source, id, topic) => {
    report({ event: 'gossip-duplicate', source, topic, messageId: Buffer.from(id, 'base64').toString('hex') })
    duplicateMessage.call(score, source, id, topic)
  }
  let release = Promise.withResolvers()
  pubsub.addEventListener('gossipsub:message', ({ detail: { propagationSource, msgId, msg } }) => {
    report({
      event: 'gossip',
      topic: msg.topic,
      text: Buffer.from(msg.data).toString('latin1'),
      messageId: Buffer.from(msg.type === 'signed' ? authorId(msg) : contentId(msg)).toString('hex'),
      source: propagationSource.toString(),
      author: msg.type === 'signed' ? msg.from.toString() : null,
      sequence: msg.type === 'signed' ? msg.sequenceNumber.toString() : null
    })
  })

  return {
    // Messages that begin with the text `reject` or `ignore` names are judged so, with that of `hold` when they are released.
    gossipSubscribe: ({ topic, reject, ignore, hold }) => {
      pubsub.topicValidators.set(topic, async (peer, { data }) => {
        const text = Buffer.from(data).toString('latin1')
        report({ event: 'gossip-validated', topic, text, source: peer.toString() })
        if (hold != null && text.startsWith(hold)) await release.promise
        if (reject != null && text.startsWith(reject)) return 'reject'
        return ignore != null && text.startsWith(ignore) ? 'ignore' : 'accept'
      })
      pubsub.subscribe(topic)
    },
    gossipRelease: () => {
      release.resolve()
      release = Promise.withResolvers()
    },
    gossipUnsubscribe: ({ topic }) => pubsub.unsubscribe(topic),
    gossipPublish: async ({ topic, text }) =>
      (await pubsub.publish(topic, Buffer.from(text, 'latin1'))).recipients.map(peer => peer.toString()),
    gossipPeers: ({ topic }) => pubsub.getSubscribers(topic).map(peer => peer.toString()),
    gossipMesh: ({ topic }) => pubsub.getMeshPeers(topic),
    // The ids that the peer has lately said it does not want; the protocols of its stream to this one and of this one's to it.
    gossipUnwanted: ({ peer }) => [...pubsub.idontwants.get(peer)?.keys() ?? []].map(id => Buffer.from(id, 'base64').toString('hex')),
    gossipProtocols: ({ peer }) => [pubsub.streamsInbound.get(peer)?.rawStream.protocol ?? null, pubsub.streamsOutbound.get(peer)?.protocol ?? null],
    gossipScore: ({ peer }) => pubsub.score.score(peer),
    // How often the peer has done what no honest one does, and whether anything of it is read.
    gossipMisdeeds: ({ peer }) => pubsub.score.peerStats.get(peer)?.behaviourPenalty ?? 0,
    gossipReads: ({ peer }) => pubsub.acceptFrom(peer),
    // A message in the name of this peer whose signature is nobody's.
    gossipForge: ({ topic, peer, text }) => pubsub.sendRpc(peer, {
      subscriptions: [],
      messages: [{
        from: node.peerId.toMultihash().bytes,
        data: Buffer.from(text, 'latin1'),
        seqno: randomBytes(8),
        topic,
        signature: randomBytes(64)
      }]
    })
  }
}
