import type { FaceEmbedding } from '../embeddings/embedding.js'
import type { FaceQuality } from '../faces/types.js'
import type { PhotoInput } from '../photos/types.js'
import type { EmbedOptions, FaceRecognizer } from '../recognizer.js'

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

/** One photo that a person was enrolled with. The photo itself is not kept. */
export interface EnrolledPhoto {
  readonly id: string
  /** Quality of the face; undefined where only an embedding was given. */
  readonly quality: FaceQuality | undefined
  readonly added: Date
  /** Whether its aligned face is kept, for a change of model. */
  readonly cropKept: boolean
}

export interface Person {
  readonly id: string
  readonly name: string
  /** What the application keeps of the person; null when nothing. */
  readonly details: Json
  readonly photos: readonly EnrolledPhoto[]
  readonly created: Date
}

/** What the gallery asks of a recogniser: `FaceRecognizer` has it all. */
export type GalleryRecognizer = Pick<FaceRecognizer, 'manifest' | 'precision' | 'embed' | 'align'>

/** A photo, a raw frame, or an embedding: of one photo, or the template of several. */
export type FaceInput = PhotoInput | FaceEmbedding

/**
 * Where the 32 bytes come from that open the gallery: a file with 64 hexadecimal digits that only
 * its owner may read (`create` makes it), an environment variable with the same, a passphrase, or a
 * function. `'none'` protects nothing: whoever has the file can read it.
 */
export type GalleryKey =
  | { readonly file: string; readonly create?: boolean }
  | { readonly env: string }
  | { readonly passphrase: string }
  | (() => Uint8Array | Promise<Uint8Array>)
  | 'none'

export interface GalleryOptions {
  readonly key: GalleryKey
  /** What embeds photos and whose calibration gives the thresholds. Without it people can be listed,
   * changed and removed, but neither enrolled nor identified. */
  readonly recognizer?: GalleryRecognizer
  /** Whether a gallery is made where there is none. Default true. */
  readonly create?: boolean
  /** `'crops'` keeps the aligned face of each photo enrolled, sealed, so that `upgrade` can embed it
   * with another model. Default `'nothing'`. */
  readonly keep?: 'nothing' | 'crops'
  /** Opens it for reading only. Default false. */
  readonly readOnly?: boolean
  /** How long a change waits for another process that is writing, in milliseconds. Default 10,000. */
  readonly lockTimeout?: number
}

export interface EnrolOptions extends EmbedOptions {
  /** Anything that can be JSON. */
  readonly details?: Json
  /** Whether a warning refuses the enrolment: EnrolmentRefusedError. Default false. */
  readonly strict?: boolean
}

/** Two photos given for one person are less alike than two photos of one person should be. */
export interface PhotosDisagree {
  readonly code: 'PHOTOS_DISAGREE'
  readonly name: string
  /** Which two: indices into the photos given, or the id of a photo enrolled before. */
  readonly photos: readonly [number, number | string]
  readonly similarity: number
  readonly threshold: number
  readonly message: string
}

/** Somebody enrolled already looks like this person: the same one, or one who would be mistaken. */
export interface ResemblesPerson {
  readonly code: 'RESEMBLES_PERSON'
  readonly name: string
  readonly other: { readonly id: string; readonly name: string }
  readonly similarity: number
  readonly threshold: number
  readonly message: string
}

/** A photo is enrolled for this person already, or was given twice; it was not added again. */
export interface DuplicatePhoto {
  readonly code: 'DUPLICATE_PHOTO'
  readonly name: string
  readonly photo: number
  readonly message: string
}

export type EnrolmentWarning = PhotosDisagree | ResemblesPerson | DuplicatePhoto

export interface Enrolment {
  readonly person: Person
  readonly warnings: readonly EnrolmentWarning[]
}

export interface IdentifyOptions extends EmbedOptions {
  /**
   * False positive identification rate: of strangers, never enrolled, the share that may be taken
   * for somebody. Default 0.01.
   */
  readonly fpir?: number
  /** How many candidates are returned, the most similar first. Default 1. */
  readonly top?: number
}

export interface Candidate {
  readonly person: Person
  /** Cosine of the face and the person's template, or the most similar photo, −1 to 1. */
  readonly similarity: number
}

export interface Identification {
  /** Who it is; undefined for a stranger. */
  readonly person: Person | undefined
  /** The people most like it, whether or not they reach the threshold. */
  readonly candidates: readonly Candidate[]
  /** What the best candidate's similarity has to reach, for this FPIR and this many people. */
  readonly threshold: number
  readonly fpir: number
  /** How many people were searched. */
  readonly size: number
  /** How much more similar the best candidate is than the second; undefined below two people. */
  readonly margin: number | undefined
  /** The face's embedding, for further use. */
  readonly embedding: FaceEmbedding
}

/** What has happened to a gallery, here or in another process. */
export interface GalleryChange {
  /** Rises by one with each change of this gallery. */
  readonly seq: number
  /**
   * `missed`: more has happened than is kept, so that a reader should look at everything anew.
   * `model`: the people are now compared by another model.
   */
  readonly kind: 'enrolled' | 'updated' | 'removed' | 'merged' | 'model' | 'missed'
  /** Id of the person; undefined for `model` and `missed`. */
  readonly person?: string
  /** Of `merged`: the id that is no more; `person` is the one that has the photos now. */
  readonly merged?: string
}

export interface GalleryCounts {
  readonly people: number
  readonly photos: number
  /** Photos whose aligned face is kept. */
  readonly crops: number
  /** The model that people are compared by; undefined while nobody is enrolled. */
  readonly model: ModelIdentity | undefined
}

/** Only embeddings that agree in all of this are compared. */
export interface ModelIdentity {
  readonly name: string
  readonly sha256: string
  readonly precision: string
  readonly size: number
}

export interface Removal {
  /**
   * Whether the file's bytes hold nothing of it any more. False when another process was reading all
   * the time: what was removed cannot be found, and its bytes go with the next change or opening.
   */
  readonly erased: boolean
}

/** What an examination of the whole file has found. */
export interface Integrity {
  readonly ok: boolean
  readonly people: number
  readonly photos: number
  readonly problems: readonly { readonly message: string; readonly person?: string }[]
}

export interface ImportOptions {
  readonly key: GalleryKey
  /**
   * What becomes of people whose id or name is in the gallery already: `'refuse'` (default) imports
   * nobody, `'skip'` leaves them as they are, `'replace'` puts the imported ones in their place.
   */
  readonly onConflict?: 'refuse' | 'skip' | 'replace'
}

export interface Imported {
  readonly added: number
  readonly skipped: number
  readonly replaced: number
}

export interface UpgradeOptions {
  readonly signal?: AbortSignal
  /** Called after each few photos. */
  readonly onProgress?: (done: number, total: number) => void
}
