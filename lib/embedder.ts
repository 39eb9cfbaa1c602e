import { type AbortOptions, abortKeys, signalOf } from './abort.js'
import type { Device, Implementation } from './addon/types.js'
import { allowSoftware, withRemedy } from './addon/vulkan.js'
import { checkOneOf } from './check.js'
import { FaceEmbedding } from './embeddings/embedding.js'
import { DeviceUnavailableError } from './errors.js'
import { cropBytesOf } from './faces/crop.js'
import type { Bytes } from './frames/bytes.js'
import { checkOptionKeys, keysOf } from './keys.js'
import { type LoadedModel, loadEmbedderModel } from './models/load.js'
import type { EmbedderManifest } from './models/manifest.js'
import {
  type BatchInputs,
  type BatchOptions,
  type BatchResult,
  batchKeys,
  checkBatch,
  runBatch,
  withinQueue
} from './work/batch.js'
import { Closable } from './work/closable.js'
import { type Engine, type EngineOptions, engineKeys, loadedEngine } from './work/engine.js'

export interface ModelOptions {
  /** Name of the embedding model. Default `'seesaw-shuffle'`. */
  readonly model?: string
  /** Folder with NAME.json, .param and .bin; by default the models of this package. */
  readonly modelDir?: string
}

export interface DeviceOptions {
  /**
   * Where the embedding network runs; detection always runs on the CPU. `'vulkan'`: on a GPU, which
   * requires an addon built with Vulkan. Rejects with DeviceUnavailableError if there is no GPU, or if
   * its results do not match the CPU's, which is checked when the network is loaded. `'auto'`: on a GPU
   * if it passes that check, otherwise on the CPU; `device` and `deviceReason` say which, and why.
   * Default `'cpu'`, which is often faster on small boards. Embeddings of both can be compared.
   */
  readonly device?: Device | 'auto'
}

export type FaceEmbedderOptions = EngineOptions & ModelOptions & DeviceOptions

export const embedderKeys = [
  ...engineKeys,
  ...keysOf<ModelOptions & DeviceOptions>({ model: true, modelDir: true, device: true })
]

/** What computes an embedding network. */
export interface Placement {
  readonly device: Device
  /** With the device `'vulkan'`: which GPU. With `'auto'` and the CPU: why no GPU. */
  readonly deviceReason: string | undefined
  readonly implementation: Implementation
}

/** Gives an embedding model, read and checked already, to an engine; tells what computes it. */
export async function loadIntoEngine(
  engine: Engine,
  { manifest, files }: LoadedModel<EmbedderManifest>,
  options: DeviceOptions
): Promise<Placement> {
  const { input, output } = manifest
  const { device: wish = 'cpu' } = options
  checkOneOf('device', wish, ['cpu', 'vulkan', 'auto'])
  const placement = { device: wish, allowSoftware: wish !== 'cpu' && allowSoftware() }
  try {
    const { implementation, device, reason } = await engine.run((native) =>
      native.loadEmbedder(
        files,
        {
          channels: input.channels,
          mean: input.mean,
          norm: input.norm,
          inputBlob: input.blob,
          outputBlob: output.blob,
          embeddingSize: output.size
        },
        placement
      )
    )
    engine.discard(files.bin)
    return { implementation, device, deviceReason: reason || undefined }
  } catch (error) {
    throw error instanceof DeviceUnavailableError ? withRemedy(error) : error
  }
}

/**
 * Computes embeddings of aligned 112×112 face crops, for use with your own detector. Crops must be
 * aligned to the ArcFace template; `FaceRecognizer` does everything from a photo.
 */
export class FaceEmbedder extends Closable {
  readonly manifest: EmbedderManifest
  readonly #placement: Placement

  private constructor(engine: Engine, manifest: EmbedderManifest, placement: Placement) {
    super(engine)
    this.manifest = manifest
    this.#placement = placement
  }

  /** What computes the network. */
  get implementation(): Implementation {
    return this.#placement.implementation
  }

  /** Where it is computed. */
  get device(): Device {
    return this.#placement.device
  }

  /** Which GPU computes or, with `device: 'auto'`, why none does. */
  get deviceReason(): string | undefined {
    return this.#placement.deviceReason
  }

  static async open(options: FaceEmbedderOptions = {}): Promise<FaceEmbedder> {
    checkOptionKeys('options', options, embedderKeys)
    const model = await loadEmbedderModel(options.model, options.modelDir)
    return loadedEngine('FaceEmbedder', options, async (engine) => {
      const placement = await loadIntoEngine(engine, model, options)
      return new FaceEmbedder(engine, model.manifest, placement)
    })
  }

  /** Embeds one crop: 37632 bytes, row by row, red first unless `format` says `'bgr'`. */
  async embed(
    crop: Bytes,
    options: AbortOptions & { readonly format?: 'rgb' | 'bgr' } = {}
  ): Promise<FaceEmbedding> {
    checkOptionKeys('options', options, abortKeys, ['format'])
    return this.#embed(crop, options)
  }

  async #embed(
    crop: Bytes,
    options: AbortOptions & { readonly format?: 'rgb' | 'bgr' },
    waits?: true
  ): Promise<FaceEmbedding> {
    const { format = 'rgb' } = options
    checkOneOf('format', format, ['rgb', 'bgr'])
    this.engine.checkOpen()
    const signal = signalOf(options)
    const bytes = cropBytesOf(crop)
    const vector = await this.engine.call(
      () => this.engine.run((native, ticket) => native.embedAligned(bytes, format, ticket), signal),
      { signal, ...(waits && { waits }) }
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
    checkOptionKeys('options', options, batchKeys, ['format'])
    checkBatch('crops', crops, options)
    return runBatch(crops, withinQueue(options, this.engine.queueLimit), (crop, signal) =>
      this.#embed(crop, { ...(options.format && { format: options.format }), signal }, true)
    )
  }
}
