// The golden vectors that the C# tests read too.
import { readFileSync } from 'node:fs'
import { fromHex } from '../dchat/bytes.mjs'

const FOLDER = new URL('../../DChat.Core.Tests/Golden/', import.meta.url)

/** A vector file: lines of `name: value`, blank lines and # comments. */
function pairsOf (file) {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split(/\r?\n/)
  return lines.filter(line => line.length > 0 && line[0] !== '#').map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
}

/** Keys and envelopes to the byte. */
export const VECTORS = ['private-topic.txt', 'public-topic.txt'].map(file => {
  const values = new Map(pairsOf(file))
  return {
    file,
    text: name => values.get(name),
    bytes: name => fromHex(values.get(name)),
    number: name => BigInt(values.get(name))
  }
})

/** Envelopes whose signatures are unusual. */
export const SIGNATURES = pairsOf('signatures.txt').map(([name, hex]) => ({ name, holds: name.startsWith('holds'), envelope: fromHex(hex) }))
