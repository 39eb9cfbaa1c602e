// Thresholds for false accept rates, from photos of people who are in no training or test set: all
// pairs of different people are impostors. Written to the model's manifest with --write.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calibrationTable, scoreAllPairs } from '../lib/evaluation/calibrate.js'
import { parsePairs } from '../lib/evaluation/pairs.js'
import { countAtLeast } from '../lib/evaluation/roc.js'
import { embedPhotos } from './shared/embed-photos.js'
import { updateManifest } from './shared/manifest-file.js'
import { scriptOptions } from './shared/options.js'

const usage = `usage: npm run calibrate -- (--crops DIR | --photos DIR) [--exclude-pairs pairs.txt]
         [--model NAME] [--model-dir DIR] [--precision fp32|fp16] [--threads N]
         [--dataset NAME] [--write]
DIR holds a folder for each person. People named in the pairs are left out.`

const options = scriptOptions('exclude-pairs', usage)

async function excludedPeople(): Promise<ReadonlySet<string>> {
  if (options.own === undefined) return new Set()
  const { pairs } = parsePairs(await readFile(options.own, 'utf8'))
  return new Set(pairs.flatMap(({ a, b }) => [a.person, b.person]))
}

const excluded = await excludedPeople()
const people = (await readdir(options.folder, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory() && !excluded.has(entry.name))
  .map(({ name }) => name)
  .sort()
const paths: string[] = []
for (const person of people) {
  const photos = (await readdir(join(options.folder, person))).sort()
  paths.push(
    ...photos.filter((name) => /\.(jpe?g|png)$/i.test(name)).map((name) => join(person, name))
  )
}
const { embeddings, withoutFace } = await embedPhotos(
  options.kind,
  options.folder,
  paths,
  options.open
)

// In the order of the paths, so that the outcome does not depend on which photo was ready first.
const vectors = paths.flatMap((path) => {
  const vector = embeddings.get(path)?.vector
  return vector ? [{ person: path.split('/')[0] ?? path, vector }] : []
})
const { genuine, impostors } = scoreAllPairs(vectors)

// Six digits are read easily; rates are counted again at what is written.
const thresholds = calibrationTable(impostors).map(({ far, threshold }) => {
  const rounded = Math.ceil(threshold * 1e6) / 1e6
  return { far, threshold: rounded, impostors: countAtLeast(impostors, rounded) }
})
console.log(
  `${options.model} (${options.precision}): ${people.length} people, ${vectors.length} photos ` +
    `(${withoutFace.length} without a face), ${impostors.length} impostor and ${genuine.length} genuine pairs`
)
console.log('  FAR      threshold  impostors  genuine pairs accepted')
for (const { far, threshold, impostors: accepted } of thresholds) {
  const share = genuine.length
    ? (countAtLeast(genuine, threshold) / genuine.length) * 100
    : Number.NaN
  console.log(
    `  ${String(far).padEnd(8)} ${threshold.toFixed(6)}  ${String(accepted).padStart(9)}  ${share.toFixed(2)} %`
  )
}

if (options.write) {
  const defaultFar = 1e-3
  const path = await updateManifest(options.model, options.modelDir, (manifest) => {
    manifest.calibration = {
      dataset:
        options.dataset ??
        `LFW deep-funneled, ${people.length} people in no pair of view 2, all pairs of ${vectors.length} photos`,
      impostorPairs: impostors.length,
      genuinePairs: genuine.length,
      precision: options.precision,
      thresholds,
      defaultFar
    }
  })
  console.log(`written to ${path}`)
}
