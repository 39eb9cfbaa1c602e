// One of several worker threads: embeds a crop a few times and tells the vectors. How it ends is
// told by workerData.end.
import { parentPort, workerData } from 'node:worker_threads'
import { FaceEmbedder } from 'seesawface'

const { crop, end } = workerData
const embedder = await FaceEmbedder.open({ threads: 1 })
const vectors = []
for (let i = 0; i < 5; i++) vectors.push((await embedder.embed(crop)).vector)
parentPort.postMessage(vectors)
if (end === 'close') await embedder.close()
if (end === 'exit at work') {
  for (let i = 0; i < 10; i++) embedder.embed(crop).catch(() => undefined)
  process.exit(0)
}
if (end === 'wait to be terminated') {
  setInterval(() => embedder.embed(crop).catch(() => undefined), 1)
}
