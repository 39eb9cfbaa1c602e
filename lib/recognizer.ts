import { type AbortOptions, onAbort, signalOf } from './abort.js'
import { faceFromNative } from './addon/faces.js'
import type { Device, Implementation, NativeDetectOptions } from './addon/types.js'
import { checkOptions } from './check.js'
import {
  detectorKeys,
  type FaceDetectorOptions,
  FaceFinder,
  loadDetectorIntoEngine
} from './detector.js'
import {
  embedderKeys,
  type FaceEmbedderOptions,
  loadIntoEngine,
  type Placement
} from './embedder.js'
import { FaceEmbedding } from './embeddings/embedding.js'
import { probabilityOf } from './embeddings/probability.js'
import { similarity } from './embeddings/similarity.js'
import { EmbeddingMismatchError, InvalidArgumentError, NoFaceError } from './errors.js'
import { landmarksToNative } from './faces/landmarks.js'
import { checkMinimum, demandQuality } from './faces/quality.js'
import type { Face, QualityMinimum } from './faces/types.js'
import { checkOptionKeys, keysOf } from './keys.js'
import { checkDecision, decisionPoint } from './models/decision.js'
import { loadDetectorModel, loadEmbedderModel } from './models/load.js'
import { calibrationOf, type DetectorManifest, type EmbedderManifest } from './models/manifest.js'
import type { ImageOptions, PhotoInput } from './photos/types.js'
import { trackFrames } from './tracks/track.js'
import type { TrackEvent, TrackOptions } from './tracks/types.js'
import {
  type BatchInputs,
  type BatchOptions,
  type BatchResult,
  batchKeys,
  checkBatch,
  runBatch,
  withinQueue
} from './work/batch.js'
import {
  type DetectOptions,
  detectKeys,
  detectOptionsToNative,
  useOf
} from './work/detect-options.js'
import { type Engine, loadedEngine } from './work/engine.js'
import type { FrameSource } from './work/source.js'
import {
  type StreamFace,
  type StreamOptions,
  type StreamResult,
  streamFrames,
  streamKeys
} from './work/stream.js'

export type FaceRecognizerOptions = FaceEmbedderOptions & FaceDetectorOptions

export interface EmbedOptions extends DetectOptions {
  /**
   * Minimum quality of the face: overall, 0 to 1, or by aspect, such as
   * `{ sharpness: 0.3, size: 30, yaw: 25 }`. Otherwise the call rejects with LowQualityError, which
   * names the aspect.
   */
  readonly minQuality?: number | QualityMinimum
}

export interface VerifyOptions extends EmbedOptions {
  /** The false accept rate to decide at; the model's calibration gives the threshold. */
  readonly far?: number
  /** A threshold on the similarity, −1 to 1, instead of `far`. */
  readonly threshold?: number
}

const recognizerKeys = [...embedderKeys, ...detectorKeys]
export const embedKeys = [...detectKeys, 'minQuality' satisfies keyof EmbedOptions]
const verifyKeys = [
  ...embedKeys,
  ...keysOf<Omit<VerifyOptions, keyof EmbedOptions>>({ far: true, threshold: true })
]

export interface Verification {
  /** Whether the similarity is at least the threshold. */
  readonly same: boolean
  /** Cosine of the two embeddings, −1 to 1. */
  readonly similarity: number
  readonly threshold: number
  /**
   * False accept rate at that threshold: how often two different people of the calibration data
   * would pass. Undefined for a threshold outside the calibrated range, and for a template (see
   * `combineEmbeddings`) of a size that the model is not calibrated for: the threshold is then that of
   * single photos, at which more strangers pass. An explicit `far` is refused in that case.
   */
  readonly far: number | undefined
  /**
   * P(same person | similarity), 0 to 1, where same and different are equally likely beforehand;
   * for another prior π multiply the odds by π / (1 − π). Undefined when the model's calibration
   * has no such map, and for templates.
   */
  readonly probability: number | undefined
  /** Name of the embedding model. */
  readonly model: string
  /** The two embeddings, for use in further comparisons. */
  readonly embeddings: readonly [FaceEmbedding, FaceEmbedding]
}

/** How a message calls a photo. */
function nameOf(photo: PhotoInput, argument: string): string {
  const named = typeof photo === 'string' || photo instanceof URL
  return named ? `"${photo}"` : argument === 'photo' ? 'the photo' : `photo ${argument}`
}

/** The addon's NoFaceError in full: which photo, the best score seen and the one wanted. */
function noFaceIn(
  photo: PhotoInput,
  argument: string,
  { scoreThreshold }: NativeDetectOptions,
  cause: NoFaceError
): NoFaceError {
  const where = nameOf(photo, argument)
  const { bestScore } = cause
  return new NoFaceError(
    `No face was found in ${where}: the best score seen is ${bestScore.toFixed(4)}, below the minimum of ${scoreThreshold}`,
    bestScore,
    { cause }
  )
}

/** From photos to decisions: detects, aligns and embeds faces, and compares them. */
export class FaceRecognizer extends FaceFinder {
  /** Manifest of the embedding model. */
  readonly manifest: EmbedderManifest
  readonly detectorManifest: DetectorManifest
  readonly #placement: Placement

