import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { similarity } from '../embeddings/similarity.js'
import { InvalidArgumentError, systemCode } from '../errors.js'
import { fitCalibration } from '../evaluation/calibrate.js'
import { embedPhotos, type PhotoKind } from '../evaluation/embed-photos.js'
import { updateManifest } from '../evaluation/manifest-file.js'
import { type Pair, parsePairs } from '../evaluation/pairs.js'
import { countAtLeast } from '../evaluation/roc.js'
import type { Calibration } from '../models/manifest.js'

export interface PairsOptions {
  readonly pairs: string
  readonly kind: PhotoKind
  readonly folder: string
}

export interface PairsCalibration {
  readonly calibration: Calibration
  /** The share of genuine pairs accepted at the default FAR: little means the wrong network. */
  readonly genuineAccepted: number
}

/** Reads the list before anything slow is done. */
export async function readPairs(path: string): Promise<readonly Pair[]> {
  try {
    return parsePairs(await readFile(path, 'utf8')).pairs
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const missing = systemCode(error) === 'ENOENT'
    throw new InvalidArgumentError(
      'pairs',
      `--pairs "${path}": ${missing ? 'no such file' : reason}`,
      { cause: error }
    )
  }
}

/** Thresholds from the pairs of a list, written to the model's manifest. */
export async function calibrateFromPairs(
  model: string,
  modelDir: string,
  pairs: readonly Pair[],
  { pairs: list, kind, folder }: PairsOptions,
  progress: (total: number) => (done: number) => void
): Promise<PairsCalibration> {
  const paths = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))]
  const { embeddings, withoutFace } = await embedPhotos(
    kind,
    folder,
    paths,
    { model, modelDir },
    { progress: progress(paths.length) }
  )
  const scores = pairs.flatMap(({ a, b, same }) => {
    const [left, right] = [embeddings.get(a), embeddings.get(b)]
    return left && right ? [{ same, score: similarity(left, right) }] : []
  })
  const scoresOf = (wanted: boolean): Float64Array =>
    Float64Array.from(scores.filter(({ same }) => same === wanted).map(({ score }) => score)).sort()
  const [genuine, impostors] = [scoresOf(true), scoresOf(false)]
  const dataset = `${basename(list)}, ${scores.length} of ${pairs.length} pairs`
  const calibration = fitCalibration({ genuine, impostors }, dataset, 'fp32')
  if (calibration === undefined) {
    throw new InvalidArgumentError(
      'pairs',
      `--pairs "${list}" gives ${impostors.length} impostor pairs (${withoutFace.length} photos without a face): too few for calibration`
    )
  }
  await updateManifest(model, modelDir, (manifest) => {
    manifest.calibration = calibration
  })
  const row = calibration.thresholds.find(({ far }) => far === calibration.defaultFar)
  const accepted = countAtLeast(genuine, row?.threshold ?? 1)
  return { calibration, genuineAccepted: genuine.length ? accepted / genuine.length : 0 }
}
