import test from 'ava'
import { calibratePeople, calibrateTemplates } from '../../lib/evaluation/calibrate-people.js'
import { faceMatrix } from '../../lib/evaluation/people/matrix.js'
import { fitTail, scoreAt, shareAbove } from '../../lib/evaluation/tail.js'
import { disjointGroups, meanRow } from '../../lib/evaluation/templates.js'
import { InvalidArgumentError } from '../../lib/index.js'
import { makeFaces, naivePairs, randomNumbers } from '../support/faces.js'

const rounds = 100
const faces = makeFaces({ people: 400, photos: [3, 2], size: 24, spread: 0.6 })

test('thresholds from all pairs are counted as they say, each with an interval around it', async (t) => {
  const { calibration } = await calibratePeople(faces, 'made', 'fp32', { rounds })
  const { genuine, impostors } = naivePairs(faces)
  t.like(calibration, {
    dataset: 'made',
    precision: 'fp32',
    impostorPairs: impostors.length,
    genuinePairs: genuine.length,
    defaultFar: 1e-3
  })
  t.true((calibration.probability?.slope ?? 0) > 0)
  for (const {
    far,
    threshold,
    impostors: accepted,
    interval,
    extrapolated
  } of calibration.thresholds) {
    t.is(impostors.filter(({ score }) => score >= threshold).length, accepted)
    t.is(threshold, Number(threshold.toFixed(6)))
    if (interval === undefined) return t.fail('no interval')
    t.true(interval.low < far && far < interval.high * 1.2, `${far}`)
    t.true(interval.high <= 2 * far)
    if (extrapolated === true) t.true(accepted < 100)
    else t.true(accepted >= 9 && accepted <= far * impostors.length)
  }
  const counted = calibration.thresholds.filter((row) => row.extrapolated !== true)
  t.deepEqual(
    counted.map(({ far }) => far),
    [0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5].slice(0, counted.length)
  )
  t.true(counted.length >= 5)
})

test('few people give wide intervals, and rates that are not certain are not offered', async (t) => {
  // As many pairs of as few people: 40 with 12 photos each.
  const few = makeFaces({ people: 40, photos: [12], size: 24, spread: 0.3 })
  const [many, wide] = await Promise.all(
    [faces, few].map(
      async (set) => (await calibratePeople(set, 'x', 'fp32', { rounds })).calibration
    )
  )
  const smallest = (rows: typeof many): number => rows?.thresholds.at(-1)?.far ?? 1
  t.true(smallest(wide) > smallest(many), `${smallest(wide)} and ${smallest(many)}`)
})

const tooLittle: readonly [people: number, problem: RegExp][] = [
  [2, /at least 100 pairs of different people; found 1\. Add photos of more people/],
  [14, /at least 100 pairs of different people; found 91/]
]
for (const [people, problem] of tooLittle) {
  test(`${people} photos of ${people} people are too few`, async (t) => {
    const made = makeFaces({ people, photos: [1] })
    const error = await t.throwsAsync(calibratePeople(made, 'x', 'fp32', { rounds }), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, 'photos')
    t.regex(error?.message ?? '', problem)
  })
}

test('a rate that one person makes is not promised', async (t) => {
  const made = makeFaces({ people: 15, photos: [1] })
  // The first one looks like everybody: drawn twice or thrice, the rate is too.
  const first = made.vectors.subarray(0, made.size).fill(0)
  for (let i = made.size; i < made.vectors.length; i++) {
    first[i % made.size] = (first[i % made.size] ?? 0) + (made.vectors[i] ?? 0)
    made.vectors[i] = (made.vectors[i] ?? 0) + (i % made.size === 0 ? 3 : 0)
  }
  first[0] = 60
  await t.throwsAsync(calibratePeople(made, 'x', 'fp32', { rounds }), {
    instanceOf: InvalidArgumentError,
    message: /No false accept rate can be promised from 105 pairs of 15 people.* 2 times/
  })
})

