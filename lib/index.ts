export type { AbortOptions } from './abort.js'
export type { Device, Implementation, Powersave } from './addon/types.js'
export type { FaceDetectorOptions } from './detector.js'
export { FaceDetector } from './detector.js'
export type { DeviceOptions, FaceEmbedderOptions, ModelOptions } from './embedder.js'
export { FaceEmbedder } from './embedder.js'
export { combineEmbeddings } from './embeddings/combine.js'
export type { FaceEmbeddingJson } from './embeddings/embedding.js'
export { FaceEmbedding } from './embeddings/embedding.js'
export type { Precision } from './embeddings/precision.js'
export { similarity } from './embeddings/similarity.js'
export type { ErrorCode } from './errors.js'
export {
  BindingLoadError,
  BuildFailedError,
  CameraError,
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
  LowQualityError,
  ModelCorruptError,
  ModelInvalidError,
  ModelNotFoundError,
  NoFaceError,
  OutOfMemoryError,
  PrecisionUnsupportedError,
  QueueFullError,
  SeesawFaceError
} from './errors.js'
export type {
  Box,
  Face,
  FaceQuality,
  Landmarks,
  Point,
  QualityAspect,
  QualityMinimum
} from './faces/types.js'
export type { Bytes } from './frames/bytes.js'
export type { PlaneLayout, RawFrame } from './frames/frame.js'
export type { PixelFormat } from './frames/pixel-formats.js'
export type { ListModelsOptions, RefusedManifest } from './models/load.js'
export { listModels } from './models/load.js'
export type {
  Accuracy,
  Calibration,
  DetectorManifest,
  EmbedderManifest,
  Manifest
} from './models/manifest.js'
export { decodeImage } from './photos/load.js'
export type { ImageOptions, PhotoInput } from './photos/types.js'
export type {
  EmbedOptions,
  FaceRecognizerOptions,
  Verification,
  VerifyOptions
} from './recognizer.js'
export { FaceRecognizer } from './recognizer.js'
export type {
  TrackEvent,
  TrackEventType,
  TrackedFace,
  TrackedPerson,
  TrackGallery,
  TrackOptions
} from './tracks/types.js'
export type { BatchInputs, BatchOptions, BatchResult } from './work/batch.js'
export type { DetectOptions } from './work/detect-options.js'
export type { EngineOptions } from './work/engine.js'
export type { FrameSource } from './work/source.js'
export type { StreamFace, StreamOptions, StreamResult, StreamTiming } from './work/stream.js'
