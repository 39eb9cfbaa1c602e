import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import { compareAll } from '../../lib/evaluation/pairwise/compare.js'
import { ratesOf } from '../../lib/evaluation/pairwise/rates.js'
import { timerDelays } from '../support/event-loop.js'
import { makeFaces } from '../support/faces.js'

// Alone in its process: other tests would be seen as delays.

test('the event loop gets its turn, progress is told, and a signal ends the work', async (t) => {
  const faces = makeFaces({ people: 700, photos: [2], size: 512 })
  const done: number[] = []
  const { worst, elapsed } = await timerDelays(async () => {
    const pairs = await compareAll(faces, { progress: (count) => done.push(count) })
    await ratesOf(pairs, [0.1, 0.01, 0.001], { rounds: 20 })
  })
  t.log(`worst delay ${worst.toFixed(0)} of ${elapsed.toFixed(0)} ms`)
  // All in one go it would be nearly all of it; machines that do much else make it longer.
  t.true(worst < Math.max(200, elapsed / 2), `${worst} of ${elapsed}`)
  t.is(done.at(-1), (1400 * 1399) / 2)
  t.deepEqual(
    done,
    [...done].sort((x, y) => x - y)
  )
  const controller = new AbortController()
  const work = compareAll(faces, { signal: controller.signal })
  await wait(5)
  controller.abort(new Error('enough'))
  await t.throwsAsync(work, { message: 'enough' })
  await t.throwsAsync(compareAll(faces, { signal: AbortSignal.abort(new Error('at once')) }), {
    message: 'at once'
  })
})
