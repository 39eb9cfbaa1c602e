import { SeesawFaceError } from '../errors.js'
import type { EnrolmentWarning } from './types.js'

/** There is no gallery at the path, and none was to be created. */
export class GalleryNotFoundError extends SeesawFaceError {
  readonly code = 'GALLERY_NOT_FOUND'
}

/** The key is missing, unreadable, open to others, or not the one of this gallery. */
export class GalleryKeyError extends SeesawFaceError {
  readonly code = 'GALLERY_KEY'
}

/** The file is no gallery, or something in it is not as it was written. */
export class GalleryCorruptError extends SeesawFaceError {
  readonly code = 'GALLERY_CORRUPT'
}

/** The file was written by a later version of seesawface. */
export class GalleryVersionError extends SeesawFaceError {
  readonly code = 'GALLERY_VERSION'
}

/** Another process held the gallery for longer than `lockTimeout`. */
export class GalleryLockedError extends SeesawFaceError {
  readonly code = 'GALLERY_LOCKED'
}

/** SQLite is missing or its file cannot be read; the message says what helps. */
export class GalleryStoreError extends SeesawFaceError {
  readonly code = 'GALLERY_STORE'
}

/** The people of the gallery were enrolled with another model, precision or mirroring. */
export class GalleryModelError extends SeesawFaceError {
  readonly code = 'GALLERY_MODEL'
}

/** The calibration's data cannot promise this FPIR for a gallery of this size. */
export class FpirUnsupportedError extends SeesawFaceError {
  readonly code = 'FPIR_UNSUPPORTED'
  /** What was asked for, and the number of people searched. */
  readonly fpir: number
  readonly size: number
  /** The most people for whom this FPIR can be promised; 0 when for none. */
  readonly largestSize: number
  /** The smallest FPIR that can be promised for this many people. */
  readonly smallestFpir: number

  constructor(
    message: string,
    figures: Pick<FpirUnsupportedError, 'fpir' | 'size' | 'largestSize' | 'smallestFpir'>,
    options?: ErrorOptions
  ) {
    super(message, options)
    this.fpir = figures.fpir
    this.size = figures.size
    this.largestSize = figures.largestSize
    this.smallestFpir = figures.smallestFpir
  }
}

/** Nobody in the gallery has this id or name. */
export class PersonNotFoundError extends SeesawFaceError {
  readonly code = 'PERSON_NOT_FOUND'
}

/** Somebody has this name already. */
export class PersonExistsError extends SeesawFaceError {
  readonly code = 'PERSON_EXISTS'
}

/** With `strict`: what would have been a warning. Nothing was enrolled. */
export class EnrolmentRefusedError extends SeesawFaceError {
  readonly code = 'ENROLMENT_REFUSED'
  readonly warnings: readonly EnrolmentWarning[]

  constructor(warnings: readonly EnrolmentWarning[]) {
    super(`Not enrolled: ${warnings.map(({ message }) => message).join('; ')}`)
    this.warnings = warnings
  }
}
