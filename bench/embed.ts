// One embedding, timed in turns: this package from JavaScript, the same engine in bare C++ and
// onnxruntime-node, so that what else the machine does disturbs all alike.
//
//   npm run bench -- [--threads 1,2] [--seconds 10] [--model NAME] [--bare PROGRAM]
//                    [--onnx FILE --peers FOLDER] [--out FOLDER]
//
// PROGRAM is bench/native's (cmake -DSEESAWFACE_BENCH=ON). FOLDER of --peers gets onnxruntime-node
// installed, which is no dependency of this package. Each turn calls each subject twice and times
// the second call; the ratios are taken within one turn.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { barChart } from '../lib/bench/chart.js'
import { median, type Row, rowOf } from '../lib/bench/statistics.js'
import { FaceEmbedder } from '../lib/index.js'

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2' },
    seconds: { type: 'string', default: '10' },
    model: { type: 'string', default: 'seesaw-shuffle' },
    bare: { type: 'string' },
    onnx: { type: 'string' },
    peers: { type: 'string' },
    out: { type: 'string' }
  }
})

/** Milliseconds of one call, warmed by another. */
type Timed = () => Promise<number>

interface Subject {
  readonly name: string
  readonly time: Timed
  readonly close: () => Promise<void>
}

const crop = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => 127 + 100 * Math.sin(i * 0.013))

async function timed(call: () => Promise<unknown>): Promise<number> {
  await call()
  const start = performance.now()
  await call()
  return performance.now() - start
}

async function ours(threads: number, implementation: 'auto' | 'ncnn'): Promise<Subject> {
  const embedder = await FaceEmbedder.open({ model: values.model, threads, implementation })
  return {
    name: `embed(), ${embedder.implementation}`,
    time: () => timed(() => embedder.embed(crop, { format: 'bgr' })),
    close: () => embedder.close()
  }
}

function bare(program: string, threads: number): Subject {
  const files = ['param', 'bin'].map((kind) => resolve('models', `${values.model}.${kind}`))
  const subject = `${values.model}=${files.join(',')},fused`
  const child = spawn(program, ['--threads', String(threads), '--serve', subject], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    name: 'bare C++, fused',
    time: async () => {
      child.stdin.write('\n')
      const { value, done } = await lines.next()
      if (done) throw new Error(`${program} ended early`)
      return Number(value)
    },
    close: async () => {
      child.stdin.end()
    }
  }
}

async function onnxRuntime(model: string, folder: string, threads: number): Promise<Subject> {
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, 'node_modules/onnxruntime-node'))) {
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', 'onnxruntime-node'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      // Its GPU libraries come from elsewhere and are of no use here.
      env: {
        ...process.env,
        ONNXRUNTIME_NODE_INSTALL: 'skip',
        ONNXRUNTIME_NODE_INSTALL_CUDA: 'skip'
      }
    })
  }
  const ort = createRequire(join(resolve(folder), 'package.json'))('onnxruntime-node')
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all'
  })
  const input = new Float32Array(3 * 112 * 112)
  for (let i = 0; i < input.length; i++) {
    input[i] = ((crop[(i % 12544) * 3 + Math.floor(i / 12544)] as number) - 127.5) / 127.5
  }
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', input, [1, 3, 112, 112]) }
  return {
    name: 'onnxruntime-node',
    time: () => timed(() => session.run(feeds)),
    close: () => session.release()
  }
}

async function compare(threads: number): Promise<Row[]> {
  const subjects = [await ours(threads, 'auto'), await ours(threads, 'ncnn')]
  if (values.bare) subjects.push(bare(values.bare, threads))
  if (values.onnx) {
    if (!values.peers) throw new Error('--onnx wants --peers FOLDER')
    subjects.push(await onnxRuntime(values.onnx, values.peers, threads))
  }
  const times = subjects.map((): number[] => [])
  for (let i = 0; i < 5; i++) for (const { time } of subjects) await time()
  const end = performance.now() + Number(values.seconds) * 1000
  while (performance.now() < end) {
    for (const [i, { time }] of subjects.entries()) (times[i] as number[]).push(await time())
  }
  for (const { close } of subjects) await close()
  return subjects.map(({ name }, i) => rowOf(name, times[i] as number[], times[0] as number[]))
}

/** Embeddings a second with so many calls waiting at a time. */
async function throughput(inFlight: number): Promise<number> {
  await using embedder = await FaceEmbedder.open({ model: values.model, queueLimit: 64 })
  const until = performance.now() + 2000
  let done = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < until) {
        await embedder.embed(crop)
        done++
      }
    })
  )
  return (done * 1000) / (performance.now() - start)
}

/** A new process opens a recogniser and embeds the face of a photo: what that takes. */
function start(): { loadMs: number; firstMs: number; rssMb: number } {
  const script = `
    const before = process.memoryUsage.rss()
    const { FaceRecognizer } = require(${JSON.stringify(resolve('dist/index.cjs'))})
    const t0 = performance.now()
    FaceRecognizer.open({ model: ${JSON.stringify(values.model)} }).then(async (faces) => {
      const t1 = performance.now()
      await faces.embed(${JSON.stringify(resolve('test/fixtures/photos/obama.jpg'))})
      const t2 = performance.now()
      console.log(JSON.stringify({ loadMs: t1 - t0, firstMs: t2 - t1,
        rssMb: (process.memoryUsage.rss() - before) / 1e6 }))
      await faces.close()
    })`
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }))
}

const results: Record<string, unknown> = {
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model ?? 'unknown',
  node: process.version,
  model: values.model
}
const rows: Record<string, Row[]> = {}
for (const threads of values.threads.split(',').map(Number)) {
  rows[threads] = await compare(threads)
  console.log(`${threads} thread${threads > 1 ? 's' : ''}`)
  console.table(rows[threads])
}
results.threads = rows
results.perSecond = {
  1: await throughput(1),
  8: await throughput(8),
  64: await throughput(64)
}
if (existsSync('dist/index.cjs')) {
  const starts = [start(), start(), start()]
  results.start = {
    loadMs: median(starts.map(({ loadMs }) => loadMs)),
    firstMs: median(starts.map(({ firstMs }) => firstMs)),
    rssMb: median(starts.map(({ rssMb }) => rssMb))
  }
}
console.log(JSON.stringify({ perSecond: results.perSecond, start: results.start }))
if (values.out) {
  mkdirSync(values.out, { recursive: true })
  writeFileSync(join(values.out, 'embed.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(
    join(values.out, 'embed.svg'),
    barChart(
      `${values.model}: one embedding`,
      [],
      Object.entries(rows).map(([threads, bars]) => ({ title: `${threads} thread(s)`, bars }))
    )
  )
}
