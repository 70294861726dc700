// The sequences a device has used. Two messages under one sequence are proof against the device, so a number is on disk as
// used before it is used.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from './bytes.mjs'
import { Device } from './identity.mjs'

// How many numbers are marked as used at once. A process that ends leaves the rest unused, which harms nobody.
const BLOCK = 100n

/** For a device that lives no longer than the process. */
export class MemorySequences {
  #first
  #used = new Map()

  /** @param {bigint} first */
  constructor (first = 1n) {
    this.#first = first
  }

  /**
   * For a device whose seed is given, but nothing of what it has used: goes on from the time in microseconds, which no
   * earlier process can have reached.
   */
  static fromTime (now = Date.now()) {
    return new MemorySequences(BigInt(now) * 1000n)
  }

  next (authorKey) {
    const next = this.#used.has(authorKey) ? this.#used.get(authorKey) + 1n : this.#first
    this.#used.set(authorKey, next)
    return next
  }
}

/** A folder with a device key and the sequences it has used, for one process at a time. */
export class Home {
  #folder
  #lock
  #reserved
  #next = new Map()

  /** Opens a folder; makes it, with a new device or that of a seed, when it is not there. */
  constructor (folder, seed) {
    this.#folder = folder
    this.#lock = join(folder, 'lock')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    takeLock(this.#lock)
    const kept = readIfThere(join(folder, 'device.seed'))
    if (kept == null) {
      const device = new Device(seed)
      this.#write('device.seed', toHex(device.exportSeed()) + '\n')
      this.device = device
    } else {
      this.device = new Device(fromHex(kept.trim()))
      if (seed != null && toHex(seed) !== kept.trim()) {
        this.close()
        throw new Error(`${folder} belongs to another device than the seed.`)
      }
    }
    try {
      this.#reserved = readSequences(join(folder, 'sequences.json'))
    } catch (error) {
      this.close()
      throw error
    }
  }

  next (authorKey) {
    const reserved = this.#reserved.get(authorKey) ?? 0n
    const next = this.#next.get(authorKey) ?? reserved + 1n
    if (next > reserved) {
      this.#reserved.set(authorKey, next + BLOCK - 1n)
      const used = Object.fromEntries([...this.#reserved].map(([key, value]) => [key, value.toString()]))
      this.#write('sequences.json', JSON.stringify(used, null, 2) + '\n')
    }
    this.#next.set(authorKey, next + 1n)
    return next
  }

  close () {
    rmSync(this.#lock, { force: true })
  }

  #write (name, text) {
    const path = join(this.#folder, name)
    const file = openSync(`${path}.new`, 'w', 0o600)
    writeSync(file, text)
    fsyncSync(file)
    closeSync(file)
    renameSync(`${path}.new`, path)
  }
}

function readSequences (path) {
  const text = readIfThere(path)
  try {
    return new Map(Object.entries(JSON.parse(text ?? '{}')).map(([key, used]) => [key, BigInt(used)]))
  } catch {
    throw new Error(`${path} is damaged. Do not restore or delete it: the device would look like a cheat. Use a new folder, which is a new device.`)
  }
}

function readIfThere (path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') {
      return null
    }
    throw error
  }
}

// The lock of a process that was killed is left behind: then its number names no process.
function takeLock (path) {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error
    }
    const holder = Number(readIfThere(path) ?? 0)
    if (holder !== process.pid && isRunning(holder)) {
      throw new Error(`Process ${holder} uses this home; remove ${path} if that is no chat.`)
    }
    writeFileSync(path, `${process.pid}\n`)
  }
}

function isRunning (pid) {
  if (!Number.isInteger(pid) || pid < 1) {
    return false
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
