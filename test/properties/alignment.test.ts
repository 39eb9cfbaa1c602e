import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import type { RawFrame } from '../../lib/frames/frame.js'
import { FaceDetector, type Landmarks } from '../../lib/index.js'
import { holds, refused } from '../support/properties.js'

/** Where the landmarks of an aligned crop are (ArcFace, Deng et al. 2018). */
const template = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041]
] as const

function landmarks(place: (x: number, y: number) => readonly [number, number]): Landmarks {
  const points = template.map(([x, y]) => {
    const [u, v] = place(x, y)
    return { x: u, y: v }
  })
  return points as unknown as Landmarks
}

/** A picture in which no two places look alike. */
function picture(width: number, height: number): RawFrame & { readonly data: Uint8Array } {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) data[i] = (i * i) >> 4
  return { data, width, height, format: 'rgb' }
}

/** What a camera that is turned gives for the same scene; `rotation` makes it upright again. */
function turned(upright: RawFrame & { readonly data: Uint8Array }, quarters: number): RawFrame {
  let { data, width, height } = upright
  for (let turn = 0; turn < quarters; turn++) {
    const next = new Uint8Array(data.length)
    // A quarter anticlockwise: column x becomes row width − 1 − x.
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + x) * 3
        next.set(data.subarray(from, from + 3), ((width - 1 - x) * height + y) * 3)
      }
    }
    ;[data, width, height] = [next, height, width]
  }
  return { data, width, height, format: 'rgb', rotation: (90 * quarters) as 0 | 90 | 180 | 270 }
}

test('a face that lies as in the template is cut out as it is', async (t) => {
  const detector = await FaceDetector.open({ threads: 1 })
  await holds(
    t,
    fc.asyncProperty(fc.nat(40), fc.nat(40), fc.nat(3), async (left, top, quarters) => {
      const upright = picture(160, 155)
      const points = landmarks((x, y) => [x + left, y + top])
      const crop = await detector.align(turned(upright, quarters), points)
      let largest = 0
      for (let y = 0; y < 112; y++) {
        for (let i = 0; i < 336; i++) {
          const expected = upright.data[((y + top) * 160 + left) * 3 + i] ?? 0
          largest = Math.max(largest, Math.abs((crop[y * 336 + i] ?? 0) - expected))
        }
      }
      // The landmarks are numbers of 32 bits: weights are off by up to a thousandth.
      assert.ok(largest <= 1, `a byte differs by ${largest}`)
    }),
    60
  )
  await detector.close()
})

const coordinate = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -50, max: 150, noNaN: true }) },
  { weight: 1, arbitrary: fc.double() }
)

test('any landmarks give a crop or are refused by name', async (t) => {
  const detector = await FaceDetector.open({ threads: 1 })
  const frame = picture(64, 48)
  const points = fc.oneof(
    fc.tuple(...template.map(() => fc.record({ x: coordinate, y: coordinate }))),
    fc
      .tuple(fc.double({ min: 1e-5, max: 200, noNaN: true }), coordinate, coordinate)
      .map(([scale, left, top]) => landmarks((x, y) => [x * scale + left, y * scale + top])),
    fc.anything()
  )
  let crops = 0
  await holds(
    t,
    fc.asyncProperty(points, async (given) => {
      const crop = await detector.align(frame, given as Landmarks).catch((error) => {
        refused(error)
        assert.equal(error.argument, 'landmarks')
      })
      if (crop === undefined) return
      crops++
      assert.equal(crop.length, 112 * 112 * 3)
    }),
    600
  )
  t.true(crops > 50, `only ${crops} were cut out`)
  await detector.close()
})
