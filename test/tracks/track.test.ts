// Faces followed through generated footage, by the real detector and the real network.
import test from 'ava'
import { cosine } from '../../lib/embeddings/similarity.js'
import {
  type FaceEmbedding,
  FaceRecognizer,
  InvalidArgumentError,
  type RawFrame,
  type TrackEvent,
  type TrackGallery
} from '../../lib/index.js'
import { photo } from '../support/fixtures.js'
import { portrait, type Sprite, scene } from '../support/footage.js'

const [width, height, fps] = [640, 480, 10]

let recognizer: FaceRecognizer
test.before(async () => {
  recognizer = await FaceRecognizer.open()
})
test.after.always(() => recognizer.close())

/** Tells who a face is by a plain comparison. */
function galleryOf(people: Readonly<Record<string, FaceEmbedding>>): TrackGallery {
  return {
    async identify(face) {
      const candidates = Object.entries(people)
        .map(([name, known]) => ({
          person: { id: name, name },
          similarity: cosine(known.vector, face.vector)
        }))
        .sort((a, b) => b.similarity - a.similarity)
      const [best] = candidates
      const person = best && best.similarity >= 0.45 ? best.person : undefined
      return { person, candidates, threshold: 0.45 }
    }
  }
}

type Told = TrackEvent<RawFrame>

async function track(
  frames: readonly RawFrame[],
  options: Parameters<FaceRecognizer['track']>[1] = {}
): Promise<Told[]> {
  const told: Told[] = []
  const time = (_: unknown, index: number): number => index / fps
  for await (const event of recognizer.track(frames, { time, ...options })) told.push(event as Told)
  return told
}

const summary = (told: readonly Told[]): string[] =>
  told
    .filter(({ type }) => type !== 'updated')
    .map(({ type, face }) => `${face.id} ${type}${face.person ? ` ${face.person.name}` : ''}`)

test('two faces that move: one id each, and who they are', async (t) => {
  const [obama, biden] = await Promise.all([portrait('obama.jpg', 150), portrait('biden.jpg', 150)])
  const frames = Array.from({ length: 20 }, (_, i) =>
    scene(width, height, [
      { picture: obama, x: 20 + 4 * i, y: 60 },
      { picture: biden, x: 420 - 3 * i, y: 120 + 2 * i }
    ])
  )
  const gallery = galleryOf({
    obama: await recognizer.embed(photo('obama2.jpg')),
    biden: await recognizer.embed(photo('biden.jpg'))
  })
  const told = await track(frames, { gallery, embeddingsPerSecond: 20 })
  const order = summary(told)
  t.deepEqual(
    [...order].sort(),
    ['1 appeared', '1 identified biden', '2 appeared', '2 identified obama'],
    order.join('; ')
  )
  // Every frame after the second, in which faces are believed, has news of both.
  for (let index = 1; index < frames.length; index++) {
    t.is(told.filter((event) => event.index === index && event.type !== 'identified').length, 2)
  }
  const last = told.at(-1)
  t.true((last?.face.box.width ?? 0) > 40 && last?.face.lastSeen === 1.9)
})

test('only a part of the frame is searched between full looks', async (t) => {
  const obama = await portrait('obama.jpg', 150)
  const still = scene(width, height, [{ picture: obama, x: 200, y: 100 }])
  // The second face comes far from the first one: it is not seen before the next full look.
  const both = scene(width, height, [
    { picture: obama, x: 200, y: 100 },
    { picture: await portrait('biden.jpg', 110), x: 500, y: 320 }
  ])
  const frames = [...Array(4).fill(still), ...Array(12).fill(both)] as RawFrame[]
  const told = await track(frames, { fullEvery: 1, embeddingsPerSecond: 0.01 })
  const second = told.find(({ type, face }) => type === 'appeared' && face.box.x > 450)
  t.is(second?.index, 11) // a full look at frame 10, and the one that confirms it
})

