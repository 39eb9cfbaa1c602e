import test from 'ava'
import {
  farOf,
  fpirOf,
  mostComparisons,
  nearestThresholdsFor,
  type Population,
  thresholdsFor
} from '../../lib/gallery/decisions.js'
import { FpirUnsupportedError } from '../../lib/gallery/index.js'
import { NativeIndex } from '../../lib/gallery/native-index.js'
import { PlainScan } from '../../lib/gallery/search.js'
import { calibration, vectorOf } from '../support/galleries.js'

const people = (size: number, rows = size, counts: number[] = [1]): Population => ({
  size,
  rows,
  photoCounts: () => counts
})

/** FPIR, comparisons, FMR: from the formula, by hand. */
const rates: [number, number, number][] = [
  [0.01, 1, 0.01],
  [0.01, 100, 1.005e-4],
  [0.01, 1000, 1.005e-5],
  [0.1, 10, 0.010481],
  [0.001, 1_000_000, 1.0005e-9]
]
for (const [fpir, n, far] of rates) {
  test(`FPIR ${fpir} in ${n} comparisons takes FMR ${far}, and the other way round`, (t) => {
    t.true(Math.abs(farOf(fpir, n) / far - 1) < 1e-3)
    t.true(Math.abs(fpirOf(farOf(fpir, n), n) / fpir - 1) < 1e-9)
  })
}

test('the threshold rises with the gallery and falls with the FPIR', (t) => {
  const at = (fpir: number, n: number): number => thresholdsFor(calibration, fpir, people(n))(1)
  t.is(at(0.1, 1), 0.2)
  t.true(at(0.01, 10) < at(0.01, 100) && at(0.01, 100) < at(0.01, 1000))
  t.true(at(0.1, 100) < at(0.01, 100))
  // More is allowed than was calibrated: the strictest that is known.
  t.is(at(0.5, 1), 0.2)
  t.is(thresholdsFor(calibration, 0.01, people(0, 0))(1), at(0.01, 1))
})

test('what the calibration cannot promise is an error that says what it can', (t) => {
  const most = mostComparisons(0.01, 1e-5)
  t.is(most, 1005)
  t.notThrows(() => thresholdsFor(calibration, 0.01, people(most)))
  const error = t.throws(() => thresholdsFor(calibration, 0.01, people(most + 1)), {
    instanceOf: FpirUnsupportedError,
    message: /among 1,006 people .* supports 1,005 people, and for 1,006 people an FPIR of 0\.01/
  })
  t.like(error, { fpir: 0.01, size: 1006, largestSize: 1005 })
  t.true(Math.abs((error?.smallestFpir ?? 0) - fpirOf(1e-5, 1006)) < 1e-12)
  // Each photo is a chance for a stranger where photos are compared one by one.
  const photos = t.throws(() => thresholdsFor(calibration, 0.01, people(1000, 3000)), {
    instanceOf: FpirUnsupportedError,
    message: /1,000 people with 3,000 photos/
  })
  t.is(photos?.largestSize, 335)
  const nearest = nearestThresholdsFor(calibration, 0.01, people(5000))(1)
  t.true(Math.abs(nearest - 0.6) < 1e-6)
})

test('templates have thresholds of their own, by the number of their photos', (t) => {
  const rows = (plus: number): typeof calibration.thresholds =>
    calibration.thresholds.map((row) => ({ ...row, threshold: row.threshold + plus }))
  const pairs = { impostorPairs: 1_000_000, genuinePairs: 10 }
  const templates = [
    { photos: 10, ...pairs, thresholds: rows(0.1) },
    { photos: 3, ...pairs, thresholds: rows(0.05) }
  ]
  const thresholds = thresholdsFor({ ...calibration, templates }, 0.01, people(10, 10, [1, 2, 30]))
  const plus = (photos: number): number => Number((thresholds(photos) - thresholds(1)).toFixed(6))
  t.deepEqual([1, 2, 3, 4, 10, 30].map(plus), [0, 0.05, 0.05, 0.1, 0.1, 0.1])
  // The least certain of those in use decides what can be promised.
  const poor = [{ photos: 3, impostorPairs: 1000, genuinePairs: 10, thresholds: rows(0.05) }]
  const few = { ...calibration, templates: poor }
  t.notThrows(() => thresholdsFor(few, 0.01, people(100)))
  t.throws(() => thresholdsFor(few, 0.01, people(100, 100, [1, 3])), {
    instanceOf: FpirUnsupportedError
  })
})

test('the addon finds who the plain scan finds, after any changes', async (t) => {
  const [plain, native] = [new PlainScan(), new NativeIndex()]
  const names = Array.from({ length: 300 }, (_, i) => `p${i}`)
  const compare = async (what: string): Promise<void> => {
    t.is(native.size, plain.size)
    t.is(native.rows, plain.rows)
    t.deepEqual([...native.photoCounts()].sort(), [...plain.photoCounts()].sort())
    for (const name of ['p7/x', 'p250/x', 'eve/1']) {
      const face = vectorOf(name)
      const [expected, found] = await Promise.all([plain.top(face, 9), native.top(face, 9)])
      t.deepEqual(
        found.map(({ person }) => person),
        expected.map(({ person }) => person),
        what
      )
      for (const [i, hit] of found.entries()) {
        t.true(Math.abs(hit.similarity - (expected[i]?.similarity ?? 9)) < 1e-12)
      }
    }
  }
  for (const index of [plain, native]) {
    for (const [i, name] of names.entries()) {
      const rows = Array.from({ length: 1 + (i % 7) }, (_, k) => vectorOf(`${name}/${k}`))
      index.set(name, rows, rows.length)
    }
  }
  await compare('as filled')
  for (const index of [plain, native]) {
    for (const name of names.slice(0, 100)) index.delete(name)
    index.set('p250', [vectorOf('eve/2'), vectorOf('p7/3')], 2)
    index.set('twin', [vectorOf('p299/0')], 1)
    index.delete('nobody')
  }
  await compare('after changes')
  for (const index of [plain, native]) for (const name of names) index.delete(name)
  await compare('nearly empty')
  for (const index of [plain, native]) index.clear()
  t.deepEqual(await native.top(vectorOf('p7/x'), 3), [])
})
