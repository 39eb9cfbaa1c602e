import type { FaceQuality, QualityAspect } from './faces/types.js'

/**
 * Every error that seesawface raises on purpose. `code` is stable and the same natively and here;
 * messages may be reworded.
 */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'IMAGE_DECODE'
  | 'IMAGE_TOO_LARGE'
  | 'NO_FACE'
  | 'LOW_QUALITY'
  | 'MODEL_NOT_FOUND'
  | 'MODEL_CORRUPT'
  | 'MODEL_INVALID'
  | 'PRECISION_UNSUPPORTED'
  | 'DEVICE_UNAVAILABLE'
  | 'EMBEDDING_MISMATCH'
  | 'FAR_UNSUPPORTED'
  | 'CLOSED'
  | 'QUEUE_FULL'
  | 'BINDING_LOAD'
  | 'BUILD_FAILED'
  | 'CONVERTER_MISSING'
  | 'CHECKPOINT_INVALID'
  | 'CONVERSION_FAILED'
  | 'FILE_WRITE'
  | 'CAMERA'
  | 'OUT_OF_MEMORY'
  | 'GALLERY_NOT_FOUND'
  | 'GALLERY_KEY'
  | 'GALLERY_CORRUPT'
  | 'GALLERY_VERSION'
  | 'GALLERY_LOCKED'
  | 'GALLERY_STORE'
  | 'GALLERY_MODEL'
  | 'FPIR_UNSUPPORTED'
  | 'PERSON_NOT_FOUND'
  | 'PERSON_EXISTS'
  | 'ENROLMENT_REFUSED'
  | 'INTERNAL'

/** Base class: `error instanceof SeesawFaceError` tells our errors from everything else. */
export abstract class SeesawFaceError extends Error {
  abstract readonly code: ErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** An argument is of the wrong type, out of range or inconsistent with another one. */
export class InvalidArgumentError extends SeesawFaceError {
  readonly code = 'INVALID_ARGUMENT'
  /** Name of the offending argument or option, e.g. `'width'`. */
  readonly argument: string

  constructor(argument: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.argument = argument
  }
}

/** The photo cannot be read, is not an image, or is damaged. */
export class ImageDecodeError extends SeesawFaceError {
  readonly code = 'IMAGE_DECODE'
}

/** The photo has more pixels or bytes than allowed; see the options `maxPixels` and `maxFileBytes`. */
export class ImageTooLargeError extends SeesawFaceError {
  readonly code = 'IMAGE_TOO_LARGE'
}

/** No face reached the minimum score. */
export class NoFaceError extends SeesawFaceError {
  readonly code = 'NO_FACE'
  /** The best score anywhere in the photo; below the minimum, and 0 if nothing scored at all. */
  readonly bestScore: number

  constructor(message: string, bestScore: number, options?: ErrorOptions) {
    super(message, options)
    this.bestScore = bestScore
  }
}

/** The face does not have the required quality. */
export class LowQualityError extends SeesawFaceError {
  readonly code = 'LOW_QUALITY'
  /** The aspect that failed, e.g. `'sharpness'`. */
  readonly aspect: QualityAspect
  /** Its value, and the required minimum (for an angle: the maximum). */
  readonly value: number
  readonly minimum: number
  /** All aspects of the face. */
  readonly quality: FaceQuality

  constructor(
    message: string,
    aspect: QualityAspect,
    value: number,
    minimum: number,
    quality: FaceQuality
  ) {
    super(message)
    this.aspect = aspect
    this.value = value
    this.minimum = minimum
    this.quality = quality
  }
}

/** The model's manifest or one of its files does not exist. */
export class ModelNotFoundError extends SeesawFaceError {
  readonly code = 'MODEL_NOT_FOUND'
}

/** The size or sha256 of a model file does not match its manifest. */
export class ModelCorruptError extends SeesawFaceError {
  readonly code = 'MODEL_CORRUPT'
}

/** The manifest, network description or weights are not valid. */
export class ModelInvalidError extends SeesawFaceError {
  readonly code = 'MODEL_INVALID'
}

/** This CPU or build does not support the requested precision. */
export class PrecisionUnsupportedError extends SeesawFaceError {
  readonly code = 'PRECISION_UNSUPPORTED'
}

/** The requested GPU cannot be used, or it failed; the message says why and suggests a fix. */
export class DeviceUnavailableError extends SeesawFaceError {
  readonly code = 'DEVICE_UNAVAILABLE'
}

/** Two embeddings come from different models, precisions or sizes and cannot be compared. */
export class EmbeddingMismatchError extends SeesawFaceError {
  readonly code = 'EMBEDDING_MISMATCH'
}

/** The model's calibration data cannot support a threshold for the requested FAR. */
export class FarUnsupportedError extends SeesawFaceError {
  readonly code = 'FAR_UNSUPPORTED'
}

/** The object is closed. */
export class ClosedError extends SeesawFaceError {
  readonly code = 'CLOSED'
}

/** More work is pending than `queueLimit` allows; await some of it first. */
export class QueueFullError extends SeesawFaceError {
  readonly code = 'QUEUE_FULL'
}

/** The native addon is missing or cannot be loaded; the message says how to fix it. */
export class BindingLoadError extends SeesawFaceError {
  readonly code = 'BINDING_LOAD'
}

/** The native addon could not be compiled here; the message says what is missing. */
export class BuildFailedError extends SeesawFaceError {
  readonly code = 'BUILD_FAILED'
}

/** No suitable Python was found for conversion; the message says how to install it. */
export class ConverterMissingError extends SeesawFaceError {
  readonly code = 'CONVERTER_MISSING'
}

/** The file to convert is damaged, or is not a checkpoint of the named network. */
export class CheckpointInvalidError extends SeesawFaceError {
  readonly code = 'CHECKPOINT_INVALID'
}

/** The file is valid but conversion failed, or the converted model gives different results. */
export class ConversionFailedError extends SeesawFaceError {
  readonly code = 'CONVERSION_FAILED'
}

/** An output file cannot be written; the previous file, if any, is unchanged. */
export class FileWriteError extends SeesawFaceError {
  readonly code = 'FILE_WRITE'
}

/** A camera or a video cannot be read. */
export class CameraError extends SeesawFaceError {
  readonly code = 'CAMERA'
}

/** Not enough memory for the photo or the model. */
export class OutOfMemoryError extends SeesawFaceError {
  readonly code = 'OUT_OF_MEMORY'
}

/** An internal error. Please report it. */
export class InternalError extends SeesawFaceError {
  readonly code = 'INTERNAL'
}

/** The name the operating system gives a failure (`ENOENT`…), if `thrown` has one. */
export function systemCode(thrown: unknown): string | undefined {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return typeof code === 'string' ? code : undefined
}
