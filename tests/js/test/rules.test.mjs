import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, fromHex, toHex, utf8 } from '../dchat/bytes.mjs'
import { HybridClock } from '../dchat/clock.mjs'
import { readEnvelope, RETENTION } from '../dchat/envelope.mjs'
import { gossipMessageId } from '../dchat/gossip.mjs'
import { Device } from '../dchat/identity.mjs'
import { LABELS, publicKeyOf } from '../dchat/keys.mjs'
import { merkleRoot } from '../dchat/merkle.mjs'
import { seal } from '../dchat/payload.mjs'
import * as proto from '../dchat/proto.mjs'
import { PushReply, RejectedEnvelope } from '../dchat/push.mjs'
import { MAX_AUTHORS, ReplayWindow, WINDOW } from '../dchat/replay.mjs'
import { Delegation, verifyDelegation } from '../dchat/relay.mjs'
import { openStatement, signStatement } from '../dchat/statement.mjs'
import { gossipTopic, shardOf, Topic } from '../dchat/topic.mjs'
import { judge } from '../dchat/validator.mjs'
import { bytesField, varintField } from '../dchat/wire.mjs'
import { damaged, delegate, GATEWAY_SEED, NETWORK, SHARD_BITS } from './fake-relay.mjs'

const NOW = 1_700_000_000_000
const DAY = 86_400_000

describe('verdicts on gossip', () => {
  const topic = Topic.public(NETWORK, 'general')
  const author = new Device().author(topic)
  const shard = topic.shard(SHARD_BITS)
  const sealed = (message = {}, to = topic) => seal(to, new Device().author(to), {
    content: 'hello', sequence: 1, hlc: BigInt(NOW) << 16n, composedAt: NOW, ...message
  })
  const at = offset => ({ hlc: BigInt(NOW + offset) << 16n })
  const verdictOn = (bytes, where = {}) => {
    const { verdict, code } = judge(bytes, { network: NETWORK, shardBits: SHARD_BITS, shard, now: NOW, ...where })
    return `${verdict} ${code}`
  }

  test('a fresh message of the shard is accepted', () => assert.equal(verdictOn(sealed()), 'accept none'))

  test('what no honest peer forwards is rejected', () => {
    assert.equal(verdictOn(new Uint8Array()), 'reject non-canonical')
    assert.equal(verdictOn(concat(sealed(), Uint8Array.of(0))), 'reject non-canonical')
    assert.equal(verdictOn(new Uint8Array(61_441)), 'reject oversized')
    assert.equal(verdictOn(new Uint8Array(61_440)), 'reject non-canonical')
    assert.equal(verdictOn(sealed(), { network: 'dchat-other' }), 'reject wrong-network')
    assert.equal(verdictOn(sealed(), { shard: (shard + 1) % 16 }), 'reject wrong-shard')
    assert.equal(verdictOn(damaged(sealed())), 'reject bad-signature')
    assert.equal(verdictOn(seal(topic, { ...author, seed: new Uint8Array(32) }, { content: '', sequence: 1, ...at(0) })), 'reject bad-signature')
  })

  test('everything else that is not kept is ignored, and its signature does not matter', () => {
    const newer = concat(bytesField(1, concat(varintField(1, 2), utf8('?'))), bytesField(2, new Uint8Array(64)))
    assert.equal(verdictOn(newer), 'ignore unknown-version')
    assert.equal(verdictOn(sealed({ retention: RETENTION.oneYear })), 'ignore permit-required')
    assert.equal(verdictOn(sealed({ retention: RETENTION.permanent, permit: utf8('p') })), 'ignore permit-invalid')
    assert.equal(verdictOn(damaged(sealed(at(60_001)))), 'ignore timestamp-ahead')
    assert.equal(verdictOn(damaged(sealed(at(-DAY - 1)))), 'ignore stale')
  })

  test('an unknown class is ignored', () => {
    const { envelope } = readEnvelope(sealed())
    const encoded = varintField(7, envelope.retention)
    const offset = envelope.body.findIndex((_, i) => i > 70 && encoded.every((byte, j) => envelope.body[i + j] === byte))
    const body = Uint8Array.from(envelope.body)
    body[offset + 1] = 6
    assert.equal(verdictOn(concat(bytesField(1, body), bytesField(2, new Uint8Array(64)))), 'ignore unknown-class')
  })

  test('the limits of time are inclusive', () => {
    assert.equal(verdictOn(sealed(at(60_000))), 'accept none')
    assert.equal(verdictOn(sealed(at(-DAY))), 'accept none')
  })
})

