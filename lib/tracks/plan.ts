import type { Box } from '../faces/types.js'

/**
 * Where to look in the next frame: everywhere now and then, otherwise only around the faces that are
 * followed. A look costs the detector as many pixels as it takes in, whatever the frame's size.
 */

export interface PlanOptions {
  /** Seconds between looks at the whole frame while faces are followed. */
  readonly fullEvery: number
  /** The same while nobody is there: how long somebody who comes may go unseen. */
  readonly idleEvery: number
  /** Longest side of a whole frame as the detector takes it in. */
  readonly maxSide: number
}

/** What to look at: the whole frame, these areas, or nothing. */
export type Look =
  | { readonly kind: 'full' }
  | { readonly kind: 'none' }
  | { readonly kind: 'patches'; readonly areas: readonly Box[] }

/** Side of a patch as the detector takes it in; a face fills about two fifths of it. */
export const patchSide = 160
const faceShare = 0.4
/** Patches may cost this share of a whole look; beyond it one whole look is the better bargain. */
const worthwhile = 0.7

export interface Expected {
  readonly box: Box
  /** Uncertainty of its centre in pixels. */
  readonly error: number
}

/** A square around the expected face, with room for where else it may be. */
export function patchAround({ box, error }: Expected): Box {
  const size = Math.max(box.width, box.height)
  const side = Math.max(size / faceShare, size + 4 * error)
  return {
    x: box.x + box.width / 2 - side / 2,
    y: box.y + box.height / 2 - side / 2,
    width: side,
    height: side
  }
}

function hull(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y
  }
}

const area = ({ width, height }: Box): number => width * height

/** Patches that are cheaper, or hardly dearer, looked at together. */
function merged(patches: readonly Box[]): Box[] {
  const left = [...patches]
  for (let i = 0; i < left.length; i++) {
    for (let j = i + 1; j < left.length; j++) {
      const [a, b] = [left[i] as Box, left[j] as Box]
      const both = hull(a, b)
      if (area(both) > 1.1 * Math.max(area(a), area(b))) continue
      left[i] = both
      left.splice(j, 1)
      j = i // the larger patch may take in those passed over
    }
  }
  return left
}

export class Planner {
  readonly #options: PlanOptions
  #lastFull = Number.NEGATIVE_INFINITY
  #demanded = false

  constructor(options: PlanOptions) {
    this.#options = options
  }

  /** The next look is at the whole frame: something was lost, or may have come. */
  demandFull(): void {
    this.#demanded = true
  }

  /** What to look at in the frame at `time`, in seconds. */
  next(time: number, expected: readonly Expected[]): Look {
    const { fullEvery, idleEvery, maxSide } = this.#options
    const areas = merged(expected.map(patchAround))
    // A 4:3 frame, as a measure; its exact shape matters little.
    const dear = areas.length * patchSide ** 2 > worthwhile * maxSide ** 2 * 0.75
    const nobody = areas.length === 0
    const wait = nobody ? idleEvery : fullEvery
    // Times are sums of fractions: a millisecond early is on time.
    const due = time - this.#lastFull >= wait - 1e-3 || time < this.#lastFull
    if (this.#demanded || due || dear) {
      this.#demanded = false
      this.#lastFull = time
      return { kind: 'full' }
    }
    if (nobody) return { kind: 'none' }
    return { kind: 'patches', areas }
  }
}
