// Plain Node, no test runner: the addon in worker threads, beside the main thread and after it.
// Prints one JSON line for each round, or fails.
import { deepStrictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { FaceEmbedder } from 'seesawface'

const crop = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => (i * 7) % 256)
const embedder = await FaceEmbedder.open({ threads: 1 })
const { vector } = await embedder.embed(crop)

async function inWorker(end) {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { crop, end } })
  const ended = once(worker, 'exit')
  const [vectors] = await once(worker, 'message')
  for (const other of vectors) deepStrictEqual(other, vector)
  if (end === 'wait to be terminated') await worker.terminate()
  await ended
}

for (const end of ['close', 'leave open', 'exit at work', 'wait to be terminated']) {
  const workers = Array.from({ length: 8 }, () => inWorker(end))
  // All of them have the files of one model open, and so does this thread, which works meanwhile.
  deepStrictEqual((await embedder.embed(crop)).vector, vector)
  await Promise.all(workers)
  deepStrictEqual((await embedder.embed(crop)).vector, vector)
  console.log(JSON.stringify({ end, workers: workers.length }))
}
await embedder.close()
