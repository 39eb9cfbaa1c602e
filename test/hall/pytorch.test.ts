// The shipped weights, run by the addon in each of its ways, against what PyTorch computed from the
// same weights when they were exported: training/seesaw/export.py writes the vectors of
// test/fixtures/parity.
import { readdir } from 'node:fs/promises'
import test from 'ava'
import { FaceEmbedder, listModels } from '../../lib/index.js'
import { agreements, minimumCosine, readVectors } from '../support/vectors.js'

const parity = new URL('../fixtures/parity/', import.meta.url)
const stored = (await readdir(parity)).sort()

test('there are vectors for every embedding model', async (t) => {
  const embedders = (await listModels()).filter(({ kind }) => kind === 'embedder')
  t.deepEqual(
    stored,
    embedders.map(({ name }) => `${name}.json`)
  )
})

const cases = stored.flatMap((file) =>
  (['auto', 'ncnn'] as const).map((implementation) => ({ file, implementation }))
)

for (const { file, implementation } of cases) {
  test(`${file}, ${implementation}: agrees with PyTorch to a cosine of ${minimumCosine}`, async (t) => {
    const vectors = await readVectors(new URL(file, parity))
    await using embedder = await FaceEmbedder.open({ model: vectors.model, implementation })
    for (const { crop, cosine } of await agreements(embedder, vectors)) {
      t.log(`${crop}: ${cosine.toFixed(8)}`)
      t.true(cosine >= minimumCosine, `${crop}: cosine ${cosine}`)
    }
  })
}
