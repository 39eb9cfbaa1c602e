import test from 'ava'
import { type PixelFormat, pixelFormats } from '../../lib/frames/pixel-formats.js'
import { FaceDetector, type Landmarks } from '../../lib/index.js'
import { pixels } from '../support/fixtures.js'
import { encodeFrame, planesFor, referencePixel, sampled } from '../support/frames.js'
import { overlap } from '../support/overlap.js'

let detector: FaceDetector
test.before(async () => {
  detector = await FaceDetector.open({ threads: 1 })
})
test.after.always(() => detector?.close())

const size = 112

/** ArcFace's template: landmarks there make `align` cut out pixels as they are, at this place. */
function cutOutAt(left: number, top: number): Landmarks {
  const template = [
    [38.2946, 51.6963],
    [73.5318, 51.5014],
    [56.0252, 71.7366],
    [41.5493, 92.3655],
    [70.7299, 92.2041]
  ] as const
  return template.map(([x, y]) => ({ x: x + left, y: y + top })) as unknown as Landmarks
}

function noise(bytes: number): Uint8Array {
  let seed = 11
  return Uint8Array.from({ length: bytes }, () => {
    seed = (seed * 48271) % 2147483647
    return seed % 256
  })
}

/** Where a pixel of the upright picture is in the frame. */
function stored(x: number, y: number, width: number, height: number, rotation: number): number[] {
  if (rotation === 90) return [y, height - 1 - x]
  if (rotation === 180) return [width - 1 - x, height - 1 - y]
  if (rotation === 270) return [width - 1 - y, x]
  return [x, y]
}

const yuv: readonly PixelFormat[] = ['nv12', 'nv21', 'i420', 'yuyv']

for (const format of pixelFormats) {
  const settings = yuv.includes(format)
    ? (['limited', 'full'] as const).flatMap((range) =>
        (['bt601', 'bt709'] as const).map((matrix) => ({ range, matrix }))
      )
    : [{}]
  test(`${format} is converted as the reference does, turned and with odd sides and gaps`, async (t) => {
    let worst = 0
    for (const [i, setting] of settings.entries()) {
      const turns = [0, 90, 180, 270] as const
      // One turn for each kind of YUV, all four for the others.
      for (const rotation of settings.length > 1 ? turns.slice(i, i + 1) : turns) {
        const [width, height] = [131, 125]
        const { layout, bytes } = planesFor(format, width, height, 2 * i)
        const frame = { data: noise(bytes), width, height, format, layout, rotation, ...setting }
        const [left, top] = [5, 7]
        const crop = await detector.align(frame, cutOutAt(left, top))
        for (let y = 0; y < size; y++) {
          for (let x = 0; x < size; x++) {
            const [column, row] = stored(x + left, y + top, width, height, rotation)
            const expected = referencePixel(frame, layout, column as number, row as number)
            for (let channel = 0; channel < 3; channel++) {
              const got = crop[(y * size + x) * 3 + channel] as number
              worst = Math.max(worst, Math.abs(got - (expected[channel] as number)))
            }
          }
        }
      }
    }
    t.log(`largest difference ${worst.toFixed(2)} of 255`)
    t.true(worst <= 2)
  })

  test(`a face in ${format} is found where it is in RGB`, async (t) => {
    const biden = sampled(await pixels('biden.jpg'), 3)
    const [expected] = await detector.detect({ ...biden, format: 'rgb' })
    const [face] = await detector.detect(encodeFrame(biden, format))
    t.truthy(face)
    t.truthy(expected)
    if (!face || !expected) return
    t.log(`overlap ${overlap(face.box, expected.box).toFixed(4)}`)
    t.true(overlap(face.box, expected.box) > (format === 'gray' ? 0.85 : 0.95))
  })
}

test('boxes and landmarks of a turned frame are those of the upright picture', async (t) => {
  const biden = sampled(await pixels('biden.jpg'), 3)
  const { width: w, height: h } = biden
  const [expected] = await detector.detect({ ...biden, format: 'rgb' })
  for (const rotation of [90, 180, 270] as const) {
    const [width, height] = rotation === 180 ? [w, h] : [h, w]
    const data = new Uint8Array(biden.data.length)
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const [column, row] = stored(x, y, width, height, rotation) as [number, number]
        const from = (y * w + x) * 3
        data.set(biden.data.subarray(from, from + 3), (row * width + column) * 3)
      }
    }
    const [face] = await detector.detect({ data, width, height, format: 'rgb', rotation })
    t.deepEqual(face, expected)
  }
})
