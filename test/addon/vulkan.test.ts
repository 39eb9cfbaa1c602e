// The addon built with Vulkan: on Mesa's software driver, without a driver, without a loader. Each
// case is a process, because a process looks for drivers once. `sh scripts/vulkan/test.sh` builds
// that addon and runs this; with another one everything here is skipped.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { cosineOf } from '../../lib/doctor/self-test.js'
import { seesawface } from '../support/cli.js'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'
import { withVulkan } from '../support/vulkan.js'

const run = promisify(execFile)
const script = fileURLToPath(new URL('../support/device.mjs', import.meta.url))

/** Mesa's software driver, which NCNN loads itself when it is named. */
const drivers = '/usr/share/vulkan/icd.d'
const software =
  existsSync(drivers) && readdirSync(drivers).find((name) => name.startsWith('lvp_icd'))
const onSoftware: NodeJS.ProcessEnv = {
  VK_ICD_FILENAMES: software ? join(drivers, software) : undefined,
  SEESAWFACE_VULKAN_ALLOW_CPU: '1'
}

// One after the other: the software driver takes all of the processor and much memory.
const vulkanTest = withVulkan ? test.serial : test.serial.skip
const softwareTest = withVulkan && software ? test.serial : test.serial.skip
const missing = withVulkan ? (software ? '' : "Mesa's software driver") : 'an addon with Vulkan'
if (missing !== '') {
  test(`skipped for want of ${missing}`, (t) => {
    t.falsy(process.env.SEESAWFACE_EXPECT_VULKAN, `${missing} should be here`)
  })
}

interface Outcome {
  device?: string
  deviceReason?: string
  implementation?: string
  vector?: number[]
  code?: string
  message?: string
}

async function open(options: object, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const { stdout, stderr } = await run(process.execPath, [script, JSON.stringify(options)], {
    env: { ...process.env, ...env },
    timeout: 120_000
  })
  if (stderr !== '') throw new Error(stderr)
  return JSON.parse(stdout)
}

/** A shared library made of a few lines of C++. */
async function library(folder: TemporaryFolder, name: string, source: string): Promise<string> {
  await folder.write(`${name}.cc`, source)
  const file = folder.file(`${name}.so`)
  execFileSync('c++', ['-shared', '-fPIC', '-o', file, folder.file(`${name}.cc`), '-ldl'])
  return file
}

/** Stands before the system's dlopen: there is no Vulkan loader. */
const noLoader = `
  #include <dlfcn.h>
  #include <cstring>
  extern "C" void* dlopen(const char* name, int flags) {
    using Open = void* (*)(const char*, int);
    if (name && std::strstr(name, "libvulkan")) name = "/nonexistent.so";
    return reinterpret_cast<Open>(dlsym(RTLD_NEXT, "dlopen"))(name, flags);
  }`

/** A driver that ends the process. */
const crashing = `
  #include <cstdlib>
  extern "C" void* vk_icdGetInstanceProcAddr(void*, const char*) { std::abort(); }`

const none: [string, (folder: TemporaryFolder) => Promise<NodeJS.ProcessEnv>, RegExp][] = [
  ['no driver', async () => ({ VK_ICD_FILENAMES: '/nonexistent.json' }), /finds no driver/],
  [
    'no loader',
    async (folder) => ({ LD_PRELOAD: await library(folder, 'no-loader', noLoader) }),
    /no Vulkan loader/
  ],
  [
    'a software driver only',
    async () => ({ ...onSoftware, SEESAWFACE_VULKAN_ALLOW_CPU: '0' }),
    /llvmpipe.*computes on the CPU/
  ]
]

for (const [what, environment, reason] of none) {
  const suited = what === 'a software driver only' ? softwareTest : vulkanTest
  suited(`${what}: 'vulkan' is refused with the reason, 'auto' is the CPU`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const env = await environment(folder)
    const refused = await open({ device: 'vulkan' }, env)
    t.is(refused.code, 'DEVICE_UNAVAILABLE')
    t.regex(refused.message ?? '', reason)
    t.regex(refused.message ?? '', /Install the driver of your GPU/)
    const fallen = await open({ device: 'auto' }, env)
    t.is(fallen.device, 'cpu')
    t.regex(fallen.deviceReason ?? '', reason)
    const plain = await open({}, env)
    t.deepEqual(fallen.vector, plain.vector)
    t.is(plain.deviceReason, undefined)

    const { exitCode, stdout } = await seesawface(['doctor', '--json'], env)
    const { vulkan } = JSON.parse(stdout)
    t.is(exitCode, 0)
    t.like(vulkan, { available: false, builtIn: true })
    t.regex(vulkan.reason, reason)
    t.regex(vulkan.remedy, /Install the driver/)
    t.is(vulkan.loader, what !== 'no loader')
  })
}

