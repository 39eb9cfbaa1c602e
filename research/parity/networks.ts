// Loads every network of a folder in the addon and compares its embeddings of the crops in
// test/fixtures with PyTorch's: npm run network-parity -- FOLDER
// The folder is what `python -m seesaw.export --network all --out FOLDER` wrote in training/.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FaceEmbedder } from '../../lib/index.js'
import { agreements, minimumCosine, readVectors } from '../../test/support/vectors.js'

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('usage: npm run network-parity -- FOLDER\n')
  process.exit(2)
}
const files = (await readdir(join(folder, 'parity'))).filter((name) => name.endsWith('.json'))
if (files.length === 0) throw new Error(`${folder}/parity holds no vectors`)

let worstOfAll = 1
for (const file of files.sort()) {
  const vectors = await readVectors(join(folder, 'parity', file))
  await using embedder = await FaceEmbedder.open({ model: vectors.model, modelDir: folder })
  const { architecture, output, precision } = embedder.manifest
  const worst = Math.min(...(await agreements(embedder, vectors)).map(({ cosine }) => cosine))
  worstOfAll = Math.min(worstOfAll, worst)
  console.log(
    `${vectors.model.padEnd(24)} ${String(architecture.parameters).padStart(9)} parameters ` +
      `${String(architecture.layers).padStart(4)} layers  ${String(output.size).padStart(3)}-d ` +
      `${precision} weights  worst cosine of ${vectors.vectors.length} crops ${worst.toFixed(8)}`
  )
}
// NaN is no agreement either.
if (!(worstOfAll >= minimumCosine)) {
  console.error(`A cosine is below ${minimumCosine}`)
  process.exitCode = 1
}
