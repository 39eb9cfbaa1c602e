import test from 'ava'
import { compareAll } from '../../lib/evaluation/pairwise/compare.js'
import { ratesOf } from '../../lib/evaluation/pairwise/rates.js'
import { Resampled } from '../../lib/evaluation/pairwise/resample.js'
import {
  accepted,
  binOf,
  descending,
  edge,
  lowestBin,
  perUnit,
  Tally
} from '../../lib/evaluation/pairwise/tally.js'
import { InvalidArgumentError } from '../../lib/index.js'
import { type MadeFaces, makeFaces, naivePairs, randomNumbers } from '../support/faces.js'

const sorted = (scores: Iterable<number>): number[] => [...scores].sort((x, y) => y - x)

const sets: readonly [name: string, faces: MadeFaces][] = [
  ['two photos', { people: 2, photos: [1] }],
  ['fewer rows than a tile', { people: 9, photos: [1, 4, 2] }],
  ['exactly a tile', { people: 32, photos: [2] }],
  ['three tiles and a rest', { people: 90, photos: [1, 2, 5], size: 5 }],
  ['families', { people: 40, photos: [3], family: (i) => (i % 3 ? `f${i % 5}` : undefined) }]
]
for (const [name, made] of sets) {
  test(`all pairs are those of the naive loop, to the last bit: ${name}`, async (t) => {
    const faces = makeFaces(made)
    const naive = naivePairs(faces)
    const { genuine, impostors, relatives } = await compareAll(faces)
    t.is(relatives, naive.relatives)
    t.deepEqual([...impostors.top.scores], sorted(naive.impostors.map(({ score }) => score)))
    t.deepEqual([...genuine.top.scores], sorted(naive.genuine.map(({ score }) => score)))
    for (const [pairs, scores] of [
      [naive.impostors, impostors],
      [naive.genuine, genuine]
    ] as const) {
      t.is(scores.count, pairs.length)
      for (let threshold = -1; threshold <= 1; threshold = edge(binOf(threshold) + 12_345)) {
        t.is(accepted(scores, threshold), pairs.filter(({ score }) => score >= threshold).length)
      }
    }
  })
}

test('the pairs of two matrices are compared, without those that share a photo', async (t) => {
  const faces = makeFaces({ people: 20, photos: [4, 1] })
  const other = { ...faces, paths: [] }
  const { genuine, impostors } = await compareAll(faces, {}, other, (a, b) => a === b)
  const naive = naivePairs(faces)
  t.is(impostors.count, naive.impostors.length * 2)
  t.is(genuine.count, naive.genuine.length * 2)
})

test('a score is counted in the bin that begins at or below it', (t) => {
  const random = randomNumbers(7)
  const scores = Array.from({ length: 20_000 }, () => 2 * random() - 1)
  const edges = Array.from({ length: 20_000 }, () => edge(Math.floor(random() * 2 * perUnit)))
  for (const score of [...scores, ...edges, -1, 0, 1, 0.405461, 1 - 2 ** -53]) {
    const bin = binOf(score)
    if (!(edge(bin) <= score && score < edge(bin + 1))) t.fail(`${score} in bin ${bin}`)
  }
  t.is(edge(perUnit + 405_461), 0.405461)
})

test('places from the highest score to the lowest, equal ones in their order', (t) => {
  const random = randomNumbers(3)
  for (const digits of [2, 4, 9]) {
    const scores = Float64Array.from({ length: 5000 }, () =>
      Number((2 * random() - 1).toFixed(digits))
    )
    const expected = [...scores.keys()].sort((x, y) => (scores[y] ?? 0) - (scores[x] ?? 0) || x - y)
    t.deepEqual([...descending(scores)], expected)
  }
})

test('a tally keeps the highest scores whole and a sample of all', async (t) => {
  const random = randomNumbers(5)
  const tally = new Tally({ top: 100, sample: 500 })
  const scores = Array.from({ length: 50_000 }, () => random() ** 3 * 2 - 1)
  for (const [i, score] of scores.entries()) tally.add(score, i, -i)
  const { count, floor, top, sample } = await tally.result()
  t.is(count, scores.length)
  t.true(top.scores.length >= 100 && top.scores.length <= 200)
  t.deepEqual([...top.scores], sorted(scores.filter((score) => score >= floor)))
  for (const [i, score] of top.scores.entries()) t.is(scores[top.a[i] ?? -1], score)
  t.is(sample.scores.length, 500)
  t.is(new Set(sample.a).size, 500)
  for (const [i, score] of sample.scores.entries()) t.is(scores[sample.a[i] ?? -1], score)
  // Uniform: every tenth of the stream is in it about 50 times (five standard deviations).
  for (let tenth = 0; tenth < 10; tenth++) {
    const here = [...sample.a].filter((i) => Math.floor(i / 5000) === tenth).length
    t.true(Math.abs(here - 50) < 34, `${here}`)
  }
})

