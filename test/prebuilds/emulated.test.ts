// Each prebuilt binary, installed from the packed package and loaded by a real Node.js of its
// processor and C library, against this machine's fp32 answers. Other processors, and older ones,
// are emulated by qemu: an instruction the processor lacks ends the process. Emulated time says
// nothing about a device; what is compared here is only what is computed.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Transformer } from '@napi-rs/image'
import test from 'ava'
import type { Precision } from '../../lib/index.js'
import { machineOf } from '../../scripts/prebuild/machine.js'
import { type Target, targetsNamed } from '../../scripts/prebuild/targets.js'

const run = promisify(execFile)

interface Answers {
  arch: string
  embeddings: Record<string, number[]>
  verdicts: { same: boolean; similarity: number; threshold: number }[]
}

const photos = ['obama.jpg', 'obama2.jpg', 'biden.jpg'].map((name) =>
  resolve('test/fixtures/photos', name)
)
const probe = 'test/prebuilds/probe.mjs'

const appOf = (target: Target) => resolve('build-prebuild', target.name, 'root')

/**
 * The image decoder goes by this machine's own ldd, which is glibc's where musl's loader is called
 * by name: there it has to be told.
 */
function decoderOf(target: Target, cpu: string): Record<string, string> {
  if (target.libc !== 'musl' || cpu !== 'own') return {}
  const name = `image-linux-${target.arch}-musl`
  const file = `node_modules/@napi-rs/${name}/${name.replace('-', '.')}.node`
  return { NAPI_RS_NATIVE_LIBRARY_PATH: join(appOf(target), file) }
}

async function emulated(target: Target, cpu: string, args: string[]) {
  const machine = await machineOf(target, cpu)
  return run(machine.program, [...machine.args, ...args], {
    cwd: appOf(target),
    env: { ...process.env, ...machine.env, ...decoderOf(target, cpu) },
    maxBuffer: 1 << 26
  })
}

function cosine(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] as number), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

let scratch: string
let cropsFile: string
let reference: Answers

test.before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'seesawface-emulated-'))
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
  const { stdout } = await run(process.execPath, [probe, 'fp32', cropsFile, ...photos])
  reference = JSON.parse(stdout)
})

test.after.always(() => rm(scratch, { recursive: true, force: true }))

// The processors: the plainest a target allows, and those with everything that is dispatched to.
const cases: [target: string, cpu: string, precision: Precision, cosine: number][] = [
  ['linux-arm64-glibc', 'cortex-a53', 'fp32', 0.9999], // Raspberry Pi 3: plain ARMv8.0
  ['linux-arm64-glibc', 'cortex-a76', 'fp32', 0.9999], // Raspberry Pi 5: ARMv8.2
  ['linux-arm64-glibc', 'cortex-a76', 'fp16', 0.999],
  ['linux-arm64-glibc', 'cortex-a76', 'int8', 0.998],
  ['linux-arm-glibc', 'cortex-a7', 'fp32', 0.9999], // Raspberry Pi 2: ARMv7 with VFPv4
  ['linux-arm-glibc', 'cortex-a9', 'fp32', 0.9999], // NEON without VFPv4
  ['linux-x64-glibc', 'qemu64', 'fp32', 0.9999], // no more than SSE3
  ['linux-x64-glibc', 'own', 'fp32', 0.9999],
  ['linux-x64-musl', 'own', 'fp32', 0.9999],
  ['linux-arm64-musl', 'cortex-a53', 'fp32', 0.9999],
  ['linux-arm64-musl', 'cortex-a76', 'fp16', 0.999]
]