test('a photo under two names is an error that names both', async (t) => {
  const made = makeFaces({ people: 60, photos: [2] })
  made.vectors.copyWithin(made.size * 7, made.size * 50, made.size * 51)
  const error = await t.throwsAsync(calibratePeople(made, 'x', 'fp32', { rounds }), {
    instanceOf: InvalidArgumentError
  })
  t.regex(error?.message ?? '', /the same under two names: "3\/1\.jpg" and "25\/0\.jpg"/)
})

test('templates are disjoint, combined as asked, and compared with all photos of others', async (t) => {
  const templates = await calibrateTemplates(faces, undefined, { rounds })
  const groups = disjointGroups(faces, 2)
  // Of three photos or of two, one pair.
  t.is(groups.length, 400)
  const made = faceMatrix(
    groups.map(({ from }, i) => ({ path: `t${i}`, person: `${faces.people[from]}` })),
    (_, i) => meanRow(faces, [groups[i]?.from ?? 0, (groups[i]?.from ?? 0) + 1])
  )
  const row = (from: typeof faces, i: number): Float32Array =>
    from.vectors.subarray(i * from.size, (i + 1) * from.size)
  let strangers = 0
  let own = 0
  const accepted = new Map(templates[0]?.thresholds.map(({ threshold }) => [threshold, 0]))
  for (const [i, { from, to }] of groups.entries()) {
    for (let j = 0; j < faces.rows; j++) {
      if (faces.people[from] === faces.people[j]) {
        if (j < from || j >= to) own++
        continue
      }
      strangers++
      const [x, y] = [row(made, i), row(faces, j)]
      let [dot, xx, yy] = [0, 0, 0]
      for (const [k, value] of x.entries()) {
        dot += value * (y[k] ?? 0)
        xx += value * value
        yy += (y[k] ?? 0) ** 2
      }
      for (const [threshold, count] of accepted) {
        if (dot / Math.sqrt(xx * yy) >= threshold) accepted.set(threshold, count + 1)
      }
    }
  }
  t.deepEqual(
    templates.map(({ photos }) => photos),
    [2, 3]
  )
  t.like(templates[0], { impostorPairs: strangers, genuinePairs: own })
  for (const { threshold, impostors } of templates[0]?.thresholds ?? []) {
    t.is(accepted.get(threshold), impostors)
  }
})

const shapes: readonly [shape: number, scale: number][] = [
  [0, 0.05],
  [0.2, 0.05],
  [-0.2, 0.02],
  [1e-12, 1]
]
for (const [shape, scale] of shapes) {
  test(`a tail of shape ${shape} is found again from draws of it`, (t) => {
    const random = randomNumbers(17)
    const truth = { threshold: 0.4, share: 0.001, shape, scale }
    // Quantiles of evenly spread shares, in random order of weights.
    const scores = Array.from({ length: 5000 }, () => scoreAt(truth, 0.001 * random())).sort(
      (x, y) => y - x
    )
    const fit = fitTail(scores, undefined, 0.4, 0.001)
    t.true(Math.abs(fit.shape - shape) < 0.06, `${fit.shape}`)
    t.true(Math.abs(fit.scale / scale - 1) < 0.06, `${fit.scale}`)
    for (const rate of [5e-4, 1e-5, 1e-7]) {
      t.true(Math.abs(shareAbove(truth, scoreAt(truth, rate)) / rate - 1) < 1e-6)
    }
    t.is(shareAbove({ ...truth, shape: 0.5, scale: 0.1 }, 0.7), 0)
  })
}

test('a weight counts as so many copies', (t) => {
  const random = randomNumbers(23)
  const scores = Array.from({ length: 300 }, () => 0.4 + random() ** 2 * 0.2).sort((x, y) => y - x)
  const weights = scores.map(() => Math.floor(random() * 4))
  const copies = scores.flatMap((score, i) => new Array<number>(weights[i] ?? 0).fill(score))
  const [weighed, copied] = [
    fitTail(scores, weights, 0.4, 0.01),
    fitTail(copies, undefined, 0.4, 0.01)
  ]
  t.true(Math.abs(weighed.shape - copied.shape) < 1e-9)
  t.true(Math.abs(weighed.scale / copied.scale - 1) < 1e-9)
})
