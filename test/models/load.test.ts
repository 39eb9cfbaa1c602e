import { mkdir, rm } from 'node:fs/promises'
import test from 'ava'
import {
  InvalidArgumentError,
  ModelCorruptError,
  ModelInvalidError,
  ModelNotFoundError
} from '../../lib/errors.js'
import {
  type ListModelsOptions,
  listModels,
  loadDetectorModel,
  loadEmbedderModel,
  type RefusedManifest,
  readManifest
} from '../../lib/models/load.js'
import { embedderManifest, TemporaryFolder } from '../support/models.js'

const param = Uint8Array.from({ length: 300 }, (_, i) => i % 256)
// More than one of the pieces in which files are read and hashed.
const bin = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 31) % 256)

async function folderWithModel(): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.make()
  await folder.write('m.json', JSON.stringify(embedderManifest('m', param, bin)))
  await folder.write('m.param', param)
  await folder.write('m.bin', bin)
  return folder
}

test('files that agree with the manifest are read whole', async (t) => {
  await using folder = await folderWithModel()
  const { manifest, files } = await loadEmbedderModel('m', folder.path)
  t.is(manifest.name, 'm')
  t.deepEqual(files.param, param)
  t.deepEqual(files.bin, bin)
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

const corruptions: [string, 'm.param' | 'm.bin', Uint8Array, RegExp][] = [
  ['a truncated .bin', 'm.bin', bin.subarray(0, -1), /2499999 bytes.*2500000/],
  ['an empty .bin', 'm.bin', new Uint8Array(0), / 0 bytes/],
  ['a longer .bin', 'm.bin', new Uint8Array(2_500_001), /2500001 bytes/],
  ['a flipped first bit', 'm.bin', flipped(bin, 0), /sha256/],
  ['a flipped last bit', 'm.bin', flipped(bin, bin.length - 1), /sha256/],
  ['a flipped bit of the .param', 'm.param', flipped(param, 150), /sha256/],
  ['a shorter .param', 'm.param', param.subarray(1), /299 bytes/]
]

for (const [name, file, content, message] of corruptions) {
  test(`${name} is refused with MODEL_CORRUPT`, async (t) => {
    await using folder = await folderWithModel()
    await folder.write(file, content)
    const error = await t.throwsAsync(loadEmbedderModel('m', folder.path), {
      instanceOf: ModelCorruptError,
      message
    })
    t.is(error?.code, 'MODEL_CORRUPT')
    t.true(error?.message.includes(folder.file(file)))
  })
}

for (const missing of ['m.json', 'm.param', 'm.bin']) {
  test(`a missing ${missing} is refused with MODEL_NOT_FOUND`, async (t) => {
    await using folder = await folderWithModel()
    await rm(folder.file(missing))
    const error = await t.throwsAsync(loadEmbedderModel('m', folder.path), {
      instanceOf: ModelNotFoundError
    })
    t.true(error?.message.includes(folder.file(missing)))
  })
}

test('names that are no plain names are invalid arguments', async (t) => {
  for (const name of ['', '.', '..', '../m', 'a/b', '/etc/passwd', 'a\0b', 7, null]) {
    const error = await t.throwsAsync(readManifest(name as string), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, 'model')
  }
  const detector = await t.throwsAsync(loadDetectorModel('../m'), {
    instanceOf: InvalidArgumentError
  })
  t.is(detector?.argument, 'detector')
  for (const folder of ['', 5, null]) {
    for (const load of [
      () => readManifest('m', folder as string),
      () => listModels(folder as string)
    ]) {
      const error = await t.throwsAsync(load, { instanceOf: InvalidArgumentError })
      t.is(error?.argument, 'modelDir')
    }
  }
})

test('a model of the wrong kind and an oversized manifest are refused', async (t) => {
  await using folder = await folderWithModel()
  await t.throwsAsync(loadDetectorModel('m', folder.path), {
    instanceOf: ModelInvalidError,
    message: /is an embedder, not a detector/
  })
  await folder.write('m.json', ' '.repeat(1024 * 1024 + 1))
  await t.throwsAsync(loadEmbedderModel('m', folder.path), { instanceOf: ModelInvalidError })
})

test('a folder of embedders alone takes the detector of this package, unless one is named', async (t) => {
  await using folder = await folderWithModel()
  t.is((await loadDetectorModel(undefined, folder.path)).manifest.name, 'yunet')
  const missing = { instanceOf: ModelNotFoundError }
  await t.throwsAsync(loadDetectorModel('yunet', folder.path), missing)
  await t.throwsAsync(loadDetectorModel(undefined, folder.file('nowhere')), missing)
  // One's own detector is taken, even when it cannot be used.
  await folder.write('yunet.json', JSON.stringify(embedderManifest('yunet', param, bin)))
  await t.throwsAsync(loadDetectorModel(undefined, folder.path), { instanceOf: ModelInvalidError })
})

test('models are listed by name', async (t) => {
  await using folder = await folderWithModel()
  await folder.write('b.json', JSON.stringify(embedderManifest('b', param, bin)))
  t.deepEqual(
    (await listModels(folder.path)).map(({ name }) => name),
    ['b', 'm']
  )
  await t.throwsAsync(listModels(folder.file('nowhere')), { instanceOf: ModelNotFoundError })
})

const foreign: [string, string, RegExp][] = [
  ['package.json', '{"name": "something"}', /"package" is not valid at kind/],
  ['a list.json', '[]', /must be a plain model name/],
  ['broken.json', '{"schema": 1,', /is not JSON/],
  ['empty.json', '', /is not JSON/],
  ['huge.json', ' '.repeat(1024 * 1024 + 1), /larger than/],
  ['other.json', JSON.stringify(embedderManifest('m', param, bin)), /calls itself "m"/]
]

test('files that are no manifests are left out of the list, and told of', async (t) => {
  await using folder = await folderWithModel()
  for (const [name, content] of foreign) await folder.write(name, content)
  await mkdir(folder.file('folder.json'))
  const refused: RefusedManifest[] = []
  const listed = await listModels(folder.path, { onRefused: (file) => refused.push(file) })
  t.deepEqual(
    listed.map(({ name }) => name),
    ['m']
  )
  t.deepEqual(
    refused.map(({ path }) => path),
    [...foreign.map(([name]) => name), 'folder.json'].sort().map((name) => folder.file(name))
  )
  for (const [name, , message] of foreign) {
    t.regex(refused.find(({ path }) => path.endsWith(name))?.error.message ?? '', message)
  }
  t.is((await listModels(folder.path)).length, 1)
})

test('onRefused must be a function', async (t) => {
  const options = { onRefused: 'shout' } as unknown as ListModelsOptions
  const error = await t.throwsAsync(listModels(undefined, options), {
    instanceOf: InvalidArgumentError
  })
  t.is(error?.argument, 'onRefused')
})
