import { checkInteger, checkNumber } from '../check.js'
import { InvalidArgumentError, ModelInvalidError } from '../errors.js'
import { type Calibration, calibrationOf } from '../models/manifest.js'
import { smallestFar, thresholdForFar } from '../models/thresholds.js'
import { FpirUnsupportedError } from './errors.js'
import type { GalleryRecognizer } from './types.js'

// Among N people a stranger has N chances to be taken for one: FPIR = 1 − (1 − FMR)^N, where FMR is
// the rate for one of them (Daugman 2000). Written with log1p and expm1, as 1 − 1e-9 is hardly 1.

/** The rate for one comparison that gives the FPIR asked for among `size` people. */
export function farOf(fpir: number, size: number): number {
  return -Math.expm1(Math.log1p(-fpir) / Math.max(1, size))
}

/** The FPIR among `size` people when each is compared at this rate. */
export function fpirOf(far: number, size: number): number {
  return -Math.expm1(Math.max(1, size) * Math.log1p(-far))
}

/** The most people for whom the FPIR can be kept when no rate below `far` can be promised. */
export function largestSizeFor(fpir: number, far: number): number {
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

/** The threshold at which a stranger is taken for one of `size` people at the rate `fpir`. */
export function thresholdForFpir(calibration: Calibration, fpir: number, size: number): number {
  checkFpir(fpir)
  checkInteger('size', size, 0, Number.MAX_SAFE_INTEGER)
  const least = smallestFar(calibration)
  const far = farOf(fpir, size)
  const largestSize = largestSizeFor(fpir, least)
  if (size > largestSize && far < least) {
    const smallestFpir = fpirOf(least, size)
    const people = `${size.toLocaleString('en')} ${size === 1 ? 'person' : 'people'}`
    throw new FpirUnsupportedError(
      `An FPIR of ${fpir} among ${people} is beyond the calibration (${calibration.impostorPairs} ` +
        `impostor pairs of ${calibration.dataset}): at this FPIR it supports ` +
        `${largestSize.toLocaleString('en')} people, and for ${people} an FPIR of ` +
        `${Number(smallestFpir.toPrecision(2))}`,
      { fpir, size, largestSize, smallestFpir }
    )
  }
  // Few people and a generous rate: the largest calibrated rate is stricter than what was asked.
  const largest = calibration.thresholds[0]?.far ?? far
  return thresholdForFar(calibration, Math.min(Math.max(far, least), largest))
}
