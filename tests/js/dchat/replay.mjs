// Tells whether an opened message is new, a replay, or proof that its author used a sequence twice. Relays do not judge this:
// they know a message by its id alone.

/** How many sequences an author's window spans. */
export const WINDOW = 1024

/** How many authors are remembered: those heard last. */
export const MAX_AUTHORS = 1024

/** For the messages of one topic. */
export class ReplayWindow {
  #authors = new Map()

  /**
   * Judges a message and remembers it.
   *
   * @param {{ id: string, authorKey: string, keyGeneration: number, sequence: bigint }} message
   * @returns {{ verdict: 'fresh' | 'duplicate' | 'equivocation' | 'too-old', first: string | null }} `first` is the id of the
   * other message under the same sequence: both envelopes together convict the author
   */
  observe ({ id, authorKey, keyGeneration, sequence }) {
    const author = this.#windowOf(`${authorKey}/${keyGeneration}`)
    if (sequence + BigInt(WINDOW) <= author.newest) {
      return { verdict: 'too-old', first: null }
    }
    if (sequence > author.newest) {
      author.newest = sequence
    }
    const first = author.ids.get(sequence)
    if (first != null) {
      return first === id ? { verdict: 'duplicate', first: null } : { verdict: 'equivocation', first }
    }
    author.ids.set(sequence, id)
    if (author.ids.size >= 2 * WINDOW) {
      author.ids = new Map([...author.ids].filter(([kept]) => kept + BigInt(WINDOW) > author.newest))
    }
    return { verdict: 'fresh', first: null }
  }

  #windowOf (id) {
    const author = this.#authors.get(id) ?? { newest: 0n, ids: new Map() }
    // A map keeps the order in which its keys were set.
    this.#authors.delete(id)
    this.#authors.set(id, author)
    if (this.#authors.size > MAX_AUTHORS) {
      this.#authors.delete(this.#authors.keys().next().value)
    }
    return author
  }
}
