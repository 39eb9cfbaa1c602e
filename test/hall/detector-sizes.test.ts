import test from 'ava'
import { type Face, FaceDetector } from '../../lib/index.js'
import type { Rgb } from '../support/exif.js'
import { pixels } from '../support/fixtures.js'
import { overlap } from '../support/overlap.js'
import { at, pasted, picture, shrunk } from '../support/retouch.js'

let detector: FaceDetector
let obama: Rgb
let biden: Rgb
test.before(async () => {
  detector = await FaceDetector.open({ threads: 1 })
  obama = await pixels('obama.jpg')
  biden = await pixels('biden.jpg')
})
test.after.always(() => detector?.close())

/** A part of a picture, every pixel repeated factor × factor times. */
function enlarged(from: Rgb, [left, top, width, height]: number[], factor: number): Rgb {
  const [x0 = 0, y0 = 0, w = 0, h = 0] = [left, top, width, height]
  return picture(w * factor, h * factor, (x, y, channel) =>
    at(from, x0 + Math.floor(x / factor), y0 + Math.floor(y / factor), channel)
  )
}

const detect = (rgb: Rgb): Promise<Face[]> =>
  detector.detect({ ...rgb, format: 'rgb' }) as Promise<Face[]>

test('a face of 48 pixels in a photo of 3000 is found, which 640 pixels do not show', async (t) => {
  const photo = pasted(shrunk(obama, 5), 1200, 700, 3000, 2000)
  const [face, ...others] = await detect(photo)
  if (!face) return t.fail('no face found')
  t.is(others.length, 0)
  // Where the portrait's own face is, see reference/faces.json.
  const expected = { x: 1200 + 370 / 5, y: 700 + 91 / 5, width: 240 / 5, height: 329 / 5 }
  t.true(overlap(face.box, expected) > 0.8, JSON.stringify(face.box))
})

const closeUps: [string, () => Rgb, number[]][] = [
  ['obama', () => obama, [418, 157, 144, 198]],
  ['biden', () => biden, [484, 255, 172, 240]]
]
for (const [name, photo, part] of closeUps) {
  test(`a close-up that cuts off forehead and chin still is a face: ${name}`, async (t) => {
    // Without the attempt at half the size nothing is found in these.
    const faces = await detect(enlarged(photo(), part, 5))
    t.is(faces.length, 1)
    const { box, landmarks } = faces[0] as Face
    t.true(box.width > 0.8 * 5 * (part[2] as number), `width ${box.width}`)
    for (const { x, y } of landmarks) {
      t.true(x > 0 && x < 5 * (part[2] as number) && y > 0 && y < 5 * (part[3] as number))
    }
  })
}

test('the same picture gives the same faces, bit by bit', async (t) => {
  t.deepEqual(await detect(obama), await detect(obama))
})
