import type { FaceEmbedding } from '../embeddings/embedding.js'
import type { Box, FaceQuality, Landmarks } from '../faces/types.js'
import type { StreamOptions, StreamTiming } from '../work/stream.js'

/** Who a face is taken for. A gallery's `Person` is one. */
export interface TrackedPerson {
  readonly id: string
  readonly name: string
}

/** What a track asks of a gallery: `Gallery` has it. */
export interface TrackGallery {
  identify(
    face: FaceEmbedding,
    options: { readonly fpir?: number; readonly signal?: AbortSignal }
  ): Promise<{
    readonly person: TrackedPerson | undefined
    readonly candidates: readonly {
      readonly person: TrackedPerson
      readonly similarity: number
    }[]
    readonly threshold: number
  }>
}

export interface TrackOptions<F = unknown> extends Omit<StreamOptions, 'embed'> {
  /** Who is who. Without it faces are followed, and nobody is identified. */
  readonly gallery?: TrackGallery
  /** False positive identification rate of each decision, as of `gallery.identify`. Default 0.01. */
  readonly fpir?: number
  /**
   * Embeddings a second at most, over all faces of the frames: what identification may cost.
   * Default 5.
   */
  readonly embeddingsPerSecond?: number
  /** Whether two faces in one frame may be the same person, as in front of a mirror. Default false. */
  readonly allowTwice?: boolean
  /**
   * Seconds between looks at the whole frame while faces are followed; in between, only their
   * surroundings are searched. Default 1.
   */
  readonly fullEvery?: number
  /** The same while nobody is there. Default 0.2. */
  readonly idleEvery?: number
  /** Seconds without a sight of a face after which it is lost. Default 0.6. */
  readonly patience?: number
  /** Seconds within which a lost face that comes back keeps its id. Default 10. */
  readonly memory?: number
  /**
   * The time of a frame, in seconds; never falls. Default: when the frame arrived. Give the frame's
   * own time for a video file, which is read faster than it was recorded.
   */
  readonly time?: (frame: F, index: number) => number
}

export type TrackEventType = 'appeared' | 'updated' | 'identified' | 'stranger' | 'changed' | 'lost'

/** A face that is followed from frame to frame. */
export interface TrackedFace {
  /** The same for as long as the face is followed; never used again within a stream. */
  readonly id: number
  readonly box: Box
  readonly landmarks: Landmarks
  /** The detector's confidence, 0 to 1. */
  readonly score: number
  readonly quality: FaceQuality
  /** When it was first and last seen, in seconds on the frames' clock. */
  readonly firstSeen: number
  readonly lastSeen: number
  /** Whom it is taken for; undefined for a stranger and before there is a decision. */
  readonly person: TrackedPerson | undefined
  /** Whether there is a decision: it is `person` or, where that is undefined, a stranger. */
  readonly decided: boolean
  /** Of the decision: cosine with the best candidate, and what it had to reach. */
  readonly similarity: number | undefined
  readonly threshold: number | undefined
  /** One embedding of the best frames so far; undefined before the first. */
  readonly embedding: FaceEmbedding | undefined
}

export interface TrackEvent<F> {
  /**
   * `appeared`: a face is followed from now on. `updated`: it was seen in this frame. `identified`,
   * `stranger`: enough frames agree on who it is, or that it is nobody of the gallery. `changed`: that
   * decision was revised. `lost`: it was not seen for `patience` seconds.
   */
  readonly type: TrackEventType
  readonly face: TrackedFace
  /** Of `changed`: whom it was taken for before; undefined for a stranger. */
  readonly previous?: TrackedPerson | undefined
  readonly frame: F
  /** Position in the source, from 0; dropped frames count. */
  readonly index: number
  /** Frames dropped so far. */
  readonly dropped: number
  /** Of the frame, in seconds. */
  readonly time: number
  /** The same for all events of a frame. */
  readonly timing: StreamTiming
}
