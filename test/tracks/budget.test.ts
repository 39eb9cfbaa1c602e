import test from 'ava'
import { Budget } from '../../lib/tracks/budget.js'

/** How many of `wanted` events each frame may have are allowed in ten seconds. */
function allowed(perSecond: number, fps: number, wanted: number): number[] {
  const budget = new Budget(perSecond)
  return Array.from({ length: fps * 10 }, (_, i) => {
    const events = Math.min(wanted, budget.available(i / fps))
    budget.spend(events)
    return events
  })
}

for (const [perSecond, fps, wanted, total, most] of [
  [4, 10, 1, 41, 1],
  [4, 10, 5, 41, 2],
  [4, 2, 5, 40, 2],
  [0.5, 10, 5, 5, 1],
  [100, 10, 1, 100, 1]
] as const) {
  test(`${perSecond} a second at ${fps} frames a second, ${wanted} wanted`, (t) => {
    const events = allowed(perSecond, fps, wanted)
    const sum = events.reduce((a, b) => a + b, 0)
    t.true(Math.abs(sum - total) <= 1, `${sum}`)
    t.true(Math.max(...events) <= most)
  })
}

test('a clock that goes back gives nothing', (t) => {
  const budget = new Budget(2)
  budget.spend(budget.available(10))
  t.is(budget.available(0), 0)
  t.is(budget.available(0.5), 1)
})
