// Compares detection and alignment with OpenCV's on a folder of photos, whose reference results
// research/models/yunet_reference.py has written: npx tsx research/parity/detector.ts FOLDER
import {
  type Agreement,
  comparePhoto,
  openDetectorEngine,
  readReference
} from '../../test/support/parity.js'

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('usage: npx tsx research/parity/detector.ts FOLDER\n')
  process.exit(2)
}
const reference = await readReference(folder)
const engine = await openDetectorEngine()
const results: Agreement[] = []
for (const photo of Object.keys(reference.photos)) {
  const result = await comparePhoto(engine, folder, photo, reference)
  if (result) results.push(result)
}
await engine.close()

interface Measure {
  readonly name: string
  readonly value: (result: Agreement) => number
  /** 1 when larger is worse, −1 when smaller is. */
  readonly worse: 1 | -1
  readonly within: (value: number) => boolean
}
const measures: Measure[] = [
  { name: 'box overlap (IoU)', value: (r) => r.overlap, worse: -1, within: (v) => v >= 0.95 },
  {
    name: 'landmarks / face width',
    value: (r) => r.landmarks,
    worse: 1,
    within: (v) => v <= 0.01
  },
  { name: 'score difference', value: (r) => r.score, worse: 1, within: (v) => v <= 0.02 },
  { name: 'crop difference / 255', value: (r) => r.crop, worse: 1, within: (v) => v <= 2 },
  {
    name: 'crop, same landmarks / 255',
    value: (r) => r.alignment,
    worse: 1,
    within: (v) => v <= 2
  }
]
const sameCount = results.filter((r) => r.faces === r.expectedFaces).length
process.stdout.write(`${results.length} photos, ${sameCount} with as many faces as OpenCV finds\n`)
for (const { name, value, worse, within } of measures) {
  const sorted = [...results].sort((a, b) => worse * (value(a) - value(b)))
  const at = (share: number): string => {
    const row = sorted[Math.ceil(share * sorted.length) - 1]
    return row ? value(row).toFixed(4) : '–'
  }
  const share = results.filter((r) => within(value(r))).length / results.length
  const worst = sorted.at(-1)
  process.stdout.write(
    `${name.padEnd(27)} median ${at(0.5)}  99 % ${at(0.99)}  worst ${at(1)} (${worst?.photo})  within limit ${(share * 100).toFixed(1)} %\n`
  )
}