describe('topics', () => {
  test('the shard is the top bits of the tag, and names the gossip topic', () => {
    const tag = fromHex('ad088da723227c9083fd9ff29fb81ebb')
    assert.equal(shardOf(tag, 0), 0)
    assert.equal(shardOf(tag, 4), 0xa)
    assert.equal(shardOf(tag, 12), 0xad0)
    assert.throws(() => shardOf(tag, 13), RangeError)
    assert.equal(gossipTopic('dchat-dev', 4, 10), '/dchat/1/dchat-dev/4/10')
  })

  test('a public topic follows from network and name', () => {
    assert.deepEqual(Topic.public('a', 'bc').tag, Topic.public('a', 'bc').tag)
    assert.notDeepEqual(Topic.public('ab', 'c').tag, Topic.public('a', 'bc').tag)
  })

  test('an invite brings a topic back, and has one spelling', () => {
    for (const topic of [Topic.public('dchat-dev', 'Grüße 🍵'), Topic.private('dchat-dev', 'tea')]) {
      const again = Topic.from('ignored', ` ${topic.invite}\n`)
      assert.deepEqual([again.network, again.name, again.isPublic, again.tag], [topic.network, topic.name, topic.isPublic, topic.tag])
      assert.equal(again.invite, topic.invite)
      for (const damage of [topic.invite.slice(0, -1), topic.invite + 'A', topic.invite + '=', topic.invite.replace('_', '_A')]) {
        assert.throws(() => Topic.fromInvite(damage), RangeError)
      }
    }
    assert.throws(() => Topic.fromInvite('dchat2_AAAA'), /update/)
    assert.throws(() => Topic.fromInvite('general'), /not an invite/)
    assert.throws(() => Topic.fromInvite(`dchat1_${'A'.repeat(267)}`), /too long/)
  })

  test('names that nobody could type again are refused', () => {
    for (const name of ['', ' tea', 'tea ', 'a\nb', 'a\u2028b', '\ud800', 'x'.repeat(129), 'é'.repeat(65)]) {
      assert.throws(() => Topic.public('dchat-dev', name), RangeError)
    }
    assert.equal(Topic.public('dchat-dev', 'é'.repeat(64)).name, 'é'.repeat(64))
    assert.throws(() => Topic.public('Dchat', 'tea'), RangeError)
    assert.throws(() => Topic.private('dchat-dev', 'tea', new Uint8Array(31)), RangeError)
    assert.throws(() => new Device(new Uint8Array(31)), RangeError)
  })
})

describe('the tree of RFC 6962', () => {
  // The inputs and roots that the Certificate Transparency implementations test with.
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'
  ]
  for (const [count, root] of roots.entries()) {
    test(`has its root over ${count} leaves`, () => assert.equal(toHex(merkleRoot(inputs.slice(0, count).map(fromHex))), root))
  }
})

describe('signatures', () => {
  test('by a key of small order do not hold, whatever they are', () => {
    const identity = Uint8Array.from({ length: 32 }, (_, i) => i === 0 ? 1 : 0)
    const anything = concat(identity, new Uint8Array(32))
    const signed = delegate(NOW, { relayId: identity })
    const expected = { network: NETWORK, gatewayKey: publicKeyOf(GATEWAY_SEED), now: NOW }
    assert.throws(() => verifyDelegation({ ...signed, signature: anything }, expected), { code: 'bad-delegation' })
  })
})

describe('a signed statement', () => {
  const type = {
    label: LABELS.delegation,
    codec: proto.message({ signer: [1, proto.bytes], text: [2, proto.string] }),
    maxLength: 64,
    signerOf: ({ signer }) => signer
  }
  const signer = publicKeyOf(GATEWAY_SEED)
  const encoded = text => type.codec.encode({ signer, text })
  const signed = (bytes, label = type.label, network = NETWORK) => signStatement(GATEWAY_SEED, label, network, bytes)
  const reasonOf = statement => openStatement(statement, type, NETWORK).reason

  test('is read when its key signed it under its label for the network', () => {
    assert.equal(openStatement(signed(encoded('tea')), type, NETWORK).statement.text, 'tea')
    assert.match(reasonOf(signed(encoded('tea'), LABELS.acceptance)), /not signed/)
    assert.match(reasonOf(signed(encoded('tea'), type.label, 'dchat-other')), /for network dchat-other/)
    assert.match(reasonOf({ ...signed(encoded('tea'), type.label, 'dchat-other'), network: NETWORK }), /not signed/)
    assert.match(reasonOf(signStatement(fromHex('11'.repeat(32)), type.label, NETWORK, encoded('tea'))), /not signed/)
  })

  test('has one spelling, even if another is signed', () => {
    assert.match(reasonOf(signed(concat(encoded('tea'), bytesField(15, utf8('?'))))), /canonical/)
    assert.match(reasonOf(signed(concat(bytesField(2, utf8('tea')), bytesField(1, signer)))), /canonical/)
    assert.match(reasonOf(signed(Uint8Array.of(0x0a, 9))), /malformed/)
  })

  test('is no longer than its type allows', () => {
    const longest = encoded('a'.repeat(64 - encoded('').length - 2))
    assert.equal(longest.length, 64)
    assert.equal(reasonOf(signed(longest)), undefined)
    assert.match(reasonOf(signed(encoded('a'.repeat(65 - encoded('').length - 2)))), /too long/)
  })
})

