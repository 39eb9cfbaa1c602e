// What a precision costs in accuracy, against fp32 on the same aligned crops: the loss in TAR@FAR
// with an interval, and how near embeddings stay. For reporting only: nothing is fitted to it.
//
//   npx tsx scripts/quality/precision-loss.ts --crops DIR [--model NAME] [--precision int8]
//
// DIR holds a folder for each person. Genuine pairs are all pairs of one person's crops; impostors
// are all pairs of the first crops of different people, so that a rate of 1e-3 rests on thousands.
// The interval is of the paired difference: people are drawn again, the same for both precisions,
// and thresholds stay (they rest on millions of pairs).
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { embedPhotos } from '../../lib/evaluation/embed-photos.js'
import { operatingPoint } from '../../lib/evaluation/roc.js'
import type { Precision } from '../../lib/index.js'

const { values } = parseArgs({
  options: {
    crops: { type: 'string' },
    model: { type: 'string', default: 'seesaw-shuffle' },
    precision: { type: 'string', default: 'int8' }
  }
})
const { crops, model, precision } = values
if (!crops || (precision !== 'int8' && precision !== 'fp16')) {
  throw new Error('give --crops DIR, and --precision int8 or fp16')
}
const rates = [1e-2, 1e-3, 1e-4]
const rounds = 2000

/** Of each person, the paths of all crops. */
const people: string[][] = []
for (const person of (await readdir(crops)).sort()) {
  const files = (await readdir(join(crops, person))).sort()
  if (files.length > 0) people.push(files.map((file) => join(person, file)))
}

const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

interface Scores {
  readonly vectors: ReadonlyMap<string, Float32Array>
  /** Of each person, of all pairs. */
  readonly genuine: number[][]
  readonly impostors: Float64Array
}

async function scoresIn(computed: Precision): Promise<Scores> {
  const options = { model: model as string, precision: computed }
  const { embeddings } = await embedPhotos('crops', crops as string, people.flat(), options)
  const vectors = new Map([...embeddings].map(([path, { vector }]) => [path, vector]))
  const ofPeople = people.map((paths) => paths.map((path) => vectors.get(path) as Float32Array))
  const genuine = ofPeople.map((own) =>
    own.flatMap((a, i) => own.slice(i + 1).map((b) => dot(a, b)))
  )
  const firsts = ofPeople.map(([first]) => first as Float32Array)
  const impostors = new Float64Array((firsts.length * (firsts.length - 1)) / 2)
  let at = 0
  for (const [i, a] of firsts.entries()) {
    for (let j = i + 1; j < firsts.length; j++) impostors[at++] = dot(a, firsts[j] as Float32Array)
  }
  return { vectors, genuine, impostors: impostors.sort() }
}

const exact = await scoresIn('fp32')
const other = await scoresIn(precision)

const cosines = [...exact.vectors].map(([path, a]) => dot(a, other.vectors.get(path) ?? a)).sort()
const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length
console.log(
  `${model}, ${precision} against fp32: ${cosines.length} crops of ${people.length} people; ` +
    `cosine of the embeddings: mean ${mean.toFixed(5)}, least ${Math.min(...cosines).toFixed(5)}`
)
const pairs = exact.genuine.flat().length
console.log(`${pairs} genuine pairs, ${exact.impostors.length} impostor pairs`)
console.log(`| FAR | TAR fp32 | TAR ${precision} | loss, points | 95 % interval |`)
console.log('|---|---|---|---|---|')

// Seeded, so that the figures can be had again.
let state = 1
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 4294967296) * below)
}
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
  const losses = Float64Array.from({ length: rounds }, () =>
    lossOf(drawn.map(() => drawn[random(drawn.length)] as number))
  ).sort()
  const tar = (counts: number[]): string =>
    `${((100 * counts.reduce((sum, count) => sum + count, 0)) / pairs).toFixed(2)} %`
  const at = (share: number): string => (losses[Math.floor(share * rounds)] as number).toFixed(3)
  console.log(
    `| ${far} | ${tar(inExact)} | ${tar(inOther)} | ${lossOf(drawn).toFixed(3)} | ${at(0.025)} … ${at(0.975)} |`
  )
}
