/**
 * The assignment of rows to columns with the least total cost, by the Hungarian method with
 * potentials (Kuhn 1955; shortest augmenting paths as in Jonker and Volgenant 1987), O(n²m).
 *
 * A cost of `Infinity` forbids a pair. As many allowed pairs as possible are made; of those
 * assignments the cheapest is taken. Returns the column of each row, −1 for none.
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length
  const columns = costs[0]?.length ?? 0
  if (rows === 0 || columns === 0) return new Array<number>(rows).fill(-1)
  const allowed = costs.flat().filter(Number.isFinite)
  if (allowed.length === 0) return new Array<number>(rows).fill(-1)
  // One forbidden pair costs more than any number of allowed ones.
  const spread = Math.max(...allowed) - Math.min(...allowed) + 1
  const forbidden = Math.max(...allowed) + spread * (Math.min(rows, columns) + 1)
  const size = Math.max(rows, columns)
  const cost = (row: number, column: number): number => {
    const given = costs[row]?.[column]
    return given !== undefined && Number.isFinite(given) ? given : forbidden
  }
  const rowPotential = new Float64Array(size + 1)
  const columnPotential = new Float64Array(size + 1)
  /** The row of each column, counted from 1; 0 is none, and column 0 is where a search begins. */
  const rowOf = new Int32Array(size + 1)
  for (let row = 1; row <= size; row++) {
    const shortest = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY)
    const before = new Int32Array(size + 1)
    const reached = new Uint8Array(size + 1)
    let column = 0
    rowOf[0] = row
    do {
      reached[column] = 1
      const from = rowOf[column] as number
      let step = Number.POSITIVE_INFINITY
      let next = 0
      for (let to = 1; to <= size; to++) {
        if (reached[to]) continue
        const reduced =
          cost(from - 1, to - 1) - (rowPotential[from] as number) - (columnPotential[to] as number)
        if (reduced < (shortest[to] as number)) {
          shortest[to] = reduced
          before[to] = column
        }
        if ((shortest[to] as number) < step) {
          step = shortest[to] as number
          next = to
        }
      }
      for (let to = 0; to <= size; to++) {
        if (reached[to]) {
          const on = rowOf[to] as number
          rowPotential[on] = (rowPotential[on] as number) + step
          columnPotential[to] = (columnPotential[to] as number) - step
        } else {
          shortest[to] = (shortest[to] as number) - step
        }
      }
      column = next
    } while (rowOf[column] !== 0)
    // The path back to where the search began changes sides.
    while (column !== 0) {
      const previous = before[column] as number
      rowOf[column] = rowOf[previous] as number
      column = previous
    }
  }
  const result = new Array<number>(rows).fill(-1)
  for (let column = 1; column <= columns; column++) {
    const row = (rowOf[column] as number) - 1
    if (row < rows && Number.isFinite(costs[row]?.[column - 1])) result[row] = column - 1
  }
  return result
}
