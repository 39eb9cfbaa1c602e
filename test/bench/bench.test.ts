import test from 'ava'
import { inDetail, onCores, openCall, threadCounts } from '../../lib/bench/candidates.js'
import { barChart } from '../../lib/bench/chart.js'
import { best, costOf, type Trial, type TunedOptions } from '../../lib/bench/choice.js'
import { inFlight, throughput } from '../../lib/bench/embedding.js'
import { leastTurns, takeTurns } from '../../lib/bench/interleave.js'
import { samplePhoto, samplePhotoSize } from '../../lib/bench/sample-photo.js'
import { sizesOnDisk } from '../../lib/bench/sizes.js'
import { median, medianError, quantile, ratios, rowOf } from '../../lib/bench/statistics.js'
import { FaceRecognizer } from '../../lib/index.js'

const quantiles: [values: number[], share: number, expected: number][] = [
  [[3], 0.5, 3],
  [[3, 1, 2], 0.5, 2],
  [[4, 3, 2, 1], 0.5, 3],
  [[10, 20, 30, 40], 0.25, 20],
  [[10, 20, 30, 40], 1, 40],
  [[10, 9, 100], 0.5, 10],
  [[], 0.5, Number.NaN]
]
for (const [values, share, expected] of quantiles) {
  test(`quantile ${share} of ${JSON.stringify(values)}`, (t) => {
    t.is(quantile(values, share), expected)
  })
}

test('a row: ratios within each turn, not of the medians', (t) => {
  const row = rowOf('b', [2, 30, 4], [1, 10, 4])
  t.deepEqual(row, { name: 'b', median: 4, min: 2, medianRatio: 2, minRatio: 2, turns: 3 })
  t.deepEqual(ratios([2, 30, 4], [1, 10, 4]), [2, 3, 1])
})

test('the error of a median: none without spread, less with more turns', (t) => {
  t.is(medianError([5, 5, 5, 5]), 0)
  const few = [1, 2, 3, 4]
  const many = Array.from({ length: 25 }, () => few).flat()
  t.is(medianError(few), (1.57 * 2) / 2)
  t.is(medianError(many), medianError(few) / 5)
  t.is(median(many), median(few))
})

test('subjects take turns, and each has its least turns however slow it is', async (t) => {
  const calls: string[] = []
  const subject = (name: string, value: number) => ({
    name,
    time: async () => {
      calls.push(name)
      return value
    }
  })
  const heard: number[] = []
  const times = await takeTurns([subject('a', 1), subject('b', 2)], {
    seconds: 1e-9,
    onProgress: (percent) => heard.push(percent)
  })
  t.deepEqual(times, [Array(leastTurns).fill(1), Array(leastTurns).fill(2)])
  // One call each to warm up, which is not counted.
  t.deepEqual(
    calls,
    Array(leastTurns + 1)
      .fill(['a', 'b'])
      .flat()
  )
  t.is(heard.at(-1), 100)
})

const steady = (time: number): number[] => [time, time, time, time]

interface Choice {
  readonly name: string
  readonly trials: readonly (readonly [TunedOptions, threads: number, times: number[]])[]
  readonly latency: TunedOptions
  readonly cores: TunedOptions
}

