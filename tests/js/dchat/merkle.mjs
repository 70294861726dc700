// The Merkle tree hash of RFC 6962, section 2.1, over SHA-256.
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from './bytes.mjs'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** The root over leaves of any bytes, in their order. */
export function merkleRoot (leaves) {
  if (leaves.length === 0) {
    return sha256(new Uint8Array())
  }
  if (leaves.length === 1) {
    return sha256(concat(LEAF, leaves[0]))
  }
  // The largest power of two below the count.
  let split = 1
  while (split * 2 < leaves.length) {
    split *= 2
  }
  return sha256(concat(NODE, merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split))))
}
