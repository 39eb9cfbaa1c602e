import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Transformer } from '@napi-rs/image'
import test from 'ava'
import { loadBinding } from '../../lib/addon/load.js'
import { ImageDecodeError, ImageTooLargeError, InvalidArgumentError } from '../../lib/errors.js'
import { FaceDetector, FaceRecognizer, similarity } from '../../lib/index.js'
import { orientationOf } from '../../lib/photos/exif.js'
import { decodeImage, loadPhoto } from '../../lib/photos/load.js'
import type { ImageOptions, PhotoInput } from '../../lib/photos/types.js'
import { orientedJpeg, orientedPng, orientedWebp, storedAs } from '../support/exif.js'
import { photo } from '../support/fixtures.js'
import { gradient, meanDifference, png, tiff } from '../support/pictures.js'

const width = 64
const height = 40
const upright = { data: gradient(width, height), width, height }

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seesawface-image-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

for (let orientation = 1; orientation <= 8; orientation++) {
  test(`EXIF orientation ${orientation} is made upright`, async (t) => {
    const image = await decodeImage(await orientedJpeg(orientation, upright))
    t.like(image, { width, height, stride: width * 3, format: 'rgb' })
    t.true(meanDifference(image.data, upright.data) < 2)
  })
}

test('photos for the engine are turned by it, unless they are mirrored', async (t) => {
  const cases = [
    [1, undefined],
    [2, 'mirrored'],
    [3, 180],
    [4, 'mirrored'],
    [5, 'mirrored'],
    [6, 90],
    [7, 'mirrored'],
    [8, 270]
  ] as const
  for (const [orientation, rotation] of cases) {
    const file = tiff(orientation, storedAs(orientation, upright))
    const { frame: photo } = await loadPhoto(file)
    const stored = rotation === 'mirrored' ? upright : storedAs(orientation, upright)
    t.is(photo.rotation, rotation === 'mirrored' ? undefined : rotation, `${orientation}`)
    t.like(photo, { width: stored.width, height: stored.height, stride: stored.width * 3 })
    t.deepEqual(Buffer.from(photo.data), Buffer.from(stored.data), `${orientation}`)
  }
})

test('a photo taken sideways has the faces of the upright one', async (t) => {
  const [{ data, width, height }, detector] = await Promise.all([
    decodeImage(photo('obama.jpg')),
    FaceDetector.open()
  ])
  const expected = await detector.detect({ data, width, height, format: 'rgb' })
  t.is(expected.length, 1)
  for (let orientation = 1; orientation <= 8; orientation++) {
    const [face, ...others] = await detector.detect(
      tiff(orientation, storedAs(orientation, { data, width, height }))
    )
    t.deepEqual(others, [])
    const points = expected[0]?.landmarks ?? []
    const distances = points.map(({ x, y }, i) => {
      const found = face?.landmarks[i] ?? { x: 0, y: 0 }
      return Math.hypot(found.x - x, found.y - y)
    })
    // In pixels; where means are rounded differs by the order of their sums.
    t.true(Math.max(...distances) < 0.1, `${orientation}: ${distances}`)
  }
  await detector.close()
})

test('a large JPEG is made smaller while it is decoded, not below the side that is enough', async (t) => {
  const cases = [
    // [side wanted, by how much, what is left of 910 × 1137]
    [undefined, 1, 910, 1137],
    [1138, 1, 910, 1137],
    [600, 1, 910, 1137],
    [568, 2, 455, 569],
    [280, 4, 228, 285],
    [100, 8, 114, 143],
    [1, 8, 114, 143]
  ] as const
  const file = await readFile(photo('obama.jpg'))
  for (const [side, reducedBy, width, height] of cases) {
    const { frame } = await loadPhoto(file, { use: side === undefined ? {} : { side } })
    t.like(frame, { width, height, stride: 3 * width, format: 'rgb' })
    t.is(frame.data.byteLength, 3 * width * height)
    const expected = { width: 910, height: 1137, reducedBy, file: new Uint8Array(file) }
    const { file: kept, ...told } = frame.photo ?? { file: undefined }
    const { file: whole, ...size } = expected
    t.deepEqual(told, reducedBy === 1 ? {} : (size as typeof told))
    if (kept !== undefined) t.deepEqual(new Uint8Array(kept), whole)
  }
})

