// A hybrid logical clock (Kulkarni et al., 2014): timestamps follow the wall clock, never repeat, never run backwards, and
// follow every timestamp observed. 48 bits of Unix milliseconds, then a 16-bit counter, in a BigInt.

/** How far ahead of the wall clock a timestamp may be, in milliseconds. */
export const MAX_AHEAD_MS = 60_000

const COUNTER_BITS = 16n

export class HybridClock {
  #now
  #last = 0n

  /** @param {() => number} now Unix milliseconds; may jump */
  constructor (now = Date.now) {
    this.#now = now
  }

  /** A timestamp greater than any returned or observed before. */
  next () {
    const wall = BigInt(Math.max(0, Math.floor(this.#now()))) << COUNTER_BITS
    this.#last = wall > this.#last ? wall : this.#last + 1n
    return this.#last
  }

  /** Takes note of another's timestamp; one too far ahead is refused, does not move the clock, and gives false. */
  observe (hlc) {
    if (Number(hlc >> COUNTER_BITS) - this.#now() > MAX_AHEAD_MS) {
      return false
    }
    if (hlc > this.#last) {
      this.#last = hlc
    }
    return true
  }
}
