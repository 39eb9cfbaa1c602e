import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { storeCalibration, updateManifest } from '../../lib/evaluation/manifest-file.js'
import {
  EmbeddingMismatchError,
  FaceEmbedder,
  FaceRecognizer,
  PrecisionUnsupportedError,
  similarity
} from '../../lib/index.js'
import { type Calibration, calibrationOf, parseManifest } from '../../lib/models/manifest.js'
import { crop, photo } from '../support/fixtures.js'
import { embedderManifest } from '../support/models.js'

/** A face of each of the public-domain crops. */
const crops = ['obama.png', 'biden.png']

/** Opened in int8, or undefined where this CPU has no dot products of bytes, and says so. */
async function opened<T>(open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof PrecisionUnsupportedError) return undefined
    throw error
  }
}

for (const model of ['seesaw-shuffle', 'dw-seesaw-v2']) {
  test(`int8 of ${model} is near to fp32, and no embedding of the one compares with the other`, async (t) => {
    await using bytes = await opened(() => FaceEmbedder.open({ model, precision: 'int8' }))
    if (bytes === undefined) return t.pass()
    t.is(bytes.implementation, 'fused')
    await using floats = await FaceEmbedder.open({ model })
    for (const name of crops) {
      const face = await crop(name)
      const [a, b] = await Promise.all([bytes.embed(face), floats.embed(face)])
      t.is(a.precision, 'int8')
      const cosine = a.vector.reduce((sum, value, i) => sum + value * (b.vector[i] as number), 0)
      t.true(cosine > 0.998 && cosine < 0.999999, `${name}: ${cosine}`)
      t.throws(() => similarity(a, b), { instanceOf: EmbeddingMismatchError })
      t.deepEqual((await bytes.embed(face)).vector, a.vector)
    }
  })
}

test('faces are verified by thresholds of their own', async (t) => {
  await using faces = await opened(() => FaceRecognizer.open({ precision: 'int8' }))
  if (faces === undefined) return t.pass()
  const { threshold, far, same, probability, embeddings } = await faces.verify(
    photo('obama.jpg'),
    photo('biden.jpg')
  )
  const calibration = calibrationOf(faces.manifest, 'int8') as Calibration
  t.is(calibration.precision, 'int8')
  t.not(calibration, faces.manifest.calibration)
  t.is(far, calibration.defaultFar)
  t.is(threshold, calibration.thresholds.find((row) => row.far === far)?.threshold ?? Number.NaN)
  t.false(same)
  t.true((probability ?? 1) < 0.5)
  await using floats = await FaceRecognizer.open()
  await t.throwsAsync(floats.verify(embeddings[0], embeddings[1]), {
    instanceOf: EmbeddingMismatchError,
    message: /int8, not in fp32/
  })
})

test('int8 is for fused kernels: NCNN refuses it', async (t) => {
  await t.throwsAsync(FaceEmbedder.open({ precision: 'int8', implementation: 'ncnn' }), {
    instanceOf: PrecisionUnsupportedError
  })
})

test('which calibration is whose', (t) => {
  const manifest = parseManifest(
    JSON.stringify(embedderManifest('m', Uint8Array.of(1), Uint8Array.of(2))),
    'm'
  )
  if (manifest.kind !== 'embedder' || !manifest.calibration) return t.fail()
  const { calibration } = manifest
  const int8 = { ...calibration, precision: 'int8' as const }
  const fp16 = { ...calibration, precision: 'fp16' as const }
  const cases: [Calibration | undefined, Calibration[], 'fp32' | 'fp16' | 'int8', unknown][] = [
    [calibration, [], 'fp32', calibration],
    [calibration, [], 'fp16', calibration],
    [calibration, [], 'int8', undefined],
    [calibration, [int8], 'int8', int8],
    [calibration, [int8], 'fp32', calibration],
    [calibration, [int8, fp16], 'fp16', fp16],
    [undefined, [int8], 'fp32', undefined],
    [undefined, [int8], 'int8', int8]
  ]
  for (const [main, others, precision, expected] of cases) {
    t.is(calibrationOf({ calibration: main, calibrations: others }, precision), expected as never)
  }
})

test('a calibration is written beside those of other precisions', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-int8-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const written = embedderManifest('m', Uint8Array.of(1), Uint8Array.of(2)) as {
    calibration: Calibration
  }
  await writeFile(join(folder, 'm.json'), JSON.stringify(written))
  const store = async (precision: 'fp32' | 'fp16' | 'int8', dataset: string): Promise<void> => {
    const calibration = { ...written.calibration, precision, dataset }
    await updateManifest('m', folder, (fields) => storeCalibration(fields, calibration))
  }
  await store('int8', 'first')
  await store('fp16', 'half')
  await store('int8', 'second')
  await store('fp32', 'main')
  const read = parseManifest(await readFile(join(folder, 'm.json'), 'utf8'), 'm')
  if (read.kind !== 'embedder') return t.fail()
  t.is(read.calibration?.dataset, 'main')
  t.deepEqual(
    read.calibrations.map(({ precision, dataset }) => [precision, dataset]),
    [
      ['fp16', 'half'],
      ['int8', 'second']
    ]
  )
})