let staged = 0
for (const [name, cpu, precision, least] of cases) {
  const [target] = targetsNamed([name])
  if (target === undefined || !existsSync(appOf(target))) continue
  if (cpu === 'own' && target.arch !== process.arch) continue
  staged++

  test.serial(`${name} on ${cpu} in ${precision} agrees with fp32 here`, async (t) => {
    await copyFile(probe, join(appOf(target), 'probe.mjs'))
    const args = ['probe.mjs', precision, cropsFile, ...photos]
    const { stdout } = await emulated(target, cpu, args)
    const answers: Answers = JSON.parse(stdout)
    t.is(answers.arch, target.arch)
    const names = Object.keys(reference.embeddings)
    t.true(names.length >= 3)
    for (const crop of names) {
      const agreement = cosine(
        answers.embeddings[crop] as number[],
        reference.embeddings[crop] as number[]
      )
      t.log(`${crop}: cosine ${agreement.toFixed(7)}`)
      t.true(agreement >= least, `${crop}: cosine ${agreement}`)
    }
    t.deepEqual(
      answers.verdicts.map(({ same }) => same),
      [true, false]
    )
    answers.verdicts.forEach(({ similarity }, i) => {
      const expected = reference.verdicts[i]?.similarity ?? Number.NaN
      t.true(Math.abs(similarity - expected) < 0.01)
    })
  })
}

// Each target once, on the first processor of its cases: its plainest.
for (const [name, cpu] of new Map(cases.map(([name, cpu]) => [name, cpu] as const).reverse())) {
  const [target] = targetsNamed([name])
  if (target === undefined || !existsSync(appOf(target))) continue
  if (cpu === 'own' && target.arch !== process.arch) continue

  test.serial(`${name} on ${cpu}: doctor finds the binary, the self-test agrees`, async (t) => {
    const cli = join(appOf(target), 'node_modules/.bin/seesawface')
    const { stdout } = await emulated(target, cpu, [cli, 'doctor', '--here', '--json']).catch(
      // A problem, expected or not, is exit code 1; the report tells which.
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' })
    )
    const report = JSON.parse(stdout)
    // npm has no newer Node.js for 32-bit ARM than 20.11.
    const known = target.arch === 'arm' ? ['NODE_TOO_OLD'] : []
    t.deepEqual(
      report.problems.map(({ code }: { code: string }) => code),
      known
    )
    t.is(report.addon.kind, 'prebuild')
    t.true(report.addon.file.endsWith(`/prebuilds/${target.file}`), report.addon.file)
    t.regex(report.native.compiler, /clang .*libc\+\+/)
    for (const { loads, selfTest } of report.models) {
      t.true(loads)
      if (selfTest) t.not(selfTest.state, 'failed')
    }
  })
}

test('something was staged', (t) => {
  t.true(staged > 0, 'npm run prebuilds, then npm run test:prebuilds')
})

const [arm64] = targetsNamed(['linux-arm64-glibc'])
if (arm64 && existsSync(appOf(arm64))) {
  const cli = join(appOf(arm64), 'node_modules/.bin/seesawface')

  for (const precision of ['fp16', 'int8']) {
    test.serial(`cortex-a53 has no instructions for ${precision} and says so`, async (t) => {
      await copyFile(probe, join(appOf(arm64), 'probe.mjs'))
      const error = await t.throwsAsync<Error & { stderr: string }>(
        emulated(arm64, 'cortex-a53', ['probe.mjs', precision, cropsFile, ...photos])
      )
      t.regex(error?.stderr ?? '', /PRECISION_UNSUPPORTED/)
    })
  }

  test.serial('the command line verifies two photos on cortex-a53', async (t) => {
    const verify = (a: string, b: string) =>
      emulated(arm64, 'cortex-a53', [cli, 'verify', a, b, '--json'])
    const [obama, obama2, biden] = photos as [string, string, string]
    t.true(JSON.parse((await verify(obama, obama2)).stdout).same)
    const different = await t.throwsAsync<Error & { code: number; stdout: string }>(
      verify(obama, biden)
    )
    t.is(different?.code, 1)
    t.false(JSON.parse(different?.stdout ?? '{}').same)
  })
}
