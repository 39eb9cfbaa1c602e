/**
 * The shape of the native add-on: the only file that names its functions. Each method of an engine
 * runs on that engine's own inference thread; memory passed in must stay unchanged until the
 * returned promise settles, and everything returned is owned by V8.
 */

export type NativePixelFormat = 'rgb' | 'bgr' | 'rgba' | 'bgra' | 'gray'

export type Precision = 'fp32' | 'fp16'

export interface NativeFrame {
  data: Uint8Array
  width: number
  height: number
  /** Bytes from one row to the next. */
  stride: number
  format: NativePixelFormat
}

/** File contents whose size and sha256 were checked already; the add-on copies them at once. */
export interface NativeModel {
  param: Uint8Array
  bin: Uint8Array
}

export interface NativeEmbedderInput {
  channels: 'bgr' | 'rgb'
  mean: number[]
  norm: number[]
  inputBlob: string
  outputBlob: string
  embeddingSize: number
}

export interface NativeFace {
  box: { x: number; y: number; width: number; height: number }
  score: number
  /** x0, y0, … x4, y4. */
  landmarks: Float32Array
}

export interface NativeDetectOptions {
  scoreThreshold: number
  nmsIou: number
  maxSide: number
  maxFaces: number
}

export interface NativeEngine {
  loadDetector(model: NativeModel): Promise<void>
  loadEmbedder(model: NativeModel, input: NativeEmbedderInput): Promise<void>
  detect(
    frame: NativeFrame,
    options: NativeDetectOptions
  ): Promise<{ faces: NativeFace[]; bestScore: number }>
  /** Returns 112×112×3 bytes, RGB. */
  align(frame: NativeFrame, landmarks: Float32Array): Promise<Uint8Array>
  /** Takes 112×112×3 bytes. */
  embedAligned(crop: Uint8Array, order: 'rgb' | 'bgr'): Promise<Float32Array>
  /** Detects, aligns and embeds the most prominent face; rejects with NO_FACE. */
  embedFrame(
    frame: NativeFrame,
    options: NativeDetectOptions
  ): Promise<{ face: NativeFace; faceCount: number; embedding: Float32Array }>
  /** Idempotent. Work still queued is rejected with CLOSED, work under way finishes. */
  close(): Promise<void>
  readonly pending: number
}

export interface NativeEngineOptions {
  threads: number
  queueLimit: number
  precision: Precision
}

export interface NativeAddon {
  Engine: new (options: NativeEngineOptions) => NativeEngine
  ncnnVersion: string
  defaultThreads(): number
  build(): { compiler: string; ncnnOptions: string[] }
  cpu(): { cores: number; bigCores: number; features: string[] }
}
