import { checkNumber } from '../check.js'
import { InvalidArgumentError, ModelInvalidError } from '../errors.js'
import { type Calibration, calibrationOf } from '../models/manifest.js'
import { smallestFar, thresholdForFar } from '../models/thresholds.js'
import { FpirUnsupportedError } from './errors.js'
import type { PersonIndex } from './search.js'
import type { GalleryRecognizer } from './types.js'

// Among N people a stranger has N chances to be taken for one: FPIR = 1 − (1 − FMR)^N, where FMR is
// the rate for one of them (Daugman 2000). Written with log1p and expm1, as 1 − 1e-9 is hardly 1.

/** The rate for one comparison that gives the FPIR asked for in so many comparisons. */
export function farOf(fpir: number, comparisons: number): number {
  return -Math.expm1(Math.log1p(-fpir) / Math.max(1, comparisons))
}

/** The FPIR of so many comparisons at this rate. */
export function fpirOf(far: number, comparisons: number): number {
  return -Math.expm1(Math.max(1, comparisons) * Math.log1p(-far))
}

/** The most comparisons in which the FPIR can be kept when no rate below `far` can be promised. */
export function mostComparisons(fpir: number, far: number): number {
  // A ratio that is whole but for rounding counts as whole.
  return Math.floor((Math.log1p(-fpir) / Math.log1p(-far)) * (1 + 1e-12))
}

export function checkFpir(fpir: unknown): asserts fpir is number {
  checkNumber('fpir', fpir, 0, 1)
  if (fpir === 0 || fpir === 1) {
    throw new InvalidArgumentError('fpir', `fpir must lie between 0 and 1, and not be ${fpir}`)
  }
}

export function calibrationFor({ manifest, precision }: GalleryRecognizer): Calibration {
  const calibration = calibrationOf(manifest, precision)
  if (calibration !== undefined) return calibration
  throw new ModelInvalidError(
    `Model "${manifest.name}" has no calibration for ${precision}, so no FPIR can be promised: calibrate it`
  )
}

/**
 * Whether people are compared by one template each. A template is more similar to everybody than a
 * photo, strangers too: without thresholds for templates, photos are compared one by one.
 */
export function usesTemplates({ templates = [] }: Calibration): boolean {
  return templates.length > 0
}

/**
 * The calibration for a template of so many photos: that of the next larger number, or of the
 * largest, from where on little changes.
 */
function forPhotos(calibration: Calibration, photos: number): Calibration {
  if (photos <= 1) return calibration
  const sorted = [...(calibration.templates ?? [])].sort((a, b) => a.photos - b.photos)
  const row = sorted.find((each) => each.photos >= photos) ?? sorted.at(-1)
  return row === undefined ? calibration : { ...calibration, ...row }
}

/** How many people and rows there are, and of how many photos templates are. */
export type Population = Pick<PersonIndex, 'size' | 'rows' | 'photoCounts'>

const counted = (n: number, one: string, many: string): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`

function unsupported(
  calibration: Calibration,
  fpir: number,
  { size, rows }: Population,
  least: number
): FpirUnsupportedError {
  const perPerson = Math.max(1, rows / Math.max(1, size))
  const largestSize = Math.floor(mostComparisons(fpir, least) / perPerson)
  const smallestFpir = fpirOf(least, rows)
  const people = counted(size, 'person', 'people')
  const who = rows > size ? `${people} with ${counted(rows, 'photo', 'photos')}` : people
  return new FpirUnsupportedError(
    `An FPIR of ${fpir} among ${who} is beyond the calibration (${calibration.impostorPairs} ` +
      `impostor pairs of ${calibration.dataset}): at this FPIR it supports ` +
      `${counted(largestSize, 'person', 'people')}, and for ${who} an FPIR of ` +
      `${Number(smallestFpir.toPrecision(2))}`,
    { fpir, size, largestSize, smallestFpir }
  )
}

/**
 * Thresholds by the number of photos in a person's template, at which a stranger is taken for one of
 * the people at the rate `fpir`. Throws when the calibration cannot promise that.
 */
export function thresholdsFor(
  calibration: Calibration,
  fpir: number,
  population: Population
): (photos: number) => number {
  checkFpir(fpir)
  const far = farOf(fpir, population.rows)
  const templates = usesTemplates(calibration)
  const counts = templates ? population.photoCounts() : []
  const used = [calibration, ...counts.map((photos) => forPhotos(calibration, photos))]
  const least = Math.max(...used.map(smallestFar))
  if (far < least && population.rows > mostComparisons(fpir, least)) {
    throw unsupported(calibration, fpir, population, least)
  }
  return (photos) => {
    const own = templates ? forPhotos(calibration, photos) : calibration
    // Few people and a generous rate: the largest calibrated rate is stricter than what was asked.
    const largest = own.thresholds[0]?.far ?? far
    return thresholdForFar(own, Math.min(Math.max(far, least), largest))
  }
}

/** The same at the smallest rate that can be promised, where the one asked for cannot. */
export function nearestThresholdsFor(
  calibration: Calibration,
  fpir: number,
  population: Population
): (photos: number) => number {
  try {
    return thresholdsFor(calibration, fpir, population)
  } catch (error) {
    if (!(error instanceof FpirUnsupportedError)) throw error
    const rate = Math.min(0.999, error.smallestFpir * (1 + 1e-9))
    return thresholdsFor(calibration, rate, population)
  }
}
