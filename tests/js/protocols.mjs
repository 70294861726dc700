// The protocols that both sides of the interop tests serve.
import { byteStream } from '@libp2p/utils'

/** A stream's bytes. Past 4 MiB unread, js resets a stream unless told otherwise; an echo that is slow to write gets there. */
export const unlimited = stream => byteStream(stream, { maxBufferSize: Infinity })

/** Sends back what comes, then ends. */
export async function serveEcho (stream) {
  const bytes = unlimited(stream)
  while (true) {
    const part = await bytes.read()
    if (part == null) break
    await bytes.write(part)
  }
  await stream.close()
}

/** Neither reads nor ends. */
export async function serveHoldOpen () {
  await new Promise(() => {})
}

/** Counts what comes, and says how much it was only after the end. */
export async function serveUpload (stream) {
  let length = 0
  for await (const part of stream) length += part.byteLength
  stream.send(new TextEncoder().encode(String(length)))
  await stream.close()
}

const BLOCK = new Uint8Array(64 * 1024)

async function sendZeros (bytes, count) {
  for (let left = count; left > 0; left -= BLOCK.length) {
    await bytes.write(left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left))
  }
}

async function drain (bytes) {
  let length = 0
  while (true) {
    const part = await bytes.read()
    if (part == null) return length
    length += part.byteLength
  }
}

/** https://github.com/libp2p/specs/blob/master/perf/perf.md, the server's side. */
export async function servePerf (stream) {
  const bytes = unlimited(stream)
  const prefix = (await bytes.read({ bytes: 8 })).subarray()
  const wanted = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0))
  await drain(bytes)
  await sendZeros(bytes, wanted)
  await stream.close()
}

/** The client's side. */
export async function requestPerf (stream, upload, download) {
  const bytes = unlimited(stream)
  const prefix = new Uint8Array(8)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(download))
  await bytes.write(prefix)
  await sendZeros(bytes, upload)
  await stream.close()
  const received = await drain(bytes)
  if (received !== download) throw new Error(`perf: ${received} of ${download} bytes came`)
}
