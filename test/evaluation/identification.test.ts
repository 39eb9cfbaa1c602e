import test from 'ava'
import fc from 'fast-check'
import { randomInts } from '../../lib/evaluation/bootstrap.js'
import { drawGallery, enrollable } from '../../lib/evaluation/identification/draw.js'
import {
  identificationRates,
  identify,
  settings
} from '../../lib/evaluation/identification/rates.js'
import { missed, searchDraw } from '../../lib/evaluation/identification/search.js'
import type { FaceMatrix } from '../../lib/evaluation/people/matrix.js'
import { makeFaces, randomNumbers } from '../support/faces.js'
import { holds } from '../support/properties.js'

function cosine(a: FaceMatrix, i: number, b: FaceMatrix, j: number): number {
  let [dot, aa, bb] = [0, 0, 0]
  for (let k = 0; k < a.size; k++) {
    const [x, y] = [a.vectors[i * a.size + k] ?? 0, b.vectors[j * b.size + k] ?? 0]
    dot += x * y
    aa += x * x
    bb += y * y
  }
  return dot / Math.sqrt(aa * bb)
}

const faces = makeFaces({
  people: 90,
  photos: [1, 2, 4, 6],
  size: 12,
  spread: 1,
  family: (i) => (i % 6 === 0 ? 'one' : undefined)
})

test('a draw enrols people once, searches with other photos, and strangers are never enrolled', (t) => {
  for (const [photos, size, probes] of [
    [1, 50, 2],
    [3, 40, 1],
    [5, 20, 9],
    [1, 89, 1]
  ] as const) {
    const draw = drawGallery(faces, { size, photos, probes, random: randomInts(photos) })
    const enrolled = new Set(draw.gallery.people)
    t.is(enrolled.size, size)
    t.is(draw.gallery.rows, size)
    for (const person of draw.mated.people) t.true(enrolled.has(person))
    for (const person of draw.strangers.people) t.false(enrolled.has(person))
    t.is(new Set(draw.strangers.people).size, 90 - size)
    const shown = [...draw.mated.paths, ...draw.strangers.paths]
    t.is(new Set(shown).size, shown.length)
    // What is left of a person's photos, and no more than asked for.
    for (const person of enrolled) {
      const all = faces.people.filter((other) => other === person).length
      const found = draw.mated.people.filter((other) => other === person).length
      t.is(found, Math.min(probes, all - photos))
    }
  }
  t.is(enrollable(faces, 4), 44)
})

test('people who can be searched for are enrolled first', (t) => {
  // 67 have a second photo.
  const { mated } = drawGallery(faces, { size: 67, photos: 1, probes: 1, random: randomInts(1) })
  t.is(mated.rows, 67)
})

test('searches are those of comparing one by one', async (t) => {
  const draw = drawGallery(faces, { size: 70, photos: 1, probes: 3, random: randomInts(9) })
  const { gallery, mated, strangers } = draw
  const found = await searchDraw(draw)
  const near = (x: number | undefined, y: number): boolean => Math.abs((x ?? 9) - y) < 1e-12
  for (let i = 0; i < mated.rows; i++) {
    const person = mated.people[i] ?? -1
    const scores = [...gallery.people].map((other, j) => ({
      other,
      score: cosine(mated, i, gallery, j)
    }))
    const mate = scores.find(({ other }) => other === person)?.score ?? 9
    const others = scores.filter(
      ({ other }) => other !== person && faces.families[other] !== faces.families[person]
    )
    const isFirst = others.every(({ score }) => score <= mate)
    t.true(near(found.mated[i], isFirst ? mate : missed))
  }
  for (let i = 0; i < strangers.rows; i++) {
    const family = faces.families[strangers.people[i] ?? -1]
    const scores = [...gallery.people].flatMap((other, j) =>
      faces.families[other] === family ? [] : [cosine(strangers, i, gallery, j)]
    )
    t.true(near(found.strangers[i], Math.max(...scores)))
  }
})

test('FNIR at an FPIR is what counting gives', (t) =>
  holds(
    t,
    fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), async (seed) => {
      const random = randomNumbers(seed)
      const scores = (n: number, shift: number): Float64Array =>
        Float64Array.from({ length: n }, () => Number((random() * 0.6 + shift).toFixed(2)))
      const searches = {
        mated: scores(80, 0.3).map((score) => (random() < 0.1 ? missed : score)),
        matedPeople: Int32Array.from({ length: 80 }, (_, i) => i % 20),
        strangers: scores(400, 0),
        strangerPeople: Int32Array.from({ length: 400 }, (_, i) => 20 + (i % 50))
      }
      const rates = await identificationRates(searches, 70, [0.1, 0.05, 0.001], { rounds: 20 })
      for (const { fpir, point } of rates) {
        if (point === undefined) {
          if (fpir * 400 >= 10) throw new Error(`${fpir} is supported`)
          continue
        }
        const positives = searches.strangers.filter((score) => score >= point.threshold).length
        const misses = searches.mated.filter((score) => score < point.threshold).length
        if (positives !== point.falsePositives || positives > fpir * 400)
          throw new Error('positives')
        if (misses !== point.missed || point.fnir !== misses / 80) throw new Error('misses')
        // One hundredth lower, and too many would be found (scores have two decimals).
        const lower = searches.strangers.filter((score) => score >= point.threshold - 0.01).length
        if (lower <= fpir * 400) throw new Error('a lower threshold would do')
        if (!(point.interval.low <= point.interval.high)) throw new Error('interval')
      }
    }),
    40
  ))

test('galleries go as far as the data, and the same seed gives the same', async (t) => {
  t.deepEqual(settings(faces), [])
  t.deepEqual(settings(faces, [1, 3, 7], [30, 45, 90]), [
    { photos: 1, size: 30 },
    { photos: 1, size: 45 },
    { photos: 3, size: 30 }
  ])
  const options = { photos: [1], galleries: [30], draws: 12, probes: 4, rounds: 30 }
  const [first, second, other] = await Promise.all([
    identify(faces, options),
    identify(faces, { ...options, galleries: [20, 30] }),
    identify(faces, { ...options, seed: 2 })
  ])
  t.deepEqual(first?.[0], second?.[1])
  t.notDeepEqual(first?.[0]?.rates, other?.[0]?.rates)
  const [ten] = first?.[0]?.rates ?? []
  t.is(ten?.fpir, 0.1)
  t.true((ten?.point?.falsePositives ?? 0) <= 0.1 * (first?.[0]?.searches.strangers ?? 0))
  const { interval, fnir } = ten?.point ?? { interval: { low: 1, high: 0 }, fnir: 0 }
  t.true(interval.low <= fnir && fnir <= interval.high)
})

test('a signal ends the draws', async (t) => {
  await t.throwsAsync(
    identify(faces, { galleries: [30], signal: AbortSignal.abort(new Error('enough')) }),
    { message: 'enough' }
  )
})
