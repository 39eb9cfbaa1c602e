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

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export function rowOf(name: string, times: readonly number[], first: readonly number[]): Row {
  const round = (value: number) => Math.round(value * 1e4) / 1e4
  return {
    name,
    median: round(median(times)),
    min: round(Math.min(...times)),
    medianRatio: round(median(times.map((time, i) => time / (first[i] as number)))),
    minRatio: round(Math.min(...times) / Math.min(...first)),
    turns: times.length
  }
}
