// chat.mjs as a user runs it, against the fake relay.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { ChatClient } from '../dchat/client.mjs'
import { Device } from '../dchat/identity.mjs'
import { Home, MemorySequences } from '../dchat/sequences.mjs'
import { SeenIds } from '../dchat/seen.mjs'
import { Topic } from '../dchat/topic.mjs'
import { readArguments } from '../chat/arguments.mjs'
import { explain, unfit } from '../chat/runtime.mjs'
import { ADVISED_CODES, adviceOn, describe as describeEvent } from '../chat/texts.mjs'
import { FakeRelay, NETWORK, SHARD_BITS } from './fake-relay.mjs'

const secret = Topic.private(NETWORK, 'secret')
const SCRIPT = new URL('../chat.mjs', import.meta.url).pathname

/** chat.mjs in a process of its own. */
class Chat {
  events = []
  errors = ''
  #changed = Promise.withResolvers()

  constructor (...args) {
    this.process = spawn(process.execPath, [SCRIPT, '--json', '--network', NETWORK, ...args])
    this.exited = new Promise(resolve => this.process.on('exit', resolve))
    this.process.stderr.on('data', data => { this.errors += data })
    createInterface({ input: this.process.stdout }).on('line', line => {
      this.events.push(JSON.parse(line))
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    })
    this.exited.then(() => this.#changed.resolve())
  }

  say (text) { this.process.stdin.write(`${text}\n`) }

  /** The first event of a name that matches, or fails with all there were. */
  async event (name, match = () => true) {
    while (true) {
      const found = this.events.find(event => event.event === name && match(event))
      if (found != null) {
        return found
      }
      assert.equal(this.process.exitCode, null, `no ${name} in ${JSON.stringify(this.events)} ${this.errors}`)
      await this.#changed.promise
    }
  }

  async end () {
    this.process.stdin.end()
    return this.exited
  }
}

let relay
let folder
let host
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dchat-js-'))
  relay = await FakeRelay.start()
  // The gateway follows the shard and keeps what it hears.
  host = new ChatClient(relay.node, { network: NETWORK, shardBits: SHARD_BITS, device: new Device() })
  host.subscribe(Topic.public(NETWORK, 'general'))
  host.subscribe(secret)
  relay.node.services.gossip.addEventListener('gossipsub:message', ({ detail }) => relay.keep(detail.msg.data))
})
after(async () => {
  await relay.node.stop()
  rmSync(folder, { recursive: true })
})