test('faces in a photo made smaller are those of the whole one, of any size and any way up', async (t) => {
  const { data, width, height } = await decodeImage(photo('obama.jpg'))
  const recognizer = await FaceRecognizer.open()
  // A canvas on which the photo takes a quarter, so that only a part has to be decoded anew.
  const [across, down] = [2 * width, 2 * height]
  const canvas = new Uint8Array(across * down * 3).fill(90)
  for (let y = 0; y < height; y++) {
    canvas.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((y + 300) * across + 400) * 3)
  }
  const large = { data: canvas, width: across, height: down }
  for (const orientation of [1, 3, 6, 8] as const) {
    const file = await orientedJpeg(orientation, large)
    const { data, ...frame } = await decodeImage(file)
    for (const maxSide of [1000, 500, 250]) {
      const whole = await recognizer.embed({ ...frame, data }, { maxSide })
      const found = await recognizer.embed(file, { maxSide })
      const label = `${orientation}, ${maxSide}`
      t.true(similarity(whole, found) > 0.98, `${label}: ${similarity(whole, found)}`)
      const [a, b] = [whole, found].map(({ face }) => face?.landmarks ?? [])
      const apart = a?.map(({ x, y }, i) => Math.hypot(x - (b?.[i]?.x ?? 0), y - (b?.[i]?.y ?? 0)))
      t.true(apart?.length === 5 && Math.max(...apart) < 6, `${label}: ${apart}`)
    }
    // A thorough search has all of the photo to look at.
    t.is((await recognizer.detect(file, { search: 'thorough' })).length, 1)
  }
  await recognizer.close()
})

/** A header that says the file has four components, as files for print do. */
function inCmyk(file: Uint8Array): Uint8Array {
  const cmyk = Uint8Array.from(file)
  const frame = Buffer.from(cmyk).lastIndexOf(Buffer.from([0xff, 0xc0, 0, 17]))
  const header = [0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4]
  const components = [1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]
  return Buffer.concat([
    cmyk.subarray(0, frame),
    Uint8Array.from([...header, ...components]),
    cmyk.subarray(frame + 19)
  ])
}

test('a JPEG that is left to the other decoder is read all the same', async (t) => {
  const file = await readFile(photo('obama.jpg'))
  const addon = loadBinding()
  t.like(addon.jpegHeader(file), { width: 910, height: 1137, gray: false })
  t.is(addon.jpegHeader(inCmyk(file)), null)
  const mirrored = await orientedJpeg(2, upright)
  const { frame: photoOf } = await loadPhoto(mirrored, { use: { side: 8 } })
  t.is(photoOf.photo, undefined)
  t.like(photoOf, { width, height })
  t.true(meanDifference(photoOf.data, upright.data) < 2)
})

test('the addon refuses what JavaScript never gives it', async (t) => {
  const file = await readFile(photo('obama.jpg'))
  const addon = loadBinding()
  const size = { width: 910, height: 1137, reducedBy: 8 as const }
  const pixels = new Uint8Array(114 * 143 * 3)
  const cases: [unknown, unknown, unknown, string][] = [
    [undefined, size, pixels, 'INVALID_ARGUMENT'],
    [file, undefined, pixels, 'INVALID_ARGUMENT'],
    [file, { ...size, width: 0 }, pixels, 'INVALID_ARGUMENT'],
    [file, { ...size, reducedBy: 9 }, pixels, 'INVALID_ARGUMENT'],
    [file, size, pixels.subarray(1), 'INVALID_ARGUMENT'],
    [file, size, [], 'INVALID_ARGUMENT'],
    [file, { ...size, width: 909 }, pixels, 'IMAGE_DECODE'],
    [file.subarray(0, 200), size, pixels, 'IMAGE_DECODE']
  ]
  for (const [bytes, options, out, code] of cases) {
    await t.throwsAsync(
      addon.decodeJpeg(bytes as Uint8Array, options as typeof size, out as Uint8Array),
      { code }
    )
  }
  await addon.decodeJpeg(file, size, pixels)
  t.true(new Set(pixels).size > 100)
  t.throws(() => addon.jpegHeader(file.subarray(0, 9)), { code: 'IMAGE_DECODE' })
})

test('TIFF orientations are made upright, to the last pixel', async (t) => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const image = await decodeImage(tiff(orientation, storedAs(orientation, upright)))
    t.like(image, { width, height, format: 'rgb' })
    t.deepEqual(Buffer.from(image.data), Buffer.from(upright.data))
  }
})

test('PNG orientations are made upright, to the last pixel', async (t) => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const stored = storedAs(orientation, upright)
    const file = png(stored.width, stored.height, 'rgb', 8, (x, y, channel) => {
      return stored.data[(y * stored.width + x) * 3 + channel] as number
    })
    const image = await decodeImage(orientedPng(orientation, file))
    t.like(image, { width, height, format: 'rgb' })
    t.deepEqual(Buffer.from(image.data), Buffer.from(upright.data))
  }
})

