import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { embedPhotos, type PhotoKind } from '../../scripts/shared/embed-photos.js'
import { updateManifest } from '../../scripts/shared/manifest-file.js'
import { minFalseAccepts } from '../calibration.js'
import { systemCode } from '../errors.js'
import { calibrationTable } from '../evaluation/calibrate.js'
import { type Pair, parsePairs, photoPath } from '../evaluation/pairs.js'
import { countAtLeast } from '../evaluation/roc.js'
import { InvalidArgumentError } from '../index.js'
import type { Calibration } from '../manifest.js'
import { similarity } from '../similarity.js'

export interface PairsOptions {
  readonly pairs: string
  readonly kind: PhotoKind
  readonly folder: string
}

/** Decided at unless the user asks for another rate; the smallest one when that is out of reach. */
const usualFar = 1e-3

/** Reads the list before anything slow is done. */
export async function readPairs(path: string): Promise<readonly Pair[]> {
  try {
    return parsePairs(await readFile(path, 'utf8')).pairs
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const missing = systemCode(error) === 'ENOENT'
    throw new InvalidArgumentError(
      'pairs',
      `--pairs "${path}": ${missing ? 'there is no such file' : reason}`,
      { cause: error }
    )
  }
}

/** Thresholds from the impostor pairs of a list, written to the model's manifest. */
export async function calibrateFromPairs(
  model: string,
  modelDir: string,
  pairs: readonly Pair[],
  { pairs: list, kind, folder }: PairsOptions
): Promise<Calibration> {
  const paths = [...new Set(pairs.flatMap(({ a, b }) => [photoPath(a), photoPath(b)]))]
  const { embeddings, withoutFace } = await embedPhotos(kind, folder, paths, { model, modelDir })
  const scores = pairs.flatMap(({ a, b, same }) => {
    const left = embeddings.get(photoPath(a))
    const right = embeddings.get(photoPath(b))
    return left && right ? [{ same, score: similarity(left, right) }] : []
  })
  const impostors = Float64Array.from(
    scores.filter(({ same }) => !same).map(({ score }) => score)
  ).sort()
  // Six digits are read easily; rates are counted again at what is written.
  const thresholds = calibrationTable(impostors).map(({ far, threshold }) => {
    const rounded = Math.ceil(threshold * 1e6) / 1e6
    return { far, threshold: rounded, impostors: countAtLeast(impostors, rounded) }
  })
  const smallest = thresholds.at(-1)
  if (smallest === undefined) {
    throw new InvalidArgumentError(
      'pairs',
      `--pairs "${list}" gives ${impostors.length} impostor pairs (${withoutFace.length} photos without a face); ${minFalseAccepts * 10} are needed to say anything`
    )
  }
  const calibration: Calibration = {
    dataset: `${basename(list)}, ${scores.length} of ${pairs.length} pairs`,
    impostorPairs: impostors.length,
    genuinePairs: scores.length - impostors.length,
    precision: 'fp32',
    thresholds,
    defaultFar: thresholds.some(({ far }) => far === usualFar) ? usualFar : smallest.far
  }
  await updateManifest(model, modelDir, (manifest) => {
    manifest.calibration = calibration
  })
  return calibration
}
