/** A straight line through samples, and how sure its slope is. */
export interface Trend {
  readonly slope: number
  readonly intercept: number
  /** Half of the 95 % interval of the slope. */
  readonly margin: number
  readonly samples: number
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Least squares. Neighbouring samples of a process's memory are alike, so they count as fewer:
 * n (1 − ρ) / (1 + ρ) of them, ρ being the correlation of residuals with the next ones (Santer et
 * al. 2000, "Statistical significance of trends", J. Geophys. Res. 105, eq. 6).
 */
export function trend(x: readonly number[], y: readonly number[]): Trend {
  const [middleX, middleY] = [mean(x), mean(y)]
  let [sxx, sxy] = [0, 0]
  for (const [i, value] of x.entries()) {
    sxx += (value - middleX) ** 2
    sxy += (value - middleX) * ((y[i] as number) - middleY)
  }
  const slope = sxy / sxx
  const intercept = middleY - slope * middleX
  const rest = y.map((value, i) => value - intercept - slope * (x[i] as number))
  const square = rest.reduce((sum, e) => sum + e * e, 0)
  const lagged = rest.slice(1).reduce((sum, e, i) => sum + e * (rest[i] as number), 0)
  const rho = square === 0 ? 0 : Math.min(0.99, Math.max(0, lagged / square))
  const effective = Math.max(3, (x.length * (1 - rho)) / (1 + rho))
  const error = Math.sqrt(square / (effective - 2) / sxx)
  return { slope, intercept, margin: 1.96 * error, samples: x.length }
}
