import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { probabilityOf } from '../../lib/embeddings/probability.js'
import { fitCalibration } from '../../lib/evaluation/calibrate.js'
import { bestThreshold, crossValidate, type ScoredPair } from '../../lib/evaluation/folds.js'
import { fitPlatt } from '../../lib/evaluation/platt.js'
import {
  areaUnderCurve,
  countAtLeast,
  equalErrorRate,
  operatingPoint,
  rocCurve,
  tarAtFar
} from '../../lib/evaluation/roc.js'
import { parseManifest } from '../../lib/models/manifest.js'
import { farForThreshold, smallestFar, thresholdForFar } from '../../lib/models/thresholds.js'
import { embedderManifest } from '../support/models.js'
import { ascendingScores, cosines, holds, resultOrRefusal } from '../support/properties.js'

const rates = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.1, 0.01, 1))

const pairs = fc.array(
  fc.record({ score: cosines, same: fc.boolean(), fold: fc.integer({ min: 0, max: 3 }) }),
  { minLength: 1, maxLength: 40 }
)

function rightAt(list: readonly ScoredPair[], threshold: number): number {
  return list.filter(({ score, same }) => score >= threshold === same).length
}

test('an operating point accepts no more impostors than the rate allows, and no fewer than it can', (t) =>
  holds(
    t,
    fc.property(ascendingScores, rates, (impostors, far) => {
      const point = operatingPoint(impostors, far)
      assert.ok(point.impostors <= far * impostors.length + 1e-6)
      // A threshold of at most 1 cannot refuse a score of 1.
      const accepted = countAtLeast(impostors, point.threshold)
      if ((impostors.at(-1) ?? 1) < 1) assert.equal(accepted, point.impostors)
      // Refusing only scores below the next lower one would accept too many.
      const next = impostors[impostors.length - point.impostors - 1]
      if (next !== undefined) {
        assert.ok(countAtLeast(impostors, next) > far * impostors.length)
      }
    }),
    1000
  ))

test('thresholds rise as the rate falls', (t) =>
  holds(
    t,
    fc.property(ascendingScores, rates, rates, (impostors, x, y) => {
      const [strict, loose] = [Math.min(x, y), Math.max(x, y)].map((far) =>
        operatingPoint(impostors, far)
      )
      assert.ok((strict?.threshold ?? 0) >= (loose?.threshold ?? 0))
    })
  ))

test('the ROC curve rises from nothing to everything and is what counting gives', (t) =>
  holds(
    t,
    fc.property(ascendingScores, ascendingScores, (genuine, impostors) => {
      const roc = rocCurve(genuine, impostors)
      assert.deepEqual(roc[0], { threshold: Number.POSITIVE_INFINITY, far: 0, tar: 0 })
      // Zero with a sign is the same score as zero without.
      const lowest = Math.min(genuine[0] ?? 1, impostors[0] ?? 1) + 0
      const { threshold, ...rates } = roc.at(-1) ?? assert.fail('no point')
      assert.deepEqual(
        { threshold: threshold + 0, ...rates },
        { threshold: lowest, far: 1, tar: 1 }
      )
      for (const [i, { threshold, far, tar }] of roc.entries()) {
        const before = roc[i - 1]
        if (before)
          assert.ok(threshold < before.threshold && far >= before.far && tar >= before.tar)
        assert.ok(Math.abs(far - countAtLeast(impostors, threshold) / impostors.length) < 1e-12)
        assert.ok(Math.abs(tar - countAtLeast(genuine, threshold) / genuine.length) < 1e-12)
      }
      const error = equalErrorRate(roc)
      assert.ok(error >= 0 && error <= 1)
    })
  ))

test('the area under the curve is the share of pairs in the right order', (t) =>
  holds(
    t,
    fc.property(ascendingScores, ascendingScores, (genuine, impostors) => {
      let wins = 0
      for (const g of genuine) for (const i of impostors) wins += g > i ? 1 : g === i ? 0.5 : 0
      const area = areaUnderCurve(genuine, impostors)
      assert.ok(Math.abs(area - wins / (genuine.length * impostors.length)) < 1e-12)
      assert.ok(Math.abs(area + areaUnderCurve(impostors, genuine) - 1) < 1e-12)
    })
  ))

