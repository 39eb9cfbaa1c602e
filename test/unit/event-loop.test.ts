import test from 'ava'
import { FaceEmbedder } from '../../lib/index.js'
import { timerDelays } from '../support/event-loop.js'
import { crop } from '../support/fixtures.js'

test('200 embeddings do not hold up the event loop', async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1, queueLimit: 256 })
  const obama = await crop('obama.png')
  await embedder.embed(obama)
  const { worst, ticks, elapsed } = await timerDelays(() =>
    Promise.all(Array.from({ length: 200 }, () => embedder.embed(obama)))
  )
  t.log(
    `worst delay of a 1 ms timer ${worst.toFixed(1)} ms, ${ticks} ticks in ${elapsed.toFixed(0)} ms`
  )
  // Were the embeddings made on this thread, the timer would wait for all of them. A busy machine
  // may suspend this process for a while: hence not tighter.
  t.true(worst < elapsed / 3, `worst delay ${worst} ms of ${elapsed} ms`)
  t.true(ticks > elapsed / 20, `${ticks} ticks in ${elapsed} ms`)
})
