import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbedderManifest, InvalidArgumentError, listModels, type RawFrame } from '../index.js'
import { readManifest } from '../models/load.js'
import { bundledModelDir } from '../paths.js'
import { compareImplementations, type Throughput, throughput } from './embedding.js'
import { type Machine, thisMachine } from './machine.js'
import { detectorTimes, type VerifyTimes, verifyTimes } from './photos.js'
import { sampleFrame, samplePhoto } from './sample-photo.js'
import { type Sizes, sizesOnDisk } from './sizes.js'
import type { StartFigures } from './start.js'
import type { Row } from './statistics.js'

export interface BenchOptions {
  /** All embedders of the folder when left out. */
  readonly model?: string | undefined
  readonly modelDir?: string | undefined
  readonly threads: readonly number[]
  /** Times embeddings on a GPU too. */
  readonly gpu?: boolean
  /** For each measurement; there are some three for each model and number of threads. */
  readonly seconds: number
  /** One or two image files; drawn ones of 12 megapixels when there are none. */
  readonly photos: readonly string[]
  /** Runs startHere() in a process of its own, and tells the memory of one that runs nothing. */
  readonly start: (
    model: string,
    frameFile: string
  ) => Promise<StartFigures & { readonly bareRss: number }>
  readonly onProgress?: (done: number, total: number) => void
}

interface Threads {
  readonly threads: number
}

export interface ModelReport {
  readonly model: string
  readonly start: StartFigures & { readonly bareRss: number }
  readonly embedding: readonly (Threads & { readonly rows: readonly Row[] })[]
  readonly perSecond: readonly (Threads & { readonly inFlight: Throughput })[]
}

export interface BenchReport {
  readonly date: string
  readonly machine: Machine
  readonly seconds: number
  readonly models: readonly ModelReport[]
  readonly detection: readonly (Threads & Row)[]
  /** What the photos are called; of the default model. */
  readonly photos: readonly string[]
  readonly verify: readonly (Threads & VerifyTimes)[]
  readonly sizes: Sizes
}

async function embedders({ model, modelDir }: BenchOptions): Promise<EmbedderManifest[]> {
  if (model !== undefined) {
    const manifest = await readManifest(model, modelDir)
    if (manifest.kind === 'embedder') return [manifest]
    throw new InvalidArgumentError('model', `"${model}" is not an embedding model`)
  }
  const manifests = await listModels(modelDir)
  const all = manifests.filter((manifest) => manifest.kind === 'embedder')
  if (all.length > 0) return all
  throw new InvalidArgumentError(
    'modelDir',
    `there is no embedding model in "${modelDir ?? bundledModelDir}"`
  )
}

/** Writes the photos and the frame to be timed with into a folder. */
async function prepare(
  folder: string,
  given: readonly string[]
): Promise<{ photos: [string, string]; names: string[]; frame: RawFrame; frameFile: string }> {
  const frame = await sampleFrame()
  const frameFile = join(folder, 'frame.rgba')
  await writeFile(frameFile, frame.data as Uint8Array)
  const [a, b = a] = given
  if (a !== undefined && b !== undefined) {
    return { photos: [a, b], names: [...given], frame, frameFile }
  }
  const photos: [string, string] = [join(folder, '1.jpg'), join(folder, '2.jpg')]
  for (const [i, path] of photos.entries()) await writeFile(path, await samplePhoto(i + 1))
  return { photos, names: ['drawn, 12 megapixels', 'the same with other noise'], frame, frameFile }
}

/** Measures everything that `seesawface bench` tells. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { threads, seconds, modelDir, onProgress } = options
  const found = await embedders(options)
  const machine = await thisMachine()
  const total = 1 + found.length * (1 + 2 * threads.length) + 2 * threads.length
  let done = 0
  const step = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work
    onProgress?.(++done, total)
    return result
  }
  const where = modelDir === undefined ? {} : { modelDir }
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-bench-'))
  try {
    const { photos, names, frame, frameFile } = await step(prepare(folder, options.photos))
    const models: ModelReport[] = []
    for (const { name: model } of found) {
      const start = await step(options.start(model, frameFile))
      const embedding: (Threads & { rows: Row[] })[] = []
      const perSecond: (Threads & { inFlight: Throughput })[] = []
      for (const count of threads) {
        const run = { ...where, model, threads: count }
        const rows = await step(compareImplementations(run, seconds, options.gpu))
        embedding.push({ threads: count, rows })
        perSecond.push({ threads: count, inFlight: await step(throughput(run, seconds)) })
      }
      models.push({ model, start, embedding, perSecond })
    }
    const detection: (Threads & Row)[] = []
    const verify: (Threads & VerifyTimes)[] = []
    for (const count of threads) {
      const run = { ...where, threads: count }
      const named = options.model === undefined ? run : { ...run, model: options.model }
      detection.push({ threads: count, ...(await step(detectorTimes(run, frame, seconds))) })
      verify.push({ threads: count, ...(await step(verifyTimes(named, photos, seconds))) })
    }
    const sizes = await sizesOnDisk(modelDir)
    const date = new Date().toISOString().slice(0, 10)
    return { date, machine, seconds, models, detection, photos: names, verify, sizes }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
