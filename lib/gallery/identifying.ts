import { checkInteger } from '../check.js'
import type { FaceEmbedding } from '../embeddings/embedding.js'
import { calibrationFor, checkFpir, thresholdsFor } from './decisions.js'
import { checkModel, type FaceSource, modelOfRecognizer } from './faces.js'
import { personOf } from './people.js'
import type { Hit } from './search.js'
import type { Store } from './store/store.js'
import type { Candidate, FaceInput, Identification, IdentifyOptions } from './types.js'

export const defaultFpir = 0.01
const mostCandidates = 1000

export function checkIdentifyOptions({ fpir = defaultFpir, top = 1 }: IdentifyOptions): {
  readonly fpir: number
  readonly top: number
} {
  checkFpir(fpir)
  checkInteger('top', top, 1, mostCandidates)
  return { fpir, top }
}

/** Who of the gallery a face is, or nobody. */
export class Identifier {
  readonly #store: Store
  readonly #source: FaceSource

  constructor(store: Store, source: FaceSource) {
    this.#store = store
    this.#source = source
  }

  async identify(face: FaceInput, options: IdentifyOptions): Promise<Identification> {
    const { fpir, top } = checkIdentifyOptions(options)
    const { recognizer } = this.#source
    const calibration = calibrationFor(recognizer)
    await this.#store.refresh()
    // What cannot be promised is refused before the photo is looked at.
    thresholdsFor(calibration, fpir, this.#store.index)
    const embedding = await this.#source.embed(face, 'face', options)
    for (;;) {
      await this.#store.refresh()
      options.signal?.throwIfAborted()
      const { index, state, records, seq } = this.#store
      if (state.model !== null)
        checkModel(records.model(state.model), modelOfRecognizer(recognizer))
      const { size } = index
      const thresholds = thresholdsFor(calibration, fpir, index)
      const hits = await index
        .top(embedding.vector, Math.max(top, 2), options.signal)
        .catch((error: unknown) => {
          this.#store.checkOpen()
          // Everything was read anew, and what we searched in is gone.
          if (this.#store.index === index) throw error
          return undefined
        })
      this.#store.checkOpen()
      const candidates = hits && this.#candidates(hits)
      // Somebody was removed or changed while we searched: those that are there now are searched.
      if (candidates === undefined || this.#store.seq !== seq) continue
      const best = candidates[0]
      const threshold = thresholds(best === undefined ? 1 : index.photosOf(best.person.id))
      return decide(candidates, embedding, { threshold, fpir, size, top })
    }
  }

  /** Undefined when one of them is no longer there. */
  #candidates(hits: readonly Hit[]): Candidate[] | undefined {
    const { records } = this.#store
    const candidates: Candidate[] = []
    for (const { person: id, similarity } of hits) {
      const record = records.person(id)
      if (record === undefined) return undefined
      candidates.push({ person: personOf(records, record), similarity })
    }
    return candidates
  }
}

function decide(
  candidates: readonly Candidate[],
  embedding: FaceEmbedding,
  {
    top,
    ...figures
  }: {
    readonly threshold: number
    readonly fpir: number
    readonly size: number
    readonly top: number
  }
): Identification {
  const [best, second] = candidates
  const isKnown = best !== undefined && best.similarity >= figures.threshold
  return {
    person: isKnown ? best.person : undefined,
    candidates: candidates.slice(0, top),
    ...figures,
    margin: best && second && best.similarity - second.similarity,
    embedding
  }
}
