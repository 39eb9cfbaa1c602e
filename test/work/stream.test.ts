import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { markAsUntransferable } from 'node:worker_threads'
import test from 'ava'
import {
  ClosedError,
  FaceRecognizer,
  type FrameSource,
  ImageDecodeError,
  InvalidArgumentError,
  type PhotoInput,
  type RawFrame,
  type StreamOptions,
  type StreamResult,
  similarity
} from '../../lib/index.js'
import { photo, pixels } from '../support/fixtures.js'
import { encodeFrame, sampled } from '../support/frames.js'
import { wasmMemory } from '../support/wasm.js'

// One after the other: some look at what is pending.
let faces: FaceRecognizer
let picture: RawFrame & { readonly data: Uint8Array }
let blank: RawFrame
test.before(async () => {
  faces = await FaceRecognizer.open({ threads: 1 })
  picture = encodeFrame(sampled(await pixels('obama.jpg'), 3), 'nv12')
  blank = { data: new Uint8Array(96 * 96), width: 96, height: 96, format: 'gray' }
})
test.after.always(() => faces?.close())

/** A source that counts what is asked of it. */
class Counting implements AsyncIterable<RawFrame> {
  pulled = 0
  returned = 0
  ended = false
  readonly #make: (index: number) => RawFrame | Promise<RawFrame>
  readonly #length: number

  constructor(make: (index: number) => RawFrame | Promise<RawFrame>, length = Infinity) {
    this.#make = make
    this.#length = length
  }

  [Symbol.asyncIterator](): AsyncIterator<RawFrame> {
    return {
      next: async () => {
        if (this.pulled >= this.#length) {
          this.ended = true
          return { done: true, value: undefined }
        }
        return { done: false, value: await this.#make(this.pulled++) }
      },
      return: async () => {
        this.returned++
        return { done: true, value: undefined }
      }
    }
  }
}

function abortedSoon(): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 20)
  return controller.signal
}

async function all<F extends PhotoInput>(
  frames: FrameSource<F>,
  options?: StreamOptions,
  with_ = faces
): Promise<StreamResult<F>[]> {
  const results: StreamResult<F>[] = []
  for await (const result of with_.stream(frames, options)) results.push(result)
  return results
}

test.serial('frames come back in order, with faces, timing and themselves', async (t) => {
  const inputs = Array.from({ length: 9 }, (_, i) => (i % 3 ? { ...blank } : { ...picture }))
  const results = await all(inputs)
  const [expected] = await faces.detect(picture)
  t.deepEqual(
    results.map(({ index }) => index),
    inputs.map((_, i) => i)
  )
  for (const { faces: found, frame, index, dropped, timing } of results) {
    t.is(frame, inputs[index] as RawFrame)
    t.is(dropped, 0)
    t.deepEqual(found, index % 3 ? [] : [expected as never])
    const { total, ...stages } = timing
    t.deepEqual(Object.keys(stages).sort(), [
      'align',
      'convert',
      'decode',
      'detect',
      'embed',
      'wait'
    ])
    for (const time of Object.values(timing)) t.true(Number.isFinite(time) && time >= 0)
    t.true(timing.detect > 0 && timing.convert > 0)
    t.is(timing.embed, 0)
    const sum = Object.values(stages).reduce((a, b) => a + b)
    t.true(sum <= total + 1, `${sum} of ${total}`)
  }
})

test.serial('with embed every face has the embedding that embed gives', async (t) => {
  const expected = await faces.embed(picture)
  const [first, second] = await all([picture, blank], { embed: true })
  const embedding = first?.faces[0]?.embedding
  t.truthy(embedding)
  if (!embedding) return
  t.deepEqual(embedding.vector, expected.vector)
  t.is(similarity(embedding, expected).toFixed(6), '1.000000')
  t.deepEqual(embedding.face, expected.face)
  t.is(embedding.faceCount, 1)
  t.true((first?.timing.embed ?? 0) > 0 && (first?.timing.align ?? 0) > 0)
  t.deepEqual(second?.faces, [])
})

