import type { NativeDetectOptions } from '../addon/types.js'
import type { FaceEmbedding } from '../embeddings/embedding.js'
import type { NativeFrame } from '../frames/native-frame.js'
import type { Detect, Found } from './look.js'

/** What following faces takes of a recogniser. */
export interface TrackEyes {
  readonly detect: Detect
  readonly wanted: NativeDetectOptions
  /** Undefined for a face that cannot be aligned. */
  readonly embed: (
    frame: NativeFrame,
    face: Found,
    signal: AbortSignal
  ) => Promise<FaceEmbedding | undefined>
  /** The similarity at which two faces are taken for one person; undefined without calibration. */
  readonly sameThreshold: number | undefined
}
