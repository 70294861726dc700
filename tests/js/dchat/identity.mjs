// A device and its pseudonyms. The device key names the user's installation and travels inside ciphertexts only; relays see
// author keys, one for each topic and key generation, and cannot link them.
import { concat, uint32 } from './bytes.mjs'
import { derive, KEY_LENGTH, LABELS, publicKeyOf, sign, verify } from './keys.mjs'

/** A device: whoever has its 32-byte seed is it. */
export class Device {
  #seed

  /** @param {Uint8Array} seed 32 bytes, RFC 8032; a new device when there is none */
  constructor (seed = crypto.getRandomValues(new Uint8Array(KEY_LENGTH))) {
    if (seed.length !== KEY_LENGTH) {
      throw new RangeError(`A seed is ${KEY_LENGTH} bytes, got ${seed.length}.`)
    }
    this.#seed = Uint8Array.from(seed)
    /** 32 bytes. */
    this.key = publicKeyOf(seed)
  }

  /** A copy of the seed: store it where only the user can read it. */
  exportSeed () {
    return Uint8Array.from(this.#seed)
  }

  /** The pseudonym under which the device writes to a topic: its seed, its public key and the device's certificate. */
  author (topic, keyGeneration = 0) {
    const seed = derive(this.#seed, LABELS.authorSeed, concat(topic.tag, uint32(keyGeneration)))
    const key = publicKeyOf(seed)
    const certificate = sign(this.#seed, LABELS.authorCertificate, authorContext(topic.tag, keyGeneration, key))
    return Object.freeze({ seed, key, keyGeneration, certificate, deviceKey: this.key })
  }
}

/** Whether a device says that an author key is its own. */
export function verifyCertificate (certificate, deviceKey, topicTag, keyGeneration, authorKey) {
  return verify(deviceKey, LABELS.authorCertificate, authorContext(topicTag, keyGeneration, authorKey), certificate)
}

function authorContext (topicTag, keyGeneration, authorKey) {
  return concat(topicTag, uint32(keyGeneration), authorKey)
}
