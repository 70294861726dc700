// Both sides of /perf/1.0.0: https://github.com/libp2p/specs/blob/master/perf/perf.md. The client sends how many bytes it
// wants, eight bytes big-endian, uploads and ends its half; the server then sends that many.
import { drained } from './streams.mjs'

const PREFIX = 8
const BLOCK = new Uint8Array(64 * 1024)

/** Serves one stream. */
export function servePerf (stream) {
  let head = Buffer.alloc(0)
  stream.addEventListener('message', ({ data }) => {
    head = head.length < PREFIX ? Buffer.concat([head, data.subarray()]) : head
  })
  stream.addEventListener('end', () => {
    if (stream.status === 'open') {
      sendZeros(stream, Number(head.readBigUInt64BE())).catch(error => stream.abort(error))
    }
  })
}

/** Uploads, then downloads; resolves to how many bytes came. */
export async function requestPerf (stream, upload, download) {
  let received = 0
  const ended = new Promise((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => { received += data.byteLength })
    stream.addEventListener('end', resolve)
    stream.addEventListener('close', ({ error }) => { if (error != null) { reject(error) } })
  })
  // It may fail before it is awaited, while this still sends.
  ended.catch(() => {})
  const prefix = Buffer.alloc(PREFIX)
  prefix.writeBigUInt64BE(BigInt(download))
  stream.send(prefix)
  await sendZeros(stream, upload)
  await ended
  return received
}

async function sendZeros (stream, count) {
  for (let left = count; left > 0; left -= BLOCK.length) {
    if (!stream.send(left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left))) {
      await drained(stream)
    }
  }
  await stream.close()
}