test('the true accept rate at a rate is the best of the curve, and grows with it', (t) =>
  holds(
    t,
    fc.property(ascendingScores, ascendingScores, rates, rates, (genuine, impostors, x, y) => {
      const [strict, loose] = [Math.min(x, y), Math.max(x, y)].map((far) =>
        tarAtFar(genuine, impostors, far)
      )
      assert.ok((strict?.tar ?? 1) <= (loose?.tar ?? 0))
      const best = rocCurve(genuine, impostors)
        .filter(({ far }) => far <= x + 1e-9)
        .map(({ tar }) => tar)
      assert.ok(Math.abs(tarAtFar(genuine, impostors, x).tar - Math.max(...best)) < 1e-12)
    })
  ))

test('no threshold is right about more pairs than the one chosen', (t) =>
  holds(
    t,
    fc.property(pairs, (list) => {
      const chosen = bestThreshold(list)
      const best = Math.max(
        ...[-1, 1, ...list.map(({ score }) => score)].map((at) => rightAt(list, at))
      )
      assert.ok(rightAt(list, chosen) >= best)
    }),
    1000
  ))

test('cross-validation judges each fold at a threshold of the others', (t) =>
  holds(
    t,
    fc.property(pairs, (list) => {
      fc.pre(new Set(list.map(({ fold }) => fold)).size > 1)
      const { accuracy, standardError, folds } = crossValidate(list)
      assert.ok(accuracy >= 0 && accuracy <= 1 && standardError >= 0 && standardError <= 0.5)
      const numbers = [...new Set(list.map(({ fold }) => fold))].sort()
      for (const [i, { threshold, accuracy: own }] of folds.entries()) {
        const held = list.filter(({ fold }) => fold === numbers[i])
        assert.equal(threshold, bestThreshold(list.filter(({ fold }) => fold !== numbers[i])))
        assert.equal(own, rightAt(held, threshold) / held.length)
      }
    })
  ))

test('a probability is from 0 to 1 and follows the score', (t) =>
  holds(
    t,
    fc.property(ascendingScores, ascendingScores, cosines, cosines, (genuine, impostors, x, y) => {
      const map = fitPlatt(genuine, impostors)
      const [low, high] = [Math.min(x, y), Math.max(x, y)].map((score) => probabilityOf(map, score))
      assert.ok((low ?? -1) >= 0 && (high ?? 2) <= 1)
      if (map.slope > 0) assert.ok((low ?? 2) <= (high ?? -1))
    })
  ))

/** Enough impostors for some rates. */
const manyImpostors = fc
  .array(cosines, { minLength: 100, maxLength: 2000, size: 'max' })
  .map((scores) => Float64Array.from(scores).sort())

test('what is fitted is a calibration that a manifest may hold, and every threshold keeps its rate', (t) =>
  holds(
    t,
    fc.property(manyImpostors, manyImpostors, rates, rates, (genuine, impostors, x, y) => {
      const fitted = fitCalibration({ genuine, impostors }, 'a data set', 'fp32')
      assert.ok(fitted, 'a hundred impostors give a rate of 0.1')
      const manifest = { ...embedderManifest('m', Uint8Array.of(1), Uint8Array.of(2)) }
      const read = parseManifest(JSON.stringify({ ...manifest, calibration: fitted }), 'm')
      assert.ok(read.kind === 'embedder' && read.calibration !== undefined)
      const { calibration } = read
      const [strict, loose] = [Math.min(x, y), Math.max(x, y)].map((far) =>
        resultOrRefusal(() => thresholdForFar(calibration, far))
      )
      if (strict !== undefined && loose !== undefined) assert.ok(strict >= loose)
      for (const { far, threshold } of calibration.thresholds) {
        if (far < smallestFar(calibration)) continue
        assert.equal(thresholdForFar(calibration, far), threshold)
        // Of rates with one threshold the largest is told.
        assert.ok((farForThreshold(calibration, threshold) ?? 0) >= far)
      }
    }),
    60
  ))
