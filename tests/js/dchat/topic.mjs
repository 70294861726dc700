// Topics: a name, and a secret that whoever holds it can read and write with. Relays know a topic by its tag alone.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equal, uint32, utf8, viewOf } from './bytes.mjs'
import { isNetworkName, TAG_LENGTH } from './envelope.mjs'
import { derive, KEY_LENGTH, LABELS } from './keys.mjs'

export const INVITE_PREFIX = 'dchat1_'
export const MAX_NAME_LENGTH = 128
export const MAX_INVITE_LENGTH = 273
export const MAX_SHARD_BITS = 12

const CHECKSUM_LENGTH = 4
const PUBLIC = 0
const PRIVATE = 1

/** A topic. Made by `Topic.public`, `Topic.private` and `Topic.fromInvite`. */
export class Topic {
  #secret

  constructor (network, name, secret, isPublic) {
    this.network = network
    this.name = name
    this.isPublic = isPublic
    this.#secret = secret
    const routingKey = derive(secret, LABELS.routingKey, utf8(network))
    /** 16 bytes. */
    this.tag = hmac(sha256, routingKey, utf8(name)).subarray(0, TAG_LENGTH)
  }

  /** A topic whose secret follows from network and name, so anyone may join. */
  static public (network, name) {
    check(network, name)
    const secret = derive(concat(utf8(network), Uint8Array.of(0), utf8(name)), LABELS.publicTopicSecret)
    return new Topic(network, name, secret, true)
  }

  /** A topic known by its secret; a new one when there is none. */
  static private (network, name, secret = crypto.getRandomValues(new Uint8Array(KEY_LENGTH))) {
    check(network, name)
    if (secret.length !== KEY_LENGTH) {
      throw new RangeError(`A topic secret is ${KEY_LENGTH} bytes, got ${secret.length}.`)
    }
    return new Topic(network, name, Uint8Array.from(secret), false)
  }

  /** The topic an invite names. */
  static fromInvite (text) {
    return readInvite(text)
  }

  /** A name is a public topic of the network; an invite says itself what it is. */
  static from (network, nameOrInvite) {
    const isInvite = nameOrInvite.trim().startsWith(INVITE_PREFIX)
    return isInvite ? readInvite(nameOrInvite) : Topic.public(network, nameOrInvite)
  }

  /** The text that invites others; that of a private topic contains its secret. */
  get invite () {
    const network = utf8(this.network)
    const name = utf8(this.name)
    const payload = concat(
      Uint8Array.of(this.isPublic ? PUBLIC : PRIVATE, network.length), network,
      Uint8Array.of(name.length), name,
      this.isPublic ? new Uint8Array() : this.#secret)
    return INVITE_PREFIX + toBase64Url(concat(payload, checksum(payload)))
  }

  /** The key that seals the payloads of one author key. */
  payloadKey (keyGeneration, authorKey) {
    return derive(this.#secret, LABELS.payloadKey, concat(this.tag, uint32(keyGeneration), authorKey))
  }

  /** The shard that holds the topic. */
  shard (shardBits) {
    return shardOf(this.tag, shardBits)
  }
}

/** The shard that holds a tag: its top bits. */
export function shardOf (tag, shardBits) {
  if (!Number.isInteger(shardBits) || shardBits < 0 || shardBits > MAX_SHARD_BITS) {
    throw new RangeError(`Shard bits are 0 to ${MAX_SHARD_BITS}, got ${shardBits}.`)
  }
  return viewOf(tag).getUint16(0) >> (16 - shardBits)
}

/** The gossipsub topic of a shard. */
export function gossipTopic (network, shardBits, shard) {
  return `/dchat/1/${network}/${shardBits}/${shard}`
}

function check (network, name) {
  if (!isNetworkName(network)) {
    throw new RangeError("A network name is 1 to 32 of a-z, 0-9, '-', '.' and '_', starting with a letter or digit.")
  }
  if (!name.isWellFormed()) {
    throw new RangeError('A topic name must not contain half a surrogate pair.')
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new RangeError('A topic name must not contain control characters or line breaks.')
  }
  const { length } = utf8(name)
  if (length < 1 || length > MAX_NAME_LENGTH) {
    throw new RangeError(`A topic name is 1 to ${MAX_NAME_LENGTH} bytes of UTF-8, got ${length}.`)
  }
  if (/^\p{White_Space}|\p{White_Space}$/u.test(name)) {
    throw new RangeError('A topic name must not start or end with white space.')
  }
}

// kind (1: 0 public, 1 private) ‖ network length (1) ‖ network ‖ name length (1) ‖ name ‖ secret (32, private only) ‖
// checksum (4), in base64url without padding. An invite has exactly one spelling.
function readInvite (text) {
  const invite = text.trim()
  if (!invite.startsWith(INVITE_PREFIX)) {
    throw new RangeError(/^dchat[0-9]+_/.test(invite)
      ? 'This invite is of a version this program does not know: update it.'
      : `This is not an invite: an invite starts with ${INVITE_PREFIX}.`)
  }
  if (invite.length > MAX_INVITE_LENGTH) {
    throw new RangeError(`This invite is too long: ${invite.length} characters, at most ${MAX_INVITE_LENGTH}.`)
  }
  const bytes = fromBase64Url(invite.slice(INVITE_PREFIX.length))
  const payload = bytes?.subarray(0, -CHECKSUM_LENGTH)
  if (bytes == null || bytes.length < CHECKSUM_LENGTH || !equal(checksum(payload), bytes.subarray(-CHECKSUM_LENGTH))) {
    throw new RangeError('This invite is damaged: copy it again in full, its checksum does not match.')
  }
  return readPayload(payload)
}

function readPayload (payload) {
  const malformed = new RangeError('This invite is malformed: ask for a new one.')
  const [kind] = payload
  const take = offset => payload.subarray(offset + 1, offset + 1 + payload[offset])
  const network = take(1)
  const name = take(2 + network.length)
  const secret = payload.subarray(3 + network.length + name.length)
  const hasAll = payload.length >= 3 + payload[1] + payload[2 + network.length]
  if (!hasAll || (kind !== PUBLIC && kind !== PRIVATE) || secret.length !== (kind === PRIVATE ? KEY_LENGTH : 0)) {
    throw malformed
  }
  let names
  try {
    names = [network, name].map(bytes => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw malformed
  }
  return kind === PRIVATE ? Topic.private(...names, secret) : Topic.public(...names)
}

function checksum (payload) {
  return sha256(concat(LABELS.invite, payload)).subarray(0, CHECKSUM_LENGTH)
}

function toBase64Url (bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The bytes, or null when this is not their one spelling. */
function fromBase64Url (text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    return null
  }
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, character => character.charCodeAt(0))
  return toBase64Url(bytes) === text ? bytes : null
}
