import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { combineEmbeddings } from '../../lib/embeddings/combine.js'
import { FaceEmbedding, type FaceEmbeddingJson } from '../../lib/embeddings/embedding.js'
import { cosine, similarity } from '../../lib/embeddings/similarity.js'
import { EmbeddingMismatchError } from '../../lib/errors.js'
import { embedding, sha } from '../support/embeddings.js'
import { holds, resultOrRefusal } from '../support/properties.js'

const number = fc.double({ min: -1, max: 1, noNaN: true }).map(Math.fround)

/** Vectors of one length that have a direction. */
function vectors(count: number): fc.Arbitrary<number[][]> {
  return fc.integer({ min: 1, max: 24 }).chain((length) =>
    fc.array(
      fc
        .array(number, { minLength: length, maxLength: length })
        .filter((values) => Math.hypot(...values) > 1e-3),
      { minLength: count, maxLength: count }
    )
  )
}

test('a similarity is from −1 to 1, the same both ways, 1 with itself and −1 with its opposite', (t) =>
  holds(
    t,
    fc.property(vectors(2), ([x = [], y = []]) => {
      const [a, b] = [embedding(x), embedding(y)]
      const s = similarity(a, b)
      assert.ok(s >= -1 && s <= 1)
      assert.equal(similarity(b, a), s)
      assert.ok(similarity(a, a) > 1 - 1e-12)
      assert.ok(similarity(a, embedding(x.map((value) => -value))) < -1 + 1e-6)
    })
  ))

test('a cosine depends on the directions alone, and agrees with the distance of unit vectors', (t) =>
  holds(
    t,
    fc.property(vectors(2), fc.integer({ min: -20, max: 20 }), ([x = [], y = []], exponent) => {
      const scale = 2 ** exponent // exact
      const a = Float32Array.from(x)
      const larger = Float32Array.from(x, (value) => value * scale)
      const b = Float32Array.from(y)
      assert.ok(Math.abs(cosine(larger, b) - cosine(a, b)) < 1e-6)
      const [u, v] = [x, y].map((values) => values.map((value) => value / Math.hypot(...values)))
      const squared = (u ?? []).reduce((sum, value, i) => sum + (value - (v?.[i] ?? 0)) ** 2, 0)
      assert.ok(Math.abs(1 - squared / 2 - cosine(a, b)) < 1e-5)
    })
  ))

test('embeddings survive JSON to the bit, but for the sign of zeros', (t) =>
  holds(
    t,
    fc.property(vectors(1), ([x = []]) => {
      const before = embedding(x)
      const { vector, ...source } = FaceEmbedding.fromJSON(JSON.parse(JSON.stringify(before)))
      const { vector: signed, ...expected } = before
      assert.deepEqual(source, expected)
      const unsigned = signed.map((value) => (value === 0 ? 0 : value))
      assert.deepEqual(vector, unsigned)
    })
  ))

test('any JSON is an embedding of length 1 or refused', (t) =>
  holds(
    t,
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.record(
          {
            model: fc.oneof(fc.constant('m'), fc.anything()),
            modelSha256: fc.oneof(fc.constant(sha), fc.anything()),
            precision: fc.oneof(fc.constant('fp32'), fc.anything()),
            vector: fc.oneof(fc.constant([0.6, 0.8]), fc.array(fc.double()), fc.anything())
          },
          { requiredKeys: [] }
        )
      ),
      (json) => {
        const read = resultOrRefusal(() => FaceEmbedding.fromJSON(json as FaceEmbeddingJson))
        if (read !== undefined) assert.ok(Math.abs(Math.hypot(...read.vector) - 1) <= 1e-3)
      }
    ),
    1000
  ))

test('a template leans to no single photo, in whatever order they come', (t) =>
  holds(
    t,
    fc.property(fc.integer({ min: 1, max: 5 }).chain(vectors), (values) => {
      const list = values.map((x) => embedding(x))
      const combined = resultOrRefusal(() => combineEmbeddings(list))
      if (combined === undefined) return // they cancel each other out
      assert.ok(Math.abs(Math.hypot(...combined.vector) - 1) < 1e-6)
      const mean = list.reduce((sum, one) => sum + similarity(one, combined), 0) / list.length
      // The mean direction is as near to all as any of them: cauchy's inequality.
      for (const one of list) {
        const others = list.reduce((sum, other) => sum + similarity(one, other), 0) / list.length
        assert.ok(mean >= others - 1e-5)
      }
      const turned = combineEmbeddings([...list].reverse())
      assert.ok(similarity(turned, combined) > 1 - 1e-4)
    })
  ))

test('embeddings of another origin or size are never compared', (t) =>
  holds(
    t,
    fc.property(
      fc.constantFrom<[object, number[]]>(
        [{ model: 'n' }, [1, 2]],
        [{ modelSha256: 'b'.repeat(64) }, [1, 2]],
        [{ precision: 'fp16' }, [1, 2]],
        [{}, [1, 2, 3]]
      ),
      fc.boolean(),
      ([source, values], first) => {
        const pair = [embedding([1, 2]), embedding(values, source)] as const
        const [a, b] = first ? pair : [pair[1], pair[0]]
        assert.throws(() => similarity(a, b), EmbeddingMismatchError)
      }
    ),
    20
  ))
