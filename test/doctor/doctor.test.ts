import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import test from 'ava'
import { coresLine } from '../../lib/doctor/cores.js'
import { examine } from '../../lib/doctor/examine.js'
import {
  cosineOf,
  decodeEmbedding,
  encodeEmbedding,
  leastCosine,
  waves
} from '../../lib/doctor/self-test.js'
import { listModels } from '../../lib/index.js'
import { packageRoot } from '../../lib/paths.js'
import { TemporaryFolder } from '../support/models.js'

test('all is well with the package as it is', async (t) => {
  const report = await examine()
  t.deepEqual(report.problems, [])
  t.true(report.ok)
  t.is(report.folder, packageRoot)
  t.true(report.addon.file?.endsWith('.node'))
  t.is(report.addon.candidates.filter(({ chosen }) => chosen).length, 1)
  t.like(report.node, { platform: process.platform, arch: process.arch })
  t.regex(report.native?.ncnn.version ?? '', /^1\.0\.\d{8}$/)
  t.true(report.native?.ncnn.options.includes('RUNTIME_CPU'))
  t.regex(report.native?.compiler ?? '', /^(GCC|clang) \d+\.\d+/)
  const cpu = report.native?.cpu
  const processors = cpu?.clusters.flatMap(({ cpus }) => cpus) ?? []
  t.is(new Set(processors).size, availableParallelism())
  t.true(cpu !== undefined && processors.length === cpu.cores)
  t.true(cpu !== undefined && cpu.autoThreads >= 1 && cpu.autoThreads <= 4)
  t.true((report.native?.threads ?? 0) >= 1)
  t.like(report.decoder, { available: true })
  t.false(report.vulkan.available)
  for (const model of report.models) t.like(model, { verified: true, loads: true })
})

const cluster = (kind: 'little' | 'big' | 'prime', name: string, cpus: number[]) => ({
  kind,
  name,
  maxMHz: 0,
  cpus
})

for (const { clusters, quota, line } of [
  {
    clusters: [cluster('big', 'Cortex-A76', [0, 1, 2, 3])],
    quota: null,
    line: '4 cores: Cortex-A76'
  },
  { clusters: [cluster('big', '', [0])], quota: 0.5, line: '1 core; quota of 0.5' },
  {
    clusters: [
      cluster('little', 'Kryo 4xx Silver', [0, 1, 2, 3]),
      cluster('big', 'Cortex-A77', [4, 5, 6]),
      cluster('prime', 'Cortex-A77', [7])
    ],
    quota: null,
    line: '8 cores: 4 little (Kryo 4xx Silver), 3 big (Cortex-A77), 1 prime (Cortex-A77)'
  },
  {
    clusters: [cluster('little', '', [0, 1]), cluster('big', '', [2, 3])],
    quota: 1.5,
    line: '4 cores: 2 little, 2 big; quota of 1.5'
  }
]) {
  test(`the line of ${line}`, (t) => {
    const cores = clusters.flatMap(({ cpus }) => cpus).length
    t.is(coresLine({ cores, bigCores: 1, features: [], clusters, quota, autoThreads: 1 }), line)
  })
}

interface Stored {
  selfTest?: { embedding: string; binSha256: string }
}

const turned = (base64: string): string => encodeEmbedding(decodeEmbedding(base64).map((v) => -v))

/** What is done to the folder of models, and what is found. */
const cases: {
  what: string
  change: (folder: TemporaryFolder) => Promise<void>
  codes: string[]
  model?: object
}[] = [
  {
    what: 'a model whose weights were changed',
    async change(folder) {
      const bin = await folder.read('seesaw-shuffle.bin')
      bin.writeUInt8(bin.readUInt8(99) ^ 1, 99)
      await folder.write('seesaw-shuffle.bin', bin)
    },
    codes: ['MODEL_DAMAGED'],
    model: { verified: false, kind: 'embedder' }
  },
  {
    what: 'a model cut short',
    async change(folder) {
      const bin = await folder.read('seesaw-shuffle.bin')
      await folder.write('seesaw-shuffle.bin', bin.subarray(0, 1000))
    },
    codes: ['MODEL_DAMAGED'],
    model: { verified: false }
  },
  {
    what: 'a manifest that is none',
    change: (folder) => folder.write('seesaw-shuffle.json', '{'),
    codes: ['MODEL_DAMAGED'],
    model: { verified: false, name: 'seesaw-shuffle' }
  },
  {
    what: 'no default model',
    change: (folder) => rm(folder.file('seesaw-shuffle.json')),
    codes: ['MODEL_MISSING']
  },
  {
    what: 'no folder of models',
    change: (folder) => rm(folder.path, { recursive: true }),
    codes: ['MODEL_MISSING']
  },
  {
    what: 'another embedding than the one stored',
    change: (folder) => changeSelfTest(folder, (stored) => turned(stored)),
    codes: ['SELF_TEST_FAILED'],
    model: { verified: true, loads: true, selfTest: { state: 'failed' } }
  },
  {
    what: 'an embedding stored in another length',
    change: (folder) => changeSelfTest(folder, (stored) => stored.slice(0, 400)),
    codes: ['SELF_TEST_FAILED'],
    model: { selfTest: { state: 'failed', cosine: 0 } }
  },
  {
    what: 'nothing stored is no problem',
    change: (folder) => changeSelfTest(folder, () => undefined),
    codes: [],
    model: { loads: true, selfTest: { state: 'nothing-stored' } }
  },
  {
    what: 'what other weights gave is not compared with',
    change: (folder) => changeSelfTest(folder, (stored) => turned(stored), '0'.repeat(64)),
    codes: [],
    model: { loads: true, selfTest: { state: 'stored-for-other-weights' } }
  }
]

