import { randomUUID } from 'node:crypto'
import { weightedMean } from '../embeddings/combine.js'
import { cosine } from '../embeddings/similarity.js'
import { InvalidArgumentError } from '../errors.js'
import { thresholdForFar } from '../models/thresholds.js'
import { calibrationFor, nearestThresholdsFor } from './decisions.js'
import { EnrolmentRefusedError } from './errors.js'
import type { PreparedFace } from './faces.js'
import type { Hit, PersonIndex } from './search.js'
import type { EmbeddingRecord, PersonRecord, Records } from './store/records.js'
import type { Store } from './store/store.js'
import type {
  DuplicatePhoto,
  EnrolmentWarning,
  GalleryRecognizer,
  PhotosDisagree,
  ResemblesPerson
} from './types.js'

/** At this FPIR somebody enrolled already is told of. */
const resemblanceFpir = 0.01

/** One of the photos given, or one enrolled before. */
interface Known {
  readonly label: number | string
  readonly vector: Float32Array
}

/** Photos that are not like any other of the same person. */
export function disagreements(
  name: string,
  fresh: readonly Known[],
  before: readonly Known[],
  threshold: number
): PhotosDisagree[] {
  const warnings: PhotosDisagree[] = []
  const told = new Set<string>()
  for (const one of fresh) {
    let nearest: { label: number | string; similarity: number } | undefined
    for (const other of [...fresh, ...before]) {
      if (other === one) continue
      const similarity = cosine(one.vector, other.vector)
      if (similarity > (nearest?.similarity ?? -Infinity)) {
        nearest = { label: other.label, similarity }
      }
    }
    if (nearest === undefined || nearest.similarity >= threshold) continue
    const pair = [one.label, nearest.label].map(String).sort().join()
    if (told.has(pair)) continue
    told.add(pair)
    const { similarity, label } = nearest
    warnings.push({
      code: 'PHOTOS_DISAGREE',
      name,
      photos: [one.label as number, label],
      similarity,
      threshold,
      message:
        `photo ${one.label} of ${JSON.stringify(name)} is not like the others: ` +
        `the most similar has ${similarity.toFixed(3)}, below ${threshold.toFixed(3)}`
    })
  }
  return warnings
}

export function duplicate(name: string, photo: number): DuplicatePhoto {
  const message = `photo ${photo} of ${JSON.stringify(name)} is enrolled already`
  return { code: 'DUPLICATE_PHOTO', name, photo, message }
}

/** The threshold that two photos of one person should reach. */
export function agreementThreshold(recognizer: GalleryRecognizer): number {
  const calibration = calibrationFor(recognizer)
  return thresholdForFar(calibration, calibration.defaultFar)
}

/** Who is most like any of the faces, best first. */
export async function nearest(
  index: PersonIndex,
  faces: readonly PreparedFace[],
  count: number
): Promise<Hit[]> {
  const best = new Map<string, Hit>()
  for (const { embedding } of faces) {
    for (const hit of await index.top(embedding.vector, count)) {
      const known = best.get(hit.person)
      if (known === undefined || hit.similarity > known.similarity) best.set(hit.person, hit)
    }
  }
  return [...best.values()].sort((a, b) => b.similarity - a.similarity)
}

/** People enrolled for whom one of the faces would be taken. */
export function resemblances(
  name: string,
  hits: readonly Hit[],
  recognizer: GalleryRecognizer,
  { records, index }: Store
): ResemblesPerson[] {
  if (hits.length === 0) return []
  const thresholds = nearestThresholdsFor(calibrationFor(recognizer), resemblanceFpir, index)
  return hits.flatMap(({ person, similarity }) => {
    const threshold = thresholds(index.photosOf(person))
    const other = similarity >= threshold ? records.person(person) : undefined
    if (other === undefined) return []
    const message =
      `${JSON.stringify(name)} resembles ${JSON.stringify(other.name)}: ` +
      `${similarity.toFixed(3)}, at least ${threshold.toFixed(3)}`
    return [
      {
        code: 'RESEMBLES_PERSON' as const,
        name,
        other: { id: other.id, name: other.name },
        similarity,
        threshold,
        message
      }
    ]
  })
}

export function refuse(strict: boolean, warnings: readonly EnrolmentWarning[]): void {
  if (strict && warnings.length > 0) throw new EnrolmentRefusedError(warnings)
}

/** What cannot be combined is refused before it is written. */
export function checkCombines(faces: readonly EmbeddingRecord[]): void {
  const mean = weightedMean(
    faces.map(({ vector }) => vector),
    faces.map(({ quality }) => quality)
  )
  if (mean !== undefined) return
  throw new InvalidArgumentError('photos', 'the embeddings of the photos cancel each other out')
}

export function embeddingRecord(photo: string, { embedding, quality }: PreparedFace) {
  return { photo, vector: embedding.vector, quality: quality?.overall ?? 1 }
}

/** Writes faces of a person. Within a transaction. */
export function addFaces(
  records: Records,
  person: Pick<PersonRecord, 'id' | 'key'>,
  model: number,
  faces: readonly { readonly face: PreparedFace; readonly mark: Uint8Array }[]
): void {
  for (const { face, mark } of faces) {
    const id = randomUUID()
    records.addPhoto(person, { id, mark, added: Date.now(), quality: face.quality }, face.crop)
    records.addEmbedding(person, model, embeddingRecord(id, face))
  }
}