test('WebP orientations are made upright, to the last pixel', async (t) => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    for (const writer of ['plain', 'little-endian', 'with prefix'] as const) {
      const image = await decodeImage(await orientedWebp(orientation, upright, writer))
      t.like(image, { width, height })
      const channels = image.data.length / (width * height)
      t.deepEqual(
        Buffer.from(image.data.filter((_, i) => i % channels < 3)),
        Buffer.from(upright.data)
      )
    }
  }
})

test('an orientation that is damaged or cut off counts as none', async (t) => {
  const files = [
    orientedPng(6, png(9, 6, 'rgb', 8)),
    await orientedWebp(6, upright),
    await orientedJpeg(6, { data: gradient(16, 16), width: 16, height: 16 })
  ]
  for (const file of files) {
    t.is(orientationOf(file), 6)
    for (let length = 0; length < file.length; length++) {
      t.true([undefined, 6].includes(orientationOf(file.subarray(0, length))))
    }
    for (let at = 0; at < file.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = Uint8Array.from(file)
        damaged[at] = value
        const orientation = orientationOf(damaged) ?? 1
        t.true(orientation >= 1 && orientation <= 8)
      }
    }
  }
})

const pngCases = [
  { colour: 'gray', bits: 8, format: 'gray', scale: 1 },
  { colour: 'gray', bits: 16, format: 'gray', scale: 257 },
  { colour: 'gray-alpha', bits: 8, format: 'gray', scale: 1 },
  { colour: 'gray-alpha', bits: 16, format: 'gray', scale: 257 },
  { colour: 'rgb', bits: 8, format: 'rgb', scale: 1 },
  { colour: 'rgb', bits: 16, format: 'rgb', scale: 257 },
  { colour: 'rgba', bits: 8, format: 'rgba', scale: 1 },
  { colour: 'rgba', bits: 16, format: 'rgba', scale: 257 }
] as const

for (const { colour, bits, format, scale } of pngCases) {
  test(`${bits}-bit ${colour} PNG becomes 8-bit ${format}`, async (t) => {
    const value = (x: number, y: number, channel: number): number =>
      (7 * x + 5 * y + 60 * channel) % 256
    const image = await decodeImage(
      png(9, 6, colour, bits, (x, y, channel) => value(x, y, channel) * scale)
    )
    t.like(image, { width: 9, height: 6, format })
    const channels = { gray: 1, rgb: 3, rgba: 4 }[format]
    t.is(image.data.length, 9 * 6 * channels)
    image.data.forEach((sample, i) => {
      const pixel = Math.floor(i / channels)
      t.is(sample, value(pixel % 9, Math.floor(pixel / 9), i % channels))
    })
  })
}

test('WebP, BMP, TIFF and AVIF are read too', async (t) => {
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) {
    rgba.set(upright.data.subarray(3 * i, 3 * i + 3), 4 * i)
  }
  const image = (): Transformer => Transformer.fromRgbaPixels(rgba, width, height)
  for (const bytes of [
    await image().webpLossless(),
    await image().bmp(),
    await image().tiff(),
    await image().avif({ quality: 90, speed: 10 })
  ]) {
    const decoded = await decodeImage(bytes)
    t.like(decoded, { width, height })
    const channels = decoded.data.length / (width * height)
    const rgb = decoded.data.filter((_, i) => i % channels < 3)
    t.true(meanDifference(rgb, upright.data) < 4)
  }
})

test('a path, a file URL, a Buffer, a Uint8Array and an ArrayBuffer give the same pixels', async (t) => {
  const file = png(9, 6, 'rgb', 8, (x, y) => x * y)
  const path = join(folder, 'photo with spaces é.png')
  await writeFile(path, file)
  const bytes = new Uint8Array(file)
  const expected = await decodeImage(file)
  for (const input of [path, pathToFileURL(path), bytes, bytes.buffer]) {
    t.deepEqual(await decodeImage(input), expected)
  }
})

test('files that are no whole image are refused with IMAGE_DECODE', async (t) => {
  const jpeg = await orientedJpeg(1, upright)
  const picture = png(64, 64, 'rgb', 8, (x, y, c) => (x * y * (c + 3) * 31) % 256)
  const cases: Record<string, Uint8Array> = {
    empty: new Uint8Array(0),
    text: Buffer.from('This is not an image, whatever its name says.'),
    'random bytes': Uint8Array.from({ length: 999 }, (_, i) => (i * 7919) % 251),
    'an SVG': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'a GIF': Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
    'a PNG cut in half': picture.subarray(0, picture.length / 2),
    'a PNG header alone': picture.subarray(0, 33)
  }
  for (const part of [0.02, 0.1, 0.5, 0.9, 0.99]) {
    cases[`a JPEG cut at ${part}`] = jpeg.subarray(0, Math.floor(jpeg.length * part))
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const error = await t.throwsAsync(decodeImage(bytes), { instanceOf: ImageDecodeError }, name)
    t.is(error?.code, 'IMAGE_DECODE')
    const path = join(folder, 'broken.jpg')
    await writeFile(path, bytes)
    await t.throwsAsync(decodeImage(path), {
      instanceOf: ImageDecodeError,
      message: /broken\.jpg/
    })
  }
})

