/**
 * Scalar products of many rows with many others. Two by four at a time, so that few numbers are
 * loaded for each product; every product is summed in the order of its terms, in double precision, so
 * that it is that of the plain loop to the last bit.
 */

/** Rows of a tile; a multiple of 4. Two tiles of 512 columns fit the second-level cache. */
export const tileRows = 64

/** Rows `from` to `to` in double precision; rows that are missing to a full tile are 0. */
export function pack(
  vectors: Float32Array,
  size: number,
  from: number,
  to: number,
  into: Float64Array
): void {
  into.set(vectors.subarray(from * size, to * size))
  into.fill(0, (to - from) * size)
}

/** `out[i · tileRows + j]` becomes the product of row i of `a` and row j of `b`. */
export function dotTile(a: Float64Array, b: Float64Array, size: number, out: Float64Array): void {
  const n = tileRows
  for (let i = 0; i < n; i += 2) {
    const a0 = i * size
    const a1 = a0 + size
    for (let j = 0; j < n; j += 4) {
      const b0 = j * size
      const b1 = b0 + size
      const b2 = b1 + size
      const b3 = b2 + size
      let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0]
      for (let k = 0; k < size; k++) {
        const x0 = a[a0 + k] as number
        const x1 = a[a1 + k] as number
        const y0 = b[b0 + k] as number
        const y1 = b[b1 + k] as number
        const y2 = b[b2 + k] as number
        const y3 = b[b3 + k] as number
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        s03 += x0 * y3
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        s13 += x1 * y3
      }
      const at = i * n + j
      out[at] = s00
      out[at + 1] = s01
      out[at + 2] = s02
      out[at + 3] = s03
      out[at + n] = s10
      out[at + n + 1] = s11
      out[at + n + 2] = s12
      out[at + n + 3] = s13
    }
  }
}
