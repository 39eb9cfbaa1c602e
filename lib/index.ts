export type { Device, Implementation, Powersave, Precision } from './addon/types.js'
export type { DetectOptions, FaceDetectorOptions } from './detector.js'
export { FaceDetector } from './detector.js'
export type { DeviceOptions, FaceEmbedderOptions, ModelOptions } from './embedder.js'
export { FaceEmbedder } from './embedder.js'
export { combineEmbeddings } from './embeddings/combine.js'
export type { FaceEmbeddingJson } from './embeddings/embedding.js'
export { FaceEmbedding } from './embeddings/embedding.js'
export { similarity } from './embeddings/similarity.js'
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
export type { Box, Face, Landmarks, Point } from './faces/landmarks.js'
export type { FaceQuality, QualityAspect, QualityMinimum } from './faces/quality.js'
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
export type { ImageOptions, PhotoInput } from './photos/decode.js'
export { decodeImage } from './photos/decode.js'
export type {
  EmbedOptions,
  FaceRecognizerOptions,
  Verification,
  VerifyOptions
} from './recognizer.js'
export { FaceRecognizer } from './recognizer.js'
export type { AbortOptions } from './work/abort.js'
export type { BatchInputs, BatchOptions, BatchResult } from './work/batch.js'
export type { EngineOptions } from './work/engine.js'
export type { FrameSource } from './work/source.js'
export type { StreamFace, StreamOptions, StreamResult, StreamTiming } from './work/stream.js'
