import test from 'ava'
import { FaceEmbedding } from '../../lib/embeddings/embedding.js'
import { cosine } from '../../lib/embeddings/similarity.js'
import { Evidence } from '../../lib/tracks/evidence.js'

const source = { model: 'm', modelSha256: 'a'.repeat(64), precision: 'fp32' as const }

/** A unit vector between two axes: person 0 lies along the first, person 1 along the second. */
function face(person: 0 | 1, noise = 0): FaceEmbedding {
  const vector = new Float32Array(8)
  vector[person] = Math.cos(noise)
  vector[2 + person] = Math.sin(noise)
  return new FaceEmbedding(vector, source)
}
const sample = (person: 0 | 1, time: number, quality = 0.8, noise = 0.1) => ({
  embedding: face(person, noise),
  quality,
  time
})

test('a decision takes several frames', (t) => {
  const evidence = new Evidence({ agreeing: 3 })
  t.is(evidence.template(), undefined)
  const enough = [0, 1, 2, 3].map((time) => {
    evidence.add(sample(0, time))
    return evidence.enough
  })
  t.deepEqual(enough, [false, false, true, true])
})

test('the best embeddings are kept', (t) => {
  const evidence = new Evidence({ keep: 3 })
  for (const [time, quality] of [0.5, 0.9, 0.4, 0.8, 0.3].entries()) {
    evidence.add(sample(0, time, quality))
  }
  t.deepEqual(
    evidence.samples.map(({ quality }) => quality),
    [0.5, 0.9, 0.8]
  )
})

test('one stray frame changes nothing, two in a row begin anew', (t) => {
  const evidence = new Evidence()
  for (const time of [0, 1, 2]) t.true(evidence.add(sample(0, time)))
  t.false(evidence.add(sample(1, 3)))
  t.is(evidence.samples.length, 3)
  t.true(evidence.add(sample(0, 4)))
  t.false(evidence.add(sample(1, 5)))
  t.false(evidence.add(sample(1, 6)))
  t.is(evidence.samples.length, 1)
  t.true(cosine(evidence.template()?.vector as Float32Array, face(1).vector) > 0.9)
  t.false(evidence.enough)
})

test('what an embedding is worth', (t) => {
  const evidence = new Evidence({ minQuality: 0.3, every: 0.2, recheckEvery: 3 })
  t.is(evidence.worth(0.2, 0, false), 0, 'too poor')
  const first = evidence.worth(0.8, 0, false)
  t.true(first > 0)
  evidence.add(sample(0, 0))
  t.is(evidence.worth(0.8, 0.1, false), 0, 'too soon')
  const second = evidence.worth(0.8, 0.3, false)
  t.true(second > 0 && second < first, 'who is less known comes first')
  t.is(evidence.worth(0.8, 1, true), 0, 'decided: not so soon')
  const recheck = evidence.worth(0.8, 4, true)
  t.true(recheck > 0 && recheck < second, 'undecided before decided')
})
