/** What is told of one subject's times, in milliseconds and as ratios to another's. */
export interface Row {
  readonly name: string
  readonly median: number
  readonly min: number
  /** Median of the ratios within each turn. */
  readonly medianRatio: number
  /** Ratio of the two minima. */
  readonly minRatio: number
  readonly turns: number
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b)
}

/** The value below which a share of the values lies; of an even number the upper middle is it. */
export function quantile(values: readonly number[], share: number): number {
  const index = Math.min(values.length - 1, Math.floor(values.length * share))
  return sorted(values)[index] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/**
 * How far a median may be from the true one by chance: half the width of the notch of a box plot,
 * 1.57 times the interquartile range over the root of the count (McGill, Tukey and Larsen 1978).
 */
export function medianError(values: readonly number[]): number {
  const range = quantile(values, 0.75) - quantile(values, 0.25)
  return (1.57 * range) / Math.sqrt(values.length)
}

/** Ratios of times to those that were taken in the same turns. */
export function ratios(times: readonly number[], first: readonly number[]): number[] {
  return times.map((time, i) => time / (first[i] as number))
}

export function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

export function rowOf(name: string, times: readonly number[], first: readonly number[]): Row {
  return {
    name,
    median: rounded(median(times)),
    min: rounded(Math.min(...times)),
    medianRatio: rounded(median(ratios(times, first))),
    minRatio: rounded(Math.min(...times) / Math.min(...first)),
    turns: times.length
  }
}
