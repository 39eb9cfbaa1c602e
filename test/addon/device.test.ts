// The option `device`, whatever the build and the machine have. What needs Vulkan is in
// vulkan.test.ts.
import test from 'ava'
import { loadBinding } from '../../lib/addon/load.js'
import { vulkanRemedy } from '../../lib/addon/remedies.js'
import {
  DeviceUnavailableError,
  FaceEmbedder,
  FaceRecognizer,
  InvalidArgumentError
} from '../../lib/index.js'
import { seesawface } from '../support/cli.js'
import { crop, photo } from '../support/fixtures.js'
import { withVulkan } from '../support/vulkan.js'

test('the CPU is used unless something else is requested', async (t) => {
  for (const options of [{}, { device: 'cpu' }] as const) {
    await using embedder = await FaceEmbedder.open(options)
    t.is(embedder.device, 'cpu')
    t.is(embedder.deviceReason, undefined)
  }
})

test('an unknown device is refused by name', async (t) => {
  // @ts-expect-error a device that there is not
  const error = await t.throwsAsync(FaceEmbedder.open({ device: 'npu' }), {
    instanceOf: InvalidArgumentError
  })
  t.is(error?.argument, 'device')
})

test.serial('the variable for tests is checked, but only where it matters', async (t) => {
  process.env.SEESAWFACE_VULKAN_ALLOW_CPU = 'yes'
  try {
    await (await FaceEmbedder.open()).close()
    const error = await t.throwsAsync(FaceEmbedder.open({ device: 'auto' }), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, 'SEESAWFACE_VULKAN_ALLOW_CPU')
  } finally {
    delete process.env.SEESAWFACE_VULKAN_ALLOW_CPU
  }
})

test('the addon checks what it is asked', (t) => {
  const { vulkan } = loadBinding()
  for (const options of [undefined, {}, { allowSoftware: 1 }]) {
    // @ts-expect-error not what it takes
    const error = t.throws(() => vulkan(options))
    t.like(error, { code: 'INVALID_ARGUMENT' })
  }
})

const found = { builtIn: true, loader: true, devices: [], reason: '' }
const gpu = { name: '', vulkan: '', driver: '', fp16: true, chosen: false }
const remedies: [string, Parameters<typeof vulkanRemedy>[0], RegExp | undefined][] = [
  [
    'no Vulkan built in',
    { ...found, builtIn: false, loader: false },
    /npx seesawface build --vulkan/
  ],
  ['no loader', { ...found, loader: false }, /libvulkan1 .*Termux/],
  ['no driver', found, /mesa-vulkan-drivers/],
  [
    'a software driver',
    { ...found, devices: [{ ...gpu, kind: 'software' }] },
    /driver of your GPU/
  ],
  [
    'a software driver that is allowed',
    { ...found, devices: [{ ...gpu, kind: 'software', chosen: true }] },
    undefined
  ],
  ['a GPU', { ...found, devices: [{ ...gpu, kind: 'integrated' }] }, undefined]
]
for (const [what, vulkan, expected] of remedies) {
  test(`what helps: ${what}`, (t) => {
    const remedy = vulkanRemedy(vulkan)
    if (expected === undefined) t.is(remedy, undefined)
    else t.regex(remedy ?? '', expected)
  })
}

// A build with Vulkan answers otherwise: see vulkan.test.ts.
const cpuOnly = withVulkan ? test.skip : test

cpuOnly("a build without Vulkan refuses 'vulkan' and says how to build it in", async (t) => {
  const openings = [
    FaceEmbedder.open({ device: 'vulkan' }),
    FaceRecognizer.open({ device: 'vulkan' })
  ]
  for (const opening of openings) {
    const error = await t.throwsAsync(opening, { instanceOf: DeviceUnavailableError })
    t.is(error?.code, 'DEVICE_UNAVAILABLE')
    t.regex(error?.message ?? '', /no Vulkan.*npx seesawface build --vulkan/)
  }
})

cpuOnly("a build without Vulkan takes 'auto' as the CPU and says why", async (t) => {
  const obama = await crop('obama.png')
  await using plain = await FaceEmbedder.open()
  await using auto = await FaceEmbedder.open({ device: 'auto' })
  await using faces = await FaceRecognizer.open({ device: 'auto' })
  for (const { device, deviceReason } of [auto, faces]) {
    t.is(device, 'cpu')
    t.regex(deviceReason ?? '', /no Vulkan/)
  }
  t.is(auto.implementation, plain.implementation)
  t.deepEqual((await auto.embed(obama)).vector, (await plain.embed(obama)).vector)
})

cpuOnly('the command line tells it', async (t) => {
  const portrait = photo('obama.jpg')
  const refused = await seesawface(['embed', portrait, '--device', 'vulkan'])
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /No GPU can be used: .*no Vulkan/)
  const fallen = await seesawface(['embed', portrait, '--device', 'auto', '--json'])
  t.is(fallen.exitCode, 0)
  t.regex(fallen.stderr, /running on the CPU: .*no Vulkan/)
  t.like(JSON.parse(fallen.stdout), { photo: portrait })
})

const wrong: [string[], RegExp][] = [
  [['embed', 'x.jpg', '--device', 'gpu'], /--device must be cpu, vulkan or auto, not "gpu"/],
  [['detect', 'x.jpg', '--device', 'vulkan'], /detect always runs on the CPU/],
  [['bench', '--device', 'auto'], /bench only accepts --device vulkan, not "auto"/],
  [['bench', '--tune', '--device', 'vulkan'], /bench --tune takes no --device/]
]
for (const [args, message] of wrong) {
  test(`wrong: ${args.join(' ')}`, async (t) => {
    const { exitCode, stderr } = await seesawface(args)
    t.is(exitCode, 2)
    t.regex(stderr, message)
  })
}
