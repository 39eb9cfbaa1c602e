// JPEGs that end early, and files that are long.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compressJpeg, Transformer } from '@napi-rs/image'
import test from 'ava'
import { FaceDetector, FaceRecognizer, ImageDecodeError } from '../../lib/index.js'
import { orientationOf } from '../../lib/photos/exif.js'
import { readJpegHeader } from '../../lib/photos/jpeg-header.js'
import { decodeImage, loadPhoto } from '../../lib/photos/load.js'
import { timerDelays } from '../support/event-loop.js'
import { orientedJpeg } from '../support/exif.js'
import { photo } from '../support/fixtures.js'
import { gradient } from '../support/pictures.js'

const drawn = { data: gradient(40, 24), width: 40, height: 24 }

async function sequential(): Promise<Uint8Array> {
  const rgba = new Uint8Array(24 * 16 * 4).map((_, i) => (i * i) % 256)
  return Transformer.fromRgbaPixels(rgba, 24, 16).jpeg(60)
}

/** Where the last end marker begins. */
const endOf = (file: Uint8Array): number => Buffer.from(file).lastIndexOf(Buffer.of(0xff, 0xd9))

const kinds: [string, () => Promise<Uint8Array>][] = [
  ['sequential', sequential],
  ['progressive', async () => compressJpeg(await sequential())],
  ['with restart markers', async () => readFile(photo('obama.jpg'))]
]

for (const [name, make] of kinds) {
  test(`a JPEG without its end marker (${name}) is the same picture`, async (t) => {
    const file = await make()
    const { data } = await decodeImage(file)
    const end = endOf(file)
    for (const bytes of [file.subarray(0, end), file.subarray(0, end + 1)]) {
      t.is(Buffer.compare((await decodeImage(bytes)).data, data), 0)
    }
    const reduced = await loadPhoto(file.subarray(0, end), { use: { side: 8 } })
    t.is(reduced.frame.photo?.reducedBy, name === 'with restart markers' ? 8 : 2)
  })

  test(`what a JPEG has lost at its end (${name}) is not made up`, async (t) => {
    const file = await make()
    const whole = (await decodeImage(file)).data
    // All cuts of a small file; of a large one those near its end and some others.
    const all = Array.from({ length: file.length }, (_, i) => i)
    const cuts = all.filter((at) => file.length < 9999 || at > endOf(file) - 40 || at % 9973 === 1)
    let taken = 0
    for (const at of cuts.filter((cut) => cut < endOf(file))) {
      const outcome = await decodeImage(file.subarray(0, at)).catch((error: unknown) => error)
      if (outcome instanceof ImageDecodeError) continue
      // Bits that only fill up the last byte.
      t.is(Buffer.compare((outcome as { data: Uint8Array }).data, whole), 0, `cut at ${at}`)
      t.true(endOf(file) - at <= 2, `cut at ${at} of ${endOf(file)}`)
      taken++
    }
    t.log(`${taken} of ${cuts.length} cuts are whole pictures`)
    t.true(taken <= 2)
  })
}

test('a JPEG that is left to the other decoder needs its end marker', async (t) => {
  const mirrored = await orientedJpeg(2, drawn)
  await t.notThrowsAsync(decodeImage(Buffer.concat([mirrored, Buffer.from('trailing bytes')])))
  for (const cut of [1, 2, 40]) {
    await t.throwsAsync(decodeImage(mirrored.subarray(0, endOf(mirrored) + 2 - cut)), {
      instanceOf: ImageDecodeError,
      message: /the JPEG is truncated/
    })
  }
})

test('a scan that is damaged amid a whole file is filled up, as before', async (t) => {
  const file = Uint8Array.from(await sequential())
  const damaged = Buffer.concat([file.subarray(0, endOf(file) - 30), Buffer.of(0xff, 0xd9)])
  const { width, height } = await decodeImage(damaged)
  t.deepEqual([width, height], [24, 16])
})

/** The photo, followed by entropy-coded data that mean nothing. */
async function padded(bytes: number): Promise<Buffer> {
  const file = await readFile(photo('obama.jpg'))
  const end = endOf(file)
  const long = Buffer.alloc(bytes)
  file.copy(long, 0, 0, end)
  long.fill(Buffer.of(0xff, 0x00), end, bytes - 2)
  long.set([0xff, 0xd9], bytes - 2)
  return long
}

test.serial('a JPEG of 128 MiB does not hold up the event loop', async (t) => {
  const long = await padded(128 * 2 ** 20)
  await using detector = await FaceDetector.open({ threads: 1 })
  await detector.detect(photo('obama.jpg'))
  let found: unknown[] = []
  let worst = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 5 && worst >= 300; tries++) {
    const delays = await timerDelays(async () => {
      found = await detector.detect(long)
    })
    worst = Math.min(worst, delays.worst)
  }
  t.log(`blocked for ${worst.toFixed(0)} ms at most`)
  t.is(found.length, 1)
  // To walk it here would take 700 ms; how late timers are says of a busy machine as well.
  t.true(worst < 300, `${worst} ms`)
})

