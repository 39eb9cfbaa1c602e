import type { Box } from '../faces/types.js'

/**
 * Where a face will be: a Kalman filter of constant velocity over the centre, width and height of
 * its box, as in DeepSORT (Wojke, Bewley and Paulus 2017). That filter's matrices are diagonal by
 * coordinate, so it is four filters of two values each. Time is in seconds, as cameras drop frames.
 */

/** Uncertainties in shares of the face's size. */
const measured = 0.05
const accelerates = 6 // a second, a second: a head that turns away reaches this
const resizes = 2
const firstVelocity = 3

/** Position and velocity along one axis, with their covariance. */
class Axis {
  position: number
  velocity = 0
  /** Variances of position and velocity, and their covariance. */
  #pp: number
  #vv: number
  #pv = 0

  constructor(position: number, positionError: number, velocityError: number) {
    this.position = position
    this.#pp = positionError ** 2
    this.#vv = velocityError ** 2
  }

  get error(): number {
    return Math.sqrt(this.#pp)
  }

  /** White noise of acceleration (Bar-Shalom, Li and Kirubarajan 2001, eq. 6.2.2-12). */
  predict(seconds: number, acceleration: number): void {
    const q = acceleration ** 2
    this.position += this.velocity * seconds
    this.#pp += 2 * seconds * this.#pv + seconds ** 2 * this.#vv + (q * seconds ** 4) / 4
    this.#pv += seconds * this.#vv + (q * seconds ** 3) / 2
    this.#vv += q * seconds ** 2
  }

  correct(position: number, error: number): void {
    const total = this.#pp + error ** 2
    const [gainP, gainV] = [this.#pp / total, this.#pv / total]
    const residual = position - this.position
    this.position += gainP * residual
    this.velocity += gainV * residual
    this.#vv -= gainV * this.#pv
    this.#pv *= 1 - gainP
    this.#pp *= 1 - gainP
  }
}

export class Motion {
  readonly #axes: readonly [Axis, Axis, Axis, Axis]
  #size: number

  constructor(box: Box) {
    const size = Math.sqrt(box.width * box.height)
    const axis = (position: number, velocity: number): Axis =>
      new Axis(position, measured * size, velocity * size)
    this.#size = size
    this.#axes = [
      axis(box.x + box.width / 2, firstVelocity),
      axis(box.y + box.height / 2, firstVelocity),
      axis(box.width, firstVelocity / 3),
      axis(box.height, firstVelocity / 3)
    ]
  }

  get box(): Box {
    const [x, y, width, height] = this.#axes
    const [w, h] = [Math.max(1, width.position), Math.max(1, height.position)]
    return { x: x.position - w / 2, y: y.position - h / 2, width: w, height: h }
  }

  /** Standard deviation of the centre, in pixels. */
  get error(): number {
    const [x, y] = this.#axes
    return Math.hypot(x.error, y.error) / Math.SQRT2
  }

  predict(seconds: number): void {
    for (const [i, axis] of this.#axes.entries()) {
      axis.predict(seconds, (i < 2 ? accelerates : resizes) * this.#size)
    }
  }

  correct(box: Box): void {
    this.#size = Math.sqrt(box.width * box.height)
    const values = [box.x + box.width / 2, box.y + box.height / 2, box.width, box.height]
    for (const [i, axis] of this.#axes.entries()) {
      axis.correct(values[i] as number, measured * this.#size)
    }
  }
}
