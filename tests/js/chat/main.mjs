// A chat peer in JavaScript: reads what is typed, prints what others write. See README.md.
import { createInterface } from 'node:readline'
import { toHex } from '../dchat/bytes.mjs'
import { ChatClient } from '../dchat/client.mjs'
import { Device } from '../dchat/identity.mjs'
import { Home, MemorySequences } from '../dchat/sequences.mjs'
import { ChatSession } from '../dchat/session.mjs'
import { readArguments, USAGE } from './arguments.mjs'
import { explain } from './runtime.mjs'
import { describe } from './texts.mjs'

// 128 + SIGPIPE, as of a program that was ended because nobody reads its output.
const OUTPUT_CLOSED = 141
const INTERRUPTED = 130

/** Runs the program; resolves to its exit code. */
export async function main (args) {
  process.stdout.on('error', error => process.exit(error.code === 'EPIPE' ? OUTPUT_CLOSED : 1))
  process.stderr.on('error', () => {})
  process.on('uncaughtException', error => {
    process.stderr.write(`chat.mjs: ${explain(error)}\n`)
    process.exit(1)
  })
  let options
  try {
    options = readArguments(args)
  } catch (error) {
    process.stderr.write(`chat.mjs: ${explain(error)} Try: node chat.mjs --help\n`)
    return 2
  }
  if (options == null) {
    process.stdout.write(USAGE)
    return 0
  }
  return chat(options, options.json ? printJson : printText)
}

async function chat (options, print) {
  const { device, sequences, close } = openDevice(options)
  let failed = false
  const fail = (name, message) => {
    failed = true
    print({ event: 'error', name, message })
  }
  let session = null
  const client = await ChatClient.start({
    network: options.network,
    shardBits: options.shardBits,
    device,
    sequences,
    onMessage: (message, room, source) => session.onMessage(message, source),
    onEquivocation: ({ id, deviceKey, sequence }, first) => print({ event: 'equivocation', id, first, deviceKey, sequence })
  })
  session = new ChatSession(client, {
    topic: options.topic,
    address: options.address,
    viaPush: options.push,
    history: options.history,
    patienceMs: options.patienceMs,
    onEvent: event => {
      failed ||= event.event === 'rejected'
      print(event)
    }
  })
  print({ event: 'started', device: toHex(device.key), topic: options.topic.name, shard: options.topic.shard(options.shardBits) })
  session.run()
  await sendLines(session, fail)
  const isConfirmed = await session.finish()
  await client.stop()
  close()
  return isConfirmed && !failed ? 0 : 1
}

async function sendLines (session, fail) {
  // Latin 1 keeps the bytes as they are, so that those which are no text are seen before they are sent changed.
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const lines = createInterface({ input: process.stdin.setEncoding('latin1') })
  lines.on('close', () => session.lastCall())
  process.on('SIGINT', () => {
    process.on('SIGINT', () => process.exit(INTERRUPTED))
    lines.close()
  })
  process.on('SIGTERM', () => lines.close())
  for await (const line of lines) {
    if (line.length > 0) {
      try {
        await session.send(utf8.decode(Buffer.from(line, 'latin1')))
      } catch (error) {
        if (error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
          fail('NotUtf8', 'This line is not UTF-8 text, so it was not sent.')
        } else {
          fail(error.name, error.message)
        }
      }
    }
  }
}

function openDevice ({ home, seed }) {
  if (home != null) {
    const store = new Home(home, seed)
    return { device: store.device, sequences: store, close: () => store.close() }
  }
  const sequences = seed == null ? new MemorySequences() : MemorySequences.fromTime()
  return { device: new Device(seed), sequences, close: () => {} }
}

function printJson (event) {
  const flat = event.event === 'message' ? { event: 'message', ...event.message, source: event.source } : event
  const { content, ...rest } = flat
  process.stdout.write(JSON.stringify(rest, (_, value) => typeof value === 'bigint' ? value.toString() : value) + '\n')
}

function printText (event) {
  const text = describe(event)
  if (event.event === 'message') {
    process.stdout.write(`${text}\n`)
  } else if (text != null) {
    process.stderr.write(`-- ${text}\n`)
  }
}
