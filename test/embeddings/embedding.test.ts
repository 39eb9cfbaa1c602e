import { runInNewContext } from 'node:vm'
import test from 'ava'
import { combineEmbeddings } from '../../lib/embeddings/combine.js'
import { FaceEmbedding, type FaceEmbeddingJson } from '../../lib/embeddings/embedding.js'
import { similarity } from '../../lib/embeddings/similarity.js'
import { EmbeddingMismatchError, InvalidArgumentError } from '../../lib/errors.js'
import { embedding, sha } from '../support/embeddings.js'

const similarities: [string, number[], number[], number][] = [
  ['the same direction', [1, 2, 3], [2, 4, 6], 1],
  ['opposite directions', [1, 2, 3], [-1, -2, -3], -1],
  ['orthogonal', [1, 0, 0], [0, 1, 0], 0],
  ['60 degrees', [1, 0], [1, Math.sqrt(3)], 0.5],
  ['135 degrees', [1, 0], [-1, 1], -Math.SQRT1_2]
]

for (const [name, a, b, expected] of similarities) {
  test(`similarity: ${name}`, (t) => {
    const value = similarity(embedding(a), embedding(b))
    t.true(Math.abs(value - expected) < 1e-7, String(value))
    t.true(value >= -1 && value <= 1)
    t.is(value, similarity(embedding(b), embedding(a)))
  })
}

test('embeddings of different origin refuse to be compared', (t) => {
  const a = embedding([1, 2])
  const others: [FaceEmbedding, RegExp][] = [
    [embedding([1, 2], { model: 'n' }), /models/],
    [embedding([1, 2], { modelSha256: 'b'.repeat(64) }), /weights/],
    [embedding([1, 2], { precision: 'fp16' }), /precisions/],
    [embedding([1, 2, 3]), /sizes/]
  ]
  for (const [b, message] of others) {
    const error = t.throws(() => similarity(a, b), { instanceOf: EmbeddingMismatchError, message })
    t.is(error?.code, 'EMBEDDING_MISMATCH')
  }
})

test('what is no embedding is named', (t) => {
  const good = embedding([3, 4])
  for (const value of [null, undefined, 7, good.vector, good.toJSON()]) {
    const pairs: [unknown, unknown, string][] = [
      [value, good, 'a'],
      [good, value, 'b']
    ]
    for (const [a, b, argument] of pairs) {
      const error = t.throws(() => similarity(a as FaceEmbedding, b as FaceEmbedding), {
        instanceOf: InvalidArgumentError
      })
      t.is(error?.argument, argument)
    }
  }
})

test('an embedding is made of a vector of length 1 and its origin, or not at all', (t) => {
  const source = { model: 'm', modelSha256: sha, precision: 'fp32' } as const
  const vector = Float32Array.of(0.6, 0.8)
  t.notThrows(() => new FaceEmbedding(vector, source))
  const cases: [unknown, unknown, string][] = [
    [vector, undefined, 'source'],
    [vector, { ...source, model: '' }, 'model'],
    [vector, { ...source, modelSha256: 'A'.repeat(64) }, 'modelSha256'],
    [vector, { ...source, precision: 'int4' }, 'precision'],
    [null, source, 'vector'],
    [[0.6, 0.8], source, 'vector'],
    [new Float32Array(0), source, 'vector'],
    [new Float32Array(512), source, 'vector'],
    [Float32Array.of(3, 4), source, 'vector'],
    [Float32Array.of(Number.NaN, 1), source, 'vector']
  ]
  for (const [values, origin, argument] of cases) {
    const error = t.throws(
      () => new FaceEmbedding(values as Float32Array, origin as typeof source),
      { instanceOf: InvalidArgumentError }
    )
    t.is(error?.argument, argument)
  }
})

test('JSON and back: the same numbers to the last bit', (t) => {
  const values = Array.from({ length: 512 }, (_, i) => Math.sin(i * i))
  const before = embedding(values)
  const after = FaceEmbedding.fromJSON(JSON.parse(JSON.stringify(before)))
  t.deepEqual(after.vector, before.vector)
  t.is(similarity(before, after), similarity(before, before))
})

test('wrong JSON is refused, naming the field', (t) => {
  const good: FaceEmbeddingJson = {
    model: 'm',
    modelSha256: sha,
    precision: 'fp32',
    vector: [0.6, 0.8]
  }
  t.notThrows(() => FaceEmbedding.fromJSON(good))
  const cases: [unknown, string][] = [
    [null, 'json'],
    ['{}', 'json'],
    [{ ...good, model: '' }, 'model'],
    [{ ...good, model: 3 }, 'model'],
    [{ ...good, modelSha256: 'abc' }, 'modelSha256'],
    [{ ...good, precision: 'int4' }, 'precision'],
    [{ ...good, vector: [] }, 'vector'],
    [{ ...good, vector: ['0.6', '0.8'] }, 'vector'],
    [{ ...good, vector: [0.6, null] }, 'vector'],
    [{ ...good, vector: [0.6, Number.NaN] }, 'vector'],
    [{ ...good, vector: [3, 4] }, 'vector'],
    [{ ...good, vector: { 0: 0.6, 1: 0.8 } }, 'vector']
  ]
  for (const [json, argument] of cases) {
    const error = t.throws(() => FaceEmbedding.fromJSON(json as FaceEmbeddingJson), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, argument)
  }
})

test('a template says of how many photos it is, and its JSON too', (t) => {
  const two = combineEmbeddings([embedding([1, 0]), embedding([0, 1])])
  t.is(embedding([1, 0]).photos, 1)
  t.is(two.photos, 2)
  t.is(combineEmbeddings([two, embedding([1, 0])]).photos, 3)
  t.is(FaceEmbedding.fromJSON(JSON.parse(JSON.stringify(two))).photos, 2)
  const { photos, ...older } = two.toJSON()
  t.is(photos, 2)
  t.is(FaceEmbedding.fromJSON(older).photos, 1)
  t.false('photos' in embedding([1, 0]).toJSON())
  for (const wrong of [0, 1.5, '2', -1]) {
    t.like(
      t.throws(() => FaceEmbedding.fromJSON({ ...older, photos: wrong as number })),
      { code: 'INVALID_ARGUMENT', argument: 'photos' }
    )
  }
})

test('a vector of another realm is as good as ours', (t) => {
  const vector: Float32Array = runInNewContext('Float32Array.of(1, 0)')
  t.false(vector instanceof Float32Array)
  const { model, modelSha256, precision } = embedding([1, 0])
  t.is(
    similarity(new FaceEmbedding(vector, { model, modelSha256, precision }), embedding([1, 0])),
    1
  )
})
