import { faceFromNative } from '../addon/faces.js'
import type { NativeDetectOptions, NativeFace } from '../addon/types.js'
import { overlap } from '../faces/box.js'
import type { Box, Face, FaceQuality } from '../faces/types.js'
import type { NativeFrame } from '../frames/native-frame.js'
import { type Region, regionOf } from '../frames/region.js'
import { type Expected, Planner, type PlanOptions, patchSide } from './plan.js'

/** Finds the faces of a frame or a part of it, and tells their quality. */
export type Detect = (
  frame: NativeFrame,
  options: NativeDetectOptions & { readonly quality: true },
  signal: AbortSignal
) => Promise<readonly NativeFace[]>

/** A face as it was found, in pixels of the upright frame. */
export interface Found extends Face {
  readonly quality: FaceQuality
}

/** What a look has found, and where it could have found something. */
export interface Sight {
  readonly faces: readonly Found[]
  /** Whether a face at this place would have been seen. */
  covers(box: Box): boolean
}

/** A weak detection continues a track and begins none, as in ByteTrack (Zhang et al. 2022). */
const weakScore = 0.3

function found(face: NativeFace, { x, y }: Pick<Region, 'x' | 'y'>): Found {
  const { box, landmarks, quality, score } = faceFromNative(face)
  const [a, b, c, d, e] = landmarks.map((point) => ({ x: point.x + x, y: point.y + y }))
  return {
    score,
    box: { ...box, x: box.x + x, y: box.y + y },
    landmarks: [a, b, c, d, e] as unknown as Face['landmarks'],
    quality: quality as FaceQuality
  }
}

/** Patches may overlap: of two boxes of one face the better one stays. */
function once(faces: readonly Found[], iou: number): Found[] {
  const kept: Found[] = []
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => overlap(face.box, other.box) > iou)) kept.push(face)
  }
  return kept
}

function contains(area: Box, { x, y, width, height }: Box): boolean {
  const [middleX, middleY] = [x + width / 2, y + height / 2]
  const inside = middleX >= area.x && middleX <= area.x + area.width
  return inside && middleY >= area.y && middleY <= area.y + area.height
}

const nothing: Sight = { faces: [], covers: () => false }

/** Looks at each frame where it is worth it. */
export class Looker {
  readonly #detect: Detect
  readonly #wanted: NativeDetectOptions
  readonly #planner: Planner

  constructor(detect: Detect, wanted: NativeDetectOptions, plan: Omit<PlanOptions, 'maxSide'>) {
    this.#detect = detect
    this.#wanted = { ...wanted, scoreThreshold: Math.min(weakScore, wanted.scoreThreshold) }
    this.#planner = new Planner({ ...plan, maxSide: wanted.maxSide })
  }

  /** The next look is at the whole frame. */
  demandFull(): void {
    this.#planner.demandFull()
  }

  async look(
    frame: NativeFrame,
    time: number,
    expected: readonly Expected[],
    signal: AbortSignal
  ): Promise<Sight> {
    const look = this.#planner.next(time, expected)
    if (look.kind === 'none') return nothing
    if (look.kind === 'patches') {
      const regions = look.areas.map((area) => regionOf(frame, area))
      if (regions.every((region) => region !== undefined)) {
        return this.#patches(regions, look.areas, signal)
      }
      // Part of a face has left the picture, or there is no cheaper part to look at.
    }
    return this.#whole(frame, signal)
  }

  async #whole(frame: NativeFrame, signal: AbortSignal): Promise<Sight> {
    const faces = await this.#detect(frame, { ...this.#wanted, quality: true }, signal)
    return { faces: faces.map((face) => found(face, { x: 0, y: 0 })), covers: () => true }
  }

  async #patches(
    regions: readonly Region[],
    areas: readonly Box[],
    signal: AbortSignal
  ): Promise<Sight> {
    // One look at each: the planner has seen to the size, and a face not found is looked for again
    // in the whole frame.
    const small = { maxSide: patchSide, search: 'quick', searchPixels: 0 } as const
    const options = { ...this.#wanted, ...small, quality: true } as const
    const faces = await Promise.all(
      regions.map(async (region) => {
        const all = await this.#detect(region.frame, options, signal)
        return all.map((face) => found(face, region))
      })
    )
    return {
      faces: once(faces.flat(), this.#wanted.nmsIou),
      covers: (box) => areas.some((area) => contains(area, box))
    }
  }
}
