import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, equal, toHex, utf8 } from '../dchat/bytes.mjs'
import { messageIdText, readEnvelope, RETENTION, verifyEnvelope, writeEnvelope } from '../dchat/envelope.mjs'
import { Device } from '../dchat/identity.mjs'
import { LABELS } from '../dchat/keys.mjs'
import { MAX_CONTENT_LENGTH, Opener, seal } from '../dchat/payload.mjs'
import { verifyNatively, verifyPortably } from '../dchat/signatures.mjs'
import { Topic } from '../dchat/topic.mjs'
import { bytesField, fixed64Field, varint, varintField } from '../dchat/wire.mjs'
import { SIGNATURES, VECTORS } from './golden.mjs'

const topic = Topic.private('dchat-test', 'tea', new Uint8Array(32).fill(7))
const author = new Device(new Uint8Array(32).fill(1)).author(topic)
const HLC = 1_700_000_000_000n << 16n

function sealed (message = {}) {
  return seal(topic, author, { content: 'hello', sequence: 1, hlc: HLC, composedAt: 5, ...message })
}

/** The encoded fields 1 to 10 of a body, each of which a case may replace. */
function bodyWith (replaced = {}) {
  const fields = {
    version: varintField(1, 1),
    network: bytesField(2, utf8('dchat-test')),
    tag: bytesField(3, new Uint8Array(16)),
    author: bytesField(4, new Uint8Array(32)),
    sequence: varintField(5, 1),
    hlc: fixed64Field(6, 1),
    retention: varintField(7, 2),
    generation: varintField(8, 0),
    nonce: bytesField(9, new Uint8Array(24)),
    ciphertext: bytesField(10, new Uint8Array(16)),
    permit: new Uint8Array()
  }
  return concat(...Object.values({ ...fields, ...replaced }))
}

function wrap (body, signature = new Uint8Array(64)) {
  return concat(bytesField(1, body), bytesField(2, signature))
}

for (const vector of VECTORS) {
  describe(`golden vector ${vector.file}`, () => {
    const golden = vector.text('kind') === 'public'
      ? Topic.public(vector.text('network'), vector.text('name'))
      : Topic.private(vector.text('network'), vector.text('name'), vector.bytes('topic-secret'))
    const device = new Device(vector.bytes('device-seed'))
    const pseudonym = device.author(golden, Number(vector.number('key-generation')))

    test('keys are derived to the byte', () => {
      assert.equal(toHex(golden.tag), vector.text('topic-tag'))
      assert.equal(golden.invite, vector.text('invite'))
      assert.equal(toHex(device.key), vector.text('device-key'))
      assert.equal(toHex(pseudonym.seed), vector.text('author-seed'))
      assert.equal(toHex(pseudonym.key), vector.text('author-key'))
      assert.equal(toHex(pseudonym.certificate), vector.text('certificate'))
      assert.equal(toHex(golden.payloadKey(pseudonym.keyGeneration, pseudonym.key)), vector.text('payload-key'))
    })

    test('an envelope is sealed to the byte', () => {
      const envelope = seal(golden, pseudonym, {
        content: vector.bytes('content'),
        sequence: vector.number('sequence'),
        hlc: vector.number('hlc'),
        retention: Number(vector.number('class')),
        composedAt: Number(vector.number('composed-at')),
        permit: vector.bytes('permit'),
        nonce: vector.bytes('nonce')
      })

      assert.equal(toHex(envelope), vector.text('envelope'))
      assert.equal(messageIdText(envelope), vector.text('message-id'))
    })

    test('an envelope opens with nothing but its invite', () => {
      const { status, message } = new Opener(Topic.fromInvite(vector.text('invite'))).open(vector.bytes('envelope'))

      assert.equal(status, 'opened')
      assert.equal(message.id, vector.text('message-id'))
      assert.equal(message.deviceKey, vector.text('device-key'))
      assert.equal(message.sequence, vector.number('sequence'))
      assert.equal(message.hlc, vector.number('hlc'))
      assert.equal(BigInt(message.composedAt), vector.number('composed-at'))
      assert.equal(toHex(message.content), vector.text('content'))
    })
  })
}

