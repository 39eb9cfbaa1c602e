/** Accuracy by cross-validation, as the LFW protocol has it. */

import { between } from './roc.js'

export interface ScoredPair {
  readonly score: number
  readonly same: boolean
  readonly fold: number
}

export interface FoldResult {
  readonly accuracy: number
  /** Chosen on the other folds. */
  readonly threshold: number
}

export interface CrossValidation {
  readonly accuracy: number
  readonly standardError: number
  readonly folds: readonly FoldResult[]
}

/**
 * The threshold of best accuracy (same ⇔ score ≥ threshold), half-way between two neighbouring
 * scores; of equally good ones the middle one, which depends least on single pairs.
 */
export function bestThreshold(pairs: readonly ScoredPair[]): number {
  const sorted = [...pairs].sort((x, y) => x.score - y.score)
  // Start below all scores, where everything is accepted, and raise the threshold.
  let right = sorted.filter(({ same }) => same).length
  let best = right
  let candidates = [-1]
  for (const [i, pair] of sorted.entries()) {
    right += pair.same ? -1 : 1
    const next = sorted[i + 1]?.score ?? 1
    if (next === pair.score) continue // equal scores fall on one side
    const threshold = between(pair.score, next)
    if (right > best) {
      best = right
      candidates = [threshold]
    } else if (right === best) {
      candidates.push(threshold)
    }
  }
  return candidates[candidates.length >> 1] as number
}

function accuracyAt(pairs: readonly ScoredPair[], threshold: number): number {
  return pairs.filter(({ score, same }) => score >= threshold === same).length / pairs.length
}

/**
 * Mean accuracy over the folds, each judged at the threshold chosen on all others; the standard
 * error is σ/√k with the sample standard deviation σ (Huang et al. 2007, Labeled Faces in the Wild,
 * section III).
 */
export function crossValidate(pairs: readonly ScoredPair[]): CrossValidation {
  const numbers = [...new Set(pairs.map(({ fold }) => fold))].sort((x, y) => x - y)
  if (numbers.length < 2) throw new Error('cross-validation takes two folds or more')
  const folds = numbers.map((number): FoldResult => {
    const threshold = bestThreshold(pairs.filter(({ fold }) => fold !== number))
    const held = pairs.filter(({ fold }) => fold === number)
    return { threshold, accuracy: accuracyAt(held, threshold) }
  })
  const accuracy = folds.reduce((sum, fold) => sum + fold.accuracy, 0) / folds.length
  const squares = folds.reduce((sum, fold) => sum + (fold.accuracy - accuracy) ** 2, 0)
  const standardError = Math.sqrt(squares / (folds.length - 1) / folds.length)
  return { accuracy, standardError, folds }
}
