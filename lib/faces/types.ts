/** A point in pixels of the upright photo, from its top left corner. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/**
 * Five landmarks in this order, left and right as seen in the image: left eye, right eye, tip of
 * the nose, left and right corner of the mouth.
 */
export type Landmarks = readonly [Point, Point, Point, Point, Point]

export interface Face {
  readonly box: Box
  /** The detector's confidence, 0 to 1. */
  readonly score: number
  readonly landmarks: Landmarks
  /** Only when asked for: `detect(photo, { quality: true })`; always of the face that `embed` took. */
  readonly quality?: FaceQuality
}

/** How good a face in a photo is for recognising a person. */
export interface FaceQuality {
  /** 0 to 1: how far the embedding is to be trusted, from all that follows. */
  readonly overall: number
  /** Fine detail on the aligned face, 0 (blurred or enlarged) to 1. */
  readonly sharpness: number
  /** 0 (black, white or without contrast) to 1. */
  readonly exposure: number
  /** Distance between the eyes in pixels of the photo. */
  readonly size: number
  /** Degrees; positive: the nose points to the right of the image. */
  readonly yaw: number
  /** Degrees; positive: the nose points down. */
  readonly pitch: number
  /** Degrees; positive: turned clockwise in the image. */
  readonly roll: number
}

/** What a face must be at least; of `yaw`, `pitch` and `roll` the largest angle either way. */
export type QualityMinimum = Partial<FaceQuality>

export type QualityAspect = keyof FaceQuality