for (const model of ['seesaw-shuffle', 'dw-seesaw-v2']) {
  softwareTest(`${model} embeds on the software driver as on the CPU`, async (t) => {
    const cpu = await open({ model }, onSoftware)
    t.is(cpu.device, 'cpu')
    for (const device of ['vulkan', 'auto']) {
      const there = await open({ model, device }, onSoftware)
      t.is(there.device, 'vulkan', there.deviceReason)
      t.is(there.implementation, 'ncnn')
      t.regex(
        there.deviceReason ?? '',
        /llvmpipe.*\(software\), cosine with the CPU (0\.99999|1\.0)/
      )
      const [a, b] = [cpu, there].map(({ vector }) => Float32Array.from(vector ?? []))
      const cosine = cosineOf(a as Float32Array, b as Float32Array)
      t.log(`${device}: cosine ${cosine.toFixed(9)}`)
      t.true(cosine > 0.999999)
    }
  })
}

softwareTest('the kernels of the CPU cannot be had on a GPU', async (t) => {
  const implementation = 'fused'
  const refused = await open({ device: 'vulkan', implementation }, onSoftware)
  t.is(refused.code, 'DEVICE_UNAVAILABLE')
  t.regex(refused.message ?? '', /fused kernels compute on the CPU/)
  const fallen = await open({ device: 'auto', implementation }, onSoftware)
  t.like(fallen, { device: 'cpu', implementation })
})

softwareTest('the command line: verify on the software driver, and doctor', async (t) => {
  const [a, b] = ['obama.jpg', 'obama2.jpg'].map(photo) as [string, string]
  const verified = await seesawface(['verify', a, b, '--device', 'vulkan', '--json'], onSoftware)
  const plain = await seesawface(['verify', a, b, '--json'], onSoftware)
  t.is(verified.exitCode, 0, verified.stderr)
  const difference = JSON.parse(verified.stdout).similarity - JSON.parse(plain.stdout).similarity
  t.true(Math.abs(difference) < 1e-4, String(difference))

  const { vulkan } = JSON.parse((await seesawface(['doctor', '--json'], onSoftware)).stdout)
  t.like(vulkan, { available: true, builtIn: true, loader: true })
  t.like(vulkan.devices[0], { kind: 'software', chosen: true })
  const shown = await seesawface(['doctor'], onSoftware)
  t.regex(shown.stdout, /Vulkan +usable: llvmpipe/)
  t.regex(shown.stdout, /chosen +llvmpipe.*software, Vulkan 1\.\d/)
})

softwareTest('bench times it beside the CPU', async (t) => {
  const args = ['--model', 'seesaw-shuffle', '--threads', '1', '--seconds', '0.1', '--json']
  const timed = await seesawface(['bench', '--device', 'vulkan', ...args], onSoftware)
  t.is(timed.exitCode, 0, timed.stderr)
  const [embedding] = JSON.parse(timed.stdout).models[0].embedding
  t.true(embedding.rows.length >= 2)
  t.regex(embedding.rows.at(-1).name, /llvmpipe/)
  t.true(embedding.rows.at(-1).median > 0)
})

vulkanTest('doctor survives a driver that crashes, and names it', async (t) => {
  await using folder = await TemporaryFolder.make()
  const file = await library(folder, 'crashing', crashing)
  await folder.write('driver.json', `{\n "ICD": {\n  "library_path": "${file}"\n }\n}\n`)
  const env = { VK_ICD_FILENAMES: folder.file('driver.json') }
  const { exitCode, stdout } = await seesawface(['doctor', '--json'], env)
  const report = JSON.parse(stdout)
  t.is(exitCode, 1)
  t.deepEqual(
    report.problems.map(({ code }: { code: string }) => code),
    ['VULKAN_CRASHES']
  )
  t.regex(report.vulkan.reason, /crashes the process \(SIGABRT\)/)
  t.true(report.models.every(({ loads }: { loads?: boolean }) => loads))
  t.is((await open({}, env)).device, 'cpu')
})

