// A recogniser in a worker thread and frames in shared memory: nothing is copied, and the main
// thread does nothing but hand over slots of a ring.
//
//   node examples/worker-thread.mjs [PHOTO]
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { movingPortrait } from './portrait.mjs'

const photo =
  process.argv[2] ?? fileURLToPath(new URL('../test/fixtures/photos/obama.jpg', import.meta.url))
const [width, height, count, slots] = [320, 240, 9, 3]
const format = 'nv12'
const { draw, bytes } = await movingPortrait(photo, { width, height, count, format })

const memory = new SharedArrayBuffer(slots * bytes)
const worker = new Worker(new URL('recognizer-worker.mjs', import.meta.url), {
  workerData: { memory, bytes, frame: { width, height, format } }
})

let next = 0
/** Fills a slot that is free with the next frame, and hands it over. */
function hand(slot) {
  if (next === count) return
  // In place of a camera's driver.
  draw(new Uint8Array(memory, slot * bytes, bytes), next)
  worker.postMessage({ slot, index: next++ })
}

let done = 0
worker.on('message', ({ slot, index, faces }) => {
  // An answer means that the slot is not read any more.
  const where = faces.map(({ box }) => `${Math.round(box.x)},${Math.round(box.y)}`)
  console.log(`frame ${index}: ${where.join('; ') || 'nobody'}`)
  if (++done === count) worker.postMessage({ close: true })
  else hand(slot)
})
worker.on('error', (error) => {
  throw error
})
for (let slot = 0; slot < slots; slot++) hand(slot)
