// Models whose files do agree with their manifest, but not with each other: NCNN itself crashes on
// such files, so nothing of them may reach it.
import test from 'ava'
import {
  FaceEmbedder,
  ModelCorruptError,
  ModelInvalidError,
  SeesawFaceError
} from '../../lib/index.js'
import { sha256, TemporaryFolder } from '../support/models.js'

const name = 'seesaw-shuffle'

interface ManifestFiles {
  files: Record<'param' | 'bin', { bytes: number; sha256: string }>
  input: { blob: string }
  output: { blob: string; size: number }
}

/** Writes changed files and a manifest that agrees with them. */
async function rewrite(
  folder: TemporaryFolder,
  changed: { param?: Uint8Array; bin?: Uint8Array },
  change: (manifest: ManifestFiles) => void = () => undefined
): Promise<void> {
  const manifest: ManifestFiles = JSON.parse((await folder.read(`${name}.json`)).toString())
  for (const kind of ['param', 'bin'] as const) {
    const content = changed[kind]
    if (!content) continue
    await folder.write(`${name}.${kind}`, content)
    manifest.files[kind] = {
      ...manifest.files[kind],
      bytes: content.byteLength,
      sha256: sha256(content)
    }
  }
  change(manifest)
  await folder.write(`${name}.json`, JSON.stringify(manifest))
}

type Sources = Readonly<Record<'param' | 'bin' | 'otherParam' | 'otherBin', Buffer>>

const cases: [string, (from: Sources) => { param?: Uint8Array; bin?: Uint8Array }][] = [
  ['.bin one byte short', ({ bin }) => ({ bin: bin.subarray(0, -1) })],
  ['.bin four bytes short', ({ bin }) => ({ bin: bin.subarray(0, -4) })],
  ['.bin cut in half', ({ bin }) => ({ bin: bin.subarray(0, bin.length / 2) })],
  ['.bin of one byte', ({ bin }) => ({ bin: bin.subarray(0, 1) })],
  ['.bin too long', ({ bin }) => ({ bin: Buffer.concat([bin, Buffer.alloc(4)]) })],
  ["another model's .param", ({ otherParam }) => ({ param: otherParam })],
  ["another model's .bin", ({ otherBin }) => ({ bin: otherBin })],
  ['.param cut in half', ({ param }) => ({ param: param.subarray(0, param.length / 2) })],
  ['.param without its last line', ({ param }) => ({ param: withoutLine(param, -1) })],
  ['.param without its tenth line', ({ param }) => ({ param: withoutLine(param, 9) })],
  ['.param of zeros', ({ param }) => ({ param: Buffer.alloc(param.length) })],
  ['.param of text', () => ({ param: Buffer.from('not a network\n') })],
  ['files swapped', ({ param, bin }) => ({ param: bin, bin: param })]
]

function withoutLine(param: Buffer, at: number): Buffer {
  const lines = param.toString().trimEnd().split('\n')
  lines.splice(at, 1)
  return Buffer.from(`${lines.join('\n')}\n`)
}

for (const [title, change] of cases) {
  test(`${title}: MODEL_INVALID`, async (t) => {
    await using folder = await TemporaryFolder.withModels()
    const [param, bin, otherParam, otherBin] = await Promise.all(
      [`${name}.param`, `${name}.bin`, 'yunet.param', 'yunet.bin'].map((file) => folder.read(file))
    )
    await rewrite(folder, change({ param, bin, otherParam, otherBin } as Sources))
    const error = await t.throwsAsync(FaceEmbedder.open({ modelDir: folder.path }), {
      instanceOf: ModelInvalidError
    })
    t.is(error?.code, 'MODEL_INVALID')
  })
}

const disagreements: [string, (manifest: ManifestFiles) => void][] = [
  [
    'another size of embedding',
    (manifest) => {
      manifest.output.size = 128
    }
  ],
  [
    'an input that is not there',
    (manifest) => {
      manifest.input.blob = 'nowhere'
    }
  ],
  [
    'an output that is not there',
    (manifest) => {
      manifest.output.blob = 'nowhere'
    }
  ]
]

for (const [title, change] of disagreements) {
  test(`a manifest that states ${title}: MODEL_INVALID`, async (t) => {
    await using folder = await TemporaryFolder.withModels()
    await rewrite(folder, {}, change)
    const open = async (): Promise<void> => {
      await using embedder = await FaceEmbedder.open({ modelDir: folder.path })
      await embedder.embed(new Uint8Array(37632))
    }
    await t.throwsAsync(open(), { instanceOf: ModelInvalidError })
  })
}

test('a flipped byte in the shipped files is seen before anything else', async (t) => {
  for (const file of ['param', 'bin']) {
    await using folder = await TemporaryFolder.withModels()
    const content = await folder.read(`${name}.${file}`)
    const middle = content.length >> 1
    content[middle] = (content[middle] as number) ^ 0xff
    await folder.write(`${name}.${file}`, content)
    await t.throwsAsync(FaceEmbedder.open({ modelDir: folder.path }), {
      instanceOf: ModelCorruptError
    })
  }
})

test('weights that are not numbers give an error, not a wrong answer', async (t) => {
  await using folder = await TemporaryFolder.withModels()
  const bin = await folder.read(`${name}.bin`)
  bin.fill(0xff, bin.length - 4096)
  await rewrite(folder, { bin })
  const open = async (): Promise<void> => {
    await using embedder = await FaceEmbedder.open({ modelDir: folder.path })
    await embedder.embed(new Uint8Array(37632).fill(90))
  }
  const error = await t.throwsAsync(open())
  t.true(error instanceof SeesawFaceError)
})
