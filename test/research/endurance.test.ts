import test from 'ava'
import { type Judged, judge, type Sample, subjects } from '../../research/endurance/judge.js'
import { trend } from '../../research/endurance/trend.js'

const places = Array.from({ length: 400 }, (_, i) => 250 * (i + 1))
/** Noise that is the same each time, -1 to 1, by a linear congruential generator. */
const noise: number[] = []
for (let state = 7; noise.length < places.length; ) {
  state = (state * 1103515245 + 12345) % 2 ** 31
  noise.push(state / 2 ** 30 - 1)
}

test('a line is found again, and noise tells how surely', (t) => {
  const line = places.map((x) => 5 + 3 * x)
  const exact = trend(places, line)
  t.true(Math.abs(exact.slope - 3) < 1e-9 && Math.abs(exact.intercept - 5) < 1e-3)
  t.true(exact.margin < 1e-6)
  const noisy = trend(
    places,
    line.map((y, i) => y + 1000 * (noise[i] as number))
  )
  t.true(Math.abs(noisy.slope - 3) < noisy.margin)
  t.true(noisy.margin > 1e-4)
})

test('samples that follow each other count as fewer', (t) => {
  let sum = 0
  const wandering = noise.map((value) => {
    sum = 0.9 * sum + value
    return sum
  })
  const shuffled = wandering.map((_, i) => wandering[(i * 149) % wandering.length] as number)
  t.true(trend(places, wandering).margin > 2 * trend(places, shuffled).margin)
})

type Outcome = Judged['outcome']

const cases: [what: string, growth: number, threads: number, outcome: Outcome, length?: number][] =
  [
    ['memory as it was', 0, 0, 'steady'],
    ['a kilobyte lost each time', 1024, 0, 'grows'],
    ['a thread lost now and then', 0, 1, 'grows'],
    ['about as much as the limit', 256, 0, 'undecided'],
    ['memory of a run that has just begun', 1024, 0, 'too short', 100],
    ['a thread lost in a run that has just begun', 0, 1, 'grows', 200]
  ]
for (const [what, growth, threads, outcome, length = places.length] of cases) {
  test(`${what}: ${outcome}`, (t) => {
    const subject = subjects.find(({ name }) => name === 'verifies')
    if (subject === undefined) return t.fail()
    const samples = places.slice(0, length).map(
      (calls, i): Sample => ({
        calls,
        rss: 1e8 + growth * calls + 1e6 * (noise[i] as number),
        heapUsed: 5e6,
        external: 1e6,
        threads: 12 + Math.floor((threads * i) / 100),
        files: 20
      })
    )
    t.is(judge(subject, samples).outcome, outcome)
  })
}
