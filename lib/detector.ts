import type { NativeDetectOptions } from './addon/types.js'
import { checkBoolean, checkInteger, checkNumber, checkOneOf, checkOptions } from './check.js'
import { type Face, faceFromNative, type Landmarks, landmarksToNative } from './faces/landmarks.js'
import { type LoadedModel, loadDetectorModel } from './models/load.js'
import type { DetectorManifest } from './models/manifest.js'
import { type ImageOptions, loadPhoto, type PhotoInput, type PhotoUse } from './photos/decode.js'
import { type AbortOptions, signalOf } from './work/abort.js'
import { Closable, type Engine, type EngineOptions, loadedEngine } from './work/engine.js'

export interface DetectOptions extends ImageOptions, AbortOptions {
  /** Faces the detector is less sure of are left out. Default 0.6. */
  readonly minScore?: number
  /** At most this many faces, the best-scored ones. Default 100. */
  readonly maxFaces?: number
  /**
   * The longest side, in pixels, of what the detector looks at first; a larger photo is scaled
   * down. Default 640.
   */
  readonly maxSide?: number
  /** Smaller faces (by the shorter side of their box, in pixels of the photo) are left out. */
  readonly minFaceSize?: number
  /**
   * `'quick'` (default) looks at one size and tries others only while no face is found.
   * `'thorough'` looks at all sizes from half of `maxSide` up to twice the photo, in overlapping
   * tiles where a size is large, and merges what it finds: for small faces among large ones.
   */
  readonly search?: 'quick' | 'thorough'
  /**
   * Whether faces on their side and upside down are looked for too, and landmarks of leaning faces
   * are found anew where the face is upright. Default true.
   */
  readonly rotations?: boolean
  /**
   * How many pixels the detector may look at in one photo, over all sizes, tiles and rotations
   * (the first look is always taken): a bound on time that, unlike a clock, gives the same faces on
   * every machine. Default 4 million.
   */
  readonly searchPixels?: number
}

export interface FaceDetectorOptions extends EngineOptions {
  /** Name of the detection model. Default `'yunet'`, of this package where `modelDir` has none. */
  readonly detector?: string
  /** Folder with the model's files; by default the models of this package. */
  readonly modelDir?: string
}

/** Enough for a face that takes a tenth of the photo, as in useOf(). */
const alignmentUse: PhotoUse = { side: 960 }

/** Of two boxes that overlap by more than this (intersection over union) the better one stays. */
const nmsIou = 0.3

export function detectOptionsToNative(options: DetectOptions): NativeDetectOptions {
  checkOptions('options', options)
  const { minScore = 0.6, maxFaces = 100, maxSide = 640, minFaceSize = 0 } = options
  const { search = 'quick', rotations = true, searchPixels = 4_000_000 } = options
  checkNumber('minScore', minScore, 0, 1)
  checkInteger('maxFaces', maxFaces, 1, 10_000)
  checkInteger('maxSide', maxSide, 32, 8192)
  checkInteger('minFaceSize', minFaceSize, 0, 65536)
  checkOneOf('search', search, ['quick', 'thorough'])
  checkBoolean('rotations', rotations)
  checkNumber('searchPixels', searchPixels, 0, 1e12)
  return {
    scoreThreshold: minScore,
    nmsIou,
    maxSide,
    maxFaces,
    search,
    rotations,
    minFaceSize,
    searchPixels
  }
}

/**
 * More than a search looks at first: a face that takes a tenth of the photo can then be cut out
 * without another look into the file. Where more is needed, it is decoded from there. Of a photo of
 * 12 megapixels a quarter of each side is enough.
 */
export function useOf({ search, maxSide }: NativeDetectOptions): PhotoUse {
  return search === 'quick' ? { side: 1.5 * maxSide } : {}
}

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
   * All faces of a photo, best score first; an empty array when there are none. With `quality`,
   * each says how good it is for recognition.
   */
  async detect(
    photo: PhotoInput,
    options: DetectOptions & { readonly quality?: boolean } = {}
  ): Promise<Face[]> {
    this.engine.checkOpen()
    const search = detectOptionsToNative(options)
    const { quality = false } = options
    checkBoolean('quality', quality)
    const wanted = { ...search, quality }
    return this.engine.call(async () => {
      const frame = await loadPhoto(photo, options, 'photo', useOf(search))
      const { faces } = await this.engine.runOn(
        frame,
        (native, ticket) => native.detect(frame, wanted, ticket),
        options.signal
      )
      return faces.map(faceFromNative)
    }, signalOf(options))
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
    return this.engine.call(async () => {
      const frame = await loadPhoto(photo, options, 'photo', alignmentUse)
      return this.engine.runOn(
        frame,
        (native, ticket) => native.align(frame, points, ticket),
        options.signal
      )
    }, signalOf(options))
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
