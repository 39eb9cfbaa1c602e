import type { AbortOptions } from './abort.js'
import { checkInteger, checkNumber, checkOptions } from './check.js'
import { Closable, type Engine, type EngineOptions, loadedEngine } from './engine.js'
import { type Face, faceFromNative, type Landmarks, landmarksToNative } from './face.js'
import { type ImageOptions, loadPhoto, type PhotoInput } from './image.js'
import type { DetectorManifest } from './manifest.js'
import { type LoadedModel, loadDetectorModel } from './model.js'
import type { NativeDetectOptions } from './native.js'

export interface DetectOptions extends ImageOptions, AbortOptions {
  /** Faces the detector is less sure of are left out. Default 0.6. */
  readonly minScore?: number
  /** At most this many faces, the best-scored ones. Default 100. */
  readonly maxFaces?: number
  /** Photos are scaled down to this longest side for detection. Default 640. */
  readonly maxSide?: number
}

export interface FaceDetectorOptions extends EngineOptions {
  /** Name of the detection model. Default `'yunet'`, of this package where `modelDir` has none. */
  readonly detector?: string
  /** Folder with the model's files; by default the models of this package. */
  readonly modelDir?: string
}

/** Of two boxes that overlap by more than this (intersection over union) the better one stays. */
const nmsIou = 0.3

export function detectOptionsToNative(options: DetectOptions): NativeDetectOptions {
  checkOptions('options', options)
  const { minScore = 0.6, maxFaces = 100, maxSide = 640 } = options
  checkNumber('minScore', minScore, 0, 1)
  checkInteger('maxFaces', maxFaces, 1, 10_000)
  checkInteger('maxSide', maxSide, 32, 8192)
  return { scoreThreshold: minScore, nmsIou, maxSide, maxFaces }
}

/** Gives a detection model, read and checked already, to an engine. */
export function loadDetectorIntoEngine(
  engine: Engine,
  { files }: LoadedModel<DetectorManifest>
): Promise<void> {
  return engine.run((native) => native.loadDetector(files))
}

/** Finding and cutting out faces: what FaceDetector and FaceRecognizer share. */
export abstract class FaceFinder extends Closable {
  /** All faces of a photo, best score first; an empty array when there are none. */
  async detect(photo: PhotoInput, options: DetectOptions = {}): Promise<Face[]> {
    this.engine.checkOpen()
    const wanted = detectOptionsToNative(options)
    const frame = await loadPhoto(photo, options)
    const { faces } = await this.engine.runOn(
      frame,
      (native, ticket) => native.detect(frame, wanted, ticket),
      options.signal
    )
    return faces.map(faceFromNative)
  }

  /** Cuts out a face for `FaceEmbedder`: 112×112 RGB bytes, aligned to the ArcFace template. */
  async align(
    photo: PhotoInput,
    landmarks: Landmarks,
    options: ImageOptions & AbortOptions = {}
  ): Promise<Uint8Array> {
    this.engine.checkOpen()
    checkOptions('options', options)
    const points = landmarksToNative(landmarks)
    const frame = await loadPhoto(photo, options)
    return this.engine.runOn(
      frame,
      (native, ticket) => native.align(frame, points, ticket),
      options.signal
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
    checkOptions('options', options)
    const model = await loadDetectorModel(options.detector, options.modelDir)
    return loadedEngine(options, async (engine) => {
      await loadDetectorIntoEngine(engine, model)
      return new FaceDetector(engine, model.manifest)
    })
  }
}
