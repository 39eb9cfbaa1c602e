import { combineEmbeddings } from '../embeddings/combine.js'
import type { FaceEmbedding } from '../embeddings/embedding.js'
import { cosine } from '../embeddings/similarity.js'

/**
 * What is known of a track's identity: its best embeddings, a few, spread over time, and what they
 * say together. One bad frame opens no door: a decision takes several frames that agree.
 */

export interface Sample {
  readonly embedding: FaceEmbedding
  /** Overall quality, 0 to 1. */
  readonly quality: number
  /** Seconds. */
  readonly time: number
}

export interface EvidenceOptions {
  /** Embeddings kept for a track. */
  readonly keep: number
  /** Frames that must agree before a decision. */
  readonly agreeing: number
  /** Faces of lower overall quality are not embedded. */
  readonly minQuality: number
  /** Seconds between embeddings of an undecided track. */
  readonly every: number
  /** Seconds between embeddings of a decided one, which may have been exchanged unnoticed. */
  readonly recheckEvery: number
}

export const evidenceDefaults: EvidenceOptions = {
  keep: 5,
  agreeing: 3,
  minQuality: 0.3,
  every: 0.2,
  recheckEvery: 3
}

/** An embedding this far below the template of the others is of somebody else, or useless. */
const strayBelow = 0.2

export class Evidence {
  readonly #options: EvidenceOptions
  #samples: Sample[] = []
  #lastTime = Number.NEGATIVE_INFINITY
  #strays = 0

  constructor(options: Partial<EvidenceOptions> = {}) {
    this.#options = { ...evidenceDefaults, ...options }
  }

  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** Whether there are enough frames for a decision. */
  get enough(): boolean {
    return this.#samples.length >= this.#options.agreeing
  }

  /** Whether as much is known as is kept. */
  get full(): boolean {
    return this.#samples.length >= this.#options.keep
  }

  /** How much an embedding of this face, now, would tell; 0 for nothing. */
  worth(quality: number, time: number, decided: boolean): number {
    const { minQuality, every, recheckEvery, keep } = this.#options
    if (quality < minQuality) return 0
    const waited = time - this.#lastTime
    if (waited < (decided ? recheckEvery : every)) return 0
    const least = Math.min(...this.#samples.map((sample) => sample.quality), 1)
    const full = this.#samples.length >= keep
    // Who is unknown comes first, the fewer frames the sooner; then who waited longest.
    if (!decided) return 10 - this.#samples.length + quality + (full && quality <= least ? -5 : 0)
    return Math.min(1, waited / (10 * recheckEvery)) + 0.1 * quality
  }

  /**
   * Adds an embedding. Returns false where it disagrees with the others: one such is put aside; a
   * second in a row means that the track is of somebody else by now, and what was known is dropped.
   */
  add(sample: Sample): boolean {
    this.#lastTime = sample.time
    const template = this.template()
    if (template !== undefined && this.#samples.length >= 2) {
      if (cosine(template.vector, sample.embedding.vector) < strayBelow) {
        this.#strays++
        if (this.#strays < 2) return false
        this.#samples = [sample]
        this.#strays = 0
        return false
      }
    }
    this.#strays = 0
    this.#samples.push(sample)
    if (this.#samples.length > this.#options.keep) {
      const worst = Math.min(...this.#samples.map(({ quality }) => quality))
      const index = this.#samples.findIndex(({ quality }) => quality === worst)
      this.#samples.splice(index, 1)
    }
    return true
  }

  /** One embedding from all that is kept; undefined before the first. */
  template(): FaceEmbedding | undefined {
    if (this.#samples.length === 0) return undefined
    return combineEmbeddings(this.#samples.map(({ embedding }) => embedding))
  }
}
