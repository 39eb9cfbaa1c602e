import { onAbort, unlessAborted } from '../abort.js'
import { type Loading, loadPhoto } from '../photos/load.js'
import type { DecodeRoom, LoadedPhoto, PhotoInput } from '../photos/types.js'

/** A call while it is at work. What it has begun is its own until that is over. */
export class Call {
  readonly #room: DecodeRoom
  readonly #cancelled = new AbortController()
  readonly #unwatch: readonly (() => void)[]
  readonly #photos = new Set<LoadedPhoto>()
  #loading = 0
  #whenOver: (() => void) | undefined

  /** @param signals cancel it */
  constructor(room: DecodeRoom, ...signals: readonly (AbortSignal | undefined)[]) {
    this.#room = room
    const cancelled = this.#cancelled
    this.#unwatch = signals.flatMap((signal) => {
      if (signal?.aborted) cancelled.abort(signal.reason)
      return signal ? [onAbort(signal, () => cancelled.abort(signal.reason))] : []
    })
  }

  /**
   * Loads a photo, whose memory is given back when the call ends. Rejects as soon as the call is
   * aborted, or all is closed, although the photo may still be being decoded; with `stays`, when
   * that is over.
   */
  async load(
    input: PhotoInput,
    { stays = false, ...loading }: Omit<Loading, 'room' | 'signal'> & { readonly stays?: boolean }
  ): Promise<LoadedPhoto> {
    const { signal } = this.#cancelled
    const photo = this.#load(input, { ...loading, room: this.#room, signal })
    return stays ? photo : unlessAborted(photo, signal)
  }

  async #load(input: PhotoInput, loading: Loading): Promise<LoadedPhoto> {
    this.#loading++
    try {
      const photo = await loadPhoto(input, loading)
      this.#photos.add(photo)
      return photo
    } finally {
      this.#loading--
      this.#settle()
    }
  }

  /** `whenOver` is called when nothing of the call is at work any more: now, or after decoding. */
  end(whenOver: () => void): void {
    for (const unwatch of this.#unwatch) unwatch()
    this.#whenOver = whenOver
    this.#settle()
  }

  #settle(): void {
    if (this.#whenOver === undefined) return
    for (const photo of this.#photos) photo.release()
    this.#photos.clear()
    if (this.#loading === 0) this.#whenOver()
  }
}
