// Accuracy by the protocol of Labeled Faces in the Wild, view 2, of the model files as shipped and
// through the add-on.
import { readFile } from 'node:fs/promises'
import { crossValidate, type ScoredPair } from '../lib/evaluation/folds.js'
import { parsePairs, photoPath } from '../lib/evaluation/pairs.js'
import { areaUnderCurve, tarAtFar } from '../lib/evaluation/roc.js'
import { similarity } from '../lib/index.js'
import { readManifest } from '../lib/model.js'
import { embedPhotos } from './shared/embed-photos.js'
import { updateManifest } from './shared/manifest-file.js'
import { scriptOptions } from './shared/options.js'

const usage = `usage: npm run evaluate -- (--crops DIR | --photos DIR) --pairs pairs.txt
         [--model NAME] [--model-dir DIR] [--precision fp32|fp16] [--threads N]
         [--dataset NAME] [--write]
DIR holds NAME/NAME_0001.jpg: aligned 112×112 crops, or whole photos.`

const options = scriptOptions('pairs', usage)
if (options.own === undefined) throw new Error(`--pairs is missing\n${usage}`)
const { folds, pairs } = parsePairs(await readFile(options.own, 'utf8'))
const paths = [...new Set(pairs.flatMap(({ a, b }) => [photoPath(a), photoPath(b)]))]

const started = performance.now()
const { embeddings, withoutFace } = await embedPhotos(
  options.kind,
  options.folder,
  paths,
  options.open
)
const seconds = (performance.now() - started) / 1000

// Where the pipeline finds no face it says "different", which is wrong for genuine pairs.
let missed = 0
const scored = pairs.map(({ a, b, same, fold }): ScoredPair => {
  const left = embeddings.get(photoPath(a))
  const right = embeddings.get(photoPath(b))
  if (left && right) return { score: similarity(left, right), same, fold }
  missed++
  return { score: -1, same, fold }
})
const result = crossValidate(scored)
const scoresOf = (wanted: boolean): Float64Array =>
  Float64Array.from(scored.filter(({ same }) => same === wanted).map(({ score }) => score)).sort()
const genuine = scoresOf(true)
const impostors = scoresOf(false)
const points = [0.1, 0.01, 0.001].map((far) => tarAtFar(genuine, impostors, far))

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
const pipeline = options.kind === 'photos' ? ', whole pipeline' : ''
const protocol = `view 2, ${pairs.length} pairs, ${folds} folds, no flip${pipeline}`
console.log(`${options.model} (${options.precision}), ${protocol}`)
console.log(
  `  photos      ${paths.length} in ${seconds.toFixed(0)} s; ${withoutFace.length} without a face (${missed} pairs)`
)
console.log(`  accuracy    ${percent(result.accuracy)} ± ${percent(result.standardError)}`)
console.log(`  AUC         ${areaUnderCurve(genuine, impostors).toFixed(5)}`)
for (const { far, tar, threshold, impostors: accepted } of points) {
  console.log(
    `  TAR@FAR ${far}`.padEnd(16),
    `${percent(tar)} at ${threshold.toFixed(4)} (${accepted} of ${impostors.length} impostors)`
  )
}
const thresholds = result.folds.map(({ threshold }) => threshold)
console.log(
  `  thresholds  ${Math.min(...thresholds).toFixed(4)} to ${Math.max(...thresholds).toFixed(4)} over the folds`
)

if (options.write) {
  const { files } = await readManifest(options.model, options.modelDir)
  const dataset = options.dataset ?? 'LFW'
  const entry = {
    dataset,
    protocol,
    accuracy: Number(result.accuracy.toFixed(6)),
    standardError: Number(result.standardError.toFixed(6)),
    // 3000 impostor pairs say something down to 1e-2, where 30 of them are accepted.
    tarAtFar: points
      .filter(({ impostors: accepted }) => accepted >= 10)
      .map(({ far, tar }) => ({ far, tar: Number(tar.toFixed(6)) })),
    binSha256: files.bin.sha256,
    precision: options.precision
  }
  const path = await updateManifest(options.model, options.modelDir, (manifest) => {
    const others = Array.isArray(manifest.accuracy) ? manifest.accuracy : []
    const kept = others.filter(
      (other) =>
        other.binSha256 === entry.binSha256 &&
        (other.dataset !== dataset ||
          other.protocol !== protocol ||
          other.precision !== entry.precision)
    )
    manifest.accuracy = [...kept, entry]
  })
  console.log(`written to ${path}`)
}
