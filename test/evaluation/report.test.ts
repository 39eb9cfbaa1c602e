import test from 'ava'
import { probabilityOf } from '../../lib/embeddings/probability.js'
import { type BootstrapPair, bootstrap } from '../../lib/evaluation/bootstrap.js'
import { fitPlatt, reliability } from '../../lib/evaluation/platt.js'
import { histogram } from '../../lib/evaluation/plot/histogram.js'
import { drawEvaluation } from '../../lib/evaluation/plot/index.js'
import { rocPanel, rocScale } from '../../lib/evaluation/plot/roc.js'
import { bandRates, type EvaluatedPair, evaluate } from '../../lib/evaluation/report.js'

/** Numbers from 0 to 1, the same each time. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

/** Roughly normal scores: a sum of uniform numbers. */
function scores(count: number, mean: number, seed: number): number[] {
  const next = random(seed)
  return Array.from({ length: count }, () => mean + (next() + next() + next() - 1.5) * 0.2)
}

function pairs(genuine: number, impostors: number): EvaluatedPair[] {
  const made = (all: number[], same: boolean): EvaluatedPair[] =>
    all.map((score, i) => ({ score, same, fold: i % 10, missed: false }))
  return [...made(scores(genuine, 0.6, 3), true), ...made(scores(impostors, 0.3, 5), false)]
}

test('an interval holds the value it is about and is the same each time', (t) => {
  const list = pairs(300, 1000)
  const result = evaluate(list, 300)
  const { auc, eer, tar, by } = result.bootstrap
  t.is(by, 'pair')
  t.true(auc.low < result.auc && result.auc < auc.high)
  t.true(eer.low < result.eer && result.eer < eer.high)
  for (const [i, { point }] of result.rates.entries()) {
    if (point === undefined) continue
    const interval = tar[i]
    t.true(interval && interval.low <= point.tar && point.tar <= interval.high)
  }
  t.deepEqual(evaluate(list, 300).bootstrap, result.bootstrap)
})

test('the interval of a share is as wide as the binomial one', (t) => {
  // With one impostor far below all, TAR is the share of genuine pairs above it: 80 of 100.
  const list: BootstrapPair[] = [
    ...Array.from({ length: 100 }, (_, i) => ({ score: i < 80 ? 0.9 : 0.1, same: true })),
    ...Array.from({ length: 1000 }, () => ({ score: 0.5, same: false }))
  ]
  const { tar } = bootstrap(list, [0.001], { rounds: 2000 })
  const width = (tar[0]?.high ?? 0) - (tar[0]?.low ?? 0)
  const binomial = 2 * 1.96 * Math.sqrt((0.8 * 0.2) / 100)
  t.true(Math.abs(width / binomial - 1) < 0.2, `${width} and ${binomial}`)
})

test('people who are named are drawn as a whole: wider intervals', (t) => {
  // Ten people with twenty genuine pairs each, all accepted or all refused.
  const list = Array.from({ length: 200 }, (_, i): BootstrapPair => {
    const person = `p${i % 10}`
    return { score: i % 10 < 7 ? 0.9 : 0.1, same: true, personA: person, personB: person }
  })
  const others = Array.from({ length: 300 }, (_, i): BootstrapPair => {
    return { score: 0.5, same: false, personA: `p${i % 10}`, personB: `p${(i + 3) % 10}` }
  })
  const named = bootstrap([...list, ...others], [0.001], { rounds: 500 })
  const unnamed = bootstrap(
    [...list, ...others].map(({ score, same }) => ({ score, same })),
    [0.001],
    { rounds: 500 }
  )
  t.is(named.by, 'person')
  const width = ({ tar }: typeof named): number => (tar[0]?.high ?? 0) - (tar[0]?.low ?? 0)
  t.true(width(named) > 2.5 * width(unnamed), `${width(named)} and ${width(unnamed)}`)
})

test('rates that too few impostors stand behind are left out', (t) => {
  const { rates } = evaluate(pairs(100, 1000), 50)
  t.deepEqual(
    rates.map(({ far, point }) => [far, point?.impostorsAccepted]),
    [
      [0.1, 100],
      [0.01, 10],
      [0.001, undefined],
      [0.0001, undefined]
    ]
  )
})

test('the band begins where ten impostors stand behind the rate, and holds the curve', (t) => {
  t.deepEqual(bandRates(10), [])
  const rates = bandRates(1000)
  t.true(Math.abs((rates[0] ?? 0) - 0.01) < 1e-12)
  t.is(rates.at(-1), 1)
  const { band, roc } = evaluate(pairs(300, 1000), 300)
  t.is(band.length, rates.length)
  for (const [i, { far, low, high }] of band.entries()) {
    const tar = roc.findLast((point) => point.far <= far + 1e-12)?.tar ?? 0
    t.true(low <= tar && tar <= high, `at ${far}: ${tar} in ${low} to ${high}`)
    t.true(low >= (band[i - 1]?.low ?? 0), 'it rises with the rate')
  }
})

