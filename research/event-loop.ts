// Prints how long a 1 ms timer had to wait at worst while 200 embeddings were made.
import { FaceEmbedder } from '../lib/index.js'
import { timerDelays } from '../test/support/event-loop.js'

await using embedder = await FaceEmbedder.open({ queueLimit: 256 })
const crop = new Uint8Array(112 * 112 * 3).fill(127)
await embedder.embed(crop)
const { worst, ticks, elapsed } = await timerDelays(() =>
  Promise.all(Array.from({ length: 200 }, () => embedder.embed(crop)))
)
console.log(
  `200 embeddings in ${elapsed.toFixed(0)} ms (${embedder.threads} threads): ` +
    `worst delay of a 1 ms timer ${worst.toFixed(2)} ms, ${ticks} ticks`
)