const sources: [string, () => FrameSource<PhotoInput>][] = [
  ['an array', () => [picture, photo('obama.jpg')]],
  ['an array of promises', () => [Promise.resolve(picture), Promise.resolve(picture)]],
  ['a set', () => new Set([picture, { ...picture }])],
  [
    'a generator',
    function* () {
      yield picture
      yield picture
    }
  ],
  [
    'an async generator',
    async function* () {
      yield picture
      await sleep(1)
      yield picture
    }
  ],
  ['a Node stream', () => Readable.from([picture, picture])],
  [
    'a web stream',
    () =>
      new ReadableStream<PhotoInput>({
        start(controller) {
          controller.enqueue(picture)
          controller.enqueue(picture)
          controller.close()
        }
      })
  ]
].map(([name, make]) => [name, make as () => FrameSource<PhotoInput>] as never)

for (const [name, make] of sources) {
  test.serial(`frames come from ${name}`, async (t) => {
    const results = await all(make())
    t.deepEqual(
      results.map(({ faces: found }) => found.length),
      [1, 1]
    )
  })
}

test.serial("with drop 'none' the source is asked only when there is room", async (t) => {
  const source = new Counting(() => blank, 40)
  let seen = 0
  for await (const { index, dropped } of faces.stream(source, { maxQueue: 3 })) {
    t.is(index, seen++)
    t.is(dropped, 0)
    await sleep(5)
    // This one, two at work or done, three that wait, and one that is being pulled.
    t.true(source.pulled <= seen + 6, `${source.pulled} pulled, ${seen} seen`)
  }
  t.is(seen, 40)
  t.is(source.returned, 0)
})

for (const drop of ['oldest', 'newest'] as const) {
  test.serial(
    `with drop '${drop}' a slow consumer makes frames be dropped, and they are counted`,
    async (t) => {
      const total = 60
      const source = new Counting(async () => {
        await sleep(2)
        return blank
      }, total)
      const results: StreamResult<RawFrame>[] = []
      for await (const result of faces.stream(source, { drop, maxQueue: 2 })) {
        results.push(result)
        while (!source.ended) await sleep(1)
      }
      const indexes = results.map(({ index }) => index)
      t.deepEqual(
        indexes,
        [...indexes].sort((a, b) => a - b)
      )
      const last = results.at(-1)
      t.is(source.pulled, total)
      t.true(results.length < total)
      t.is(results.length + (last?.dropped ?? 0), total)
      // The newest frame is kept by dropping the oldest, and lost by dropping what comes.
      t.is(last?.index === total - 1, drop === 'oldest', `last index ${last?.index}`)
      for (const [i, { dropped }] of results.entries()) {
        t.true(dropped >= (results[i - 1]?.dropped ?? 0))
      }
    }
  )
}

test.serial(
  'dropping leaves the event loop its turns, even with a source that never waits',
  async (t) => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    const source = (function* () {
      for (;;) yield blank
    })()
    const error = await t.throwsAsync(all(source, { drop: 'oldest', signal: controller.signal }), {
      any: true
    })
    t.is((error as DOMException).name, 'AbortError')
  }
)

test.serial('a source may use its buffer again for the next frame', async (t) => {
  const data = new Uint8Array(picture.data.length)
  const source = async function* (): AsyncGenerator<RawFrame> {
    for (let i = 0; i < 6; i++) {
      if (i % 2) data.fill(0)
      else data.set(picture.data)
      yield { ...picture, data }
    }
  }
  const found = (await all(source(), { maxQueue: 4 })).map(({ faces: list }) => list.length)
  t.deepEqual(found, [1, 0, 1, 0, 1, 0])
})

test.serial('frames given away come back with their memory', async (t) => {
  const given = { ...picture, data: picture.data.slice(), transfer: true }
  const [result] = await all([given])
  t.is(given.data.byteLength, 0)
  t.deepEqual(result?.frame.data, picture.data)
  t.is(result?.faces.length, 1)
})

