import test from 'ava'
import { calibrationTable, fitCalibration } from '../../lib/evaluation/calibrate.js'
import { bestThreshold, crossValidate, type ScoredPair } from '../../lib/evaluation/folds.js'
import { parsePairs, peopleOfPairs } from '../../lib/evaluation/pairs.js'
import { areaUnderCurve, countAtLeast, operatingPoint, tarAtFar } from '../../lib/evaluation/roc.js'
import { InvalidArgumentError } from '../../lib/index.js'

const ascending = (...values: number[]): Float64Array => Float64Array.from(values).sort()

test('pairs.txt is parsed', (t) => {
  const { folds, pairs } = parsePairs('2\t1\nAda\t1\t4\nAda\t2\tBo\t10\nCy\t1\t2\nBo\t3\tCy\t1\n')
  t.is(folds, 2)
  t.deepEqual(
    pairs.map(({ a, b, same, fold }) => [a, b, same, fold]),
    [
      ['Ada/Ada_0001.jpg', 'Ada/Ada_0004.jpg', true, 0],
      ['Ada/Ada_0002.jpg', 'Bo/Bo_0010.jpg', false, 0],
      ['Cy/Cy_0001.jpg', 'Cy/Cy_0002.jpg', true, 1],
      ['Bo/Bo_0003.jpg', 'Cy/Cy_0001.jpg', false, 1]
    ]
  )
})

test('a CSV of pairs is parsed; pairs without folds are dealt out in order', (t) => {
  const { folds, pairs } = parsePairs(
    'a,b,same\n"x, 1.jpg",y.jpg,1\nx.jpg,z.jpg,different\r\ny.jpg,"z ""2"".jpg",0\n'
  )
  t.is(folds, 2)
  t.deepEqual(
    pairs.map(({ a, b, same, fold, line }) => [a, b, same, fold, line]),
    [
      ['x, 1.jpg', 'y.jpg', true, 0, 2],
      ['x.jpg', 'z.jpg', false, 0, 3],
      ['y.jpg', 'z "2".jpg', false, 1, 4]
    ]
  )
  const named = parsePairs('same,person_a,person_b,fold,a,b\n0,Ada,Bo,3,a,b\n1,Cy,Cy,4,c,d\n')
  t.like(named.pairs[0], { a: 'a', b: 'b', fold: 3, personA: 'Ada', personB: 'Bo' })
})

const brokenLists: readonly [text: string, problem: RegExp][] = [
  ['', /line 1 .*empty/],
  ['a\tb', /line 1 .*number of folds/],
  ['1\t2\nAda\t1\t2', /line 2 .*are 4 lines, there are 1/],
  ['1\t1\nAda\t1\t2\nAda\tx\tBo\t1', /line 3 .*"x" is not the number/],
  ['1\t1\nAda\t1\t2\nAda', /line 3 .*not understood/],
  ['1\t1\nAda\t1\t2\nBo\t1\t2', /no pair of different people/],
  ['a,b\nx,y', /line 1 .*"same" is missing/],
  ['a,b,same,colour\nx,y,1,red', /line 1 .*unknown column "colour"; expected a, b, same/],
  ['a,a,b,same\nx,y,z,1', /line 1 .*duplicate column "a"/],
  ['a,b,same\nx,y', /line 2 .*2 fields, but the header has 3/],
  ['a,b,same\nx,y,maybe', /line 2 .*same must be 1 or 0, not "maybe"/],
  ['a,b,same\n,y,1', /line 2 .*a photo is missing/],
  ['a,b,same\n"x,y,1', /line 2 .*unclosed quote/],
  ['a,b,same,fold\nx,y,1,one', /line 2 .*fold must be a whole number/],
  ['a,b,same\nx,y,1\nx,x,0', /line 3 .*a photo is paired with itself/],
  ['a,b,same\nx,y,1\ny,x,0', /line 3 .*duplicate of line 2/],
  ['a,b,same\n../x,y,1\nx,z,0', /line 2 .*"..\/x" must be a path inside/],
  ['a,b,same\n/x,y,1\nx,z,0', /line 2 .*"\/x" must be a path inside/],
  ['a,b,same,person_a,person_b\nx,y,1,Ada,Bo\nx,z,0,Ada,Cy', /line 2 .*same contradicts the names/]
]
for (const [text, problem] of brokenLists) {
  test(`a broken list of pairs is refused: ${JSON.stringify(text)}`, (t) => {
    const error = t.throws(() => parsePairs(text), { instanceOf: InvalidArgumentError })
    t.is(error?.argument, 'pairs')
    t.regex(error?.message ?? '', problem)
  })
}

test('counting scores at or above a threshold', (t) => {
  const scores = ascending(0.1, 0.2, 0.2, 0.3)
  const expected: [number, number][] = [
    [0, 4],
    [0.1, 4],
    [0.15, 3],
    [0.2, 3],
    [0.25, 1],
    [0.3, 1],
    [0.31, 0]
  ]
  for (const [threshold, count] of expected) t.is(countAtLeast(scores, threshold), count)
  t.is(countAtLeast(ascending(), 0), 0)
})

test('an operating point accepts as many impostors as the rate allows, no more', (t) => {
  const scores = Float64Array.from({ length: 1000 }, (_, i) => i / 1000)
  for (const far of [1, 0.5, 0.1, 0.01, 0.001]) {
    const { threshold, impostors } = operatingPoint(scores, far)
    t.is(impostors, Math.round(1000 * far))
    t.is(countAtLeast(scores, threshold), impostors)
  }
  t.is(operatingPoint(scores, 0.0001).impostors, 0)
})