const choices: Choice[] = [
  { name: 'nothing but the defaults', trials: [[{}, 1, steady(9)]], latency: {}, cores: {} },
  {
    name: 'two threads quicker, but not by twice',
    trials: [
      [{}, 1, steady(10)],
      [{ threads: 2 }, 2, steady(6)]
    ],
    latency: { threads: 2 },
    cores: {}
  },
  {
    name: 'four threads no better than two: fewer is simpler',
    trials: [
      [{}, 1, steady(10)],
      [{ threads: 4 }, 4, steady(5.9)],
      [{ threads: 2 }, 2, steady(6)]
    ],
    latency: { threads: 2 },
    cores: {}
  },
  {
    name: 'better by less than is worth an option',
    trials: [
      [{}, 1, steady(10)],
      [{ implementation: 'ncnn' }, 1, steady(9.8)]
    ],
    latency: {},
    cores: {}
  },
  {
    name: 'half precision best in both ways',
    trials: [
      [{}, 1, steady(10)],
      [{ precision: 'fp16' }, 1, steady(6)],
      [{ threads: 2, precision: 'fp16' }, 2, steady(4)]
    ],
    latency: { threads: 2, precision: 'fp16' },
    cores: { precision: 'fp16' }
  },
  {
    name: 'better by far, but only by chance',
    trials: [
      [{}, 1, steady(10)],
      [{ threads: 2 }, 2, [5, 9, 20, 5]]
    ],
    latency: {},
    cores: {}
  },
  {
    name: 'uncertain, and worse than the defaults',
    trials: [
      [{}, 1, steady(10)],
      [{ threads: 2 }, 2, steady(4)],
      [{ implementation: 'ncnn' }, 1, [5, 14, 90, 5]]
    ],
    latency: { threads: 2 },
    cores: { threads: 2 }
  },
  {
    name: 'a disturbance that all suffer from in a turn changes nothing',
    trials: [
      [{}, 1, [10, 100, 10, 10]],
      [{ threads: 2 }, 2, [6, 60, 6, 6]]
    ],
    latency: { threads: 2 },
    cores: {}
  },
  {
    name: 'defaults of more threads, where one does as well',
    trials: [
      [{}, 4, steady(10)],
      [{ threads: 1 }, 1, steady(10)]
    ],
    latency: {},
    cores: { threads: 1 }
  }
]
for (const { name, trials, latency, cores } of choices) {
  test(`the best: ${name}`, (t) => {
    const all = trials.map(([options, threads, times]): Trial => ({ options, threads, times }))
    t.deepEqual(best(all, 'latency').options, latency)
    t.deepEqual(best(all, 'cores').options, cores)
  })
}

test('the cost in cores counts the threads', (t) => {
  const first: Trial = { options: {}, threads: 1, times: steady(10) }
  const other: Trial = { options: { threads: 2 }, threads: 2, times: steady(6) }
  t.is(costOf(other, first, 'latency').ratio, 0.6)
  t.is(costOf(other, first, 'cores').ratio, 1.2)
  t.throws(() => best([], 'cores'), { instanceOf: RangeError })
})

const counts: [cores: number, expected: number[]][] = [
  [0, [1]],
  [1, [1]],
  [2, [1, 2]],
  [4, [1, 2, 3, 4]],
  [8, [1, 2, 3, 4, 6, 8]],
  [128, [1, 2, 3, 4, 6, 8]]
]
for (const [cores, expected] of counts) {
  test(`numbers of threads to try on ${cores} cores`, (t) => {
    t.deepEqual(threadCounts(cores), expected)
  })
}

const rounds: [machine: Parameters<typeof onCores>[0], expected: TunedOptions[]][] = [
  [{ cores: 1, bigCores: 1, defaultThreads: 1 }, [{}]],
  [{ cores: 3, bigCores: 3, defaultThreads: 1 }, [{}, { threads: 2 }, { threads: 3 }]],
  [{ cores: 2, bigCores: 2, defaultThreads: 2 }, [{}, { threads: 1 }]],
  [{ cores: 1, bigCores: 1, defaultThreads: 1, gpu: true }, [{}, { device: 'vulkan' }]],
  [
    { cores: 3, bigCores: 2, defaultThreads: 1 },
    [
      {},
      { threads: 2 },
      { threads: 3 },
      { powersave: 'big' },
      { threads: 2, powersave: 'big' },
      { powersave: 'little' }
    ]
  ]
]
for (const [machine, expected] of rounds) {
  test(`first round on ${JSON.stringify(machine)}`, (t) => {
    t.deepEqual(onCores(machine), expected)
  })
}

