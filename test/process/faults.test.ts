// What the machine refuses: memory, threads, files, /proc and /sys. Each is an error of ours, or
// makes no difference; a crash or a hang is neither.
import { spawnSync } from 'node:child_process'
import { rm, truncate } from 'node:fs/promises'
import test from 'ava'
import { type ErrorCode, FaceEmbedder, type SeesawFaceError } from '../../lib/index.js'
import { crop, photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'
import { publishedCli, run, runModule } from '../support/program.js'

const linux = process.platform === 'linux'
const prlimit = linux && spawnSync('prlimit', ['--version']).error === undefined
const limitTest = prlimit ? test : test.skip
const why = prlimit ? '' : ' (there is no prlimit here)'

/** Works with the address space limited to what is in use plus some megabytes, and says how it went. */
function withMegabytes(megabytes: number, early: string, late: string): string {
  return `
    import { execFileSync } from 'node:child_process'
    import { readFileSync } from 'node:fs'
    import { createRequire } from 'node:module'
    import { decodeImage, FaceRecognizer } from 'seesawface'
    createRequire(process.cwd() + '/')('node-gyp-build')(process.cwd())
    const frame = await decodeImage('${photo('obama.jpg')}')
    const large = { data: new Uint8Array(4096 * 4096), width: 4096, height: 4096, format: 'gray' }
    const open = (threads) => FaceRecognizer.open({ threads, implementation: 'ncnn' })
    let faces
    ${early}
    const size = /VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] * 1024
    const limit = size + ${megabytes} * 2 ** 20
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + limit + ':'])
    try {
      ${late}
      await faces.detect(large, { maxSide: 4096, searchPixels: 0 })
      await faces.embed(frame)
      await faces.close()
      console.log('done')
    } catch (error) {
      console.log(error.code)
    }`
}

const cases: readonly [when: string, early: string, late: string][] = [
  ['before it is opened', '', 'faces = await open(1)'],
  ['before it is opened with threads', '', 'faces = await open(4)'],
  ['after it was opened', 'faces = await open(1)', ''],
  ['after it was opened with threads', 'faces = await open(2)', '']
]

/** Node's own last words, where it was the first to ask for memory. */
const lastWords = /FATAL ERROR: .*(heap|memory)|Check failed|OOM error|Out of memory/i

for (const [when, early, late] of cases) {
  limitTest(`little memory is left ${when}: OUT_OF_MEMORY, or it works${why}`, async (t) => {
    const outcomes: string[] = []
    for (const megabytes of [1, 12, 16, 20, 32, 64, 100, 4000]) {
      const text = withMegabytes(megabytes, early, late)
      let { code, signal, stdout, stderr } = await runModule(text)
      if (code !== 0 && !lastWords.test(stderr)) {
        // Its threads may also end it without a word of theirs, once in a while; what is ours asks
        // for the same memory again and would end it each time.
        t.log(`${megabytes} MB: ${code ?? signal} ${stderr}`)
        ;({ code, signal, stdout, stderr } = await runModule(text))
        t.true(code === 0 || lastWords.test(stderr), `${megabytes} MB again: ${signal} ${stderr}`)
      }
      const outcome = stdout.trim()
      if (code === 0) t.regex(outcome, /^(OUT_OF_MEMORY|done)$/, `${megabytes} MB`)
      outcomes.push(`${megabytes} MB: ${code === 0 ? outcome : 'Node ends'}`)
    }
    t.log(outcomes.join(', '))
    t.true(outcomes[0]?.endsWith('OUT_OF_MEMORY') || outcomes[0]?.endsWith('Node ends'))
    t.true(outcomes.at(-1)?.endsWith('done'), 'with enough it works')
  })
}

const changes: readonly [what: string, change: (path: string) => Promise<void>, code: ErrorCode][] =
  [
    ['deleted', (path) => rm(path), 'MODEL_NOT_FOUND'],
    ['cut short', (path) => truncate(path, 1000), 'MODEL_CORRUPT']
  ]

for (const [what, change, code] of changes) {
  test(`a model ${what} while it is loaded works on; it is not opened again`, async (t) => {
    await using folder = await TemporaryFolder.withModels()
    const options = { threads: 1, modelDir: folder.path }
    const face = await crop('obama.png')
    await using embedder = await FaceEmbedder.open(options)
    const { vector } = await embedder.embed(face)
    for (const ending of ['bin', 'param']) await change(folder.file(`seesaw-shuffle.${ending}`))
    t.deepEqual((await embedder.embed(face)).vector, vector)
    const error = await t.throwsAsync<SeesawFaceError>(FaceEmbedder.open(options))
    t.is(error?.code, code)
  })
}

const apart = ['--map-root-user', '--mount']
const mounts = spawnSync('unshare', [...apart, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
const mountTest = mounts ? test : test.skip

mountTest(
  `without /proc and /sys it works, and doctor tells${mounts ? '' : ' (no mounts here)'}`,
  async (t) => {
    const bare = (...args: string[]) => {
      const script = 'mount -t tmpfs none /proc && mount -t tmpfs none /sys && exec "$@"'
      const command = [process.execPath, publishedCli, ...args]
      return run('unshare', [...apart, 'sh', '-c', script, 'sh', ...command])
    }
    const verified = await bare('verify', photo('obama.jpg'), photo('obama2.jpg'), '--json')
    t.is(verified.code, 0, verified.stderr)
    t.true(JSON.parse(verified.stdout).same)
    const found = await bare('doctor', '--json')
    t.is(found.code, 0, found.stderr)
    t.like(JSON.parse(found.stdout), { ok: true, unreadable: ['/proc', '/sys'] })
    t.regex(
      (await bare('doctor')).stdout,
      /core types are a guess: \/proc and \/sys cannot be read/
    )
  }
)
