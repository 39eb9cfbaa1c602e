// Compares this package with others in turns, on one machine and in one run.
//
//   npm run bench -- [--what crop,photo] [--threads 1,2] [--seconds 10] [--model seesaw-shuffle]
//                    [--bare PROGRAM [--network NAME=PARAM,BIN[,ncnn|fused]]…] [--onnx FILE]
//                    [--photo FILE] [--peers FOLDER | --alone] [--out FOLDER]
//
// Peers are installed into FOLDER at first (default: seesawface-bench in the user's cache), as
// bench/peers/ pins them; none is a dependency of this package. --alone leaves them out. PROGRAM is
// bench/native's (cmake -DSEESAWFACE_BENCH=ON). --onnx is the model as ONNX, as training/ exports it.
// Each turn calls each subject until it is warm and times one more call; ratios are taken within a
// turn.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Transformer } from '@napi-rs/image'
import { type BarGroup, barChart } from '../lib/bench/chart.js'
import { machineFields, thisMachine } from '../lib/bench/machine.js'
import { asPhoto } from '../lib/bench/sample-photo.js'
import type { Row } from '../lib/bench/statistics.js'
import { compareCrops, floors } from './crop.js'
import { installNodePeers, installOpenCv } from './install.js'
import { comparePhotos } from './photo.js'

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'crop,photo' },
    threads: { type: 'string', default: '1,2' },
    seconds: { type: 'string', default: '10' },
    model: { type: 'string', default: 'seesaw-shuffle' },
    bare: { type: 'string' },
    network: { type: 'string', multiple: true, default: [] },
    onnx: { type: 'string' },
    photo: { type: 'string', default: 'test/fixtures/photos/obama.jpg' },
    peers: { type: 'string', default: join(cache, 'seesawface-bench') },
    alone: { type: 'boolean', default: false },
    out: { type: 'string' }
  }
})
const what = values.what.split(',')
const seconds = Number(values.seconds)
const { model, bare, onnx } = values
const peers = {
  wheels: join(values.peers, 'wheels'),
  ...(!values.alone && {
    node: installNodePeers(values.peers),
    python: installOpenCv(values.peers)
  })
}
const versions: Record<string, unknown> = {}
const groups: (BarGroup & { readonly bars: readonly Row[] })[] = []

function tell(title: string, bars: readonly Row[]): void {
  groups.push({ title, bars })
  console.log(title)
  console.table(Object.fromEntries(bars.map(({ name, ...figures }) => [name, figures])))
}

/** The photo as a camera of 12 megapixels would have taken it. */
async function large(folder: string): Promise<string> {
  const bytes = readFileSync(values.photo)
  const { width, height } = await new Transformer(bytes).metadata()
  const scale = Math.sqrt(12e6 / (width * height))
  const size = [Math.round(width * scale), Math.round(height * scale)] as const
  const path = join(folder, 'large.jpg')
  writeFileSync(path, await asPhoto(new Transformer(bytes), ...size, 1))
  return path
}

const counts = values.threads.split(',').map(Number)
const folder = mkdtempSync(join(tmpdir(), 'seesawface-peers-'))
const machine = await thisMachine()
try {
  if (what.includes('crop')) {
    for (const threads of counts) {
      const options = { ...peers, bare, onnx, networks: values.network }
      const rows = await compareCrops(model, threads, seconds, options, versions)
      tell(`one crop to embedding, ${threads} thread(s)`, rows)
    }
  }
  if (what.includes('photo')) {
    const [threads = 1] = counts
    const twelve = await large(folder)
    for (const [title, path, begin] of [
      ['photo as it is', values.photo, 'photo'],
      ['photo of 12 megapixels', twelve, 'photo'],
      ['the same decoded already', twelve, 'pixels']
    ] as const) {
      const rows = await comparePhotos(model, path, begin, threads, seconds, peers, versions)
      tell(`${title} to embedding, ${threads} thread(s)`, rows)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const least = bare === undefined ? undefined : floors(bare, model)
if (least) console.log(`floors: copy of the weights ${least.copy} ms, ${least.peakGmacs} GMAC/s`)
const date = new Date().toISOString().slice(0, 10)
const report = { date, machine, model, seconds, versions, groups, ...(least && { floors: least }) }
console.log(JSON.stringify({ versions }))
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true })
  writeFileSync(join(values.out, 'peers.json'), `${JSON.stringify(report, null, 2)}\n`)
  const facts = machineFields(machine).map(([, value]) => value)
  writeFileSync(join(values.out, 'peers.svg'), barChart(`${model}, ${date}`, facts, groups))
}
