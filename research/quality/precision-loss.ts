// What a precision costs in accuracy, against fp32 on the same photos or aligned crops: the loss in
// TAR@FAR with an interval, how near embeddings stay, and what becomes of the manifest's thresholds.
// For reporting only: nothing is fitted to it.
//
//   npx tsx research/quality/precision-loss.ts --crops DIR | --photos DIR [--pairs LIST]
//     [--model NAME] [--precision int8]
//
// DIR holds a folder for each person; of photos the whole pipeline takes the most prominent face.
// LIST limits the photos to those that a list of pairs names. Genuine pairs are all pairs of one
// person's photos; impostors are all pairs of the first photos of different people, so that a rate of
// 1e-3 rests on thousands. A photo without a face is like no other: its score is −1.
// Intervals are of people drawn again, the same for both precisions. For the paired difference
// thresholds stay (they rest on millions of pairs).
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { embedPhotos } from '../../lib/evaluation/embed-photos.js'
import { parsePairs } from '../../lib/evaluation/pairs.js'
import { operatingPoint } from '../../lib/evaluation/roc.js'
import type { Precision } from '../../lib/index.js'
import { readManifest } from '../../lib/models/load.js'
import { calibrationOf } from '../../lib/models/manifest.js'

const { values } = parseArgs({
  options: {
    crops: { type: 'string' },
    photos: { type: 'string' },
    pairs: { type: 'string' },
    model: { type: 'string', default: 'seesaw-shuffle' },
    precision: { type: 'string', default: 'int8' }
  }
})
const { crops, photos, pairs: list, model, precision } = values
const folder = crops ?? photos
if (folder === undefined || (crops && photos) || (precision !== 'int8' && precision !== 'fp16')) {
  throw new Error('give --crops DIR or --photos DIR, and --precision int8 or fp16')
}
const kind = crops ? 'crops' : 'photos'
const rates = [1e-2, 1e-3, 1e-4]
const rounds = 2000

const named =
  list && new Set(parsePairs(await readFile(list, 'utf8')).pairs.flatMap(({ a, b }) => [a, b]))

/** Of each person, the paths of all photos. */
const people: string[][] = []
for (const person of (await readdir(folder)).sort()) {
  const files = (await readdir(join(folder, person))).sort().map((file) => join(person, file))
  const wanted = files.filter((path) => !named || named.has(path))
  if (wanted.length > 0) people.push(wanted)
}

const dot = (a: Float32Array | undefined, b: Float32Array | undefined): number => {
  if (a === undefined || b === undefined) return -1
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

interface Scores {
  readonly vectors: ReadonlyMap<string, Float32Array>
  /** Of each person, of all pairs. */
  readonly genuine: number[][]
  /** Of all pairs of first photos, in the order of people, and from small to large. */
  readonly strangers: Float64Array
  readonly impostors: Float64Array
}

async function scoresIn(computed: Precision): Promise<Scores> {
  const options = { model: model as string, precision: computed }
  const { embeddings } = await embedPhotos(kind, folder as string, people.flat(), options)
  const vectors = new Map([...embeddings].map(([path, { vector }]) => [path, vector]))
  const ofPeople = people.map((paths) => paths.map((path) => vectors.get(path)))
  const genuine = ofPeople.map((own) =>
    own.flatMap((a, i) => own.slice(i + 1).map((b) => dot(a, b)))
  )
  const firsts = ofPeople.map(([first]) => first)
  const strangers = new Float64Array((firsts.length * (firsts.length - 1)) / 2)
  let at = 0
  for (const [i, a] of firsts.entries()) {
    for (let j = i + 1; j < firsts.length; j++) strangers[at++] = dot(a, firsts[j])
  }
  return { vectors, genuine, strangers, impostors: strangers.slice().sort() }
}

const exact = await scoresIn('fp32')
const other = await scoresIn(precision)

const cosines = [...exact.vectors].map(([path, a]) => dot(a, other.vectors.get(path)))
const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length
const manifest = await readManifest(model)
if (manifest.kind !== 'embedder') throw new Error(`"${model}" is no embedder`)
console.log(`${model}, weights of sha256 ${manifest.files.bin.sha256}`)
console.log(
  `${precision} against fp32: ${cosines.length} of ${people.flat().length} ${kind} of ` +
    `${people.length} people have a face; ` +
    `cosine of the embeddings: mean ${mean.toFixed(5)}, least ${Math.min(...cosines).toFixed(5)}`
)
const pairs = exact.genuine.flat().length
console.log(`${pairs} genuine pairs, ${exact.impostors.length} impostor pairs`)

// Seeded, so that the figures can be had again.
let state = 1
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 4294967296) * below)
}
/** The middle 95 % of `figure`, of which each call draws people again. */
function interval(figure: () => number): [low: number, high: number] {
  const drawn = Float64Array.from({ length: rounds }, figure).sort()
  const at = (share: number): number => drawn[Math.floor(share * rounds)] as number
  return [at(0.025), at(0.975)]
}

