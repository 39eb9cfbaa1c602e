import test from 'ava'
import { FaceEmbedder } from '../../lib/index.js'
import { timerDelays } from '../support/event-loop.js'
import { crop } from '../support/fixtures.js'

test.serial('200 embeddings do not hold up the event loop', async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1, queueLimit: 256 })
  const obama = await crop('obama.png')
  await embedder.embed(obama)
  const before = performance.eventLoopUtilization()
  const { worst, ticks, elapsed } = await timerDelays(() =>
    Promise.all(Array.from({ length: 200 }, () => embedder.embed(obama)))
  )
  const { utilization } = performance.eventLoopUtilization(before)
  t.log(
    `event loop ${(utilization * 100).toFixed(0)} % busy, worst delay of a 1 ms timer ${worst.toFixed(1)} ms, ${ticks} ticks in ${elapsed.toFixed(0)} ms`
  )
  // Were the embeddings made on this thread, it would be busy all the time and no timer would fire
  // before the last. How late timers are says more of the machine, which may do something else.
  t.true(utilization < 0.5, `${utilization}`)
  t.true(ticks > 5, `${ticks} ticks`)
})
