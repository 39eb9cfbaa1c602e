import test from 'ava'
import { Budget } from '../../lib/budget.js'

/** Takes amounts one after the other, and tells in which order they are granted. */
function takers(budget: Budget, amounts: readonly number[]) {
  const granted: number[] = []
  const shares = amounts.map(async (amount, i) => {
    const share = await budget.take(amount)
    granted.push(i)
    return share
  })
  return { granted, shares }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

for (const { name, limit, amounts, first, later } of [
  { name: 'what fits is granted', limit: 10, amounts: [4, 6], first: [0, 1], later: [] },
  { name: 'a share too many waits', limit: 10, amounts: [4, 6, 1], first: [0, 1], later: [2] },
  {
    name: 'a small one does not overtake',
    limit: 10,
    amounts: [8, 5, 1],
    first: [0],
    later: [1, 2]
  },
  { name: 'one too large comes alone', limit: 10, amounts: [99, 1], first: [0], later: [1] },
  { name: 'one too large waits for all', limit: 10, amounts: [1, 99, 1], first: [0], later: [1] }
]) {
  test(`${name}: ${amounts.join(', ')} of ${limit}`, async (t) => {
    const budget = new Budget(limit)
    const { granted, shares } = takers(budget, amounts)
    await settled()
    t.deepEqual(granted, first)
    const [share] = shares
    ;(await share)?.release()
    await settled()
    t.deepEqual(granted, [...first, ...later])
  })
}

test('what is given back in part or twice', async (t) => {
  const budget = new Budget(10)
  const share = await budget.take(9)
  const { granted, shares } = takers(budget, [5, 5])
  share.shrink(5)
  await settled()
  t.deepEqual(granted, [0])
  t.is(budget.used, 10)
  share.shrink(7) // grows no more
  share.release()
  share.release()
  await settled()
  t.deepEqual(granted, [0, 1])
  for (const each of shares) (await each).release()
  t.is(budget.used, 0)
})

test('one that waits no longer lets those behind it go on', async (t) => {
  const budget = new Budget(10)
  await budget.take(5)
  const controller = new AbortController()
  const large = budget.take(9, controller.signal)
  const { granted } = takers(budget, [5])
  await settled()
  t.deepEqual(granted, [])
  controller.abort()
  t.is(await large.catch((reason) => reason), controller.signal.reason)
  await settled()
  t.deepEqual(granted, [0])
  t.is(budget.waiting, 0)
})

test('at its end all that wait are refused, and all that come', async (t) => {
  const budget = new Budget(1)
  const share = await budget.take()
  const waiting = budget.take()
  const reason = new Error('over')
  budget.end(reason)
  t.is(await waiting.catch((error) => error), reason)
  t.is(await budget.take().catch((error) => error), reason)
  let idle = false
  budget.idle().then(() => {
    idle = true
  })
  await settled()
  t.false(idle)
  share.release()
  await settled()
  t.true(idle)
})
