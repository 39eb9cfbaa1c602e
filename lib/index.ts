export type { AbortOptions } from './abort.js'
export type { BatchInputs, BatchOptions, BatchResult } from './batch.js'
export type { Bytes } from './bytes.js'
export type { DetectOptions, FaceDetectorOptions } from './detector.js'
export { FaceDetector } from './detector.js'
export type { DeviceOptions, FaceEmbedderOptions, ModelOptions } from './embedder.js'
export { FaceEmbedder } from './embedder.js'
export type { FaceEmbeddingJson } from './embedding.js'
export { FaceEmbedding } from './embedding.js'
export type { EngineOptions } from './engine.js'
export type { ErrorCode } from './errors.js'
export {
  BindingLoadError,
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
export type { Box, Face, Landmarks, Point } from './face.js'
export type { PlaneLayout, RawFrame } from './frame.js'
export type { ImageOptions, PhotoInput } from './image.js'
export { decodeImage } from './image.js'
export type {
  Accuracy,
  Calibration,
  DetectorManifest,
  EmbedderManifest,
  Manifest
} from './manifest.js'
export type { ListModelsOptions, RefusedManifest } from './model.js'
export { listModels } from './model.js'
export type { Device, Implementation, Powersave, Precision } from './native.js'
export type { PixelFormat } from './pixel-formats.js'
export type { FaceQuality, QualityAspect, QualityMinimum } from './quality.js'
export type {
  EmbedOptions,
  FaceRecognizerOptions,
  Verification,
  VerifyOptions
} from './recognizer.js'
export { FaceRecognizer } from './recognizer.js'
export { similarity } from './similarity.js'
export type { StreamFace, StreamOptions, StreamResult, StreamTiming } from './stream.js'
export type { FrameSource } from './stream-source.js'
export { combineEmbeddings } from './template.js'
