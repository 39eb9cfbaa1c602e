import { checkNumber } from '../check.js'
import type { Precision } from '../embeddings/precision.js'
import { FarUnsupportedError, InvalidArgumentError, ModelInvalidError } from '../errors.js'
import { type Calibration, calibrationOf, type EmbedderManifest } from './manifest.js'
import { farForThreshold, thresholdForFar } from './thresholds.js'

/** What a caller may ask a decision to be made at. */
export interface DecisionOptions {
  readonly far?: number | undefined
  readonly threshold?: number | undefined
}

export interface DecisionPoint {
  readonly threshold: number
  /** Undefined where the calibration does not tell it. */
  readonly far: number | undefined
  readonly probability: Calibration['probability']
}

/** Of how many photos each of the two embeddings is: more than one for a template. */
export type PhotoCounts = readonly [number, number]

/**
 * The calibration for a template and a single photo: strangers are more similar to a template, the
 * more so the more photos it is of, so one of as many photos or more promises too little rather than
 * too much. Undefined where there is none, as for two templates.
 */
function forTemplate(calibration: Calibration, counts: PhotoCounts): Calibration | undefined {
  const [fewer, more] = [Math.min(...counts), Math.max(...counts)]
  if (fewer > 1) return undefined
  const [fitting] = (calibration.templates ?? [])
    .filter(({ photos }) => photos >= more)
    .sort((a, b) => a.photos - b.photos)
  if (fitting === undefined) return undefined
  // The map to a probability was fitted to single photos.
  const { probability: _, ...rest } = calibration
  return { ...rest, ...fitting }
}

/** Checks what is asked for, before any work is done for it. */
export function checkDecision({ far, threshold }: DecisionOptions): void {
  if (threshold !== undefined) {
    if (far !== undefined) {
      throw new InvalidArgumentError('threshold', 'Give either far or threshold, not both')
    }
    checkNumber('threshold', threshold, -1, 1)
  }
  if (far !== undefined) checkNumber('far', far, 0, 1)
}

/** The threshold at which two embeddings are decided, and the FAR that goes with it. */
export function decisionPoint(
  manifest: EmbedderManifest,
  precision: Precision,
  { far, threshold }: DecisionOptions,
  counts: PhotoCounts = [1, 1]
): DecisionPoint {
  const single = calibrationOf(manifest, precision)
  const template = Math.max(...counts) > 1
  const calibration = template && single ? forTemplate(single, counts) : single
  if (threshold !== undefined) {
    return {
      threshold,
      far: calibration && farForThreshold(calibration, threshold),
      probability: calibration?.probability
    }
  }
  if (single === undefined) {
    throw new ModelInvalidError(
      `Model "${manifest.name}" has no calibration for ${precision}, so no FAR can be promised: calibrate it, or give a threshold`
    )
  }
  const rate = far ?? single.defaultFar
  if (calibration !== undefined) {
    // The default of single photos may be more than few templates support.
    const offered = far !== undefined || calibration.thresholds.some((row) => row.far === rate)
    if (offered) {
      const { probability } = calibration
      return { threshold: thresholdForFar(calibration, rate), far: rate, probability }
    }
  }
  if (far !== undefined) {
    throw new FarUnsupportedError(
      `Model "${manifest.name}" has no calibration for templates of ${Math.max(...counts)} photos` +
        `${Math.min(...counts) > 1 ? ' against templates' : ''}, so no FAR can be promised: run ` +
        '`seesawface calibrate --templates`, compare single photos, or give a threshold'
    )
  }
  return { threshold: thresholdForFar(single, rate), far: undefined, probability: undefined }
}