describe('canonical form', () => {
  test('what is written is what is read', () => {
    const bytes = sealed({ sequence: (1n << 64n) - 1n, retention: RETENTION.permanent, permit: utf8('permit') })
    const { code, envelope } = readEnvelope(bytes)

    assert.equal(code, 'none')
    assert.equal(envelope.network, 'dchat-test')
    assert.deepEqual(envelope.topicTag, topic.tag)
    assert.deepEqual(envelope.authorKey, author.key)
    assert.equal(envelope.sequence, (1n << 64n) - 1n)
    assert.equal(envelope.hlc, HLC)
    assert.equal(envelope.retention, 5)
    assert.equal(envelope.ciphertext.length, 256 + 16)
    assert.deepEqual(envelope.permit, utf8('permit'))
    assert.equal(verifyEnvelope(envelope), true)
  })

  const accepted = {
    'the smallest of all fields': {},
    'the largest sequence': { sequence: varintField(5, (1n << 64n) - 1n) },
    'the largest key generation': { generation: varintField(8, 0xffff_ffffn) },
    'a network name of 32': { network: bytesField(2, utf8('a'.repeat(32))) },
    'a permit of 1 byte': { permit: bytesField(11, new Uint8Array(1)) },
    'a permit of 128 bytes': { permit: bytesField(11, new Uint8Array(128)) }
  }
  for (const [name, replaced] of Object.entries(accepted)) {
    test(`takes ${name}`, () => assert.equal(readEnvelope(wrap(bodyWith(replaced))).code, 'none'))
  }

  const refused = {
    'a sequence of 0': { sequence: varintField(5, 0) },
    'a sequence not in its shortest form': { sequence: Uint8Array.of(5 << 3, 0x81, 0) },
    'a sequence of 65 bits': { sequence: concat(Uint8Array.of(5 << 3), new Uint8Array(9).fill(0xff), Uint8Array.of(2)) },
    'a key generation of 33 bits': { generation: varintField(8, 1n << 32n) },
    'an absent key generation': { generation: new Uint8Array() },
    'a class beyond 31 bits': { retention: varintField(7, 1n << 31n) },
    'a tag of 15 bytes': { tag: bytesField(3, new Uint8Array(15)) },
    'a tag of 17 bytes': { tag: bytesField(3, new Uint8Array(17)) },
    'an author key of 31 bytes': { author: bytesField(4, new Uint8Array(31)) },
    'a nonce of 23 bytes': { nonce: bytesField(9, new Uint8Array(23)) },
    'a ciphertext of 15 bytes': { ciphertext: bytesField(10, new Uint8Array(15)) },
    'an empty permit': { permit: bytesField(11, new Uint8Array()) },
    'a permit of 129 bytes': { permit: bytesField(11, new Uint8Array(129)) },
    'an unknown field': { permit: bytesField(12, new Uint8Array(1)) },
    'a field twice': { generation: concat(varintField(8, 0), varintField(8, 0)) },
    'an empty network name': { network: bytesField(2, new Uint8Array()) },
    'a network name of 33': { network: bytesField(2, utf8('a'.repeat(33))) },
    'a network name in capitals': { network: bytesField(2, utf8('Dchat')) },
    'a network name with a line break at its end': { network: bytesField(2, utf8('dchat\n')) },
    'a network name that starts with a dot': { network: bytesField(2, utf8('.dchat')) },
    'a version beyond 32 bits': { version: varintField(1, 1n << 32n) }
  }
  for (const [name, replaced] of Object.entries(refused)) {
    test(`refuses ${name}`, () => assert.equal(readEnvelope(wrap(bodyWith(replaced))).code, 'non-canonical'))
  }

  test('refuses every way to cut it short or to add to it', () => {
    const bytes = sealed()
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(readEnvelope(bytes.subarray(0, length)).code, 'non-canonical')
    }
    assert.equal(readEnvelope(concat(bytes, Uint8Array.of(0))).code, 'non-canonical')
    assert.equal(readEnvelope(wrap(bodyWith(), new Uint8Array(63))).code, 'non-canonical')
    assert.equal(readEnvelope(concat(bytesField(2, new Uint8Array(64)), bytesField(1, bodyWith()))).code, 'non-canonical')
  })

  test('of another version it looks at nothing else', () => {
    assert.equal(readEnvelope(wrap(concat(varintField(1, 2), utf8('anything')))).code, 'unknown-version')
    assert.equal(readEnvelope(wrap(varintField(1, 0))).code, 'unknown-version')
    assert.equal(readEnvelope(wrap(Uint8Array.of(8, 0x82, 0))).code, 'non-canonical')
  })

  test('an unknown class is told apart, but only in what is otherwise canonical', () => {
    assert.equal(readEnvelope(wrap(bodyWith({ retention: varintField(7, 0) }))).code, 'unknown-class')
    assert.equal(readEnvelope(wrap(bodyWith({ retention: varintField(7, 6) }))).code, 'unknown-class')
    assert.equal(readEnvelope(wrap(bodyWith({ retention: varintField(7, (1n << 31n) - 1n) }))).code, 'unknown-class')
    const both = { retention: varintField(7, 6), permit: Uint8Array.of(0) }
    assert.equal(readEnvelope(wrap(bodyWith(both))).code, 'non-canonical')
  })

  test('60 KiB are read and one byte more is oversized', () => {
    const overhead = wrap(bodyWith({ ciphertext: bytesField(10, new Uint8Array(50_000)) })).length - 50_000
    const of = length => wrap(bodyWith({ ciphertext: bytesField(10, new Uint8Array(length)) }))

    assert.equal(readEnvelope(of(61_440 - overhead)).code, 'none')
    assert.equal(of(61_440 - overhead + 1).length, 61_441)
    assert.equal(readEnvelope(of(61_440 - overhead + 1)).code, 'oversized')
  })

  test('nothing is written that could not be read', () => {
    const fields = { ...readEnvelope(sealed()).envelope, sequence: 0n }
    assert.throws(() => writeEnvelope(fields, () => new Uint8Array(16), author.seed), RangeError)
    assert.throws(() => varint(1n << 64n), RangeError)
    assert.throws(() => varint(-1), RangeError)
  })
})

