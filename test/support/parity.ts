import { readFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import * as v from 'valibot'
import { faceFromNative } from '../../lib/addon/faces.js'
import { loadBinding } from '../../lib/addon/load.js'
import type { NativeEngine } from '../../lib/addon/types.js'
import { loadDetectorModel } from '../../lib/models/load.js'
import { decodeImage } from '../../lib/photos/load.js'
import { detectOptionsToNative } from '../../lib/work/detect-options.js'
import { landmarkError, overlap } from './overlap.js'

/** What research/models/yunet_reference.py writes. */
const referenceSchema = v.object({
  maxSide: v.number(),
  scoreThreshold: v.number(),
  nmsIou: v.number(),
  photos: v.record(
    v.string(),
    v.object({
      faces: v.array(
        v.object({
          box: v.pipe(v.array(v.number()), v.length(4)),
          landmarks: v.pipe(v.array(v.number()), v.length(10)),
          score: v.number()
        })
      )
    })
  )
})

export type Reference = v.InferOutput<typeof referenceSchema>
type ReferenceFace = Reference['photos'][string]['faces'][number]

/** How our detection and alignment of one photo compare with OpenCV's. */
export interface Agreement {
  readonly photo: string
  readonly faces: number
  readonly expectedFaces: number
  /** Smallest overlap (intersection over union) of a face with its counterpart. */
  readonly overlap: number
  /** Largest distance of a landmark, in widths of the face. */
  readonly landmarks: number
  /** Largest difference of a score. */
  readonly score: number
  /** Mean absolute difference of the best face's crops, 0 to 255: from our own landmarks… */
  readonly crop: number
  /** …and from OpenCV's, which leaves the alignment alone. */
  readonly alignment: number
}

function referenceFace({ box, landmarks, score }: ReferenceFace) {
  const [x = 0, y = 0, width = 0, height = 0] = box
  return faceFromNative({
    box: { x, y, width, height },
    landmarks: Float32Array.from(landmarks),
    score
  })
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) throw new Error('crops of different sizes')
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length
}

export async function readReference(folder: string): Promise<Reference> {
  const text = await readFile(join(folder, 'reference', 'faces.json'), 'utf8')
  return v.parse(referenceSchema, JSON.parse(text))
}

/** The addon itself with the shipped detector, as alignment alone is not part of the package. */
export async function openDetectorEngine(): Promise<NativeEngine> {
  const { Engine } = loadBinding()
  const engine = new Engine({
    threads: 1,
    queueLimit: 16,
    precision: 'fp32',
    implementation: 'auto'
  })
  await engine.loadDetector((await loadDetectorModel()).files)
  return engine
}

/** Compares one photo of FOLDER/photos; undefined when OpenCV finds no face in it. */
export async function comparePhoto(
  engine: NativeEngine,
  folder: string,
  photo: string,
  reference: Reference
): Promise<Agreement | undefined> {
  const expected = reference.photos[photo]?.faces ?? []
  const best = expected[0]
  if (!best) return undefined
  const { data, width, height, format, stride } = await decodeImage(join(folder, 'photos', photo))
  const frame = { data, width, height, format, stride: stride ?? width * 3 }
  const { faces } = await engine.detect(frame, {
    ...detectOptionsToNative({ maxFaces: 1000, maxSide: reference.maxSide, rotations: false }),
    scoreThreshold: reference.scoreThreshold,
    nmsIou: reference.nmsIou,
    quality: false
  })
  const crop = (await decodeImage(join(folder, 'crops', `${parse(photo).name}.png`))).data
  const difference = async (landmarks: Float32Array | undefined): Promise<number> =>
    landmarks ? meanDifference(await engine.align(frame, landmarks), crop) : 255

  const ours = faces.map(faceFromNative)
  let [worstOverlap, worstLandmarks, worstScore] = [1, 0, 0]
  for (const theirs of expected.map(referenceFace)) {
    const counterpart = [...ours].sort(
      (a, b) => overlap(theirs.box, b.box) - overlap(theirs.box, a.box)
    )[0]
    if (!counterpart) return { ...missed, photo, expectedFaces: expected.length }
    worstOverlap = Math.min(worstOverlap, overlap(theirs.box, counterpart.box))
    worstLandmarks = Math.max(worstLandmarks, landmarkError(theirs, counterpart))
    worstScore = Math.max(worstScore, Math.abs(theirs.score - counterpart.score))
  }
  return {
    photo,
    faces: faces.length,
    expectedFaces: expected.length,
    overlap: worstOverlap,
    landmarks: worstLandmarks,
    score: worstScore,
    crop: await difference(faces[0]?.landmarks),
    alignment: await difference(Float32Array.from(best.landmarks))
  }
}

const missed = { faces: 0, overlap: 0, landmarks: 1, score: 1, crop: 255, alignment: 255 }
