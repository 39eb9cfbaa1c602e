// However a process ends, and whatever the engine is at: the exit is the one that was asked for, no
// crash and no hang. Plain Node and the built package, as users have it.
import test from 'ava'
import { photo } from '../support/fixtures.js'
import { type Ended, runModule } from '../support/program.js'

const stages: readonly [stage: string, code: string][] = [
  ['opening', 'FaceRecognizer.open({ threads: 1 }).catch(() => 0)'],
  ['reading the model', 'FaceRecognizer.open({ threads: 1 }).catch(() => 0); await later(3)'],
  ['detecting', 'const f = await open(); f.detect(frame).catch(() => 0); await later(1)'],
  ['decoding', `const f = await open(); f.embed('${photo('biden.jpg')}').catch(() => 0)`],
  [
    'embedding, on two threads',
    `const e = await FaceEmbedder.open({ threads: 2 })
     for (let i = 0; i < 20; i++) e.embed(crop).catch(() => 0)
     await later(5)`
  ],
  [
    'closing, with work waiting',
    `const f = await open()
     for (let i = 0; i < 5; i++) f.detect(frame).catch(() => 0)
     f.close()`
  ],
  [
    'nothing any more',
    'const f = await open(); await f.embed(frame).catch(() => 0); await f.close()'
  ]
]

const ends: readonly [end: string, code: string, expected: Partial<Ended>][] = [
  ['of itself', '', { code: 0, signal: null }],
  ['by process.exit', 'process.exit(7)', { code: 7, signal: null }],
  ['by an exception', `throw new Error('on purpose')`, { code: 1, signal: null }],
  [
    'by a rejection nobody handles',
    `Promise.reject(new Error('on purpose')); await later(60_000)`,
    { code: 1, signal: null }
  ],
  [
    'by SIGTERM',
    `process.kill(process.pid, 'SIGTERM'); await later(60_000)`,
    { code: null, signal: 'SIGTERM' }
  ],
  [
    'by SIGINT that is handled',
    `process.on('SIGINT', () => process.exit(130))
     process.kill(process.pid, 'SIGINT'); await later(60_000)`,
    { code: 130, signal: null }
  ]
]

for (const [stage, work] of stages) {
  test(`a process ends as it should while the engine is ${stage}`, async (t) => {
    for (const [end, code, expected] of ends) {
      const { stderr, stdout, ...outcome } = await runModule(`
        import { setTimeout as later } from 'node:timers/promises'
        import { FaceEmbedder, FaceRecognizer } from 'seesawface'
        const open = () => FaceRecognizer.open({ threads: 1 })
        const frame = { data: new Uint8Array(480 * 480), width: 480, height: 480, format: 'gray' }
        const crop = new Uint8Array(37632)
        ${work}
        ${code}`)
      t.deepEqual(outcome, expected as typeof outcome, `${end}: ${stderr}`)
      const silent = stderr.replaceAll(/^.*on purpose[\s\S]*$/gm, '')
      t.notRegex(silent, /abort|terminate|segmentation|fatal/i, end)
    }
  })
}