describe('sealing and opening', () => {
  const opener = new Opener(topic)

  for (const length of [0, 148, 149, 404, MAX_CONTENT_LENGTH]) {
    test(`a content of ${length} bytes comes back`, () => {
      const content = Uint8Array.from({ length }, (_, i) => i)
      assert.ok(equal(opener.open(sealed({ content })).message.content, content))
    })
  }

  test('a content one byte too long is refused', () => {
    assert.throws(() => sealed({ content: new Uint8Array(MAX_CONTENT_LENGTH + 1) }), RangeError)
  })

  test('the longest content with the longest network and permit is still an envelope', () => {
    const longest = Topic.private('n'.repeat(32), 'tea', new Uint8Array(32))
    const sealedMost = seal(longest, new Device().author(longest, 0xffff_ffff), {
      content: new Uint8Array(MAX_CONTENT_LENGTH), sequence: (1n << 64n) - 1n, hlc: HLC, permit: new Uint8Array(128)
    })
    assert.equal(readEnvelope(sealedMost).code, 'none')
  })

  test('whatever byte is changed, nothing opens', () => {
    const bytes = sealed()
    opener.open(bytes)
    for (let i = 0; i < bytes.length; i += 7) {
      const changed = Uint8Array.from(bytes)
      changed[i] ^= 1
      assert.notEqual(opener.open(changed).status, 'opened')
    }
  })

  test('another topic does not open it, and one with the same tag but another secret neither', () => {
    assert.equal(new Opener(Topic.private('dchat-test', 'tea', new Uint8Array(32))).open(sealed()).status, 'not-this-topic')
    assert.equal(new Opener(Topic.private('dchat-dev', 'tea', new Uint8Array(32).fill(7))).open(sealed()).status, 'not-this-topic')
    const stranger = Topic.private('dchat-test', 'tea', new Uint8Array(32))
    stranger.tag = topic.tag
    assert.equal(new Opener(stranger).open(sealed()).status, 'undecipherable')
  })

  test('a certificate of another device, topic or generation is refused', () => {
    const forged = [
      { ...author, deviceKey: new Device(new Uint8Array(32).fill(2)).key },
      { ...author, certificate: new Device(new Uint8Array(32).fill(1)).author(Topic.public('dchat-test', 'tea')).certificate },
      { ...author, certificate: new Device(new Uint8Array(32).fill(1)).author(topic, 1).certificate }
    ]
    opener.open(sealed())
    for (const liar of forged) {
      const bytes = seal(topic, liar, { content: 'hello', sequence: 1, hlc: HLC })
      assert.equal(opener.open(bytes).status, 'bad-certificate')
      assert.equal(new Opener(topic).open(bytes).status, 'bad-certificate')
    }
  })

  test('a signature made by another key is refused', () => {
    const liar = { ...author, seed: new Uint8Array(32).fill(9) }
    assert.equal(opener.open(seal(topic, liar, { content: 'hello', sequence: 1, hlc: HLC })).status, 'bad-signature')
  })
})

describe('signatures on which libraries differ', () => {
  for (const { name, holds, envelope: bytes } of SIGNATURES) {
    test(name, () => {
      const { envelope } = readEnvelope(bytes)
      const signed = concat(LABELS.envelope, envelope.body)
      assert.equal(verifyEnvelope(envelope), holds)
      for (const verifyBytes of [verifyPortably, verifyNatively]) {
        assert.equal(verifyBytes(envelope.authorKey, signed, envelope.signature), holds)
      }
    })
  }

  test('both ways to verify say the same of what was damaged, and of what has the wrong length', () => {
    const { envelope } = readEnvelope(SIGNATURES[0].envelope)
    const signed = concat(LABELS.envelope, envelope.body)
    const say = (key, signature) => [verifyPortably, verifyNatively].map(verifyBytes => verifyBytes(key, signed, signature))
    assert.deepEqual(say(envelope.authorKey, envelope.signature), [true, true])
    for (let i = 0; i < 64; i += 3) {
      const changed = envelope.signature.with(i, envelope.signature[i] ^ 0x20)
      assert.deepEqual(say(envelope.authorKey, changed), [false, false])
    }
    for (let i = 0; i < 32; i += 3) {
      assert.deepEqual(say(envelope.authorKey.with(i, envelope.authorKey[i] ^ 4), envelope.signature), [false, false])
    }
    assert.deepEqual(say(envelope.authorKey.subarray(1), envelope.signature), [false, false])
    assert.deepEqual(say(envelope.authorKey, envelope.signature.subarray(1)), [false, false])
  })
})