test('scores that are all alike do not make a tally grow', async (t) => {
  const tally = new Tally({ top: 100, sample: 100 })
  for (let i = 0; i < 100_000; i++) tally.add(0.5, i, i)
  const { top, atLeast } = await tally.result()
  t.true(top.scores.length <= 200)
  t.is(atLeast[binOf(0.5)], 100_000)
  t.is(atLeast[binOf(0.5) + 1], 0)
})

test('rates are those of sorting all scores', async (t) => {
  const faces = makeFaces({ people: 150, photos: [1, 3], size: 6, spread: 1 })
  const { genuine, impostors } = naivePairs(faces)
  const strangers = sorted(impostors.map(({ score }) => score))
  const comparison = await compareAll(faces)
  const rates = await ratesOf(comparison, [0.1, 0.01, 1e-3, 1e-4, 1e-9], { rounds: 50 })
  for (const { far, point } of rates) {
    const most = Math.floor(far * strangers.length + 1e-9)
    t.is(point === undefined, far * strangers.length < 10)
    if (point === undefined) continue
    const { threshold, impostorsAccepted, genuineAccepted, tar, interval, farInterval } = point
    // The lowest threshold of six decimals that accepts no more than allowed.
    t.is(strangers.filter((score) => score >= threshold).length, impostorsAccepted)
    t.true(impostorsAccepted <= most)
    t.true(strangers.filter((score) => score >= edge(binOf(threshold) - 1)).length > most)
    t.is(genuine.filter(({ score }) => score >= threshold).length, genuineAccepted)
    t.is(tar, genuineAccepted / genuine.length)
    t.true(interval.low <= tar && tar <= interval.high)
    t.true(farInterval.low <= far && far <= farInterval.high)
  }
})

test('people drawn k and l times weigh k·l, and the sample tells about the same', async (t) => {
  const faces = makeFaces({
    people: 60,
    photos: [2, 3],
    family: (i) => (i % 4 === 0 ? 'one' : undefined)
  })
  const { impostors, genuine } = naivePairs(faces)
  const all = await compareAll(faces)
  const few = await compareAll(faces, { top: 50, sample: 4000 })
  const random = randomNumbers(11)
  const [exact, sampled] = [new Resampled(all), new Resampled(few)]
  for (let round = 0; round < 20; round++) {
    const weights = Float64Array.from({ length: 60 }, () => Math.floor(random() * 4))
    const of = (row: number): number => weights[faces.people[row] ?? 0] ?? 0
    const weight = (from: number): number =>
      impostors
        .filter(({ score }) => score >= from)
        .reduce((sum, { a, b }) => sum + of(a) * of(b), 0)
    exact.draw(weights)
    sampled.draw(weights)
    t.is(exact.impostorWeight(), weight(-1))
    const threshold = edge(lowestBin(all.impostors, 500))
    const expected = weight(threshold) / weight(-1)
    t.true(Math.abs(exact.far(threshold, 500) - expected) < 1e-12)
    t.true(Math.abs(sampled.far(threshold, 500) / expected - 1) < 0.5)
    // The share of genuine pairs above the first stranger that is one too many.
    const order = [...impostors].sort((x, y) => y.score - x.score)
    let sum = 0
    const refused = order.find(({ a, b }) => {
      sum += of(a) * of(b)
      return sum > 0.05 * weight(-1) * (1 + 1e-12)
    })
    const own = genuine.map(({ score, a }) => [score, of(a)] as const)
    const above = own.filter(([score]) => score > (refused?.score ?? -1))
    const total = (list: typeof own): number => list.reduce((all, [, w]) => all + w, 0)
    const [tar] = exact.tarAt([0.05])
    t.true(Math.abs((tar ?? 0) - total(above) / total(own)) < 1e-12)
  }
})

for (const value of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`an embedding of ${value} is refused`, async (t) => {
    const faces = makeFaces({ people: 3, photos: [1] })
    faces.vectors.fill(value, faces.size, 2 * faces.size)
    const error = await t.throwsAsync(compareAll(faces), { instanceOf: InvalidArgumentError })
    t.regex(error?.message ?? '', /"1\/0\.jpg"/)
  })
}
