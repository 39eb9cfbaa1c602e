import { type AbortOptions, signalOf } from './abort.js'
import {
  type BatchInputs,
  type BatchOptions,
  type BatchResult,
  checkBatch,
  runBatch
} from './batch.js'
import type { Bytes } from './bytes.js'
import { checkOneOf, checkOptions } from './check.js'
import { cropBytesOf } from './crop.js'
import { FaceEmbedding } from './embedding.js'
import { Closable, type Engine, type EngineOptions, loadedEngine } from './engine.js'
import type { EmbedderManifest } from './manifest.js'
import { type LoadedModel, loadEmbedderModel } from './model.js'
import type { Implementation } from './native.js'

export interface ModelOptions {
  /** Name of the embedding model. Default `'seesaw-shuffle'`. */
  readonly model?: string
  /** Folder with NAME.json, .param and .bin; by default the models of this package. */
  readonly modelDir?: string
}

export type FaceEmbedderOptions = EngineOptions & ModelOptions

/** Gives an embedding model, read and checked already, to an engine; tells what computes it. */
export function loadIntoEngine(
  engine: Engine,
  { manifest, files }: LoadedModel<EmbedderManifest>
): Promise<Implementation> {
  const { input, output } = manifest
  return engine.run((native) =>
    native.loadEmbedder(files, {
      channels: input.channels,
      mean: input.mean,
      norm: input.norm,
      inputBlob: input.blob,
      outputBlob: output.blob,
      embeddingSize: output.size
    })
  )
}

/**
 * Aligned 112×112 face crops in, embeddings out: for those who have a detector of their own. Crops
 * must be aligned to the ArcFace template; `FaceRecognizer` does all of it.
 */
export class FaceEmbedder extends Closable {
  readonly manifest: EmbedderManifest
  /** What computes the network. */
  readonly implementation: Implementation

  private constructor(engine: Engine, manifest: EmbedderManifest, implementation: Implementation) {
    super(engine)
    this.manifest = manifest
    this.implementation = implementation
  }

  static async open(options: FaceEmbedderOptions = {}): Promise<FaceEmbedder> {
    checkOptions('options', options)
    const model = await loadEmbedderModel(options.model, options.modelDir)
    return loadedEngine(options, async (engine) => {
      const implementation = await loadIntoEngine(engine, model)
      return new FaceEmbedder(engine, model.manifest, implementation)
    })
  }

  /** Embeds one crop: 37632 bytes, row by row, red first unless `format` says `'bgr'`. */
  async embed(
    crop: Bytes,
    options: AbortOptions & { readonly format?: 'rgb' | 'bgr' } = {}
  ): Promise<FaceEmbedding> {
    checkOptions('options', options)
    const { format = 'rgb' } = options
    checkOneOf('format', format, ['rgb', 'bgr'])
    this.engine.checkOpen()
    const signal = signalOf(options)
    const bytes = cropBytesOf(crop)
    const vector = await this.engine.call(
      () => this.engine.run((native, ticket) => native.embedAligned(bytes, format, ticket), signal),
      signal
    )
    const { name, files } = this.manifest
    return new FaceEmbedding(vector, {
      model: name,
      modelSha256: files.bin.sha256,
      precision: this.precision
    })
  }

  /** Embeds many crops: like `FaceRecognizer.embedAll`. */
  embedAll(
    crops: BatchInputs<Bytes>,
    options: BatchOptions & { readonly format?: 'rgb' | 'bgr' } = {}
  ): AsyncGenerator<BatchResult<Bytes, FaceEmbedding>, void, undefined> {
    this.engine.checkOpen()
    checkBatch('crops', crops, options)
    return runBatch(crops, options, (crop, signal) => this.embed(crop, { ...options, signal }))
  }
}
