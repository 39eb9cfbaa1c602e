// Error versus reject: what is left of the errors when the pairs with the poorest faces are turned
// away, beside turning away as many at random. For reporting only: nothing is fitted to its outcome.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parsePairs } from '../../lib/evaluation/pairs.js'
import { axisLabels, type Box, line, path, style, words } from '../../lib/evaluation/plot/svg.js'
import { countAtLeast, equalErrorRate, rocCurve } from '../../lib/evaluation/roc.js'
import { writeWhole } from '../../lib/files/whole-file.js'
import { similarity } from '../../lib/index.js'
import { thresholdForFar } from '../../lib/models/thresholds.js'
import { randomNumbers } from './degrade.js'
import { embedded } from './embedded.js'

const usage =
  'usage: npx tsx research/quality/reject.ts --pairs FILE --photos DIR --cache FILE.json --out NAME (.csv and .svg are added)'
const { values } = parseArgs({
  options: {
    pairs: { type: 'string' },
    photos: { type: 'string' },
    cache: { type: 'string' },
    out: { type: 'string' }
  }
})
const { pairs: list, photos, cache, out } = values
if (!list || !photos || !cache || !out) throw new Error(usage)
const far = 1e-3
const steps = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
const randomRounds = 200

interface Scored {
  readonly same: boolean
  readonly score: number
  readonly quality: number
}

const { pairs } = parsePairs(await readFile(list, 'utf8'))
const { embeddings, manifest } = await embedded(
  photos,
  pairs.flatMap(({ a, b }) => [a, b]),
  cache
)
const scored = pairs.flatMap(({ a, b, same }): Scored[] => {
  const [left, right] = [embeddings.get(a), embeddings.get(b)]
  if (left === undefined || right === undefined) return []
  const qualities = [left, right].map(({ face }) => face?.quality?.overall ?? 0)
  return [{ same, score: similarity(left, right), quality: Math.min(...qualities) }]
})
if (manifest.calibration === undefined) throw new Error(`${manifest.name} has no calibration`)
const threshold = thresholdForFar(manifest.calibration, far)

function errors(kept: readonly Scored[]) {
  const scores = (same: boolean): Float64Array =>
    Float64Array.from(kept.flatMap((pair) => (pair.same === same ? [pair.score] : []))).sort()
  const [genuine, impostors] = [scores(true), scores(false)]
  const rejected = genuine.length - countAtLeast(genuine, threshold)
  return {
    genuine: genuine.length,
    impostors: impostors.length,
    rejected,
    accepted: countAtLeast(impostors, threshold),
    frr: rejected / genuine.length,
    eer: equalErrorRate(rocCurve(genuine, impostors))
  }
}

function shuffled(random: () => number): Scored[] {
  const all = [...scored]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = all[i] as Scored
    all[i] = all[j] as Scored
    all[j] = kept
  }
  return all
}

const byQuality = [...scored].sort((x, y) => x.quality - y.quality)
const rounds = Array.from({ length: randomRounds }, (_, i) => shuffled(randomNumbers(i + 1)))
const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, value) => sum + value, 0) / numbers.length
const rows = steps.map((share) => {
  const count = Math.round(share * scored.length)
  const random = rounds.map((round) => errors(round.slice(count)))
  return {
    share,
    ...errors(byQuality.slice(count)),
    randomFrr: mean(random.map(({ frr }) => frr)),
    randomEer: mean(random.map(({ eer }) => eer))
  }
})

const columns = Object.keys(rows[0] ?? {})
const csv = rows.map((row) => Object.values(row).map((value) => Number(value.toFixed(6))))
await writeWhole(`${out}.csv`, `${[columns, ...csv].map((row) => row.join(',')).join('\n')}\n`)

type Row = (typeof rows)[number]
const box: Box = { x: 88, y: 96, width: 420, height: 280 }
const most = Math.max(...rows.flatMap(({ frr, randomFrr }) => [frr, randomFrr])) * 1.1
const x = (share: number): number => box.x + (share / (steps.at(-1) ?? 1)) * box.width
const y = (rate: number): number => box.y + (1 - rate / most) * box.height
const curve = (kind: string, rate: (row: Row) => number): string =>
  path(
    kind,
    rows.map((row) => [x(row.share), y(rate(row))])
  )
const title = `${manifest.name}: false rejections versus pairs turned away`
await writeWhole(
  `${out}.svg`,
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 440" role="img" aria-label="${title}">`,
    `<style>${style}</style><rect class="paper" width="560" height="440" rx="8"/>`,
    words('title', 32, 40, title),
    words('facts', 32, 62, `threshold ${threshold.toFixed(4)} (FAR ${far}); dashed: at random`),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
      line('grid', box.x, y(most * part), box.x + box.width, y(most * part)),
      words('tick', box.x - 8, y(most * part) + 4, `${(most * part * 100).toFixed(1)} %`, 'end')
    ]),
    ...steps.map((share) =>
      words('tick', x(share), box.y + box.height + 20, `${(share * 100).toFixed(0)}`, 'middle')
    ),
    curve('curve sparse', ({ randomFrr }) => randomFrr),
    curve('curve', ({ frr }) => frr),
    axisLabels(box, 'pairs turned away, %', 'false reject rate (FRR)'),
    '</svg>',
    ''
  ].join('\n')
)

const percent = (rate: number): string => `${(rate * 100).toFixed(2)} %`
console.log(`${scored.length} of ${pairs.length} pairs, threshold ${threshold} (FAR ${far})`)
console.log('| turned away | FRR | EER | at random: FRR, EER | impostors accepted |')
console.log('|---|---|---|---|---|')
for (const row of rows) {
  const { rejected, genuine, accepted, impostors } = row
  console.log(
    `| ${(row.share * 100).toFixed(0)} % | ${rejected} of ${genuine} = ${percent(row.frr)} | ${percent(row.eer)} | ${percent(row.randomFrr)}, ${percent(row.randomEer)} | ${accepted} of ${impostors} |`
  )
}