test('a face that goes is lost, and comes back under its id, wherever that is', async (t) => {
  const obama = await portrait('obama.jpg', 150)
  const at = (x: number): RawFrame => scene(width, height, [{ picture: obama, x, y: 100 }])
  const empty = scene(width, height, [])
  const frames = [...Array(10).fill(at(40)), ...Array(15).fill(empty), ...Array(15).fill(at(440))]
  const told = await track(frames as RawFrame[], { embeddingsPerSecond: 20, idleEvery: 0.1 })
  t.deepEqual(summary(told), ['1 appeared', '1 lost'])
  const back = told.find(({ type, index }) => type === 'updated' && index >= 25)
  t.is(back?.face.id, 1)
  t.true((back?.index ?? 99) <= 30)
})

test('a stranger is told of once, and nobody is two faces of a frame', async (t) => {
  const [obama, biden] = await Promise.all([portrait('obama.jpg', 150), portrait('biden.jpg', 150)])
  const sprites: Sprite[] = [
    { picture: obama, x: 40, y: 100 },
    { picture: obama, x: 240, y: 100 },
    { picture: biden, x: 450, y: 100 }
  ]
  const frames = Array(30).fill(scene(width, height, sprites)) as RawFrame[]
  const gallery = galleryOf({ obama: await recognizer.embed(photo('obama2.jpg')) })
  const told = await track(frames, { gallery, embeddingsPerSecond: 50 })
  const decisions = told.filter(({ type }) => type === 'identified' || type === 'stranger')
  t.is(decisions.filter(({ type }) => type === 'identified').length, 1)
  t.is(decisions.filter(({ type }) => type === 'stranger').length, 2)
  const twice = await track(frames, { gallery, embeddingsPerSecond: 50, allowTwice: true })
  t.is(twice.filter(({ type }) => type === 'identified').length, 2)
})

test('embeddings keep to their budget', async (t) => {
  const obama = await portrait('obama.jpg', 150)
  const frames = Array(40).fill(scene(width, height, [{ picture: obama, x: 200, y: 100 }]))
  let embedded = 0
  let before: unknown
  for (const { face } of await track(frames as RawFrame[], { embeddingsPerSecond: 1 })) {
    if (face.embedding && face.embedding.photos !== before) embedded++
    before = face.embedding?.photos
  }
  t.true(embedded >= 3 && embedded <= 5, `${embedded} in 4 s`)
})

const wrong: [what: string, argument: string, options: object][] = [
  ['a gallery that is none', 'gallery', { gallery: {} }],
  ['an FPIR of 1', 'fpir', { fpir: 1 }],
  ['a misspelled option', 'embedingsPerSecond', { embedingsPerSecond: 1 }],
  ['no embeddings at all', 'embeddingsPerSecond', { embeddingsPerSecond: 0 }],
  ['embed, which is of stream', 'embed', { embed: true }],
  ['a time that is no function', 'time', { time: 1 }],
  ['a patience below 0', 'patience', { patience: -1 }],
  ['options that are none', 'options', [] as unknown as object]
]
for (const [what, argument, options] of wrong) {
  test(`wrong: ${what}`, (t) => {
    const error = t.throws(() => recognizer.track([], options), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, argument)
  })
}

test('a clock that goes back ends the stream', async (t) => {
  const frames = Array(3).fill(scene(64, 64, [])) as RawFrame[]
  const error = await t.throwsAsync(track(frames, { time: (_, index) => -index }), {
    instanceOf: InvalidArgumentError
  })
  t.is(error?.argument, 'time')
})

test('a signal ends it with its reason, and the source is closed', async (t) => {
  const controller = new AbortController()
  let closed = false
  async function* camera(): AsyncGenerator<RawFrame> {
    try {
      for (;;) yield scene(320, 240, [])
    } finally {
      closed = true
    }
  }
  setTimeout(() => controller.abort(new Error('enough')), 200)
  const run = async (): Promise<void> => {
    for await (const _ of recognizer.track(camera(), { signal: controller.signal })) void _
  }
  await t.throwsAsync(run(), { message: 'enough' })
  t.true(closed)
})
