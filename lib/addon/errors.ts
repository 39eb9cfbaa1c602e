import {
  BindingLoadError,
  BuildFailedError,
  CheckpointInvalidError,
  ClosedError,
  ConversionFailedError,
  ConverterMissingError,
  DeviceUnavailableError,
  EmbeddingMismatchError,
  FarUnsupportedError,
  FileWriteError,
  ImageDecodeError,
  ImageTooLargeError,
  InternalError,
  InvalidArgumentError,
  ModelCorruptError,
  ModelInvalidError,
  ModelNotFoundError,
  NoFaceError,
  OutOfMemoryError,
  PrecisionUnsupportedError,
  QueueFullError,
  SeesawFaceError
} from '../errors.js'

type PlainErrorClass = new (message: string, options?: ErrorOptions) => SeesawFaceError

const plainClasses: Readonly<Record<string, PlainErrorClass>> = {
  IMAGE_DECODE: ImageDecodeError,
  IMAGE_TOO_LARGE: ImageTooLargeError,
  MODEL_NOT_FOUND: ModelNotFoundError,
  MODEL_CORRUPT: ModelCorruptError,
  MODEL_INVALID: ModelInvalidError,
  PRECISION_UNSUPPORTED: PrecisionUnsupportedError,
  DEVICE_UNAVAILABLE: DeviceUnavailableError,
  EMBEDDING_MISMATCH: EmbeddingMismatchError,
  FAR_UNSUPPORTED: FarUnsupportedError,
  CLOSED: ClosedError,
  QUEUE_FULL: QueueFullError,
  BINDING_LOAD: BindingLoadError,
  BUILD_FAILED: BuildFailedError,
  CONVERTER_MISSING: ConverterMissingError,
  CHECKPOINT_INVALID: CheckpointInvalidError,
  CONVERSION_FAILED: ConversionFailedError,
  FILE_WRITE: FileWriteError,
  OUT_OF_MEMORY: OutOfMemoryError,
  INTERNAL: InternalError
}

function field(value: object, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** Turns what the addon threw (a plain Error with a `code`) into one of the classes above. */
export function fromNative(thrown: unknown): SeesawFaceError {
  if (thrown instanceof SeesawFaceError) return thrown
  if (!(thrown instanceof Error)) return new InternalError(String(thrown), { cause: thrown })
  const options = { cause: thrown }
  const code = field(thrown, 'code')
  if (code === 'INVALID_ARGUMENT') {
    const argument = field(thrown, 'argument')
    return new InvalidArgumentError(
      typeof argument === 'string' ? argument : '',
      thrown.message,
      options
    )
  }
  if (code === 'NO_FACE') {
    const bestScore = field(thrown, 'bestScore')
    return new NoFaceError(thrown.message, typeof bestScore === 'number' ? bestScore : 0, options)
  }
  const known = typeof code === 'string' && Object.hasOwn(plainClasses, code)
  const Class = known ? plainClasses[code] : undefined
  return new (Class ?? InternalError)(thrown.message, options)
}