/** Stores an embedding made from the right one; `undefined` removes it. */
async function changeSelfTest(
  folder: TemporaryFolder,
  change: (right: string) => string | undefined,
  weights?: string
): Promise<void> {
  const { FaceEmbedder } = await import('../../lib/embedder.js')
  const embedder = await FaceEmbedder.open({ modelDir: folder.path })
  const right = encodeEmbedding((await embedder.embed(waves())).vector)
  await embedder.close()
  const name = 'seesaw-shuffle.json'
  const manifest: Stored & { files: { bin: { sha256: string } } } = JSON.parse(
    (await folder.read(name)).toString()
  )
  const embedding = change(right)
  if (embedding === undefined) delete manifest.selfTest
  else {
    const binSha256 = weights ?? manifest.files.bin.sha256
    Object.assign(manifest, {
      selfTest: { input: 'waves', embedding, binSha256, precision: 'fp32' }
    })
  }
  await folder.write(name, JSON.stringify(manifest))
}

for (const { what, change, codes, model } of cases) {
  test(what, async (t) => {
    await using folder = await TemporaryFolder.withModels()
    await change(folder)
    const report = await examine({ modelDir: folder.path })
    t.deepEqual(
      report.problems.map(({ code }) => code).filter((code, i, all) => all.indexOf(code) === i),
      codes
    )
    t.is(report.ok, codes.length === 0)
    for (const { problem, remedy } of report.problems) {
      t.true(problem.length > 10 && remedy.length > 10)
    }
    const found = report.models.find(({ name }) => name === 'seesaw-shuffle')
    if (model) t.like(found, model)
    else t.is(found, undefined)
  })
}

test('.json files that belong to no model are left out, as listModels leaves them', async (t) => {
  await using folder = await TemporaryFolder.withModels()
  await folder.write('notes.json', '{"some": "thing"}')
  await folder.write('of a model.json', '{')
  await folder.write('broken.json', '{"kind": "embedder"}')
  await folder.write('broken.bin', 'weights without a manifest that can be read')
  const report = await examine({ modelDir: folder.path })
  t.deepEqual(
    report.problems.map(({ code }) => code),
    ['MODEL_DAMAGED']
  )
  t.like(
    report.models.find(({ name }) => name === 'broken'),
    { verified: false }
  )
  t.deepEqual(
    report.leftOut.map(({ file }) => file),
    ['notes.json', 'of a model.json']
  )
  const refused: string[] = []
  const listed = await listModels(folder.path, { onRefused: ({ path }) => refused.push(path) })
  t.deepEqual(
    refused.map((path) => basename(path)).sort(),
    ['broken.json', ...report.leftOut.map(({ file }) => file)].sort()
  )
  t.deepEqual(
    listed.map(({ name }) => name),
    report.models.filter(({ verified }) => verified).map(({ name }) => name)
  )
})

test('the right embedding passes', async (t) => {
  await using folder = await TemporaryFolder.withModels()
  await changeSelfTest(folder, (right) => right)
  const { models } = await examine({ modelDir: folder.path })
  const result = models.find(({ name }) => name === 'seesaw-shuffle')?.selfTest
  t.is(result?.state, 'passed')
  t.true(result && 'cosine' in result && result.cosine > 1 - 1e-6)
})

test('after a crash the addon is left alone and everything else is still examined', async (t) => {
  const report = await examine({ crashedBy: 'SIGILL' })
  t.is(report.native, null)
  t.deepEqual(
    report.problems.map(({ code }) => code),
    ['CRASHED']
  )
  t.regex(report.problems[0]?.problem ?? '', /SIGILL/)
  for (const model of report.models) {
    t.true(model.verified)
    t.is(model.loads, undefined)
  }
})

test('the self-test’s input is the same everywhere', (t) => {
  const crop = waves()
  t.is(crop.length, 112 * 112 * 3)
  // By hand: x = y = 0, then x = 1, and the last pixel x = y = 111.
  t.deepEqual([...crop.subarray(0, 6)], [0, 0, 0, 6, 14, 0])
  const last = [(111 * 3) % 74, (111 * 4) % 106, ((111 * 111) >> 3) % 142]
  const expected = [
    Math.floor(((last[0] as number) * 255) / 37),
    Math.floor(((last[1] as number) * 255) / 53),
    Math.floor(((142 - (last[2] as number)) * 255) / 71)
  ]
  t.deepEqual([...crop.subarray(-3)].length, 3)
  t.deepEqual([...crop.subarray(-3)], expected)
})

test('embeddings survive base64; cosines of unlike vectors are 0', (t) => {
  const vector = Float32Array.of(0.5, -1e-20, 3)
  t.deepEqual(decodeEmbedding(encodeEmbedding(vector)), vector)
  t.true(cosineOf(vector, vector) > leastCosine)
  t.is(cosineOf(vector, Float32Array.of(1)), 0)
  t.is(cosineOf(vector, new Float32Array(3)), 0)
})