describe('chat.mjs', { timeout: 170_000 }, () => {
  test('two chats read each other, and a third reads the history', async () => {
    const [one, two] = [new Chat(relay.address.toString(), 'general'), new Chat(relay.address.toString(), 'general', '--push')]
    await Promise.all([one.event('ready'), two.event('ready')])
    one.say('hello two')
    const sent = await one.event('sent')
    two.say('hello one')
    const accepted = await two.event('accepted')
    // The fake gateway does not gossip what was pushed: `one` finds it when it looks, at the latest at its end.
    const heard = await two.event('message', ({ text }) => text === 'hello two')

    assert.equal(sent.via, 'gossip')
    assert.equal(heard.id, sent.id)
    assert.equal(heard.source, 'gossip')
    assert.equal(await one.end(), 0)
    assert.ok(one.events.some(({ event, id }) => event === 'accepted' && id === sent.id))
    assert.equal(await two.end(), 0)

    const three = new Chat(relay.address.toString(), 'general', '--history', '2')
    await three.event('ready')
    assert.deepEqual(three.events.filter(({ event }) => event === 'message').map(({ text }) => text).sort(), ['hello one', 'hello two'])
    assert.equal(three.events.find(({ id }) => id === accepted.id).source, 'fetch')
    assert.equal(await three.end(), 0)
    assert.equal(new Set(relay.messages.map(({ id }) => id)).size, relay.messages.length)
  })

  test('lines typed before there is a gateway are sent when there is one, and all are with the relay at the end', async () => {
    const chat = new Chat(relay.address.toString(), 'general', '--push')
    const count = relay.messages.length
    for (let i = 0; i < 50; i++) {
      chat.say(`line ${i}`)
    }
    assert.equal(await chat.end(), 0)
    assert.equal(relay.messages.length, count + 50)
    assert.equal(chat.events.filter(({ event }) => event === 'accepted').length, 50)
  })

  test('a private topic needs its invite', async () => {
    const one = new Chat(relay.address.toString(), '--private-topic', secret.invite, '--push')
    one.say('psst')
    assert.equal(await one.end(), 0)
    const two = new Chat(relay.address.toString(), secret.invite)
    await two.event('message', ({ text }) => text === 'psst')
    assert.equal(await two.end(), 0)
  })

  test('a home keeps the device and never uses a sequence twice, and a seed alone neither', async () => {
    const home = join(folder, 'home')
    const seed = '05'.repeat(32)
    const sequences = []
    for (const args of [['--home', home], ['--home', home], ['--seed', seed], ['--seed', seed]]) {
      const chat = new Chat(relay.address.toString(), 'general', '--push', ...args)
      chat.say('again')
      const { id } = await chat.event('accepted')
      assert.equal(await chat.end(), 0)
      const { messages } = await host.fetch(Topic.public(NETWORK, 'general'), null, await self())
      const { deviceKey, sequence } = messages.find(message => message.id === id)
      sequences.push({ deviceKey, sequence })
    }
    assert.equal(sequences[0].deviceKey, sequences[1].deviceKey)
    assert.ok(sequences[1].sequence > sequences[0].sequence)
    assert.equal(sequences[2].deviceKey, sequences[3].deviceKey)
    assert.ok(sequences[3].sequence > sequences[2].sequence)
    assert.equal(statSync(join(home, 'device.seed')).mode & 0o777, 0o600)
  })

  test('it connects again when the gateway was gone, and sends what it could not', async () => {
    const [address] = relay.node.getMultiaddrs()
    const chat = new Chat(address.toString(), 'general', '--push')
    await chat.event('ready')
    await relay.node.hangUp((await relay.node.peerStore.all())[0].id).catch(() => {})
    for (const connection of relay.node.getConnections()) {
      connection.abort(new Error('for the test'))
    }
    await chat.event('disconnected')
    chat.say('still there')
    await chat.event('accepted')
    assert.equal(chat.events.filter(({ event }) => event === 'ready').length, 2)
    assert.equal(await chat.end(), 0)
  })

  test('without a gateway it says so, gives up what it could not send, and fails', async () => {
    const chat = new Chat('/ip4/127.0.0.1/tcp/1', 'general', '--patience', '2')
    chat.say('anybody?')
    assert.equal(await chat.end(), 1)
    assert.ok(chat.events.some(({ message }) => message === 'There is no gateway to send it to.'))
    assert.ok(!chat.events.some(({ event }) => event === 'sent'))
  })

  test('bytes that are no text are not sent, and the lines around them are', async () => {
    const chat = new Chat(relay.address.toString(), 'general', '--push')
    const count = relay.messages.length
    chat.process.stdin.write(Buffer.concat([Buffer.from('één\n'), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('tw\u2028ee\n')]))
    assert.equal(await chat.end(), 1)
    assert.deepEqual(chat.events.filter(({ event }) => event === 'sent').map(({ text }) => text), ['één', 'tw\u2028ee'])
    assert.equal(chat.events.find(({ event }) => event === 'error').name, 'NotUtf8')
    assert.equal(relay.messages.length, count + 2)
  })

  test('what cannot be used is one line that says why, never a stack', async () => {
    const broken = join(folder, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'sequences.json'), '{"a":')
    const chat = new Chat(relay.address.toString(), 'general', '--home', broken)
    assert.equal(await chat.exited, 1)
    assert.match(chat.errors, /^chat\.mjs: .*sequences\.json is damaged\. Do not restore or delete it.*\n$/)
  })

  test('it ends when nobody reads its output', async () => {
    const chat = new Chat(relay.address.toString(), 'general')
    await chat.event('ready')
    chat.process.stdout.destroy()
    chat.say('anybody?')
    assert.equal(await chat.exited, 141)
  })

  test('Ctrl+C ends it when everything is with the relay, and wrong arguments at once', async () => {
    const chat = new Chat(relay.address.toString(), 'general')
    chat.say('last words')
    const { id } = await chat.event('sent')
    chat.process.kill('SIGINT')
    assert.equal(await chat.exited, 0)
    assert.ok(relay.messages.some(message => message.id === id))
    assert.equal(await new Chat('only-one').exited, 2)
    assert.equal(await new Chat(relay.address.toString(), 'general', '--shard-bits', '13').exited, 2)
  })
})

