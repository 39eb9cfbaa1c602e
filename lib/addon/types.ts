import type { Precision } from '../embeddings/precision.js'
import type { NativeFrame } from '../frames/native-frame.js'

/**
 * The shape of the native addon: the only file that names its functions. Each method of an engine
 * runs on that engine's own inference thread; memory passed in must be neither detached nor shrunk
 * until the returned promise settles, and everything returned is owned by V8. A `ticket`, a number
 * other than 0 that no call under way has, names a call for `cancel`.
 */

/** Where an embedding network is computed: by the processor, or by a GPU through Vulkan. */
export type Device = 'cpu' | 'vulkan'

/** What computes an embedding network: this package's own kernels, or NCNN's. */
export type Implementation = 'fused' | 'ncnn'

/** Which cores an engine keeps to. */
export type Powersave = 'off' | 'little' | 'big'

/** Milliseconds in each stage; `wait` is the time before the work began. */
export interface NativeTiming {
  wait: number
  convert: number
  detect: number
  align: number
  embed: number
}

/** File contents whose size and sha256 were checked already; the addon copies them at once. */
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

/** Where a network is to be computed. */
export interface NativePlacement {
  device: Device | 'auto'
  /** Also by a Vulkan driver that computes on the CPU. */
  allowSoftware: boolean
}

export interface NativePlaced {
  implementation: Implementation
  device: Device
  /** Which GPU, or why none; empty unless one was requested. */
  reason: string
}

export interface NativeFace {
  box: { x: number; y: number; width: number; height: number }
  score: number
  /** x0, y0, … x4, y4. */
  landmarks: Float32Array
  /** Only where it was asked for. */
  quality?: NativeQuality
}

export interface NativeQuality {
  overall: number
  sharpness: number
  exposure: number
  size: number
  yaw: number
  pitch: number
  roll: number
}

export interface NativeDetectOptions {
  scoreThreshold: number
  nmsIou: number
  maxSide: number
  maxFaces: number
  search: 'quick' | 'thorough'
  rotations: boolean
  /** Sides in pixels of the photo; 0 for any. */
  minFaceSize: number
  /** Pixels of all views together. */
  searchPixels: number
}

export interface NativeEngine {
  loadDetector(model: NativeModel): Promise<void>
  /** Resolves to what will compute the network, and where. */
  loadEmbedder(
    model: NativeModel,
    input: NativeEmbedderInput,
    placement: NativePlacement
  ): Promise<NativePlaced>
  detect(
    frame: NativeFrame,
    options: NativeDetectOptions & { quality: boolean },
    ticket?: number
  ): Promise<{ faces: NativeFace[]; bestScore: number }>
  /** Returns 112×112×3 bytes, RGB. */
  align(frame: NativeFrame, landmarks: Float32Array, ticket?: number): Promise<Uint8Array>
  /** Takes 112×112×3 bytes. */
  embedAligned(crop: Uint8Array, order: 'rgb' | 'bgr', ticket?: number): Promise<Float32Array>
  /** Detects, aligns and embeds the most prominent face; rejects with NO_FACE. */
  embedFrame(
    frame: NativeFrame,
    options: NativeDetectOptions,
    ticket?: number
  ): Promise<{
    face: NativeFace
    faceCount: number
    embedding: Float32Array
    quality: NativeQuality
  }>
  /**
   * Detects all faces and, with `embed`, embeds each: an embedding per face, empty for one that
   * cannot be aligned.
   */
  analyse(
    frame: NativeFrame,
    options: NativeDetectOptions,
    embed: boolean,
    ticket?: number
  ): Promise<{
    faces: NativeFace[]
    bestScore: number
    embeddings: Float32Array[]
    timing: NativeTiming
  }>
  /** Makes a call reject with ABORTED: at once if it waits, after its present stage if it runs. */
  cancel(ticket: number): void
  /** Idempotent. Work still queued is rejected with CLOSED, work under way finishes. */
  close(): Promise<void>
  readonly pending: number
  /** In force. */
  readonly threads: number
  /** The effective value: `'off'` if all cores are identical or the system does not permit pinning. */
  readonly powersave: Powersave
}

export interface NativeEngineOptions {
  /** 0 for as many as the machine has good cores for. */
  threads: number
  /** `'off'` when left out. */
  powersave?: Powersave
  /** For tests: a folder whose `proc` and `sys` describe another machine. */
  systemRoot?: string
  /** Of threads that wait for work, before they sleep; 100 when left out. */
  spinMicroseconds?: number
  queueLimit: number
  precision: Precision
  implementation: 'auto' | Implementation
}

