import test from 'ava'
import {
  decodeImage,
  FaceDetector,
  FaceEmbedder,
  FaceRecognizer,
  InvalidArgumentError,
  listModels,
  type RawFrame
} from '../../lib/index.js'
import { editDistance, nearest } from '../../lib/keys.js'
import { crop, photo } from '../support/fixtures.js'

let faces: FaceRecognizer
let detector: FaceDetector
let embedder: FaceEmbedder
let aligned: Uint8Array
test.before(async () => {
  faces = await FaceRecognizer.open({ threads: 1 })
  detector = await FaceDetector.open({ threads: 1 })
  embedder = await FaceEmbedder.open({ threads: 1 })
  aligned = await crop('biden.png')
})
test.after.always(() => Promise.all([faces?.close(), detector?.close(), embedder?.close()]))

const frame: RawFrame = { data: new Uint8Array(64 * 64), width: 64, height: 64, format: 'gray' }
const landmarks = [
  { x: 20, y: 20 },
  { x: 40, y: 20 },
  { x: 30, y: 30 },
  { x: 22, y: 40 },
  { x: 38, y: 40 }
] as const

/** A function with options, as a JavaScript user may call it, and a misspelled option of each kind. */
const calls: [
  name: string,
  call: (options: object) => unknown,
  misspelled: readonly (readonly [wrong: string, meant: string])[]
][] = [
  [
    'FaceRecognizer.open',
    (options) => FaceRecognizer.open(options),
    [
      ['thread', 'threads'],
      ['modeldir', 'modelDir'],
      ['percision', 'precision'],
      ['queueLimt', 'queueLimit'],
      ['devise', 'device'],
      ['detecter', 'detector']
    ]
  ],
  ['FaceDetector.open', (options) => FaceDetector.open(options), [['detectr', 'detector']]],
  ['FaceEmbedder.open', (options) => FaceEmbedder.open(options), [['modle', 'model']]],
  [
    'embed of FaceRecognizer',
    (options) => faces.embed(frame, options),
    [
      ['minScor', 'minScore'],
      ['minQualty', 'minQuality'],
      ['max_pixels', 'maxPixels'],
      ['signl', 'signal']
    ]
  ],
  [
    'verify',
    (options) => faces.verify(frame, frame, options),
    [
      ['treshold', 'threshold'],
      ['FAR', 'far'],
      ['minQualty', 'minQuality']
    ]
  ],
  [
    'embedAll of FaceRecognizer',
    (options) => faces.embedAll([frame], options),
    [
      ['concurency', 'concurrency'],
      ['onprogress', 'onProgress']
    ]
  ],
  [
    'stream',
    (options) => faces.stream([frame], options),
    [
      ['maxQueu', 'maxQueue'],
      ['embeds', 'embed']
    ]
  ],
  [
    'detect',
    (options) => detector.detect(frame, options),
    [
      ['qualty', 'quality'],
      ['rotation', 'rotations'],
      ['minfaceSize', 'minFaceSize']
    ]
  ],
  ['align', (options) => detector.align(frame, landmarks, options), [['maxPixel', 'maxPixels']]],
  ['embed of FaceEmbedder', (options) => embedder.embed(aligned, options), [['fromat', 'format']]],
  [
    'embedAll of FaceEmbedder',
    (options) => embedder.embedAll([aligned], options),
    [['formats', 'format']]
  ],
  [
    'decodeImage',
    (options) => decodeImage(photo('obama.jpg'), options),
    [['maxpixels', 'maxPixels']]
  ],
  ['listModels', (options) => listModels(undefined, options), [['onRefuse', 'onRefused']]]
]

/** What a call throws, at once or as its promise. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    const made = await call()
    // Generators check their options before the first step.
    await (made as { close?: () => Promise<void> })?.close?.()
    return undefined
  } catch (error) {
    return error
  }
}

for (const [name, call, misspelled] of calls) {
  for (const [wrong, meant] of misspelled) {
    test(`${name}: ${wrong} is refused and ${meant} suggested`, async (t) => {
      const error = await thrownBy(() => call({ [wrong]: undefined }))
      if (!(error instanceof InvalidArgumentError)) return t.fail(String(error))
      t.is(error.argument, wrong)
      t.is(error.message, `options has no "${wrong}"; did you mean "${meant}"?`)
    })
  }
  test(`${name}: an option that is like none is refused with those there are`, async (t) => {
    const error = await thrownBy(() => call({ wibble: 1 }))
    if (!(error instanceof InvalidArgumentError)) return t.fail(String(error))
    t.is(error.argument, 'wibble')
    t.regex(error.message, /^options has no "wibble"; there are \w+/)
  })
  for (const value of [null, 'quick', [], 3]) {
    test(`${name}: options must be an object, not ${JSON.stringify(value)}`, async (t) => {
      const error = await thrownBy(() => call(value as unknown as object))
      if (!(error instanceof InvalidArgumentError)) return t.fail(String(error))
      t.is(error.argument, 'options')
    })
  }
}

test('an aspect of quality that there is not is refused too', async (t) => {
  const error = await thrownBy(() => faces.embed(frame, { minQuality: { sharpnes: 1 } as object }))
  t.is((error as InvalidArgumentError).argument, 'minQuality.sharpnes')
  t.regex((error as Error).message, /minQuality has no "sharpnes"; did you mean "sharpness"\?/)
})

test('a frame may carry more than its pixels, but nothing misspelled', async (t) => {
  await t.notThrowsAsync(() => detector.detect({ ...frame, time: 3, id: 'door' } as RawFrame))
  const error = await thrownBy(() => detector.detect({ ...frame, rotatoin: 90 } as RawFrame))
  t.is((error as InvalidArgumentError).argument, 'frame.rotatoin')
  t.regex((error as Error).message, /did you mean "rotation"\?/)
})

for (const [a, b, distance] of [
  ['', '', 0],
  ['', 'abc', 3],
  ['threshold', 'treshold', 1],
  ['kitten', 'sitting', 3],
  ['ab', 'ba', 1],
  ['modle', 'model', 1],
  ['ca', 'abc', 3]
] as const) {
  test(`from "${a}" to "${b}" it takes ${distance} edits`, (t) => {
    t.is(editDistance(a, b), distance)
    t.is(editDistance(b, a), distance)
  })
}

for (const [name, known, expected] of [
  ['far', ['far', 'threshold'], 'far'],
  ['fra', ['far', 'threshold'], 'far'],
  ['foo', ['far', 'threshold'], undefined],
  ['min-score', ['minScore', 'maxSide'], 'minScore'],
  ['x', [], undefined]
] as const) {
  test(`what "${name}" most likely means: ${expected}`, (t) => {
    t.is(nearest(name, known), expected)
  })
}
