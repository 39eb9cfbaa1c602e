import { minFalseAccepts } from '../models/support.js'
import { type Bootstrap, bootstrap, type Interval } from './bootstrap.js'
import { type CrossValidation, crossValidate } from './folds.js'
import { areaUnderCurve, equalErrorRate, type RocPoint, rocCurve, tarAtFar } from './roc.js'

/** What a list of scored pairs tells about a model. */

export interface EvaluatedPair {
  readonly score: number
  readonly same: boolean
  readonly fold: number
  readonly personA?: string
  readonly personB?: string
  /** No face was found in one of the photos: the pipeline then says "different". */
  readonly missed: boolean
}

export interface RateReport {
  readonly far: number
  /** Undefined where too few impostor pairs stand behind the rate. */
  readonly point?: {
    readonly tar: number
    readonly interval: Interval
    readonly threshold: number
    readonly genuineAccepted: number
    readonly impostorsAccepted: number
  }
}

/** A calibrated threshold to mark. */
export interface Mark {
  readonly far: number
  readonly threshold: number
}

/** The interval of the ROC curve at one rate. */
export interface BandPoint extends Interval {
  readonly far: number
}

export interface Evaluation {
  readonly pairs: { readonly genuine: number; readonly impostors: number }
  /** Pairs with a photo in which no face was found. */
  readonly missed: { readonly genuine: number; readonly impostors: number }
  /** Undefined when there is but one fold. */
  readonly accuracy: CrossValidation | undefined
  readonly auc: number
  readonly eer: number
  readonly rates: readonly RateReport[]
  readonly bootstrap: Bootstrap
  readonly roc: readonly RocPoint[]
  /** From the smallest rate that the impostor pairs support up to 1. */
  readonly band: readonly BandPoint[]
  /** Sorted from small to large. */
  readonly genuine: Float64Array
  readonly impostors: Float64Array
}

export const reportedRates = [0.1, 0.01, 0.001, 0.0001] as const

const bandSteps = 60

/** Rates evenly apart on a logarithmic axis, from the smallest that is supported up to 1. */
export function bandRates(impostors: number): number[] {
  const least = minFalseAccepts / impostors
  if (least >= 1) return []
  return Array.from({ length: bandSteps + 1 }, (_, i) => least ** (1 - i / bandSteps))
}

export function evaluate(pairs: readonly EvaluatedPair[], rounds = 1000): Evaluation {
  const scoresOf = (wanted: boolean): Float64Array =>
    Float64Array.from(pairs.filter(({ same }) => same === wanted).map(({ score }) => score)).sort()
  const missedOf = (wanted: boolean): number =>
    pairs.filter(({ same, missed }) => same === wanted && missed).length
  const genuine = scoresOf(true)
  const impostors = scoresOf(false)
  const roc = rocCurve(genuine, impostors)
  const alongCurve = bandRates(impostors.length)
  const all = bootstrap(pairs, [...reportedRates, ...alongCurve], { rounds })
  const drawn = { ...all, tar: all.tar.slice(0, reportedRates.length) }
  const band = all.tar
    .slice(reportedRates.length)
    .map((interval, i): BandPoint => ({ far: alongCurve[i] ?? 1, ...interval }))
  const rates = reportedRates.map((far, i): RateReport => {
    const point = tarAtFar(genuine, impostors, far)
    const interval = drawn.tar[i]
    if (far * impostors.length < minFalseAccepts || interval === undefined) return { far }
    return {
      far,
      point: {
        tar: point.tar,
        interval,
        threshold: point.threshold,
        genuineAccepted: point.genuine,
        impostorsAccepted: point.impostors
      }
    }
  })
  return {
    pairs: { genuine: genuine.length, impostors: impostors.length },
    missed: { genuine: missedOf(true), impostors: missedOf(false) },
    accuracy: new Set(pairs.map(({ fold }) => fold)).size > 1 ? crossValidate(pairs) : undefined,
    auc: areaUnderCurve(genuine, impostors),
    eer: equalErrorRate(roc),
    rates,
    bootstrap: drawn,
    roc,
    band,
    genuine,
    impostors
  }
}