console.log(`| FAR | TAR fp32 | TAR ${precision} | loss, points | 95 % interval |`)
console.log('|---|---|---|---|---|')
for (const far of rates) {
  const accepted = [exact, other].map(({ genuine, impostors }) => {
    const { threshold } = operatingPoint(impostors, far)
    return genuine.map((scores) => scores.filter((score) => score >= threshold).length)
  })
  const [inExact, inOther] = accepted as [number[], number[]]
  const known = people.map((_, i) => exact.genuine[i]?.length ?? 0)
  const drawn = known.flatMap((count, i) => (count > 0 ? [i] : []))
  const lossOf = (chosen: readonly number[]): number => {
    let all = 0
    let lost = 0
    for (const i of chosen) {
      all += known[i] as number
      lost += (inExact[i] as number) - (inOther[i] as number)
    }
    return (100 * lost) / all
  }
  const losses = interval(() => lossOf(drawn.map(() => drawn[random(drawn.length)] as number)))
  const tar = (counts: number[]): string =>
    `${((100 * counts.reduce((sum, count) => sum + count, 0)) / pairs).toFixed(2)} %`
  const between = losses.map((loss) => loss.toFixed(3)).join(' … ')
  console.log(
    `| ${far} | ${tar(inExact)} | ${tar(inOther)} | ${lossOf(drawn).toFixed(3)} | ${between} |`
  )
}

// What the manifest promises, where nobody's photo has been used for it. Of two people drawn k and l
// times a pair counts k·l times, as in lib/evaluation/bootstrap.ts.
console.log('\n| FAR of the manifest | precision | threshold | FAR here | 95 % interval |')
console.log('|---|---|---|---|---|')
for (const far of rates) {
  for (const [computed, { strangers }] of [['fp32', exact] as const, [precision, other] as const]) {
    const row = calibrationOf(manifest, computed)?.thresholds.find((each) => each.far === far)
    if (row === undefined) continue
    const accepted: (readonly [a: number, b: number])[] = []
    let at = 0
    for (let i = 0; i < people.length; i++) {
      for (let j = i + 1; j < people.length; j++) {
        if ((strangers[at++] as number) >= row.threshold) accepted.push([i, j])
      }
    }
    const range = interval(() => {
      const times = new Float64Array(people.length)
      for (let i = 0; i < people.length; i++) {
        const drawn = random(people.length)
        times[drawn] = (times[drawn] as number) + 1
      }
      let passed = 0
      for (const [i, j] of accepted) passed += (times[i] as number) * (times[j] as number)
      // A person drawn twice is no stranger to herself.
      const selves = times.reduce((sum, count) => sum + count * count, 0)
      return passed / ((people.length ** 2 - selves) / 2)
    })
    const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`
    console.log(
      `| ${percent(far)} | ${computed} | ${row.threshold} | ${accepted.length} of ` +
        `${strangers.length} = ${percent(accepted.length / strangers.length)} | ` +
        `${range.map(percent).join(' … ')} |`
    )
  }
}
