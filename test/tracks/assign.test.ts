import test from 'ava'
import fc from 'fast-check'
import { assign } from '../../lib/tracks/assign.js'
import { holds } from '../support/properties.js'

const no = Number.POSITIVE_INFINITY

/** Tries every assignment: the most pairs, then the least cost. */
function bruteForce(costs: readonly (readonly number[])[]): { pairs: number; cost: number } {
  let best = { pairs: -1, cost: 0 }
  const visit = (row: number, taken: ReadonlySet<number>, pairs: number, cost: number): void => {
    if (row === costs.length) {
      if (pairs > best.pairs || (pairs === best.pairs && cost < best.cost)) best = { pairs, cost }
      return
    }
    visit(row + 1, taken, pairs, cost)
    for (const [column, value] of (costs[row] ?? []).entries()) {
      if (!Number.isFinite(value) || taken.has(column)) continue
      visit(row + 1, new Set([...taken, column]), pairs + 1, cost + value)
    }
  }
  visit(0, new Set(), 0, 0)
  return best
}

const table: [name: string, costs: number[][], expected: number[]][] = [
  ['nothing', [], []],
  ['no column', [[], []], [-1, -1]],
  ['one pair', [[3]], [0]],
  ['one forbidden pair', [[no]], [-1]],
  [
    'the greedy choice is not the cheapest',
    [
      [1, 2],
      [1, 9]
    ],
    [1, 0]
  ],
  [
    'two pairs rather than the cheapest one',
    [
      [1, 5],
      [1, no]
    ],
    [1, 0]
  ],
  [
    'two dear pairs rather than one cheap one',
    [
      [0, 100],
      [100, no]
    ],
    [1, 0]
  ],
  ['more rows', [[5], [1], [3]], [-1, 0, -1]],
  ['more columns', [[5, 1, 3]], [1]],
  [
    'negative costs',
    [
      [-5, -1],
      [-4, -3]
    ],
    [0, 1]
  ]
]
for (const [name, costs, expected] of table) {
  test(name, (t) => {
    t.deepEqual(assign(costs), expected)
  })
}

test('as many pairs as possible, and none cheaper: like trying every assignment', async (t) => {
  const cost = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant(no))
  const costs = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows
      })
    )
  await holds(
    t,
    fc.property(costs, (matrix) => {
      const columns = assign(matrix)
      const chosen = columns.filter((column) => column >= 0)
      if (new Set(chosen).size !== chosen.length) return false
      const pairs = columns.flatMap((column, row) =>
        column < 0 ? [] : [matrix[row]?.[column] ?? no]
      )
      const best = bruteForce(matrix)
      const sum = pairs.reduce((total, value) => total + value, 0)
      return pairs.length === best.pairs && sum === best.cost
    })
  )
})