/** A connection from another node, for one does not dial oneself. */
async function self () {
  const reader = await ChatClient.start({ network: NETWORK, shardBits: SHARD_BITS, device: new Device() })
  after(() => reader.stop())
  return reader.dial(relay.address.toString())
}

describe('what it says', () => {
  test('wrong arguments are told with what is wrong', () => {
    const address = '/ip4/127.0.0.1/tcp/4001'
    for (const [args, expected] of [
      [[], /^give the MULTIADDR of a gateway and a TOPIC/],
      [[address], /^give the MULTIADDR/],
      [['somewhere', 'general'], /^'somewhere' is no MULTIADDR/],
      [[address, 'general', 'hello'], /^'hello' is one word too many/],
      [[address, '--private-topic', secret.invite, 'general'], /^'general' is one word too many/],
      [[address, 'general', '--jsno'], /^Unknown option '--jsno'/],
      [[address, 'general', '--history', '-1'], /--history/],
      [[address, 'general', '--seed', 'ab'], /^--seed takes 64 hex digits/]
    ]) {
      assert.throws(() => readArguments(args), ({ message }) => expected.test(message), args.join(' '))
    }
    assert.equal(readArguments(['--help']), null)
    assert.equal(readArguments([address, 'general']).topic.name, 'general')
  })

  test('every rejection of the relay has advice', () => {
    const source = readFileSync(new URL('../../../src/DChat.Core/Envelopes/RejectionCodes.cs', import.meta.url), 'utf8')
    const codes = [...source.matchAll(/\] = "([a-z-]+)"/g)].map(([, code]) => code).filter(code => code !== 'none')
    assert.equal(codes.length, 18)
    assert.deepEqual([...ADVISED_CODES].sort(), codes.sort())
    assert.match(adviceOn('novel'), /does not know \(novel\)/)
  })

  test('what waits for a relay that refuses it for now says why', () => {
    assert.match(describeEvent({ event: 'unconfirmed', id: 'a', code: 'over-quota' }), /^not kept so far: too much was sent/)
    assert.match(describeEvent({ event: 'unconfirmed', id: 'a' }), /^nobody confirmed a/)
    assert.match(describeEvent({ event: 'rejected', id: 'a', code: 'stale' }), /^not kept: this machine's clock is behind/)
  })

  test('an old Node and missing packages are told with what to do', () => {
    assert.match(unfit('20.19.1'), /this is Node 20\.19\.1, and Node 22 or newer is needed/)
    assert.equal(unfit('22.0.0'), null)
    assert.equal(unfit('100.0.0'), null)
    assert.match(explain(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })), /npm ci/)
    assert.equal(explain(new Error('one\n    at two')), 'one')
  })
})

describe('what is kept', () => {
  test('a home marks sequences as used before they are, and belongs to one process and one device', () => {
    const path = join(folder, 'kept')
    const home = new Home(path)
    assert.deepEqual(Array.from({ length: 101 }, () => home.next('a')).at(-1), 101n)
    assert.deepEqual(JSON.parse(readFileSync(join(path, 'sequences.json'), 'utf8')), { a: '200' })
    assert.equal(home.next('b'), 1n)
    home.close()

    const again = new Home(path)
    assert.deepEqual(again.device.key, home.device.key)
    assert.equal(again.next('a'), 201n)
    again.close()
    assert.throws(() => new Home(path, new Uint8Array(32)), /another device/)
  })

  test('sequences in memory start from 1, or from the time', () => {
    const memory = new MemorySequences()
    assert.deepEqual([memory.next('a'), memory.next('a'), memory.next('b')], [1n, 2n, 1n])
    assert.equal(MemorySequences.fromTime(1_700_000_000_000).next('a'), 1_700_000_000_000_000n)
  })

  test('at least the newest half of the seen ids is remembered, and never more than the limit', () => {
    const seen = new SeenIds(4)
    assert.deepEqual(['a', 'b', 'c', 'd'].map(id => seen.add(id)), [true, true, true, true])
    assert.equal(seen.add('a'), false)
    assert.equal(seen.add('e'), true)
    assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(id => seen.has(id)), [false, false, true, true, true])
  })
})