// Memory that cannot be given away is copied: what comes back is the frame as it was, never the copy,
// which the next frame is written into. https://webassembly.github.io/spec/js-api/#memories
const stuck: [string, (bytes: number) => (fill: number) => Uint8Array][] = [
  [
    'of WebAssembly',
    (bytes) => {
      const memory = wasmMemory({ initial: Math.ceil(bytes / 65536) })
      return (fill) => new Uint8Array(memory.buffer, 0, bytes).fill(fill)
    }
  ],
  [
    'marked as untransferable',
    (bytes) => (fill) => {
      const data = new Uint8Array(bytes).fill(fill)
      markAsUntransferable(data.buffer)
      return data
    }
  ],
  ["in Node's pool", (bytes) => (fill) => Buffer.allocUnsafe(bytes).fill(fill)]
]
for (const [name, maker] of stuck) {
  test.serial(`frames given away from memory ${name} come back as they were`, async (t) => {
    const bytes = name === "in Node's pool" ? 32 * 32 : 160 * 120
    const [width, height] = bytes === 1024 ? [32, 32] : [160, 120]
    const make = maker(bytes)
    const given: RawFrame[] = []
    function* camera(): Generator<RawFrame> {
      for (let i = 1; i <= 12; i++) {
        const frame = { data: make(i), width, height, format: 'gray' as const, transfer: true }
        given.push(frame)
        yield frame
      }
    }
    let index = 0
    for await (const { frame } of faces.stream(camera(), { rotations: false })) {
      t.is(frame.data, given[index]?.data as Uint8Array, `frame ${index}`)
      index++
    }
    t.is(index, 12)
  })
}

test.serial(
  'a consumer that passes on what came back takes nothing from other frames',
  async (t) => {
    const memory = wasmMemory({ initial: 8 })
    const bytes = 320 * 240
    function* camera(): Generator<RawFrame> {
      for (let i = 0; i < 40; i++) {
        const wasm = i % 2 === 0
        const data = wasm ? new Uint8Array(memory.buffer, 0, bytes) : new Uint8Array(bytes)
        yield { data: data.fill(i), width: 320, height: 240, format: 'gray', transfer: true }
      }
    }
    let index = 0
    for await (const { frame } of faces.stream(camera(), { rotations: false })) {
      const data = frame.data as Uint8Array
      t.is(data.byteLength, bytes, `frame ${index}`)
      if (index % 2 === 1) {
        t.true(data.every((value) => value === index))
        structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] })
      }
      index++
    }
    t.is(index, 40)
  }
)

test.serial('a consumer that leaves closes the source and leaves no work behind', async (t) => {
  const source = new Counting(() => picture)
  for await (const { index } of faces.stream(source, { maxQueue: 5, embed: true })) {
    if (index === 2) break
  }
  t.is(source.returned, 1)
  t.is(faces.pending, 0)
  const { pulled } = source
  await sleep(30)
  t.is(source.pulled, pulled)
})

test.serial('what the consumer throws closes the source, and is what is thrown', async (t) => {
  const source = new Counting(() => picture)
  const mine = new Error('of the consumer')
  const error = await t.throwsAsync(async () => {
    for await (const _ of faces.stream(source)) throw mine
  })
  t.is(error, mine)
  t.is(source.returned, 1)
  t.is(faces.pending, 0)
})

test.serial('what the source throws comes after the frames before it', async (t) => {
  const mine = new Error('of the camera')
  const source = async function* (): AsyncGenerator<RawFrame> {
    yield picture
    yield blank
    throw mine
  }
  const seen: number[] = []
  const error = await t.throwsAsync(async () => {
    for await (const { index } of faces.stream(source())) seen.push(index)
  })
  t.is(error, mine)
  t.deepEqual(seen, [0, 1])
  t.is(faces.pending, 0)
})

const wrongFrames: [string, () => PhotoInput, new (...args: never[]) => Error, string?][] = [
  [
    'too few bytes',
    () => ({ ...blank, data: new Uint8Array(7) }),
    InvalidArgumentError,
    'frame.data'
  ],
  ['no photo', () => 7 as unknown as PhotoInput, InvalidArgumentError, 'photo'],
  ['a file that is no image', () => Buffer.from('no image'), ImageDecodeError]
]

for (const [name, make, Class, argument] of wrongFrames) {
  test.serial(
    `a frame that is wrong (${name}) ends the stream and closes the source`,
    async (t) => {
      const source = new Counting((i) => (i === 3 ? make() : picture) as RawFrame)
      const seen: number[] = []
      const error = await t.throwsAsync(async () => {
        for await (const { index } of faces.stream(source)) seen.push(index)
      })
      t.true(error instanceof Class, `${error}`)
      if (error instanceof InvalidArgumentError) t.is(error.argument, argument as string)
      t.deepEqual(seen, [0, 1, 2])
      t.is(source.returned, 1)
      t.is(faces.pending, 0)
    }
  )
}