test('equal scores are accepted or refused together', (t) => {
  const scores = ascending(0.1, 0.5, 0.5, 0.5, 0.9)
  for (const [far, impostors] of [
    [0.2, 1],
    [0.4, 1],
    [0.6, 1],
    [0.8, 4]
  ] as const) {
    const point = operatingPoint(scores, far)
    t.is(point.impostors, impostors)
    t.is(countAtLeast(scores, point.threshold), impostors)
  }
})

test('TAR at FAR, by hand', (t) => {
  const impostors = ascending(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
  const genuine = ascending(0.64, 0.84, 0.86, 0.96)
  t.like(tarAtFar(genuine, impostors, 0.1), {
    tar: 0.75,
    threshold: 0.84,
    genuine: 3,
    impostors: 1
  })
  t.like(tarAtFar(genuine, impostors, 0.3), { tar: 1, threshold: 0.64, genuine: 4, impostors: 3 })
  t.like(tarAtFar(genuine, impostors, 0), { tar: 0.25, threshold: 0.96, genuine: 1, impostors: 0 })
  t.like(tarAtFar(genuine, impostors, 1), { tar: 1, threshold: 0, genuine: 4, impostors: 10 })
})

test('the area under the curve equals counting all pairs', (t) => {
  const genuine = ascending(0.3, 0.5, 0.5, 0.9, 0.7)
  const impostors = ascending(0.1, 0.5, 0.4, 0.7, 0.2, 0.5)
  let wins = 0
  for (const g of genuine) for (const i of impostors) wins += g > i ? 1 : g === i ? 0.5 : 0
  t.is(areaUnderCurve(genuine, impostors), wins / 30)
})

const pair = (score: number, same: boolean, fold = 0): ScoredPair => ({ score, same, fold })

test('the best threshold is the best of all there are', (t) => {
  let seed = 1
  const random = (): number => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }
  for (let round = 0; round < 20; round++) {
    const pairs = Array.from({ length: 40 }, (_, i) =>
      pair(Math.round((random() + (i % 2) * 0.3) * 20) / 20, i % 2 === 1)
    )
    const right = (threshold: number): number =>
      pairs.filter(({ score, same }) => score >= threshold === same).length
    const best = Math.max(...Array.from({ length: 60 }, (_, i) => right(i / 40)), right(2))
    t.is(right(bestThreshold(pairs)), best)
  }
})

test('cross-validation judges each fold at a threshold chosen on the others', (t) => {
  // Fold 1 alone would choose 0.5; the other folds choose 0.7, at which fold 1 errs once of two.
  const pairs = [
    pair(0.8, true, 0),
    pair(0.6, false, 0),
    pair(0.6, true, 1),
    pair(0.4, false, 1),
    pair(0.8, true, 2),
    pair(0.6, false, 2)
  ]
  const result = crossValidate(pairs)
  t.is(result.folds[1]?.accuracy, 0.5)
  t.true(Math.abs((result.folds[1]?.threshold ?? 0) - 0.7) < 1e-12)
  const accuracies = result.folds.map(({ accuracy }) => accuracy)
  const mean = accuracies.reduce((x, y) => x + y) / 3
  t.is(result.accuracy, mean)
  const variance = accuracies.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2
  t.true(Math.abs(result.standardError - Math.sqrt(variance / 3)) < 1e-12)
  t.throws(() => crossValidate([pair(1, true)]))
})

test('a calibration table holds the rates that ten false accepts stand behind', (t) => {
  const impostors = Float64Array.from({ length: 10_000 }, (_, i) => i / 10_000)
  const rows = calibrationTable(impostors)
  t.deepEqual(
    rows.map(({ far, impostors: accepted }) => [far, accepted]),
    [
      [0.1, 1000],
      [0.03, 300],
      [0.01, 100],
      [0.003, 30],
      [0.001, 10]
    ]
  )
  for (const { threshold, impostors: accepted } of rows) {
    t.is(countAtLeast(impostors, threshold), accepted)
  }
})

const tied = (top: number, of: number): Float64Array =>
  ascending(...Array.from({ length: of }, (_, i) => (i < top ? 1 : i / of)))
const ties: readonly [top: number, of: number, rates: number[] | undefined][] = [
  [0, 1000, [0.1, 0.03, 0.01]],
  // More than a tenth are the very highest score: no threshold refuses them.
  [18, 153, undefined],
  [101, 1000, undefined],
  [100, 1000, [0.1]],
  [20, 1000, [0.1, 0.03]]
]
for (const [top, of, rates] of ties) {
  test(`with ${top} of ${of} impostors at the top, rates that cannot be kept are not offered`, (t) => {
    const scores = tied(top, of)
    const calibration = fitCalibration({ genuine: ascending(), impostors: scores }, 'x', 'fp32')
    t.deepEqual(
      calibration?.thresholds.map(({ far }) => far),
      rates
    )
    for (const { far, threshold, impostors } of calibration?.thresholds ?? []) {
      t.is(countAtLeast(scores, threshold), impostors)
      t.true(impostors <= far * of)
    }
  })
}

const people: readonly [list: string, people: string[]][] = [
  ['a,b,same\np1/x.jpg,p2/y.jpg,0\n./p1/x.jpg,p1/z.jpg,1', ['p1', 'p2']],
  ['a,b,same\nx.jpg,y.jpg,0\nx.jpg,z.jpg,1', []],
  ['a,b,same,person_a,person_b\nx.jpg,y.jpg,0,Ada,Bo\nx.jpg,f/z.jpg,1,Ada,Ada', ['Ada', 'Bo', 'f']],
  ['1\t1\nAda\t1\t2\nAda\t1\tBo\t1', ['Ada', 'Bo']]
]
for (const [list, names] of people) {
  test(`everybody on a list of pairs: ${JSON.stringify(list)}`, (t) => {
    t.deepEqual([...peopleOfPairs(parsePairs(list).pairs)].sort(), names)
  })
}