  private constructor(
    engine: Engine,
    embedder: EmbedderManifest,
    detector: DetectorManifest,
    placement: Placement
  ) {
    super(engine)
    this.#placement = placement
    this.manifest = embedder
    this.detectorManifest = detector
  }

  /** What computes the embedding network. */
  get implementation(): Implementation {
    return this.#placement.implementation
  }

  /** Where the embedding network is computed. */
  get device(): Device {
    return this.#placement.device
  }

  /** Which GPU computes it or, with `device: 'auto'`, why none does. */
  get deviceReason(): string | undefined {
    return this.#placement.deviceReason
  }

  static async open(options: FaceRecognizerOptions = {}): Promise<FaceRecognizer> {
    checkOptionKeys('options', options, recognizerKeys)
    const [embedder, detector] = await Promise.all([
      loadEmbedderModel(options.model, options.modelDir),
      loadDetectorModel(options.detector, options.modelDir)
    ])
    return loadedEngine('FaceRecognizer', options, async (engine) => {
      await loadDetectorIntoEngine(engine, detector)
      const placement = await loadIntoEngine(engine, embedder, options)
      return new FaceRecognizer(engine, embedder.manifest, detector.manifest, placement)
    })
  }

  /**
   * Embeds the most prominent face of a photo: large, central and with a high score (`detect` lists
   * all faces). Rejects with NoFaceError if no face reaches `minScore`.
   */
  async embed(photo: PhotoInput, options: EmbedOptions = {}): Promise<FaceEmbedding> {
    this.engine.checkOpen()
    checkOptionKeys('options', options, embedKeys)
    const wanted = detectOptionsToNative(options)
    const minimum = checkMinimum(options.minQuality)
    return this.#embed(photo, options, wanted, minimum, 'photo')
  }

  /**
   * Embeds many photos, a few at a time. Yields `{ input, index, value }` in order, or
   * `{ input, index, error }` for a photo that fails.
   */
  embedAll<Photo extends PhotoInput>(
    photos: BatchInputs<Photo>,
    options: EmbedOptions & BatchOptions = {}
  ): AsyncGenerator<BatchResult<Photo, FaceEmbedding>, void, undefined> {
    this.engine.checkOpen()
    checkOptionKeys('options', options, embedKeys, batchKeys)
    checkBatch('photos', photos, options)
    const wanted = detectOptionsToNative(options)
    const minimum = checkMinimum(options.minQuality)
    return runBatch(photos, withinQueue(options, this.engine.queueLimit), (photo, signal) =>
      this.#embed(photo, { ...options, signal }, wanted, minimum, 'photo', true)
    )
  }

  /**
   * Decides whether two faces show the same person, at a false accept rate (by default the model's).
   * Accepts photos, embeddings, or one of each.
   */
  async verify(
    a: PhotoInput | FaceEmbedding,
    b: PhotoInput | FaceEmbedding,
    options: VerifyOptions = {}
  ): Promise<Verification> {
    this.engine.checkOpen()
    checkOptionKeys('options', options, verifyKeys)
    const wanted = detectOptionsToNative(options)
    const minimum = checkMinimum(options.minQuality)
    checkDecision(options)
    // What the model cannot promise is refused before any photo is read.
    const photosOf = (input: PhotoInput | FaceEmbedding): number =>
      input instanceof FaceEmbedding ? input.photos : 1
    const counts = [photosOf(a), photosOf(b)] as const
    const point = decisionPoint(this.manifest, this.precision, options, counts)
    const outer = signalOf(options)
    const both = new AbortController()
    const unwatch = outer && onAbort(outer, () => both.abort(outer.reason))
    const embedding = async (
      input: PhotoInput | FaceEmbedding,
      argument: string
    ): Promise<FaceEmbedding> => {
      try {
        if (input instanceof FaceEmbedding) return this.#checkOwn(input, argument)
        const own = { ...options, signal: both.signal }
        return await this.#embed(input, own, wanted, minimum, argument)
      } catch (error) {
        both.abort(error) // the other one's work is in vain; it ends with the same error
        throw error
      }
    }
    // Neither may still be read when this rejects.
    const work = [embedding(a, 'a'), embedding(b, 'b')] as const
    await Promise.allSettled(work)
    unwatch?.()
    const [left, right] = await Promise.all(work)
    const score = similarity(left, right)
    const { threshold, far, probability: map } = point
    return {
      same: score >= threshold,
      similarity: score,
      threshold,
      far,
      probability: map && probabilityOf(map, score),
      model: this.manifest.name,
      embeddings: [left, right]
    }
  }

