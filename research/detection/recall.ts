// Recall of the detector on photos with known faces, for several settings and beside detections
// that another program wrote (research/detection/opencv.py for OpenCV's YuNet).
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { progressBar } from '../../lib/cli/progress.js'
import {
  type Judged,
  judge,
  recallAtFalsePositives,
  recallAtScore,
  type ScoredBox
} from '../../lib/evaluation/detection.js'
import {
  type Box,
  type DetectOptions,
  decodeImage,
  FaceDetector,
  type RawFrame
} from '../../lib/index.js'
import { readGroundTruth } from './ground-truth.js'

const usage = `usage: npx tsx research/detection/recall.ts --photos DIR --faces (DIR of VOC XML | FILE.txt)
         [--turn 90|180|270] [--opencv DETECTIONS.json] [--iou 0.5] [--smallest 8] [--json]`

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    faces: { type: 'string' },
    turn: { type: 'string', default: '0' },
    opencv: { type: 'string' },
    iou: { type: 'string', default: '0.5' },
    smallest: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false }
  }
})
const { photos, faces } = values
if (photos === undefined || faces === undefined) throw new Error(usage)
const turns = Number(values.turn) / 90
const rule = { iou: Number(values.iou), smallest: Number(values.smallest) }
const falsePositives = 0.1
const lowest = 0.3

/** The frame turned clockwise by quarters, so that faces lie on their side. */
function turnFrame(frame: RawFrame & { readonly data: Uint8Array }, quarters: number) {
  let turned = frame
  for (let i = 0; i < quarters; i++) {
    const { data, width, height, format } = turned
    const channels = data.length / (width * height)
    const out = new Uint8Array(data.length)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const to = (x * height + (height - 1 - y)) * channels
        const from = (y * width + x) * channels
        for (let c = 0; c < channels; c++) out[to + c] = data[from + c] as number
      }
    }
    turned = { data: out, width: height, height: width, format }
  }
  return turned
}

function turnBox(box: Box, quarters: number, width: number, height: number): Box {
  if (quarters === 0) return box
  const once = { x: height - box.y - box.height, y: box.x, width: box.height, height: box.width }
  return turnBox(once, quarters - 1, height, width)
}

const settings: Readonly<Record<string, DetectOptions>> = {
  'quick, upright only': { rotations: false },
  'quick (default)': {},
  'thorough, upright only': { search: 'thorough', rotations: false },
  thorough: { search: 'thorough' }
}

const truth = await readGroundTruth(faces)
// Photos without any face count too: whatever is found in them is false.
const names = (await readdir(photos)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort()
const judged = new Map<string, { atDefault: Judged[]; low: Judged[]; milliseconds: number }>()
const entry = (name: string) => {
  const made = judged.get(name) ?? { atDefault: [], low: [], milliseconds: 0 }
  judged.set(name, made)
  return made
}
const foreign: Readonly<Record<string, readonly (readonly number[])[]>> | undefined =
  values.opencv === undefined ? undefined : JSON.parse(await readFile(values.opencv, 'utf8'))

await using detector = await FaceDetector.open()
const progress = progressBar('detecting', names.length)
for (const [i, name] of names.entries()) {
  const decoded = await decodeImage(join(photos, name))
  const frame = turnFrame(decoded, turns)
  const boxes = (truth.get(name) ?? []).map((box) =>
    turnBox(box, turns, decoded.width, decoded.height)
  )
  for (const [setting, options] of Object.entries(settings)) {
    const row = entry(setting)
    const started = performance.now()
    row.atDefault.push(
      judge(await detector.detect(frame, { ...options, maxFaces: 1000 }), boxes, rule)
    )
    row.milliseconds += performance.now() - started
    const low = await detector.detect(frame, { ...options, minScore: lowest, maxFaces: 1000 })
    row.low.push(judge(low, boxes, rule))
  }
  if (foreign !== undefined) {
    const found = (foreign[name] ?? []).map(
      ([x = 0, y = 0, width = 0, height = 0, score = 0]): ScoredBox => ({
        box: { x, y, width, height },
        score
      })
    )
    const row = entry("OpenCV's FaceDetectorYN")
    row.atDefault.push(
      judge(
        found.filter(({ score }) => score >= 0.6),
        boxes,
        rule
      )
    )
    row.low.push(judge(found, boxes, rule))
  }
  progress(i + 1)
}

const results = [...judged].map(([setting, { atDefault, low, milliseconds }]) => ({
  setting,
  photos: atDefault.length,
  faces: atDefault.reduce((sum, photo) => sum + photo.faces, 0),
  atDefault: recallAtScore(atDefault, 0),
  atFalsePositives: recallAtFalsePositives(low, falsePositives),
  milliseconds: milliseconds / atDefault.length
}))
if (values.json) {
  console.log(JSON.stringify(results, null, 2))
} else {
  const [first] = results
  console.log(`${first?.photos} photos, ${first?.faces} faces of ${rule.smallest} pixels and more`)
  console.log('recall at score 0.6   false/photo   recall at 0.1 false/photo   ms/photo')
  for (const { setting, atDefault, atFalsePositives, milliseconds } of results) {
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(7)
    console.log(
      `${percent(atDefault.recall)}  ${atDefault.falsePositives.toFixed(3)}  ${percent(atFalsePositives.recall)} (score ${atFalsePositives.score.toFixed(3)})  ${milliseconds.toFixed(0).padStart(5)}  ${setting}`
    )
  }
}
