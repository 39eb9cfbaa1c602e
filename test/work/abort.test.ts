import { readFile } from 'node:fs/promises'
import test from 'ava'
import {
  FaceDetector,
  FaceEmbedder,
  FaceRecognizer,
  InvalidArgumentError,
  type Landmarks,
  type RawFrame
} from '../../lib/index.js'
import { photo } from '../support/fixtures.js'

let faces: FaceRecognizer
let detector: FaceDetector
let embedder: FaceEmbedder
test.before(async () => {
  const options = { threads: 1, queueLimit: 1000 }
  faces = await FaceRecognizer.open(options)
  detector = await FaceDetector.open(options)
  embedder = await FaceEmbedder.open(options)
})
test.after.always(() => Promise.all([faces?.close(), detector?.close(), embedder?.close()]))

const frame: RawFrame = {
  data: new Uint8Array(320 * 240),
  width: 320,
  height: 240,
  format: 'gray'
}
const crop = new Uint8Array(112 * 112 * 3)
const landmarks: Landmarks = [
  { x: 100, y: 100 },
  { x: 140, y: 100 },
  { x: 120, y: 120 },
  { x: 105, y: 140 },
  { x: 135, y: 140 }
]

interface Call {
  readonly name: string
  readonly pending: () => number
  readonly run: (signal: AbortSignal) => Promise<unknown>
  /** Work that keeps the engine busy first, where forty runs may be done before the signal. */
  readonly ahead?: () => Promise<unknown>
}

const calls: Call[] = [
  {
    name: 'embed of FaceRecognizer',
    pending: () => faces.pending,
    run: (signal) => faces.embed(frame, { signal })
  },
  {
    name: 'verify',
    pending: () => faces.pending,
    run: (signal) => faces.verify(frame, frame, { signal })
  },
  {
    name: 'detect',
    pending: () => detector.pending,
    run: (signal) => detector.detect(frame, { signal })
  },
  {
    name: 'align',
    pending: () => detector.pending,
    run: (signal) => detector.align(frame, landmarks, { signal }),
    ahead: () => detector.detect(frame)
  },
  {
    name: 'embed of FaceEmbedder',
    pending: () => embedder.pending,
    run: (signal) => embedder.embed(crop, { signal })
  },
  {
    name: 'detect of a photo',
    pending: () => detector.pending,
    run: (signal) => detector.detect(photo('biden.jpg'), { signal })
  }
]

for (const { name, run, pending, ahead } of calls) {
  test.serial(`${name}: a signal aborted before is the end of it`, async (t) => {
    const reason = new Error('before')
    t.is(await t.throwsAsync(run(AbortSignal.abort(reason))), reason)
    t.is(pending(), 0)
  })

  test.serial(`${name}: work that waits or runs ends with the signal's reason`, async (t) => {
    const reason = new Error('enough')
    let aborted = 0
    // Where this process is held up, all may be done before the signal comes: then once more.
    for (let attempt = 0; attempt < 10 && aborted === 0; attempt++) {
      const controller = new AbortController()
      const first = ahead ? Array.from({ length: 10 }, ahead) : []
      const work = Array.from({ length: 40 }, () => run(controller.signal))
      setTimeout(() => controller.abort(reason), 3)
      for (const result of await Promise.allSettled(work)) {
        // Without it some reject too: there is no face in the picture.
        if (result.status === 'rejected' && result.reason === reason) aborted++
      }
      await Promise.all(first)
    }
    t.log(`${aborted} of 40 aborted`)
    t.true(aborted > 0)
    // verify sends two: the second is on its way out when the first has rejected.
    while (pending() > 0) await new Promise((resolve) => setImmediate(resolve))
    t.is(pending(), 0)
  })
}

test.serial('what waits is gone at once, although the engine is busy', async (t) => {
  // More than can be done meanwhile, also when this process is held up.
  const busy = Array.from({ length: 200 }, () => detector.detect(frame))
  const controller = new AbortController()
  const waiting = Promise.allSettled(
    Array.from({ length: 50 }, () => detector.detect(frame, { signal: controller.signal }))
  )
  await new Promise((resolve) => setImmediate(resolve))
  t.true(detector.pending > 50)
  controller.abort()
  const results = await waiting
  t.true(results.every(({ status }) => status === 'rejected'))
  for (const result of results) {
    if (result.status === 'rejected') t.is(result.reason, controller.signal.reason)
  }
  t.true(detector.pending > 0, 'the others go on')
  t.is((await Promise.allSettled(busy)).filter(({ status }) => status === 'fulfilled').length, 200)
})

test.serial('a signal that comes after the work changes nothing', async (t) => {
  const controller = new AbortController()
  const found = await detector.detect(frame, { signal: controller.signal })
  controller.abort()
  t.deepEqual(await detector.detect(frame), found)
})

test.serial('a photo that is being decoded is let go', async (t) => {
  const controller = new AbortController()
  const file = await readFile(photo('biden.jpg'))
  const work = detector.detect(file, { signal: controller.signal })
  controller.abort()
  await t.throwsAsync(work, { any: true })
  t.is(detector.pending, 0)
})

test.serial('what is no signal is named', async (t) => {
  for (const wrong of [null, 7, {}, new AbortController()]) {
    for (const { run } of calls) {
      const error = await t.throwsAsync(run(wrong as AbortSignal), {
        instanceOf: InvalidArgumentError
      })
      t.is(error?.argument, 'signal')
    }
  }
})