test.serial('a signal ends the stream with its reason, and the work', async (t) => {
  const controller = new AbortController()
  const source = new Counting(() => picture)
  const reason = new Error('enough')
  const seen: number[] = []
  const error = await t.throwsAsync(async () => {
    for await (const { index } of faces.stream(source, { signal: controller.signal })) {
      seen.push(index)
      if (index === 1) controller.abort(reason)
    }
  })
  t.is(error, reason)
  t.deepEqual(seen, [0, 1])
  t.is(source.returned, 1)
  t.is(faces.pending, 0)
})

test.serial('a signal ends a stream whose source is silent, which is told', async (t) => {
  const waiting = new Readable({ objectMode: true, read: () => undefined })
  let cancelled = false
  const web = new ReadableStream<RawFrame>({
    cancel() {
      cancelled = true
    }
  })
  for (const source of [waiting, web, new Counting(() => new Promise<never>(() => undefined))]) {
    const error = await t.throwsAsync(
      all(source as FrameSource<RawFrame>, { signal: abortedSoon() }),
      { any: true }
    )
    t.is((error as DOMException).name, 'AbortError')
  }
  t.true(waiting.destroyed)
  t.true(cancelled)
})

test.serial('a signal aborted already: the source is not touched', async (t) => {
  const source = new Counting(() => picture)
  const error = await t.throwsAsync(all(source, { signal: AbortSignal.abort() }), { any: true })
  t.is((error as DOMException).name, 'AbortError')
  t.is(source.pulled + source.returned, 0)
})

test.serial('closing the engine ends the stream', async (t) => {
  for (const silent of [false, true]) {
    const own = await FaceRecognizer.open({ threads: 1 })
    const source = new Counting((i) =>
      silent && i > 0 ? new Promise<never>(() => undefined) : blank
    )
    let seen = 0
    const error = await t.throwsAsync(async () => {
      for await (const _ of own.stream(source)) if (seen++ === 0) own.close()
    })
    t.true(error instanceof ClosedError, `${error}`)
    t.is(source.returned, 1)
    t.throws(() => own.stream(source), { instanceOf: ClosedError })
  }
})

test.serial('a stream waits while others have filled the queue', async (t) => {
  await using own = await FaceRecognizer.open({ threads: 1, queueLimit: 1 })
  const others = Array.from({ length: 4 }, () => own.detect(picture).catch(() => undefined))
  const results = await all([picture, picture, picture], {}, own)
  t.deepEqual(
    results.map(({ faces: found }) => found.length),
    [1, 1, 1]
  )
  await Promise.all(others)
})

test.serial('1000 frames and one signal: no listener stays, no warning', async (t) => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => {
    warnings.push(warning)
  }
  process.on('warning', listen)
  const { signal } = new AbortController()
  let listening = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listening++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listening--
    remove(...args)
  }
  const tiny = { data: new Uint8Array(32 * 32), width: 32, height: 32, format: 'gray' } as const
  const results = await all(
    Array.from({ length: 1000 }, () => tiny),
    { signal, maxSide: 32 }
  )
  t.is(results.length, 1000)
  await Promise.all(Array.from({ length: 50 }, () => faces.detect(tiny, { signal, maxSide: 32 })))
  await sleep(10)
  process.off('warning', listen)
  t.is(listening, 0)
  t.deepEqual(warnings, [])
})

test.serial('wrong arguments are named', async (t) => {
  const cases: [unknown, unknown, string][] = [
    ['a photo', {}, 'frames'],
    [new Uint8Array(9), {}, 'frames'],
    [{}, {}, 'frames'],
    [undefined, {}, 'frames'],
    [[], { drop: 'all' }, 'drop'],
    [[], { maxQueue: 0 }, 'maxQueue'],
    [[], { embed: 'true' }, 'embed'],
    [[], { maxPixels: 0 }, 'maxPixels'],
    [[], { minScore: 2 }, 'minScore'],
    [[], 7, 'options']
  ]
  for (const [frames, options, argument] of cases) {
    const error = t.throws(() => faces.stream(frames as never, options as never), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, argument)
  }
  const error = await t.throwsAsync(all([], { signal: {} as AbortSignal }), {
    instanceOf: InvalidArgumentError
  })
  t.is(error?.argument, 'signal')
})

test.serial('an empty source is an empty stream', async (t) => {
  t.deepEqual(await all([]), [])
})
