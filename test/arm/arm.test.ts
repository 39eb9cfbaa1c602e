// The arm64 build, run for real under qemu-aarch64, against this machine's fp32 answers.
// `sh scripts/arm/build.sh` lays out build-arm64/root first. Emulated time says nothing about a
// device; what is compared here is only what is computed.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Transformer } from '@napi-rs/image'
import test from 'ava'

const run = promisify(execFile)

interface Answers {
  arch: string
  embeddings: Record<string, number[]>
  verdicts: { same: boolean; similarity: number; threshold: number }[]
}

const root = resolve('build-arm64/root')
const app = join(root, 'app')
const photos = ['obama.jpg', 'obama2.jpg', 'biden.jpg'].map((name) =>
  resolve('test/fixtures/photos', name)
)
const probe = 'test/arm/probe.mjs'

function emulated(cpu: string, args: string[]) {
  const qemu = ['-cpu', cpu, '-L', '/usr/aarch64-linux-gnu', join(root, 'node/bin/node')]
  return run('qemu-aarch64', [...qemu, ...args], { cwd: app, maxBuffer: 1 << 26 })
}

function cosine(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i], 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

let scratch: string
let cropsFile: string
let reference: Answers

test.before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'seesawface-arm-'))
  const folder = 'test/fixtures/crops'
  const names = (await readdir(folder)).filter((name) => name.endsWith('.png')).sort()
  const crops = await Promise.all(
    names.map(async (name) => ({
      name,
      rgb: (await new Transformer(await readFile(join(folder, name))).rawPixels()).toString(
        'base64'
      )
    }))
  )
  cropsFile = join(scratch, 'crops.json')
  await writeFile(cropsFile, JSON.stringify(crops))
  await copyFile(probe, join(app, 'probe.mjs'))
  const { stdout } = await run(process.execPath, [probe, 'fp32', cropsFile, ...photos])
  reference = JSON.parse(stdout)
})

test.after.always(() => rm(scratch, { recursive: true, force: true }))

const cases = [
  { cpu: 'cortex-a53', precision: 'fp32', cosine: 0.9999 },
  { cpu: 'cortex-a76', precision: 'fp32', cosine: 0.9999 },
  { cpu: 'cortex-a76', precision: 'fp16', cosine: 0.999 }
]

for (const expected of cases) {
  test.serial(`${expected.cpu} ${expected.precision} agrees with fp32 here`, async (t) => {
    const { stdout } = await emulated(expected.cpu, [
      'probe.mjs',
      expected.precision,
      cropsFile,
      ...photos
    ])
    const answers: Answers = JSON.parse(stdout)
    t.is(answers.arch, 'arm64')
    const names = Object.keys(reference.embeddings)
    t.true(names.length >= 3)
    for (const name of names) {
      const agreement = cosine(answers.embeddings[name], reference.embeddings[name])
      t.log(`${name}: cosine ${agreement.toFixed(7)}`)
      t.true(agreement >= expected.cosine, `${name}: cosine ${agreement}`)
    }
    t.deepEqual(
      answers.verdicts.map(({ same }) => same),
      [true, false]
    )
    answers.verdicts.forEach(({ similarity }, i) => {
      t.true(Math.abs(similarity - reference.verdicts[i].similarity) < 0.01)
    })
  })
}

test.serial('cortex-a53 has no fp16 arithmetic and says so', async (t) => {
  const error = await t.throwsAsync<Error & { stderr: string }>(
    emulated('cortex-a53', ['probe.mjs', 'fp16', cropsFile, ...photos])
  )
  t.regex(error?.stderr ?? '', /PRECISION_UNSUPPORTED/)
})

test.serial('the command line verifies two photos on cortex-a53', async (t) => {
  const cli = join(app, 'node_modules/.bin/seesawface')
  const same = await emulated('cortex-a53', [cli, 'verify', photos[0], photos[1], '--json'])
  t.true(JSON.parse(same.stdout).same)
  const different = await t.throwsAsync<Error & { code: number; stdout: string }>(
    emulated('cortex-a53', [cli, 'verify', photos[0], photos[2], '--json'])
  )
  t.is(different?.code, 1)
  t.false(JSON.parse(different?.stdout ?? '{}').same)
})
