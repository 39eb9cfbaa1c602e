import test from 'ava'
import { FarUnsupportedError, InvalidArgumentError } from '../../lib/errors.js'
import type { Calibration } from '../../lib/models/manifest.js'
import { farForThreshold, smallestFar, thresholdForFar } from '../../lib/models/thresholds.js'

const calibration: Calibration = {
  dataset: 'a test',
  impostorPairs: 100_000,
  genuinePairs: 100,
  precision: 'fp32',
  thresholds: [
    { far: 0.1, threshold: 0.2, impostors: 10_000 },
    { far: 0.01, threshold: 0.3, impostors: 1000 },
    { far: 0.001, threshold: 0.45, impostors: 100 },
    { far: 0.0001, threshold: 0.5, impostors: 10 },
    { far: 0.00001, threshold: 0.6, impostors: 1 }
  ],
  defaultFar: 0.001
}

const points: [far: number, threshold: number][] = [
  [0.1, 0.2],
  [0.01, 0.3],
  [0.0001, 0.5],
  [10 ** -1.5, 0.25], // half-way in log(FAR)
  [10 ** -2.5, 0.375],
  [10 ** -3.2, 0.46]
]

for (const [far, threshold] of points) {
  test(`FAR ${far} and threshold ${threshold} belong together`, (t) => {
    t.true(Math.abs(thresholdForFar(calibration, far) - threshold) < 1e-12)
    const back = farForThreshold(calibration, threshold)
    t.true(back !== undefined && Math.abs(back / far - 1) < 1e-9)
  })
}

test('a FAR with fewer than ten false accepts behind it is refused', (t) => {
  t.is(smallestFar(calibration), 0.0001)
  for (const far of [0.00001, 0.00009, 1e-12, 0]) {
    const error = t.throws(() => thresholdForFar(calibration, far), {
      instanceOf: FarUnsupportedError
    })
    t.regex(error?.message ?? '', /100000 impostor pairs.*smallest is 0\.0001/)
  }
  t.throws(() => thresholdForFar(calibration, 0.2), {
    instanceOf: FarUnsupportedError,
    message: /largest is 0\.1/
  })
})

test('a FAR that is no rate is an invalid argument', (t) => {
  for (const far of [Number.NaN, -0.1, 1.5, '0.01' as unknown as number]) {
    const error = t.throws(() => thresholdForFar(calibration, far), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, 'far')
  }
})

test('outside the calibrated range a threshold has no FAR', (t) => {
  for (const threshold of [-1, 0.19, 0.51, 0.6, 1]) {
    t.is(farForThreshold(calibration, threshold), undefined)
  }
})