test('damaged files give an image or a typed error, never anything else', async (t) => {
  const rgba = new Uint8Array(16 * 16 * 4).fill(200)
  const image = (): Transformer => Transformer.fromRgbaPixels(rgba, 16, 16)
  const files = [
    await orientedJpeg(5, { data: gradient(16, 16), width: 16, height: 16 }),
    png(16, 16, 'rgba', 8, (x, y) => x * y),
    await image().webpLossless(),
    await image().bmp(),
    tiff(6, { data: gradient(16, 16), width: 16, height: 16 }),
    await image().avif({ quality: 50, speed: 10 })
  ]
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
  let refused = 0
  for (const file of files) {
    for (let round = 0; round < 150; round++) {
      const damaged = Uint8Array.from(file)
      for (let i = random(4); i >= 0; i--) {
        // Mostly headers: that is where sizes and offsets are.
        damaged[random(random(2) ? 64 : file.length)] = random(256)
      }
      try {
        await decodeImage(damaged, { maxPixels: 1_000_000 })
      } catch (error) {
        refused++
        const typed = error instanceof ImageDecodeError || error instanceof ImageTooLargeError
        t.true(typed, `${error}`)
      }
    }
  }
  t.log(`${refused} of ${150 * files.length} damaged files refused`)
  t.true(refused > 100)
})

test('what cannot be read says why', async (t) => {
  const missing = await t.throwsAsync(decodeImage(join(folder, 'missing.jpg')), {
    instanceOf: ImageDecodeError
  })
  t.regex(missing?.message ?? '', /missing\.jpg": no such file/)
  t.truthy(missing?.cause)
  await t.throwsAsync(decodeImage(folder), { instanceOf: ImageDecodeError, message: /a folder/ })
  await t.throwsAsync(decodeImage('/dev/zero'), { instanceOf: ImageDecodeError, message: /device/ })
})

test('a 20000 × 20000 PNG is refused before decoding, by an adjustable limit', async (t) => {
  const bomb = png(20_000, 20_000, 'gray', 1)
  t.true(bomb.length < 100_000)
  const error = await t.throwsAsync(decodeImage(bomb), { instanceOf: ImageTooLargeError })
  t.regex(error?.message ?? '', /20000×20000.*52000000.*maxPixels/)
  const small = png(9, 6, 'rgb', 8)
  await t.throwsAsync(decodeImage(small, { maxPixels: 53 }), { instanceOf: ImageTooLargeError })
  t.is((await decodeImage(small, { maxPixels: 54 })).width, 9)
  for (const [width, height] of [
    [65_536, 1],
    [1, 65_536]
  ] as const) {
    await t.throwsAsync(decodeImage(png(width, height, 'gray', 8)), {
      instanceOf: ImageTooLargeError,
      message: /65535/
    })
  }
})

test('wrong arguments are named', async (t) => {
  const cases: [unknown, unknown, string][] = [
    [undefined, undefined, 'photo'],
    [null, undefined, 'photo'],
    [42, undefined, 'photo'],
    [{}, undefined, 'photo'],
    [[1, 2, 3], undefined, 'photo'],
    [new URL('https://example.org/a.jpg'), undefined, 'photo'],
    [new URL('file://example.org/a.jpg'), undefined, 'photo'],
    [new Uint8Array(9), null, 'options'],
    [new Uint8Array(9), 9, 'options'],
    [new Uint8Array(9), { maxPixels: Number.NaN }, 'maxPixels'],
    [new Uint8Array(9), { maxPixels: 0 }, 'maxPixels'],
    [new Uint8Array(9), { maxPixels: '9' }, 'maxPixels'],
    [new Uint8Array(9), { maxFileBytes: 0 }, 'maxFileBytes']
  ]
  for (const [input, options, argument] of cases) {
    const error = await t.throwsAsync(
      loadPhoto(input as PhotoInput, { options: options as ImageOptions }),
      {
        instanceOf: InvalidArgumentError
      }
    )
    t.is(error?.argument, argument)
  }
})
