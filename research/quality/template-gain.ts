// What templates of several photos gain: people of a folder with at least six photos, templates of
// 1, 2, 3 and 5 of them against photos in no template. For reporting only: nothing is fitted to it.
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { countAtLeast, tarAtFar } from '../../lib/evaluation/roc.js'
import { combineEmbeddings, type FaceEmbedding, similarity } from '../../lib/index.js'
import { thresholdForFar } from '../../lib/models/thresholds.js'
import { embedded } from './embedded.js'

const usage = 'usage: npx tsx research/quality/template-gain.ts --photos DIR --cache FILE.json'
const { values } = parseArgs({
  options: { photos: { type: 'string' }, cache: { type: 'string' } }
})
const { photos, cache } = values
if (!photos || !cache) throw new Error(usage)
const far = 1e-3
const sizes = [1, 2, 3, 5]
const mostEnrolled = 5
/** Of people with hundreds of photos no more are taken, so that they do not decide the outcome. */
const mostPhotos = 20

const folders = new Map<string, string[]>()
for (const person of (await readdir(photos)).sort()) {
  const files = (await readdir(`${photos}/${person}`)).sort().slice(0, mostPhotos)
  if (files.length > mostEnrolled) {
    folders.set(
      person,
      files.map((file) => `${person}/${file}`)
    )
  }
}
const { embeddings, manifest } = await embedded(photos, [...folders.values()].flat(), cache)

interface Person {
  readonly enrolled: readonly FaceEmbedding[]
  readonly probes: readonly FaceEmbedding[]
}

const people = [...folders.values()].flatMap((files): Person[] => {
  const found = files.flatMap((file) => embeddings.get(file) ?? [])
  const [enrolled, probes] = [found.slice(0, mostEnrolled), found.slice(mostEnrolled)]
  return probes.length > 0 ? [{ enrolled, probes }] : []
})
if (manifest.calibration === undefined) throw new Error(`${manifest.name} has no calibration`)
const threshold = thresholdForFar(manifest.calibration, far)

const probes = people.flatMap((person) => person.probes.map((probe) => ({ person, probe })))
const percent = (part: number, all: number): string => `${((part / all) * 100).toFixed(2)} %`
console.log(
  `${people.length} people, ${probes.length} probes; threshold ${threshold} (FAR ${far} of the manifest)`
)
console.log('| photos | TAR at FAR 0.1 % | refused at threshold | impostors accepted there |')
console.log('|---|---|---|---|')
for (const size of sizes) {
  const genuine: number[] = []
  const impostors: number[] = []
  for (const owner of people) {
    const template = combineEmbeddings(owner.enrolled.slice(0, size))
    for (const { person, probe } of probes) {
      ;(person === owner ? genuine : impostors).push(similarity(template, probe))
    }
  }
  const [same, other] = [Float64Array.from(genuine).sort(), Float64Array.from(impostors).sort()]
  const point = tarAtFar(same, other, far)
  const refused = same.length - countAtLeast(same, threshold)
  const accepted = countAtLeast(other, threshold)
  console.log(
    `| ${size} | ${point.genuine} of ${same.length} = ${percent(point.genuine, same.length)} | ${refused} = ${percent(refused, same.length)} | ${accepted} of ${other.length} = ${((accepted / other.length) * 100).toFixed(3)} % |`
  )
}