/** A driver that poses as a GPU and has a fault: see faulty-driver.cc. */
async function faulty(folder: TemporaryFolder, fault: string): Promise<NodeJS.ProcessEnv> {
  const source = await readFile(new URL('../support/faulty-driver.cc', import.meta.url), 'utf8')
  const file = await library(folder, 'faulty-driver', source)
  await folder.write('driver.json', `{\n "ICD": {\n  "library_path": "${file}"\n }\n}\n`)
  const { ICD: behind } = JSON.parse(await readFile(join(drivers, software || ''), 'utf8'))
  const { library_path: path } = behind
  return {
    VK_ICD_FILENAMES: folder.file('driver.json'),
    FAULTY_DRIVER: path,
    FAULT: fault
  }
}

const faults: [fault: string, reason: RegExp][] = [
  ['lost', /it cannot be opened/],
  ['wrong', /a cosine of -?0\.\d+ with the CPU's, at least 0\.9999 is required/],
  ['slow', /it takes \d{4,} ms for one face, at most 5000 are allowed/]
]
for (const [fault, reason] of faults) {
  softwareTest(`a GPU that is ${fault} is refused with the reason`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const env = await faulty(folder, fault)
    const refused = await open({ device: 'vulkan' }, env)
    t.is(refused.code, 'DEVICE_UNAVAILABLE')
    t.regex(refused.message ?? '', reason)
    t.regex(refused.message ?? '', /Use device 'auto' or 'cpu'/)
    const fallen = await open({ device: 'auto' }, env)
    t.is(fallen.device, 'cpu')
    t.regex(fallen.deviceReason ?? '', reason)
    t.deepEqual(fallen.vector, (await open({}, env)).vector)
  })
}

softwareTest('a GPU without a fault needs no leave', async (t) => {
  await using folder = await TemporaryFolder.make()
  const found = await open({ device: 'auto' }, await faulty(folder, 'none'))
  t.is(found.device, 'vulkan', found.deviceReason)
  t.regex(found.deviceReason ?? '', /\(discrete\), cosine with the CPU/)
})

softwareTest('a GPU that is lost later is an error of the call; the CPU goes on', async (t) => {
  await using folder = await TemporaryFolder.make()
  const { stdout, stderr } = await run(
    process.execPath,
    [script, JSON.stringify({ device: 'vulkan' }), 'embed until it fails'],
    { env: { ...process.env, ...(await faulty(folder, 'lost later')) }, timeout: 170_000 }
  )
  t.is(stderr, '')
  const { done, code, message, length } = JSON.parse(stdout)
  t.true(done >= 1 && done < 30, `${done} embeddings before`)
  t.is(code, 'DEVICE_UNAVAILABLE')
  t.regex(message, /the GPU could not compute/)
  t.is(length, 512)
})

const deeds = [
  'close',
  'leave open',
  'exit when open',
  'exit while opening',
  'exit at work',
  'exit while closing',
  'exit with several open',
  'exit with a worker at work',
  'throw when open'
]
for (const deed of deeds) {
  softwareTest(`a process with a network on a GPU ends well: ${deed}`, async (t) => {
    const { stderr } = await run(
      process.execPath,
      [script, JSON.stringify({ device: 'vulkan' }), deed],
      { env: { ...process.env, ...onSoftware }, timeout: 120_000 }
    )
    t.is(stderr, '')
  })
}

softwareTest('opening and closing again and again does not grow', async (t) => {
  t.timeout(600_000)
  const { stdout } = await run(
    process.execPath,
    [script, JSON.stringify({ device: 'vulkan' }), 'open and close', '50'],
    { env: { ...process.env, ...onSoftware }, timeout: 600_000 }
  )
  const { sizes } = JSON.parse(stdout)
  t.is(sizes.length, 50)
  const growth = sizes[49] - sizes[9]
  t.log(`RSS after 1, 10, 50 times: ${sizes[0]}, ${sizes[9]}, ${sizes[49]} MB`)
  t.true(growth < 40, `grown by ${growth} MB`)
})

softwareTest('embedding on does not grow', async (t) => {
  const { stdout } = await run(
    process.execPath,
    [script, JSON.stringify({ device: 'vulkan' }), 'embed often', '300'],
    { env: { ...process.env, ...onSoftware }, timeout: 170_000 }
  )
  const { sizes } = JSON.parse(stdout)
  const growth = sizes.at(-1) - sizes[4]
  t.log(`RSS after 50 and ${sizes.length * 10} embeddings: ${sizes[4]}, ${sizes.at(-1)} MB`)
  t.true(growth < 20, `grown by ${growth} MB`)
})