describe('ordinary protobuf', () => {
  test('absent fields have their default and unknown ones are passed over', () => {
    const unknown = concat(bytesField(15, utf8('?')), varintField(14, 1), Uint8Array.of(13 << 3 | 5, 0, 0, 0, 0))
    assert.deepEqual(PushReply.decode(unknown), { acceptance: null, accepted: [], rejected: [] })
    assert.deepEqual(RejectedEnvelope.decode(new Uint8Array()), { number: 0n, code: '', isTransient: false })
    assert.deepEqual(RejectedEnvelope.encode({ number: 0n, code: '', isTransient: false }), new Uint8Array())
  })

  test('what is cut short is refused', () => {
    const encoded = Delegation.encode({ relayId: utf8('r'), gatewayKey: utf8('g'), notBeforeMs: 1n, notAfterMs: 2n })
    assert.equal(Delegation.decode(encoded).notAfterMs, 2n)
    assert.throws(() => Delegation.decode(encoded.subarray(0, -1)), proto.MalformedError)
    assert.throws(() => RejectedEnvelope.decode(Uint8Array.of(0x12, 2, 0xff, 0xff)), proto.MalformedError)
    assert.throws(() => Delegation.decode(Uint8Array.of(0x0b)), proto.MalformedError)
    assert.throws(() => Delegation.decode(Uint8Array.of(0x02, 0)), proto.MalformedError)
  })
})

describe('replays', () => {
  const message = (sequence, id = `id ${sequence}`, authorKey = 'a') => ({ id, authorKey, keyGeneration: 0, sequence: BigInt(sequence) })
  const verdictOf = (window, ...args) => window.observe(message(...args)).verdict

  test('a second message under one sequence convicts its author, the same again does not', () => {
    const window = new ReplayWindow()
    assert.equal(verdictOf(window, 1, 'x'), 'fresh')
    assert.equal(verdictOf(window, 1, 'x'), 'duplicate')
    assert.deepEqual(window.observe(message(1, 'y')), { verdict: 'equivocation', first: 'x' })
    assert.equal(verdictOf(window, 1, 'y', 'another author'), 'fresh')
  })

  test('the window is as long as it says, in any order, up to the largest sequence', () => {
    const window = new ReplayWindow()
    const newest = (1n << 64n) - 1n
    assert.equal(verdictOf(window, newest), 'fresh')
    assert.equal(verdictOf(window, newest - BigInt(WINDOW) + 1n), 'fresh')
    assert.equal(verdictOf(window, newest - BigInt(WINDOW)), 'too-old')
  })

  test('what is remembered stays bounded', () => {
    const window = new ReplayWindow()
    for (let i = 1; i <= 5 * WINDOW; i++) {
      assert.equal(verdictOf(window, i), 'fresh')
    }
    assert.equal(verdictOf(window, 4 * WINDOW + 1), 'duplicate')
    assert.equal(verdictOf(window, 4 * WINDOW), 'too-old')
    for (let i = 0; i < MAX_AUTHORS - 1; i++) {
      window.observe(message(1, 'x', `author ${i}`))
    }
    assert.equal(verdictOf(window, 5 * WINDOW), 'duplicate')
    for (let i = 0; i < MAX_AUTHORS; i++) {
      window.observe(message(1, 'x', `author ${i}`))
    }
    assert.equal(verdictOf(window, 5 * WINDOW), 'fresh')
  })
})

describe('the clock', () => {
  test('never runs backwards, and follows what it observes but not too far', () => {
    let wall = NOW
    const clock = new HybridClock(() => wall)
    const first = clock.next()
    assert.equal(first, BigInt(NOW) << 16n)
    wall -= 5000
    assert.equal(clock.next(), first + 1n)
    assert.equal(clock.observe(BigInt(wall + 60_000) << 16n), true)
    assert.equal(clock.next(), (BigInt(wall + 60_000) << 16n) + 1n)
    assert.equal(clock.observe(BigInt(wall + 60_001) << 16n), false)
  })
})

test('the gossip message id is twenty bytes of SHA-256 over topic and data', () => {
  assert.equal(toHex(gossipMessageId('a', utf8('bc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a3')
})
