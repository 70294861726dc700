// What chat.mjs says to people.

const ADVICE = {
  oversized: 'it is longer than the relay takes: split it',
  'non-canonical': 'the relay cannot read what this program writes: bring both to the same version',
  'unknown-version': 'the relay does not know this version of messages: ask its operator to update it',
  'wrong-network': 'the topic belongs to another network than the relay: see --network',
  'wrong-shard': 'the network has another number of shards: see --shard-bits',
  'unknown-class': 'the relay does not know how long it should be kept',
  'permit-required': 'to be kept longer than 30 days it needs a paid permit',
  'permit-invalid': 'its permit was not issued by this network for this message',
  'timestamp-ahead': "this machine's clock is ahead of the relay's: set it",
  'below-floor': "this machine's clock is far behind the relay's: set it",
  stale: "this machine's clock is behind the relay's by a day or more: set it",
  'over-quota': 'too much was sent for now: wait a minute',
  'bad-signature': 'it was damaged on its way: send it again, and report it if it happens twice',
  overloaded: 'the relay has more to do than it can: send it again in some seconds',
  'storage-unavailable': 'the silo that keeps this topic does not answer: send it again in some seconds',
  'shard-moving': 'the topic is moving to another silo: send it again at once',
  'storage-full': "the relay's disk is full: tell its operator, and send it again later",
  'storage-failed': 'the relay cannot write to its disk: tell its operator, and send it again later'
}

/** The rejection codes that have advice. */
export const ADVISED_CODES = Object.keys(ADVICE)

/** Why a message is not kept, and what to do. */
export function adviceOn (code) {
  return `${ADVICE[code] ?? 'the relay has a reason that this program does not know'} (${printable(code)})`
}

/** What others wrote must not lead the terminal. */
export function printable (text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, character => character === '\n' ? '\n    ' : '\ufffd')
}

/** The line for an event, and whether it is a message; null when there is nothing to say. */
export function describe ({ event, ...details }) {
  switch (event) {
    case 'message': {
      const { deviceKey, composedAt, text } = details.message
      const time = new Date(composedAt).toISOString().slice(0, 16).replace('T', ' ')
      return `${time} ${deviceKey.slice(0, 8)}  ${printable(text)}`
    }
    case 'ready': return `connected to ${details.peer}`
    case 'disconnected': return 'the gateway is gone; connecting again'
    case 'equivocation': return `${details.deviceKey.slice(0, 8)} wrote two messages under one number: ${details.first}, ${details.id}`
    case 'gap': return 'the relay no longer has everything since the last time'
    case 'rejected': return `not kept: ${adviceOn(details.code)}: ${details.id}`
    case 'unconfirmed': return details.code == null
      ? `nobody confirmed ${details.id}: it may be lost`
      : `not kept so far: ${adviceOn(details.code)}: ${details.id}`
    case 'error': return describeError(details)
    default: return null
  }
}

function describeError ({ message }) {
  return /ECONNREFUSED/.test(message)
    ? 'nothing listens at this address: is the silo running, and is this its libp2p address? trying again'
    : /NoPeersSubscribedToTopic/.test(message)
      ? 'no peer follows this topic yet: the message is pushed to the gateway instead'
      : printable(message)
}
