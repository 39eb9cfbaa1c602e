// The shipped weights, run by NCNN, against what PyTorch computed from the same weights when they
// were exported: training/seesaw/export.py writes the vectors of test/fixtures/parity.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import * as v from 'valibot'
import { FaceEmbedder, listModels } from '../../lib/index.js'
import { cosine } from '../../lib/similarity.js'
import { crop } from '../support/fixtures.js'

const fixtures = new URL('../fixtures/', import.meta.url)

const parity = v.object({
  model: v.string(),
  paramSha256: v.string(),
  binSha256: v.string(),
  vectors: v.pipe(
    v.array(
      v.object({
        crop: v.pipe(v.string(), v.regex(/^crops\/[\w.]+\.png$/)),
        sha256: v.string(),
        embedding: v.array(v.number())
      })
    ),
    v.minLength(3)
  )
})

const stored = (await readdir(new URL('parity/', fixtures))).sort()

test('there are vectors for every embedding model', async (t) => {
  const embedders = (await listModels()).filter(({ kind }) => kind === 'embedder')
  t.deepEqual(
    stored,
    embedders.map(({ name }) => `${name}.json`)
  )
})

for (const file of stored) {
  test(`${file}: NCNN and PyTorch agree to a cosine of 0.99999`, async (t) => {
    const text = await readFile(new URL(`parity/${file}`, fixtures), 'utf8')
    const { model, paramSha256, binSha256, vectors } = v.parse(parity, JSON.parse(text))
    await using embedder = await FaceEmbedder.open({ model })
    t.is(embedder.manifest.files.param.sha256, paramSha256)
    t.is(embedder.manifest.files.bin.sha256, binSha256)
    for (const { crop: path, sha256, embedding } of vectors) {
      const bytes = await readFile(fileURLToPath(new URL(path, fixtures)))
      t.is(createHash('sha256').update(bytes).digest('hex'), sha256, path)
      const { vector } = await embedder.embed(await crop(path.replace('crops/', '')))
      t.is(vector.length, embedding.length)
      const agreement = cosine(vector, Float32Array.from(embedding))
      t.log(`${path}: ${agreement.toFixed(8)}`)
      t.true(agreement >= 0.99999, `${path}: cosine ${agreement}`)
    }
  })
}
