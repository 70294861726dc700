// Which messages were told already. Keeps at least the newest half of its limit.

/** How many ids are remembered. */
export const MAX_SEEN = 65_536

export class SeenIds {
  #newer = new Set()
  #older = new Set()
  #half

  constructor (limit = MAX_SEEN) {
    this.#half = limit / 2
  }

  has (id) {
    return this.#newer.has(id) || this.#older.has(id)
  }

  /** Remembers an id; false when it was known. */
  add (id) {
    if (this.has(id)) {
      return false
    }
    if (this.#newer.size >= this.#half) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    this.#newer.add(id)
    return true
  }
}
