import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import {
  ClosedError,
  FaceDetector,
  FaceEmbedder,
  FaceRecognizer,
  InvalidArgumentError,
  QueueFullError
} from '../../lib/index.js'
import { crop, photo } from '../support/fixtures.js'

const run = promisify(execFile)
let obama: Uint8Array
test.before(async () => {
  obama = await crop('obama.png')
})

test('closing twice, at once and later, is fine', async (t) => {
  const embedder = await FaceEmbedder.open({ threads: 1 })
  await Promise.all([embedder.close(), embedder.close()])
  await t.notThrowsAsync(embedder.close())
  t.is(embedder.pending, 0)
})

test('use after close is a typed error', async (t) => {
  const [embedder, detector, faces] = await Promise.all([
    FaceEmbedder.open({ threads: 1 }),
    FaceDetector.open({ threads: 1 }),
    FaceRecognizer.open({ threads: 1 })
  ])
  await Promise.all([embedder.close(), detector.close(), faces.close()])
  const a = photo('obama.jpg')
  const point = { x: 1, y: 1 }
  const calls: [string, () => Promise<unknown>][] = [
    ['embed of FaceEmbedder', () => embedder.embed(obama)],
    ['detect of FaceDetector', () => detector.detect(a)],
    ['align', () => detector.align(a, [point, point, point, point, point])],
    ['detect', () => faces.detect(a)],
    ['embed', () => faces.embed(a)],
    ['verify', () => faces.verify(a, a)]
  ]
  for (const [name, call] of calls) {
    const error = await t.throwsAsync(call(), { instanceOf: ClosedError }, name)
    t.is(error?.code, 'CLOSED')
  }
})

test('work waiting when it is closed is rejected, work under way finishes', async (t) => {
  // More than can be done before it is closed, also when this process is held up.
  const calls = 1000
  const embedder = await FaceEmbedder.open({ threads: 1, queueLimit: calls })
  const { vector } = await embedder.embed(obama)
  const work = Array.from({ length: calls }, () => embedder.embed(obama))
  t.is(embedder.pending, calls)
  const closed = embedder.close()
  const results = await Promise.allSettled(work)
  await closed
  const done = results.filter(({ status }) => status === 'fulfilled').length
  t.log(`${done} of ${calls} done`)
  for (const [i, result] of results.entries()) {
    t.is(result.status, i < done ? 'fulfilled' : 'rejected')
    if (result.status === 'fulfilled') t.deepEqual(result.value.vector, vector)
    else t.true(result.reason instanceof ClosedError)
  }
  t.true(done < calls)
})

test('closing while photos are still being decoded is a typed error as well', async (t) => {
  const faces = await FaceRecognizer.open({ threads: 1 })
  const pending = faces.embed(photo('obama.jpg'))
  const closed = faces.close()
  await t.throwsAsync(pending, { instanceOf: ClosedError })
  await closed
})

test('more calls than the queue holds are refused, the others are done', async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1, queueLimit: 3 })
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => embedder.embed(obama)))
  const done = results.filter(({ status }) => status === 'fulfilled').length
  t.true(done >= 3 && done <= 4, `${done} done`)
  for (const result of results) {
    if (result.status === 'rejected') t.true(result.reason instanceof QueueFullError)
  }
  await t.notThrowsAsync(embedder.embed(obama))
})

test("whenFull: 'wait': a thousand calls, all done, in order", async (t) => {
  await using embedder = await FaceEmbedder.open({ threads: 1, queueLimit: 3, whenFull: 'wait' })
  const expected = (await embedder.embed(obama)).vector
  const finished: number[] = []
  let most = 0
  const work = Array.from({ length: 1000 }, async (_, i) => {
    const { vector } = await embedder.embed(obama)
    finished.push(i)
    most = Math.max(most, embedder.pending)
    return vector
  })
  for (const vector of await Promise.all(work)) t.deepEqual(vector, expected)
  t.deepEqual(
    finished,
    finished.map((_, i) => i)
  )
  t.true(most < 1000)
  t.is(embedder.pending, 0)
})

test('calls that wait end at once when they are cancelled, and when all is closed', async (t) => {
  const embedder = await FaceEmbedder.open({ threads: 1, queueLimit: 1, whenFull: 'wait' })
  const controller = new AbortController()
  const { signal } = controller
  const first = embedder.embed(obama)
  const cancelled = embedder.embed(obama, { signal })
  const closed = embedder.embed(obama)
  const reason = new Error('no longer wanted')
  controller.abort(reason)
  t.is(await t.throwsAsync(cancelled), reason)
  const closing = embedder.close()
  await t.throwsAsync(closed, { instanceOf: ClosedError })
  await Promise.allSettled([first, closing])
  await t.throwsAsync(embedder.embed(obama), { instanceOf: ClosedError })
})