  #embed(
    photo: PhotoInput,
    options: ImageOptions & AbortOptions,
    wanted: NativeDetectOptions,
    minimum: QualityMinimum,
    argument: string,
    waits?: true
  ): Promise<FaceEmbedding> {
    const signal = signalOf(options)
    return this.engine.call(
      async (call) => {
        const { frame } = await call.load(photo, { options, argument, use: useOf(wanted) })
        const found = await this.engine
          .run((native, ticket) => native.embedFrame(frame, wanted, ticket), signal)
          .catch((error: unknown) => {
            const own = error instanceof NoFaceError && error !== signal?.reason
            throw own ? noFaceIn(photo, argument, wanted, error) : error
          })
        demandQuality(found.quality, minimum, nameOf(photo, argument))
        const face = faceFromNative({ ...found.face, quality: found.quality })
        return this.#embedding(found.embedding, face, found.faceCount)
      },
      { signal, ...(waits && { waits }) }
    )
  }

  /**
   * Finds the faces in each frame, in order, and embeds them if asked to:
   *
   * ```ts
   * for await (const { faces, timing, dropped } of recognizer.stream(camera, { drop: 'oldest' })) …
   * ```
   *
   * The next frame is processed while the consumer handles a result. When the consumer leaves the
   * loop, or the source, the signal or an error ends the stream, the source is closed and pending
   * work is cancelled. A frame without a face is not an error: its `faces` is empty.
   */
  stream<F extends PhotoInput>(
    frames: FrameSource<F>,
    options: StreamOptions = {}
  ): AsyncGenerator<StreamResult<F>, void, undefined> {
    this.engine.checkOpen()
    checkOptionKeys('options', options, streamKeys)
    const wanted = detectOptionsToNative(options)
    const embed = options.embed ?? false
    return streamFrames(this.engine, frames, options, useOf(wanted), async (frame, signal) => {
      const { faces, embeddings, timing } = await this.engine.run(
        (native, ticket) => native.analyse(frame, wanted, embed, ticket),
        signal
      )
      return {
        timing,
        faces: faces.map((found, i): StreamFace => {
          const face = faceFromNative(found)
          const vector = embeddings[i]
          if (vector === undefined || vector.length === 0) return face
          return { ...face, embedding: this.#embedding(vector, face, faces.length) }
        })
      }
    })
  }

  /**
   * Follows faces from frame to frame and decides who they are, once for each face rather than for
   * each frame:
   *
   * ```ts
   * for await (const { type, face } of recognizer.track(camera, { gallery, drop: 'oldest' })) {
   *   if (type === 'identified') console.log(face.person?.name)
   * }
   * ```
   *
   * Between looks at the whole frame only the surroundings of known faces are searched. A decision
   * takes several frames that agree; it is revised when they stop agreeing. Sources, dropping and
   * ending are those of `stream`.
   */
  track<F extends PhotoInput>(
    frames: FrameSource<F>,
    options: TrackOptions<F> = {}
  ): AsyncGenerator<TrackEvent<F>, void, undefined> {
    this.engine.checkOpen()
    checkOptions('options', options)
    // Frames follow each other closely: what one look misses, the next one finds.
    const { rotations = false, searchPixels = 0 } = options
    const wanted = detectOptionsToNative({ ...options, rotations, searchPixels })
    return trackFrames(this.engine, frames, options, {
      wanted,
      sameThreshold: this.#sameThreshold(),
      detect: async (frame, search, signal) => {
        const { faces } = await this.engine.run(
          (native, ticket) => native.detect(frame, search, ticket),
          signal
        )
        return faces
      },
      embed: async (frame, face, signal) => {
        const points = landmarksToNative(face.landmarks)
        try {
          const crop = await this.engine.run(
            (native, ticket) => native.align(frame, points, ticket),
            signal
          )
          const vector = await this.engine.run(
            (native, ticket) => native.embedAligned(crop, 'rgb', ticket),
            signal
          )
          return this.#embedding(vector, face, 1)
        } catch (error) {
          // Landmarks of a face at the border may not be those of a face.
          if (error instanceof InvalidArgumentError) return undefined
          throw error
        }
      }
    })
  }

  /** At the model's default FAR; undefined where it has no calibration. */
  #sameThreshold(): number | undefined {
    if (calibrationOf(this.manifest, this.precision) === undefined) return undefined
    return decisionPoint(this.manifest, this.precision, {}).threshold
  }

  #embedding(vector: Float32Array, face: Face, faceCount: number): FaceEmbedding {
    return new FaceEmbedding(vector, {
      model: this.manifest.name,
      modelSha256: this.manifest.files.bin.sha256,
      precision: this.precision,
      face,
      faceCount
    })
  }

  /** The threshold is this model's: an embedding of another one has no place under it. */
  #checkOwn(embedding: FaceEmbedding, argument: string): FaceEmbedding {
    const { name, files } = this.manifest
    if (embedding.model !== name || embedding.modelSha256 !== files.bin.sha256) {
      throw new EmbeddingMismatchError(
        `Embedding ${argument} is of model "${embedding.model}" (weights ${embedding.modelSha256.slice(0, 12)}), not of "${name}" (${files.bin.sha256.slice(0, 12)}) that is open`
      )
    }
    if (embedding.precision !== this.precision) {
      throw new EmbeddingMismatchError(
        `Embedding ${argument} was computed in ${embedding.precision}, not in ${this.precision} as the thresholds here are for`
      )
    }
    return embedding
  }
}