/** What looks at headers on the event loop looks at their beginning only. */
for (const [name, head, piece] of [
  ['a PNG of tiny chunks', '89504e470d0a1a0a', '0000000074655374aabbccdd'],
  ['a WebP of tiny chunks', '52494646ffffff7f57454250', '7445537400000000'],
  [
    'an AVIF of tiny boxes',
    '0000001c667479706176696600000000617669666d6966316d696166',
    '0000000866726565'
  ]
] as const) {
  test.serial(`${name} does not hold up the event loop`, async (t) => {
    const bytes = Buffer.alloc(64 * 2 ** 20, piece, 'hex')
    bytes.set(Buffer.from(head, 'hex'))
    // On a busy machine the loop is active while it waits for the processor: the best of some tries.
    let least = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < 10 && least >= 150; tries++) {
      const before = performance.eventLoopUtilization()
      t.is(orientationOf(bytes), undefined)
      await t.throwsAsync(loadPhoto(bytes), { instanceOf: ImageDecodeError })
      least = Math.min(least, performance.eventLoopUtilization(before).active)
    }
    t.log(`${least.toFixed(0)} ms on the event loop`)
    t.true(least < 150, `${least} ms`)
  })
}

const start = [0xff, 0xd8]
const frame = [0xff, 0xc0, 0, 11, 8, 0, 24, 0, 40, 1, 1, 0x11, 0]
const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]
const repeated = (times: number, ...bytes: number[]) => Array(times).fill(bytes).flat()
const headers: [string, number[], object | undefined][] = [
  ['frame and scan', [...frame, ...scan], { width: 40, height: 24, inScans: false }],
  ['fill bytes and rubbish', [7, 7, 0xff, ...frame, ...scan], { width: 40, height: 24 }],
  ['progressive', [0xff, 0xc2, ...frame.slice(2), ...scan], { inScans: true }],
  ['no frame', scan, undefined],
  ['no scan', frame, undefined],
  ['an end before them', [0xff, 0xd9, ...frame, ...scan], undefined],
  ['a hundred comments', [...repeated(100, 0xff, 0xfe, 0, 2), ...frame, ...scan], { width: 40 }],
  ['a million comments', [...repeated(1e6, 0xff, 0xfe, 0, 2), ...frame, ...scan], undefined],
  ['a million fill bytes', [...repeated(1e6, 0xff), ...frame, ...scan], undefined],
  ['a megabyte of rubbish', [...repeated(1e6, 7), ...frame, ...scan], undefined]
]
for (const [name, content, expected] of headers) {
  test(`a JPEG header: ${name}`, async (t) => {
    const bytes = Uint8Array.from([...start, ...content])
    const header = readJpegHeader(bytes)
    if (expected === undefined) t.is(header, undefined)
    else t.like(header, expected)
    if (expected === undefined) {
      await t.throwsAsync(decodeImage(bytes), { instanceOf: ImageDecodeError })
    }
  })
}

test('files larger than maxFileBytes are refused before they are read', async (t) => {
  const file = await sequential()
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-jpeg-'))
  const path = join(folder, 'x.jpg')
  await writeFile(path, file)
  await using detector = await FaceDetector.open({ threads: 1 })
  for (const input of [path, file]) {
    const { length } = file
    await t.notThrowsAsync(decodeImage(input, { maxFileBytes: length }))
    for (const call of [
      decodeImage(input, { maxFileBytes: length - 1 }),
      detector.detect(input, { maxFileBytes: length - 1 })
    ]) {
      await t.throwsAsync(call, {
        code: 'IMAGE_TOO_LARGE',
        message: new RegExp(`has ${length} bytes, more than maxFileBytes \\(${length - 1}\\)`)
      })
    }
  }
  await rm(folder, { recursive: true })
})

test.serial('a stream of files keeps neither bytes nor pixels', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1 })
  const file = await readFile(photo('biden.jpg'))
  const held = (): number => process.memoryUsage().arrayBuffers
  for await (const _ of faces.stream([file], { maxSide: 64 })) t.pass()
  const before = held()
  for await (const _ of faces.stream(Array(20).fill(file), { maxSide: 64, searchPixels: 0 })) {
    t.pass()
  }
  const grown = held() - before
  t.log(
    `grown by ${Math.round(grown / 1024)} kB over 20 files of ${Math.round(file.length / 1024)} kB`
  )
  t.true(grown < 4 * file.length, `${grown} bytes`)
})