/** Cores that are alike. */
export interface NativeCluster {
  /** The slow ones beside faster ones are little; a prime core is one faster than the big ones. */
  kind: 'little' | 'big' | 'prime'
  /** As `Cortex-A76`; empty where the system does not tell. */
  name: string
  /** 0 where the system does not tell. */
  maxMHz: number
  /** The numbers of the processors. */
  cpus: number[]
}

/** What this process may use of the machine. */
export interface NativeCpu {
  /** Logical processors. */
  cores: number
  /** Those that are not little. */
  bigCores: number
  /** Instruction sets that the kernels can use. */
  features: string[]
  /** Slowest first. */
  clusters: NativeCluster[]
  /** The time on processors that a container may use: 1.5 is one and a half. */
  quota: number | null
  /** What `threads: 'auto'` stands for. */
  autoThreads: number
}

export interface NativeGpu {
  name: string
  kind: 'discrete' | 'integrated' | 'virtual' | 'software' | 'other'
  /** Version of Vulkan. */
  vulkan: string
  driver: string
  /** Keeps half precision. */
  fp16: boolean
  /** The one that is used when a GPU is requested. */
  chosen: boolean
}

export interface NativeVulkan {
  builtIn: boolean
  loader: boolean
  devices: NativeGpu[]
  /** Why no device is chosen; empty when one is. */
  reason: string
}

export interface NativeJpegHeader {
  width: number
  height: number
  gray: boolean
}

export interface NativeSearchIndexOptions {
  /** Numbers of a row: 1 to 4096. */
  dimensions: number
  /** Of a search, the index's own among them. */
  threads: number
  queueLimit: number
  /** Keeps the fp32 rows, too. */
  keepRows: boolean
}

export interface NativeSearchOptions {
  /** 1 to 4096. */
  k: number
  per: 'row' | 'person'
}

/** Rows, by the score; the lower person or id first where scores are equal. */
export interface NativeHits {
  ids: BigInt64Array
  persons: BigInt64Array
  scores: Float64Array
}

/** Calls take effect in their order, one after the other, on the index's own thread. */
export interface NativeSearchIndex {
  /** All rows or none; copied at once. Resolves to the number of rows in the index. */
  add(ids: BigInt64Array, persons: BigInt64Array, rows: Float32Array): Promise<number>
  remove(ids: BigInt64Array): Promise<{ removed: number; size: number }>
  /**
   * For each query (up to 1024, one after the other in the array): the k best, or, without the fp32
   * rows, all rows that may be among them, with the upper bounds of their scores.
   */
  search(
    queries: Float32Array,
    options: NativeSearchOptions,
    ticket?: number
  ): Promise<NativeHits[]>
  /** As an engine's. */
  cancel(ticket: number): void
  /** As an engine's. */
  close(): Promise<void>
}

export interface NativeAddon {
  Engine: new (options: NativeEngineOptions) => NativeEngine
  SearchIndex: new (options: NativeSearchIndexOptions) => NativeSearchIndex
  /** Null for a JPEG that is left to another decoder. */
  jpegHeader(file: Uint8Array): NativeJpegHeader | null
  /**
   * Fills `pixels`, which have one byte a pixel for grey or three for RGB, on a thread of libuv's
   * pool; neither array may be detached before the promise settles. Rejects where the file lacks
   * both a part of the picture and its end marker.
   */
  decodeJpeg(
    file: Uint8Array,
    options: { width: number; height: number; reducedBy: 1 | 2 | 4 | 8 },
    pixels: Uint8Array
  ): Promise<void>
  /** Whether a JPEG has an end marker, looked for as `decodeJpeg` decodes. */
  jpegEnds(file: Uint8Array): Promise<boolean>
  /** What decodes JPEGs; empty in a build that leaves them all to another decoder. */
  jpegLibrary: string
  ncnnVersion: string
  defaultThreads(): number
  /** Frees the memory of an array at once, which is empty then; not if it is shared or pooled. */
  discard(bytes: Uint8Array): void
  /**
   * Tells V8 of so many bytes that one of its objects keeps and it does not know of, so that the
   * object is collected in time; a negative number takes that back.
   */
  weigh(bytes: number): void
  /** Engines that have not been collected yet, in all threads of the process. */
  engines(): number
  build(): { compiler: string; ncnnOptions: string[] }
  cpu(): NativeCpu
  vulkan(options: { allowSoftware: boolean }): NativeVulkan
}
