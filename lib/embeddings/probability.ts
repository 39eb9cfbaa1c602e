/** P(same | score) = 1 / (1 + exp(−(slope · score + intercept))), as Platt 1999 has it. */
export interface LogisticMap {
  readonly slope: number
  readonly intercept: number
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))
}

export function probabilityOf({ slope, intercept }: LogisticMap, score: number): number {
  return sigmoid(slope * score + intercept)
}
