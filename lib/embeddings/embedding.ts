import { types } from 'node:util'
import { checkInteger, checkOneOf, checkOptions, show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import type { Face } from '../faces/types.js'
import { type Precision, precisions } from './precision.js'

/** An embedding as JSON: everything needed to compare it later. */
export interface FaceEmbeddingJson {
  readonly model: string
  readonly modelSha256: string
  readonly precision: Precision
  /** How many photos it was made of, when more than one: see {@link FaceEmbedding.photos}. */
  readonly photos?: number
  readonly vector: readonly number[]
}

/** Norms of float32 vectors, possibly printed and read again, differ from 1 by less than this. */
const normTolerance = 1e-3

function checkOrigin({
  model,
  modelSha256,
  precision
}: Pick<FaceEmbeddingJson, 'model' | 'modelSha256' | 'precision'>): void {
  if (typeof model !== 'string' || model === '') {
    throw new InvalidArgumentError('model', `model must be a model name, not ${show(model)}`)
  }
  if (typeof modelSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(modelSha256)) {
    throw new InvalidArgumentError('modelSha256', 'modelSha256 must be 64 hexadecimal digits')
  }
  checkOneOf('precision', precision, precisions)
}

const maxPhotos = 1_000_000

function checkVector(vector: Float32Array): void {
  // Not by instanceof: other realms have classes of their own.
  if (!types.isFloat32Array(vector)) {
    throw new InvalidArgumentError('vector', `vector must be a Float32Array, not ${show(vector)}`)
  }
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (!(Math.abs(norm - 1) <= normTolerance)) {
    throw new InvalidArgumentError('vector', `vector must be of length 1, not ${norm}`)
  }
}

/**
 * A face as a unit vector, with the model and precision that computed it. Only embeddings of the same
 * model and precision can be compared.
 */
export class FaceEmbedding {
  /** L2-normalised. */
  readonly vector: Float32Array
  /** Name of the model. */
  readonly model: string
  /** sha256 of the model's weights, which tells models of the same name apart. */
  readonly modelSha256: string
  /** Precision it was computed at. */
  readonly precision: Precision
  /**
   * How many photos it stands for: more than 1 for a template, which `combineEmbeddings` makes.
   * Strangers are more similar to a template than to a single photo, so it has thresholds of its own.
   */
  readonly photos: number
  /** The face it was computed from; absent for crops and for embeddings read from JSON. */
  readonly face: Face | undefined
  /** How many faces the photo showed; absent like `face`. */
  readonly faceCount: number | undefined

  constructor(
    vector: Float32Array,
    source: {
      readonly model: string
      readonly modelSha256: string
      readonly precision: Precision
      readonly photos?: number
      readonly face?: Face
      readonly faceCount?: number
    }
  ) {
    checkOptions('source', source)
    checkOrigin(source)
    const { photos = 1 } = source
    checkInteger('photos', photos, 1, maxPhotos)
    checkVector(vector)
    this.vector = vector
    this.model = source.model
    this.modelSha256 = source.modelSha256
    this.precision = source.precision
    this.photos = photos
    this.face = source.face
    this.faceCount = source.faceCount
  }

  toJSON(): FaceEmbeddingJson {
    return {
      model: this.model,
      modelSha256: this.modelSha256,
      precision: this.precision,
      ...(this.photos > 1 && { photos: this.photos }),
      vector: Array.from(this.vector)
    }
  }

  /** Reads what `toJSON` or `JSON.parse` returned, and checks all of it. */
  static fromJSON(json: FaceEmbeddingJson): FaceEmbedding {
    checkOptions('json', json)
    const { model, modelSha256, precision, photos = 1, vector } = json
    if (!Array.isArray(vector) || !vector.every((value) => typeof value === 'number')) {
      throw new InvalidArgumentError('vector', 'vector must be an array of numbers')
    }
    return new FaceEmbedding(Float32Array.from(vector), { model, modelSha256, precision, photos })
  }
}