test('pairs without a face count as refused, by kind', (t) => {
  const list = pairs(50, 200).map((pair, i) =>
    i < 5 ? { ...pair, score: -1, missed: true } : pair
  )
  const { missed, rates } = evaluate(list, 50)
  t.deepEqual(missed, { genuine: 5, impostors: 0 })
  t.true((rates[0]?.point?.tar ?? 1) <= 0.9)
})

test('probabilities: half where both kinds are equally dense, rising, calibrated', (t) => {
  const genuine = Float64Array.from(scores(4000, 0.6, 7)).sort()
  const impostors = Float64Array.from(scores(9000, 0.3, 9)).sort()
  const map = fitPlatt(genuine, impostors)
  t.true(Math.abs(probabilityOf(map, 0.45) - 0.5) < 0.05)
  t.true(probabilityOf(map, 0.8) > 0.99 && probabilityOf(map, 0.1) < 0.01)
  t.true(reliability(map, genuine, impostors).expectedCalibrationError < 0.03)
  // Ten times more impostors of the same distribution do not move it.
  const many = Float64Array.from(Array.from({ length: 10 }, () => [...impostors]).flat()).sort()
  const again = fitPlatt(genuine, many)
  t.true(
    Math.abs(again.slope - map.slope) < 1e-6 && Math.abs(again.intercept - map.intercept) < 1e-6
  )
  t.is(probabilityOf({ slope: 1000, intercept: 0 }, 1), 1)
  t.is(probabilityOf({ slope: 1000, intercept: 0 }, -1), 0)
})

test('a few genuine pairs that are apart make no certainty', (t) => {
  const map = fitPlatt(Float64Array.of(0.7, 0.8, 0.9), Float64Array.of(-0.1, 0, 0.1, 0.2))
  t.true(probabilityOf(map, 0.9) < 0.95)
  t.throws(() => fitPlatt(Float64Array.of(), Float64Array.of(1)))
})

const picture = { x: 100, y: 50, width: 300, height: 200 }

test('the scale of the ROC panel: FAR on a logarithmic axis', (t) => {
  const { x, y, least, floor } = rocScale(evaluate(pairs(500, 1000), 50), picture)
  t.is(least, 0.001)
  const near = (a: number, b: number): boolean => t.true(Math.abs(a - b) < 1e-9, `${a} and ${b}`)
  near(x(0.001), 100)
  near(x(0.01), 200)
  near(x(1), 400)
  near(x(1e-9), 100)
  near(y(1), 50)
  near(y(floor), 250)
})

test('the histogram: shares of either kind, pairs without a face left out', (t) => {
  const list = [...pairs(200, 400), { score: -1, same: true, fold: 0, missed: true }]
  const { genuine, impostor, low, high } = histogram(evaluate(list, 10))
  const sum = (shares: readonly number[]): number => shares.reduce((x, y) => x + y, 0)
  t.true(Math.abs(sum(genuine) - 1) < 1e-9 && Math.abs(sum(impostor) - 1) < 1e-9)
  t.true(low >= -0.2 && high <= 1)
})

test('the band is drawn where the scale puts it', (t) => {
  const result = evaluate(pairs(300, 1000), 100)
  const { x, y } = rocScale(result, picture)
  const drawn = /class="band" d="([^"]+)"/.exec(rocPanel(result, picture))?.[1] ?? ''
  const points = drawn
    .slice(1)
    .split('L')
    .map((point) => point.split(' ').map(Number))
  t.is(points.length, 2 * result.band.length)
  const near = ([px = 0, py = 0]: number[] = [], far: number, tar: number): void => {
    t.true(Math.abs(px - x(far)) < 0.01 && Math.abs(py - y(tar)) < 0.01, `${px} ${py}`)
  }
  for (const [i, { far, low, high }] of result.band.entries()) {
    near(points[i], far, low)
    near(points.at(-1 - i), far, high)
  }
  // The dashed part of the curve ends and the full one begins at the band.
  const [sparse, full] = ['curve sparse', 'curve'].map((kind) =>
    [
      ...rocPanel(result, picture).matchAll(new RegExp(`class="${kind}" d="M([^"]+)"`, 'g'))
    ].flatMap((match) => (match[1] ?? '').split('L').map((point) => Number(point.split(' ')[0])))
  )
  const begin = x(result.band[0]?.far ?? 1)
  t.true(sparse?.slice(0, -1).every((at) => at < begin))
  t.true(full?.every((at) => at >= begin - 0.01))
  t.is(sparse?.at(-1), full?.[0])
})

test('the picture is well-formed, whatever the title', (t) => {
  const svg = drawEvaluation(evaluate(pairs(200, 1000), 20), 'A & B <c> "d"', {
    far: 0.01,
    threshold: 0.5
  })
  t.true(svg.includes('A &amp; B &lt;c&gt; &quot;d&quot;'))
  t.false(/NaN|undefined|Infinity/.test(svg))
  // Each tag that is opened is closed, in order.
  const open: string[] = []
  for (const [, slash, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (slash) t.is(open.pop(), name)
    else if (!self) open.push(name ?? '')
  }
  t.deepEqual(open, [])
  t.is([...svg.matchAll(/<circle/g)].length, 2)
})
