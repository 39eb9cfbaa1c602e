import type { Precision } from '../embeddings/precision.js'
import { InvalidArgumentError } from '../errors.js'
import type { Calibration, CalibrationRow, TemplateCalibration } from '../models/manifest.js'
import { minFalseAccepts, mostTimes } from '../models/support.js'
import { defaultRow, probabilityFrom } from './calibrate.js'
import { calibrationRates, calibrationRows } from './calibration-rows.js'
import { type CompareOptions, type Comparison, compareAll } from './pairwise/compare.js'
import { perUnit, type Scores } from './pairwise/tally.js'
import type { FaceMatrix } from './people/matrix.js'
import { type CountedScores, fitPlatt } from './platt.js'
import { disjointGroups, type Group, isIn, templateMatrix } from './templates.js'

/** Calibrations from all pairs of photos of people, and of templates with photos. */

/** Scores as the logistic map is fitted to them: counted in steps far finer than it changes. */
function countedScores({ atLeast }: Scores): CountedScores {
  const step = 100
  const scores: number[] = []
  const counts: number[] = []
  for (let bin = 0; bin < atLeast.length - 1; bin += step) {
    const end = Math.min(bin + step, atLeast.length - 1)
    const count = (atLeast[bin] as number) - (atLeast[end] as number)
    if (count === 0) continue
    scores.push(((bin + end) / 2 - perUnit) / perUnit)
    counts.push(count)
  }
  return { scores: Float64Array.from(scores), counts: Float64Array.from(counts) }
}

/** Two photos that are this alike are one photo. */
const identical = 1 - 1e-6

/** A photo in the folders of two people would make strangers of one person. */
function checkDuplicates({ left, impostors }: Comparison): void {
  const { scores, a, b } = impostors.top
  const count = scores.findIndex((score) => score < identical)
  const found = count < 0 ? scores.length : count
  if (found === 0) return
  const names = Array.from({ length: Math.min(found, 5) }, (_, i) =>
    [a, b].map((rows) => `"${left.paths[rows[i] as number]}"`).join(' and ')
  )
  throw new InvalidArgumentError(
    'photos',
    `${found === 1 ? 'A photo is' : `${found} pairs of photos are`} the same under two names: ` +
      `${names.join('; ')}${found > 5 ? '; …' : ''}. Remove them, or name them in --exclude`
  )
}

function tooLittle({ left, impostors }: Comparison): InvalidArgumentError {
  const needed = minFalseAccepts / calibrationRates[0]
  return new InvalidArgumentError(
    'photos',
    impostors.count < needed
      ? `Calibration needs at least ${needed} pairs of different people; found ${impostors.count}. Add photos of more people.`
      : `No false accept rate can be promised from ${impostors.count} pairs of ${left.names.length} people: ` +
          `the upper bound of each exceeds ${mostTimes} times the rate. Add photos of more people.`
  )
}

export interface CalibrateOptions extends CompareOptions {
  readonly rounds?: number | undefined
}

function rowsFrom(
  comparison: Comparison,
  { seed, signal, rounds }: CalibrateOptions
): Promise<CalibrationRow[]> {
  return calibrationRows(comparison, {
    signal,
    ...(seed !== undefined && { seed }),
    ...(rounds !== undefined && { rounds })
  })
}

export interface PeopleCalibration {
  readonly calibration: Calibration
  readonly comparison: Comparison
}

/** From all pairs of photos. @throws InvalidArgumentError where they are too few, or one is twice. */
export async function calibratePeople(
  faces: FaceMatrix,
  dataset: string,
  precision: Precision,
  { rounds, ...options }: CalibrateOptions = {}
): Promise<PeopleCalibration> {
  const comparison = await compareAll(faces, options)
  checkDuplicates(comparison)
  const { genuine, impostors } = comparison
  const thresholds = await rowsFrom(comparison, { rounds, ...options })
  const row = defaultRow(thresholds)
  if (row === undefined) throw tooLittle(comparison)
  const logistic = () => fitPlatt(countedScores(genuine), countedScores(impostors))
  const calibration = {
    dataset,
    impostorPairs: impostors.count,
    genuinePairs: genuine.count,
    precision,
    thresholds,
    defaultFar: row.far,
    ...probabilityFrom(logistic, genuine.count, impostors.count)
  }
  return { calibration, comparison }
}

/** Photos of a template, for which thresholds of their own are measured. */
export const templateSizes = [2, 3, 5] as const

/**
 * Thresholds for templates: disjoint ones from each person's photos, compared with all photos of
 * other people. Sizes for which no rate can be promised are missing.
 */
export async function calibrateTemplates(
  faces: FaceMatrix,
  combine: ((rows: readonly number[]) => Float32Array) | undefined,
  { rounds, ...options }: CalibrateOptions = {}
): Promise<TemplateCalibration[]> {
  const found: TemplateCalibration[] = []
  for (const photos of templateSizes) {
    const groups = disjointGroups(faces, photos)
    if (groups.length === 0) continue
    const overlap = (a: number, b: number): boolean => isIn(groups[a] as Group, b)
    const templates = templateMatrix(faces, groups, combine)
    const comparison = await compareAll(templates, options, faces, overlap)
    const thresholds = await rowsFrom(comparison, { rounds, ...options })
    if (thresholds.length === 0) continue
    const { genuine, impostors } = comparison
    found.push({
      photos,
      impostorPairs: impostors.count,
      genuinePairs: genuine.count,
      thresholds
    })
  }
  return found
}
