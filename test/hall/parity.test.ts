import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { NativeEngine } from '../../lib/addon/types.js'
import {
  comparePhoto,
  openDetectorEngine,
  type Reference,
  readReference
} from '../support/parity.js'

// Measured: IoU 0.9995, landmarks 0.0005, scores 0.0001, crops 0.53. Shrinking the photo bilinearly
// instead of by area is enough to exceed the limit for crops.
const folder = fileURLToPath(new URL('../fixtures', import.meta.url))
const photos = [
  'biden.jpg',
  'obama.jpg',
  'obama2.jpg',
  'obama3.jpg',
  'obama_partial_face.jpg',
  'obama_partial_face2.jpg'
]

let engine: NativeEngine
let reference: Reference
test.before(async () => {
  reference = await readReference(folder)
  engine = await openDetectorEngine()
})
test.after.always(() => engine?.close())

test('the reference covers exactly these photos', (t) => {
  t.deepEqual(Object.keys(reference.photos), photos)
})

for (const photo of photos) {
  test(`${photo}: faces, landmarks and crop as OpenCV finds them`, async (t) => {
    const result = await comparePhoto(engine, folder, photo, reference)
    if (!result) return t.fail('OpenCV finds no face here')
    t.is(result.faces, result.expectedFaces)
    t.true(result.overlap >= 0.95, `IoU ${result.overlap}`)
    t.true(result.landmarks <= 0.01, `landmarks off by ${result.landmarks} face widths`)
    t.true(result.score <= 0.01, `scores differ by ${result.score}`)
    t.true(result.crop <= 2, `crops differ by ${result.crop}`)
    t.true(result.alignment <= 2, `crops of the same landmarks differ by ${result.alignment}`)
  })
}
