import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { type RawFrame, takeFrame } from '../../lib/frames/frame.js'
import { pixelFormats, planesOf } from '../../lib/frames/pixel-formats.js'
import { FaceDetector } from '../../lib/index.js'
import { holds, refused, resultOrRefusal } from '../support/properties.js'

const maxPixels = 52_000_000

/** Mostly a right value, sometimes one nearby, sometimes anything. */
function near(right: number): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(right) },
    { weight: 2, arbitrary: fc.integer({ min: -3, max: 70 }).map((n) => right + n) },
    { weight: 1, arbitrary: fc.anything() }
  )
}

/** A field that may be missing. */
function maybe(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })
}

/** Frames that are right but for a field or two, as data and as memory of several kinds. */
const frames = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    format: fc.constantFrom(...pixelFormats),
    wider: fc.integer({ min: 0, max: 6 })
  })
  .chain(({ width, height, format, wider }) => {
    const [first, ...others] = planesOf[format]
    const stride = (first?.rowBytes(width) ?? 0) + 2 * wider
    let bytes = stride * (first?.rows(height) ?? 0)
    const layout = [{ offset: 0, stride }]
    for (const plane of others) {
      const own = Math.max(plane.strideAfter(stride), plane.rowBytes(width))
      layout.push({ offset: bytes, stride: own })
      bytes += own * plane.rows(height)
    }
    const plane = ({ offset, stride: own }: { offset: number; stride: number }) =>
      fc.record({ offset: near(offset), stride: near(own) })
    const where = fc.oneof(
      fc.record({ stride: near(stride) }),
      fc.record({ layout: fc.tuple(...layout.map(plane)) }),
      fc.record({ stride: near(stride), layout: maybe(fc.anything()) })
    )
    const memory = near(bytes).chain((length) => {
      const size = typeof length === 'number' && length >= 0 && length < 1e5 ? length : bytes
      return fc.constantFrom(
        new Uint8Array(size),
        new Uint8ClampedArray(size),
        new ArrayBuffer(size),
        new SharedArrayBuffer(size),
        new DataView(new ArrayBuffer(size + 3), 3, Math.floor(size)),
        typeof length === 'number' ? new Uint8Array(size) : length
      )
    })
    const rest = fc.record({
      data: memory,
      width: near(width),
      height: near(height),
      format: fc.oneof(
        { weight: 15, arbitrary: fc.constant(format) },
        { weight: 1, arbitrary: fc.anything() }
      ),
      rotation: maybe(fc.oneof(fc.constantFrom(0, 90, 180, 270), fc.anything())),
      range: maybe(fc.oneof(fc.constantFrom('limited', 'full'), fc.anything())),
      matrix: maybe(fc.oneof(fc.constantFrom('bt601', 'bt709'), fc.anything())),
      transfer: maybe(fc.oneof(fc.boolean(), fc.anything()))
    })
    return fc.tuple(where, rest).map(([place, others]) => ({ ...others, ...place }))
  })

test('any description of a frame is taken or refused, and what is taken lies in its memory', (t) => {
  let taken = 0
  return holds(
    t,
    fc.property(fc.oneof({ weight: 9, arbitrary: frames }, fc.anything()), (frame) => {
      const native = resultOrRefusal(() => takeFrame(frame as RawFrame, maxPixels))
      if (native === undefined) return
      taken++
      const { width, height, format } = native
      const planes = [
        { offset: native.offset, stride: native.stride },
        ...(native.chroma ?? [])
      ].map(({ offset = 0, stride }, i) => {
        const shape = planesOf[format][i]
        const rowBytes = shape?.rowBytes(width) ?? Number.NaN
        return { offset, stride, rowBytes, rows: shape?.rows(height) ?? Number.NaN }
      })
      assert.equal(planes.length, planesOf[format].length)
      for (const { offset, stride, rowBytes, rows } of planes) {
        assert.ok(offset >= 0 && stride >= rowBytes)
        assert.ok(offset + stride * (rows - 1) + rowBytes <= native.data.byteLength)
      }
    }),
    2000
  ).then(() => t.true(taken > 300, `only ${taken} were taken`))
})

test('a detector takes or refuses any frame and any options', async (t) => {
  const detector = await FaceDetector.open({ threads: 1 })
  const right = {
    minScore: 0.6,
    maxFaces: 5,
    maxSide: 64,
    minFaceSize: 0,
    searchPixels: 0,
    rotations: false,
    search: 'quick',
    maxPixels: 5000
  }
  const change = fc.tuple(fc.constantFrom(...Object.keys(right)), fc.oneof(near(5), fc.anything()))
  const options = fc
    .array(change, { maxLength: 1 })
    .map((changes): typeof right => ({ ...right, ...Object.fromEntries(changes) }))
  let searched = 0
  await holds(
    t,
    fc.asyncProperty(frames, options, async (frame, asked) => {
      // A search over millions of pixels would be right, and slow.
      if (!(typeof asked.searchPixels === 'number' && asked.searchPixels < 1000)) return
      const faces = await detector
        .detect(frame as RawFrame, asked as Parameters<typeof detector.detect>[1])
        .catch(refused)
      if (faces !== undefined) searched++
      for (const { box, score } of faces ?? []) {
        assert.ok(score >= 0 && score <= 1 && box.width > 0 && box.height > 0)
      }
    }),
    300
  )
  t.true(searched > 20, `only ${searched} were searched`)
  await detector.close()
})
