// Stores the embedding of the self-test's input in a model's manifest, for `seesawface doctor` to
// compare with on other machines. Run it where the tests pass; without --write it only compares.
import { parseArgs } from 'node:util'
import { cosineOf, decodeEmbedding, encodeEmbedding, waves } from '../lib/doctor/self-test.js'
import { FaceEmbedder } from '../lib/embedder.js'
import { updateManifest } from '../lib/evaluation/manifest-file.js'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'seesaw-shuffle' },
    'model-dir': { type: 'string' },
    write: { type: 'boolean', default: false }
  }
})
const modelDir = values['model-dir']
const embedder = await FaceEmbedder.open({
  model: values.model,
  ...(modelDir !== undefined && { modelDir })
})
const { vector, precision } = await embedder.embed(waves())
await embedder.close()
const { selfTest, files } = embedder.manifest
if (selfTest) {
  const cosine = cosineOf(vector, decodeEmbedding(selfTest.embedding))
  const weights = selfTest.binSha256 === files.bin.sha256 ? 'these' : 'other'
  console.log(
    `${values.model}: cosine ${cosine.toFixed(7)} to what is stored, of ${weights} weights`
  )
} else {
  console.log(`${values.model}: nothing is stored yet`)
}
if (values.write) {
  const path = await updateManifest(values.model, modelDir, (manifest) => {
    manifest.selfTest = {
      input: 'waves',
      embedding: encodeEmbedding(vector),
      binSha256: files.bin.sha256,
      precision
    }
  })
  console.log(`written to ${path}`)
}
