import { type AbortOptions, abortKeys, signalOf } from './abort.js'
import { faceFromNative } from './addon/faces.js'
import { checkBoolean } from './check.js'
import { landmarksToNative } from './faces/landmarks.js'
import type { Face, Landmarks } from './faces/types.js'
import { checkOptionKeys, keysOf } from './keys.js'
import { type LoadedModel, loadDetectorModel } from './models/load.js'
import type { DetectorManifest } from './models/manifest.js'
import { type ImageOptions, imageKeys, type PhotoInput, type PhotoUse } from './photos/types.js'
import { Closable } from './work/closable.js'
import {
  type DetectOptions,
  detectKeys,
  detectOptionsToNative,
  useOf
} from './work/detect-options.js'
import { type Engine, type EngineOptions, engineKeys, loadedEngine } from './work/engine.js'

export interface FaceDetectorOptions extends EngineOptions {
  /** Name of the detection model. Default `'yunet'`, from this package if `modelDir` has none. */
  readonly detector?: string
  /** Folder with the model's files; by default the models of this package. */
  readonly modelDir?: string
}

export const detectorKeys = [
  ...engineKeys,
  ...keysOf<Omit<FaceDetectorOptions, keyof EngineOptions>>({ detector: true, modelDir: true })
]

/** Enough for a face that takes a tenth of the photo, as in useOf(). */
const alignmentUse: PhotoUse = { side: 960 }

/** Gives a detection model, read and checked already, to an engine, which takes its weights away. */
export async function loadDetectorIntoEngine(
  engine: Engine,
  { files }: LoadedModel<DetectorManifest>
): Promise<void> {
  await engine.run((native) => native.loadDetector(files))
  engine.discard(files.bin)
}

/** Finding and cutting out faces: what FaceDetector and FaceRecognizer share. */
export abstract class FaceFinder extends Closable {
  /**
   * Finds all faces in a photo, best score first; returns an empty array if there are none. With
   * `quality`, each face has a quality estimate for recognition.
   */
  async detect(
    photo: PhotoInput,
    options: DetectOptions & { readonly quality?: boolean } = {}
  ): Promise<Face[]> {
    this.engine.checkOpen()
    checkOptionKeys('options', options, detectKeys, ['quality'])
    const search = detectOptionsToNative(options)
    const { quality = false } = options
    checkBoolean('quality', quality)
    const wanted = { ...search, quality }
    const signal = signalOf(options)
    return this.engine.call(
      async (call) => {
        const { frame } = await call.load(photo, { options, use: useOf(search) })
        const { faces } = await this.engine.run(
          (native, ticket) => native.detect(frame, wanted, ticket),
          signal
        )
        return faces.map(faceFromNative)
      },
      { signal }
    )
  }

  /** Crops and aligns a face for `FaceEmbedder`: 112×112 RGB bytes, aligned to the ArcFace template. */
  async align(
    photo: PhotoInput,
    landmarks: Landmarks,
    options: ImageOptions & AbortOptions = {}
  ): Promise<Uint8Array> {
    this.engine.checkOpen()
    checkOptionKeys('options', options, imageKeys, abortKeys)
    const points = landmarksToNative(landmarks)
    const signal = signalOf(options)
    return this.engine.call(
      async (call) => {
        const { frame } = await call.load(photo, { options, use: alignmentUse })
        return this.engine.run((native, ticket) => native.align(frame, points, ticket), signal)
      },
      { signal }
    )
  }
}

/** Finds faces: boxes, scores and landmarks. */
export class FaceDetector extends FaceFinder {
  readonly manifest: DetectorManifest

  private constructor(engine: Engine, manifest: DetectorManifest) {
    super(engine)
    this.manifest = manifest
  }

  static async open(options: FaceDetectorOptions = {}): Promise<FaceDetector> {
    checkOptionKeys('options', options, detectorKeys)
    const model = await loadDetectorModel(options.detector, options.modelDir)
    return loadedEngine('FaceDetector', options, async (engine) => {
      await loadDetectorIntoEngine(engine, model)
      return new FaceDetector(engine, model.manifest)
    })
  }
}
