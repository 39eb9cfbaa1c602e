import test from 'ava'
import type { Box } from '../../lib/faces/types.js'
import { Motion } from '../../lib/tracks/motion.js'
import { type Detection, Tracker } from '../../lib/tracks/tracker.js'

const box = (x: number, y = 100, size = 60): Box => ({ x, y, width: size, height: size * 1.2 })
const face = (x: number, y?: number, score = 0.9, size?: number): Detection => ({
  box: box(x, y, size),
  score
})

/** Runs frames at `fps` and returns, for each, the ids seen, in the order of the detections. */
function ids(tracker: Tracker<Detection>, frames: readonly (readonly Detection[])[], fps = 10) {
  return frames.map((detections, i) => {
    const { seen } = tracker.step(detections, i / fps)
    return detections.map((one) => seen.find(({ detection }) => detection === one)?.track.id)
  })
}

test('a motion follows a straight line and predicts along it', (t) => {
  const motion = new Motion(box(0))
  for (let i = 1; i <= 20; i++) {
    motion.predict(0.1)
    motion.correct(box(10 * i))
  }
  t.true(Math.abs(motion.box.x - 200) < 2, `${motion.box.x}`)
  motion.predict(0.5)
  t.true(Math.abs(motion.box.x - 250) < 8, `${motion.box.x}`)
})

test('uncertainty grows while nothing is seen and shrinks when something is', (t) => {
  const motion = new Motion(box(0))
  motion.predict(0.1)
  const before = motion.error
  motion.predict(0.5)
  t.true(motion.error > before)
  motion.correct(box(0))
  t.true(motion.error < before)
})

test('a track is believed at its second sight, and keeps its id', (t) => {
  const tracker = new Tracker<Detection>()
  const first = tracker.step([face(0)], 0)
  t.deepEqual([first.seen.length, first.appeared.length], [0, 0])
  const second = tracker.step([face(5)], 0.1)
  t.is(second.appeared.length, 1)
  const track = second.seen[0]?.track
  t.truthy(track)
  for (let i = 2; i < 30; i++) t.is(tracker.step([face(5 * i)], i / 10).seen[0]?.track, track)
})

test('a detection seen once is forgotten without a word', (t) => {
  const tracker = new Tracker<Detection>()
  tracker.step([face(0)], 0)
  const { lost, forgotten } = tracker.step([], 0.1)
  t.deepEqual([lost, forgotten, tracker.tracks], [[], [], []])
})

test('two faces that cross keep their ids', (t) => {
  const tracker = new Tracker<Detection>()
  const frames = Array.from({ length: 40 }, (_, i) => [face(15 * i, 100), face(600 - 15 * i, 130)])
  const seen = ids(tracker, frames).slice(1)
  const [a, b] = seen[0] ?? []
  t.not(a, b)
  for (const pair of seen) t.deepEqual(pair, [a, b])
})

test('a weak detection continues a track but begins none', (t) => {
  const tracker = new Tracker<Detection>()
  const frames = [[face(0)], [face(0)], [face(3, 100, 0.3)], [face(6, 100, 0.3), face(400, 9, 0.3)]]
  t.deepEqual(ids(tracker, frames), [[undefined], [1], [1], [1, undefined]])
})

test('a face that is hidden for a while is lost, and returns under its id', (t) => {
  const tracker = new Tracker<Detection>()
  const events: string[] = []
  const at = (i: number): Detection[] => (i < 10 || i >= 18 ? [face(2 * i)] : [])
  for (let i = 0; i < 30; i++) {
    const { appeared, lost, returned } = tracker.step(at(i), i / 10)
    for (const { id } of appeared) events.push(`${i} appeared ${id}`)
    for (const { id } of lost) events.push(`${i} lost ${id}`)
    for (const { id } of returned) events.push(`${i} returned ${id}`)
  }
  t.deepEqual(events, ['1 appeared 1', '16 lost 1', '18 returned 1'])
})

test('a lost track is forgotten after a time, and what comes then is new', (t) => {
  const tracker = new Tracker<Detection>({ memory: 2 })
  tracker.step([face(0)], 0)
  tracker.step([face(0)], 0.1)
  const gone: number[] = []
  for (let i = 2; i < 40; i++) gone.push(...tracker.step([], i / 10).forgotten.map(({ id }) => id))
  t.deepEqual(gone, [1])
  tracker.step([face(0)], 4)
  t.is(tracker.step([face(0)], 4.1).appeared[0]?.id, 2)
})

test('a track that nobody looked for is not missed', (t) => {
  const tracker = new Tracker<Detection>()
  tracker.step([face(0)], 0)
  tracker.step([face(0)], 0.1)
  for (let i = 2; i < 30; i++) t.deepEqual(tracker.step([], i / 10, () => false).lost, [])
  t.is(tracker.tracks[0]?.state, 'confirmed')
})

for (const [name, next] of [
  ['far away', face(500)],
  ['of twice the size', face(0, 100, 0.9, 120)]
] as const) {
  test(`a face ${name} is somebody else`, (t) => {
    const seen = ids(new Tracker<Detection>(), [[face(0)], [face(0)], [next], [next]])
    t.deepEqual(seen, [[undefined], [1], [undefined], [2]])
  })
}

test('a face five frames a second apart is followed as it walks by', (t) => {
  const frames = Array.from({ length: 15 }, (_, i) => [face(40 * i)])
  const seen = ids(new Tracker<Detection>(), frames, 5).slice(1)
  t.deepEqual(new Set(seen.flat()), new Set([1]))
})

test('a track goes on under the id of a lost one', (t) => {
  const tracker = new Tracker<Detection>({ confirmations: 1 })
  tracker.step([face(0)], 0)
  tracker.step([], 1)
  const [young] = tracker.step([face(400)], 1.1).appeared
  const [lost] = tracker.tracks
  t.deepEqual([lost?.state, young?.id], ['lost', 2])
  if (lost === undefined || young === undefined) return t.fail()
  t.is(tracker.revive(lost, young), lost)
  t.deepEqual(
    tracker.step([face(402)], 1.2).seen.map(({ track }) => track.id),
    [1]
  )
  t.throws(() => tracker.revive(lost, young), { instanceOf: RangeError })
})

test('tracks are bounded', (t) => {
  const tracker = new Tracker<Detection>({ maxTracks: 3, confirmations: 1 })
  const crowd = [0, 200, 400, 600, 800].map((x, i) => face(x, 100, 0.95 - i / 100))
  t.is(tracker.step(crowd, 0).appeared.length, 3)
  t.is(tracker.step(crowd, 0.1).seen.length, 3)
})