test('second round: the defaults, and each winner once with every other option', (t) => {
  const one = inDetail([{}, {}], 1)
  t.deepEqual(one[0], {})
  t.true(one.some(({ precision }) => precision === 'fp16'))
  t.true(one.some(({ precision }) => precision === 'int8'))
  t.true(one.some(({ implementation }) => implementation === 'ncnn'))
  t.true(one.every(({ spinMicroseconds }) => spinMicroseconds === undefined))
  const two = inDetail([{ threads: 2 }, {}, { threads: 2 }], 1)
  t.deepEqual(two[0], {})
  t.deepEqual(
    two.filter(({ threads }) => threads === undefined),
    one
  )
  // Only several threads wait for each other.
  t.is(two.length, 2 * one.length + 2)
  t.deepEqual(
    two.flatMap(({ spinMicroseconds = [] }) => spinMicroseconds),
    [0, 2000]
  )
  t.true(inDetail([{}], 4).some(({ spinMicroseconds }) => spinMicroseconds === 0))
})

const calls: [options: Parameters<typeof openCall>[1], expected: string][] = [
  [{}, 'FaceRecognizer.open()'],
  [{ threads: 2 }, 'FaceRecognizer.open({ threads: 2 })'],
  [
    { model: 'm', threads: 2, precision: 'fp16', implementation: 'ncnn' },
    "FaceRecognizer.open({ model: 'm', threads: 2, precision: 'fp16', implementation: 'ncnn' })"
  ]
]
for (const [options, expected] of calls) {
  test(`as code: ${expected}`, (t) => {
    t.is(openCall('FaceRecognizer', options), expected)
  })
}

test('the drawn photo: twelve megapixels, the size of a camera’s file, one face', async (t) => {
  const [photo, other] = [await samplePhoto(1), await samplePhoto(2)]
  t.true(photo.length > 2.5e6 && photo.length < 5e6)
  t.not(Buffer.compare(photo, other), 0)
  await using recognizer = await FaceRecognizer.open()
  const { similarity, embeddings } = await recognizer.verify(photo, other)
  t.true(similarity > 0.95)
  for (const { face, faceCount } of embeddings) {
    t.is(faceCount, 1)
    t.true((face?.score ?? 0) > 0.9)
    t.true((face?.box.width ?? 0) > samplePhotoSize.width / 4)
  }
})

test('throughput: every number of calls in flight gets something done', async (t) => {
  const rates = await throughput({}, 0.05)
  t.deepEqual(Object.keys(rates).map(Number), [...inFlight])
  for (const count of inFlight) t.true(rates[count] > 1)
})

test('sizes on disk: what is there', async (t) => {
  const { models, addon, decoder } = await sizesOnDisk()
  t.true((models ?? 0) > 2e6 && (addon ?? 0) > 1e5 && (decoder ?? 0) > 1e6)
  t.is((await sizesOnDisk('/no/such/folder')).models, null)
})

test('the chart: a bar and a line for each, names escaped', (t) => {
  const svg = barChart(
    'a < b',
    ['fact & fact'],
    [
      { title: 'one', bars: [{ name: 'x', min: 1, median: 2 }] },
      { title: 'two', bars: [{ name: 'y"', min: 100, median: 400 }] }
    ]
  )
  t.is(svg.match(/<rect class="genuine"/g)?.length, 2)
  // Each group has a scale of its own: the longest line is as long in both.
  const lines = [...svg.matchAll(/<path class="axis" d="M250 \d+h(\d+)"/g)].map(([, end]) => end)
  t.deepEqual(lines, ['380', '380'])
  t.true(svg.includes('a &lt; b') && svg.includes('fact &amp; fact') && svg.includes('y&quot;'))
  t.true(svg.includes('>1.00 / 2.00<') && svg.includes('>100 / 400<'))
})
