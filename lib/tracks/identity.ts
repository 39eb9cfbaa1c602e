import type { FaceEmbedding } from '../embeddings/embedding.js'
import { cosine } from '../embeddings/similarity.js'
import { Evidence } from './evidence.js'
import type { TrackedPerson, TrackGallery } from './types.js'

/** Whom a face is taken for, and how surely. */
export interface Decision {
  /** Undefined for a stranger. */
  readonly person: TrackedPerson | undefined
  readonly similarity: number
  readonly threshold: number
}

/** A stranger is told of after this long, or as soon as there is all the evidence that is kept. */
const strangerAfter = 1.5

/** What is known of who a track is. */
export class Identity {
  readonly evidence = new Evidence()
  /** What the evidence says now. */
  #verdict: Decision | undefined
  /** What users were told. */
  told: Decision | undefined
  #since: number | undefined

  get verdict(): Decision | undefined {
    return this.#verdict
  }

  /** Adds an embedding and asks the gallery who it is, once there is enough to ask with. */
  async learn(
    sample: { readonly embedding: FaceEmbedding; readonly quality: number; readonly time: number },
    gallery: TrackGallery | undefined,
    fpir: number,
    signal: AbortSignal
  ): Promise<void> {
    const { evidence } = this
    this.#since ??= sample.time
    const agrees = evidence.add(sample)
    if (!evidence.enough) this.#verdict = undefined
    if (!agrees || !evidence.enough || gallery === undefined) return
    const template = evidence.template() as FaceEmbedding
    const { person, candidates, threshold } = await gallery.identify(template, { fpir, signal })
    const similarity = candidates[0]?.similarity ?? -1
    const waited = sample.time - this.#since
    const all = evidence.full || waited >= strangerAfter
    this.#verdict = person || all ? { person, similarity, threshold } : undefined
  }

  /** Somebody else in the picture is this person more surely. */
  yieldTo(): void {
    if (this.#verdict) this.#verdict = { ...this.#verdict, person: undefined }
  }

  /** How alike two tracks are; undefined while one of them has no embedding. */
  static likeness(a: Identity, b: Identity): number | undefined {
    const [left, right] = [a.evidence.template(), b.evidence.template()]
    return left && right && cosine(left.vector, right.vector)
  }
}