test('photos wait without being decoded: one that fails lets the next begin', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1, queueLimit: 1, whenFull: 'wait' })
  const photos = ['obama.jpg', 'missing.jpg', 'biden.jpg', 'missing.jpg', 'obama2.jpg']
  const results = await Promise.allSettled(photos.map((name) => faces.embed(photo(name))))
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']
  )
  await t.throwsAsync(FaceEmbedder.open({ whenFull: 'grow' as 'wait' }), {
    instanceOf: InvalidArgumentError,
    message: /whenFull must be one of 'reject', 'wait'/
  })
})

test('dispose and asyncDispose close', async (t) => {
  let kept: FaceEmbedder
  {
    using embedder = await FaceEmbedder.open({ threads: 1 })
    kept = embedder
  }
  await t.throwsAsync(kept.embed(obama), { instanceOf: ClosedError })
  {
    await using embedder = await FaceEmbedder.open({ threads: 1 })
    kept = embedder
  }
  await t.throwsAsync(kept.embed(obama), { instanceOf: ClosedError })
})

async function threadCount(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8')
  return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1])
}

const onLinux = process.platform === 'linux' || process.platform === 'android'
const linuxTest = onLinux ? test.serial : test.serial.skip

linuxTest('what is dropped without closing gives its thread back', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  const openAndDrop = async (): Promise<void> => {
    const embedder = await FaceEmbedder.open({ threads: 1 })
    await embedder.embed(obama)
  }
  await openAndDrop()
  const before = await threadCount()
  for (let i = 0; i < 12; i++) await openAndDrop()
  const dropped = await threadCount()
  let after = dropped
  for (let i = 0; i < 100 && after > before; i++) {
    gc()
    await sleep(20)
    after = await threadCount()
  }
  t.log(`threads: ${before} before, ${dropped} with dropped ones, ${after} after collection`)
  t.true(after <= before)
})

linuxTest('opening and closing many times keeps memory and threads', async (t) => {
  const round = async (): Promise<void> => {
    const embedder = await FaceEmbedder.open({ threads: 1 })
    await embedder.embed(obama)
    await embedder.close()
  }
  for (let i = 0; i < 10; i++) await round()
  const [threads, memory] = [await threadCount(), process.memoryUsage().rss]
  for (let i = 0; i < 40; i++) await round()
  const grown = (process.memoryUsage().rss - memory) / 1e6
  t.log(`grown by ${grown.toFixed(1)} MB in 40 rounds`)
  t.true((await threadCount()) <= threads)
  t.true(grown < 40, `grown by ${grown} MB`)
})

linuxTest('a thread that cannot be had is an error, and the process ends', async (t) => {
  if (spawnSync('prlimit', ['--version']).error) {
    t.log('there is no prlimit (util-linux) here')
    return t.pass()
  }
  const addon = new URL('../../lib/addon/load.ts', import.meta.url).href
  const script = `import { execFileSync } from 'node:child_process'
    import { readFileSync } from 'node:fs'
    import { loadBinding } from '${addon}'
    const { Engine } = loadBinding()
    // No address space is left for the stack of another thread (32 MB, see below), but enough for
    // what Node's own threads may still ask for: they would end the process.
    const size = /VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] * 1024
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (size + 24 * 2 ** 20) + ':'])
    try {
      new Engine({ threads: 1, queueLimit: 1, precision: 'fp32', implementation: 'auto' })
    } catch (error) {
      console.log(error.code)
    }`
  const args = ['--import=tsx', '--input-type=module', '-e', script]
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  // How large the stacks of threads are is the limit of the main thread's when a program starts.
  const stack = ['--stack=33554432:', process.execPath]
  const { stdout } = await run('prlimit', [...stack, ...args], { cwd, timeout: 60_000 })
  t.is(stdout.trim(), 'OUT_OF_MEMORY')
})

const scripts: [string, string][] = [
  ['closed', 'const e = await FaceEmbedder.open(); await e.embed(crop); await e.close()'],
  ['left open', 'const e = await FaceEmbedder.open(); await e.embed(crop)'],
  ['with work waiting', 'const e = await FaceEmbedder.open(); e.embed(crop); e.embed(crop)'],
  [
    'by process.exit at work',
    'const e = await FaceEmbedder.open(); e.embed(crop); process.exit(0)'
  ],
  [
    'by process.exit amid photos of many sizes',
    `const d = await FaceDetector.open({ queueLimit: 1000 })
      for (let i = 0; i < 500; i++) {
        const [width, height] = [33 + (i % 2) * 64, 33]
        const data = new Uint8Array(width * height * 3)
        d.detect({ data, width, height, format: 'rgb' }).catch(() => undefined)
      }
      setTimeout(() => process.exit(0), 100)`
  ],
  ['while opening', 'FaceEmbedder.open(); process.exit(0)']
]

for (const [name, body] of scripts) {
  test(`a process ends by itself, ${name}`, async (t) => {
    const index = new URL('../../lib/index.ts', import.meta.url).href
    const script = `import { FaceDetector, FaceEmbedder } from '${index}'
      const crop = new Uint8Array(37632)
      ${body}`
    const args = ['--import=tsx', '--input-type=module', '-e', script]
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const { stderr } = await run(process.execPath, args, { cwd, timeout: 60_000 })
    t.notRegex(stderr, /error|abort|terminate|segmentation/i)
  })
}
