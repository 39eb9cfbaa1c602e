// Handles that nobody keeps: their engines go, counted by the addon itself.
import test from 'ava'
import { runModule } from '../support/program.js'

const head = `
  import { createRequire } from 'node:module'
  import { setTimeout as later } from 'node:timers/promises'
  import { Worker } from 'node:worker_threads'
  import { FaceDetector, FaceEmbedder, FaceRecognizer } from 'seesawface'
  const addon = createRequire(process.cwd() + '/')('node-gyp-build')(process.cwd())
  const crop = new Uint8Array(37632)
  const gone = []
  const registry = new FinalizationRegistry((name) => gone.push(name))
  const engines = async () => {
    for (let i = 0; i < 50 && addon.engines() > 0; i++) {
      gc()
      await later(10)
    }
    return addon.engines()
  }
  const say = async (extra) => console.log(JSON.stringify({ engines: await engines(), ...extra }))
`

const cases: readonly [what: string, code: string, expected: object][] = [
  [
    'dropped without closing',
    `const drop = async (Class) => registry.register(await Class.open({ threads: 1 }), Class.name)
     for (const Class of [FaceDetector, FaceEmbedder, FaceRecognizer]) await drop(Class)
     const before = addon.engines()
     await engines()
     for (let i = 0; i < 100 && gone.length < before; i++) await later(10)
     await say({ before, gone: gone.toSorted() })`,
    { engines: 0, before: 3, gone: ['FaceDetector', 'FaceEmbedder', 'FaceRecognizer'] }
  ],
  [
    'closed',
    `for (let i = 0; i < 5; i++) await (await FaceEmbedder.open({ threads: 1 })).close()
     await say({})`,
    { engines: 0 }
  ],
  [
    'dropped with work under way, which is done all the same',
    `const start = async () => {
       const embedder = await FaceEmbedder.open({ threads: 1 })
       return Array.from({ length: 20 }, () => embedder.embed(crop))
     }
     const work = await start()
     gc()
     const alive = addon.engines()
     const lengths = new Set((await Promise.all(work)).map(({ vector }) => vector.length))
     await say({ alive, lengths: [...lengths] })`,
    { engines: 0, alive: 1, lengths: [512] }
  ],
  [
    'refused: a model that is none',
    `const options = { threads: 1, queueLimit: 1, precision: 'fp32', implementation: 'auto' }
     const refuse = () => new addon.Engine(options).loadDetector({ param: crop, bin: crop })
     for (let i = 0; i < 3; i++) await refuse().catch(() => 0)
     try { new addon.Engine({ threads: 0 }) } catch {}
     await say({})`,
    { engines: 0 }
  ],
  [
    'of worker threads, one of them terminated',
    `const text = \`
       import { parentPort, workerData } from 'node:worker_threads'
       import { FaceEmbedder } from 'seesawface'
       const embedder = await FaceEmbedder.open({ threads: 1 })
       if (workerData) setInterval(() => embedder.embed(new Uint8Array(37632)).catch(() => 0), 1)
       parentPort.postMessage('open')\`
     const ended = [false, true].map(async (stays) => {
       const worker = new Worker(text, { eval: true, workerData: stays })
       const exit = new Promise((done) => worker.once('exit', done))
       await new Promise((done) => worker.once('message', done))
       if (stays) await worker.terminate()
       await exit
     })
     await Promise.all(ended)
     await say({})`,
    { engines: 0 }
  ]
]

for (const [what, code, expected] of cases) {
  test(`no engine is left of handles ${what}`, async (t) => {
    const { stdout, ...ended } = await runModule(head + code, ['--expose-gc'])
    t.deepEqual(ended, { code: 0, signal: null, stderr: '' })
    t.deepEqual(JSON.parse(stdout), expected)
  })
}
