// Search against scoring every row, to the last index.
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { best, type SearchHit } from '../../lib/gallery/ranking.js'
import { type Rows, SearchIndex, type SearchIndexOptions } from '../../lib/gallery/search-index.js'
import type { SeesawFaceError } from '../../lib/index.js'
import { run } from '../support/program.js'

interface Row {
  readonly id: bigint
  readonly person: bigint
  readonly vector: Float32Array
}

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector)
  return vector.map((x) => x / length)
}

/** Rows of people with three photos each; the ids are far apart and some are negative. */
function rowsOf(count: number, dimensions: number, seed: number): Row[] {
  const random = randomNumbers(seed)
  return Array.from({ length: count }, (_, i) => ({
    id: BigInt(i) * 1_000_000_007_000n - 5_000_000_000_000n,
    person: BigInt(Math.floor(i / 3)) - 2n ** 62n,
    vector: unit(Float32Array.from({ length: dimensions }, () => random() - 0.5))
  }))
}

const idsOf = (rows: readonly Row[]): BigInt64Array => BigInt64Array.from(rows, ({ id }) => id)

function addTo(index: SearchIndex, rows: readonly Row[]): Promise<void> {
  const all = new Float32Array(rows.length * index.dimensions)
  for (const [i, { vector }] of rows.entries()) all.set(vector, i * index.dimensions)
  return index.add(
    idsOf(rows),
    BigInt64Array.from(rows, ({ person }) => person),
    all
  )
}

function score(row: Float32Array, query: Float32Array): number {
  let sum = 0
  for (const [j, x] of row.entries()) sum += x * (query[j] as number)
  return sum
}

const scored = (rows: readonly Row[], query: Float32Array): SearchHit[] =>
  rows.map(({ id, person, vector }) => ({ id, person, score: score(vector, query) }))

const kinds: readonly [
  kind: string,
  rowsFrom: (rows: readonly Row[]) => SearchIndexOptions['rows']
][] = [
  ['that keeps the rows', () => 'keep'],
  [
    'that is given the rows',
    (rows) => {
      const known = new Map(rows.map(({ id, vector }) => [id, vector]))
      return async (ids): Promise<Rows> => ids.map((id) => known.get(id))
    }
  ]
]

for (const [kind, rowsFrom] of kinds) {
  for (const [count, dimensions, threads] of [
    [1, 1, 1],
    [50, 100, 1],
    [5000, 512, 2]
  ] as const) {
    test(`an index ${kind} finds what scoring all finds: ${count} × ${dimensions}`, async (t) => {
      const rows = rowsOf(count, dimensions, count)
      await using index = new SearchIndex({ dimensions, threads, rows: rowsFrom(rows) })
      await addTo(index, rows)
      t.is(index.size, count)
      const queries = rowsOf(4, dimensions, 99).map(({ vector }) => vector)
      for (const per of ['row', 'person'] as const) {
        for (const k of [1, 5, 60]) {
          const expected = queries.map((query) => best(scored(rows, query), k, per))
          const together = Float32Array.from(queries.flatMap((query) => [...query]))
          t.deepEqual(await index.searchAll(together, { k, per }), expected, `${per} ${k}`)
          const [first] = queries as [Float32Array]
          t.deepEqual(await index.search(first, { k, per }), expected[0])
        }
      }
    })
  }

  test(`an index ${kind} forgets rows that are removed and takes others`, async (t) => {
    const rows = rowsOf(900, 64, 5)
    await using index = new SearchIndex({ dimensions: 64, rows: rowsFrom(rows) })
    await addTo(index, rows.slice(0, 600))
    t.is(await index.remove(idsOf([...rows.slice(100, 300), ...rows.slice(590, 610)])), 210)
    t.is(index.size, 390)
    await addTo(index, rows.slice(600, 900))
    await addTo(index, rows.slice(100, 101))
    const left = rows.filter((_, i) => i <= 100 || (i >= 300 && i < 590) || i >= 600)
    t.is(index.size, left.length)
    const [{ vector: query }] = rowsOf(1, 64, 77) as [Row]
    t.deepEqual(
      await index.search(query, { k: 20, per: 'row' }),
      best(scored(left, query), 20, 'row')
    )
  })

  test(`an index ${kind} puts equal scores in the order of their people, then ids`, async (t) => {
    const vector = Float32Array.of(0.5, -0.25, 1)
    const rows: Row[] = [9n, -3n, 4n, 12n, 7n].map((id) => ({ id, person: id % 2n, vector }))
    await using index = new SearchIndex({ dimensions: 3, rows: rowsFrom(rows) })
    await addTo(index, rows)
    const ids = async (k: number, per: 'row' | 'person'): Promise<bigint[]> =>
      (await index.search(vector, { k, per })).map(({ id }) => id)
    t.deepEqual(await ids(3, 'row'), [-3n, 4n, 7n])
    // The people are -1, 0 and 1.
    t.deepEqual(await ids(3, 'person'), [-3n, 4n, 7n])
    t.deepEqual(await ids(2, 'person'), [-3n, 4n])
    t.deepEqual(await index.search(new Float32Array(3), { k: 1 }), [
      { id: -3n, person: -1n, score: 0 }
    ])
  })
}

test('rows that are gone when they are asked for make room for the next', async (t) => {
  const rows = rowsOf(300, 32, 11)
  const [{ vector: query }] = rowsOf(1, 32, 12) as [Row]
  const order = best(scored(rows, query), 300, 'row')
  const gone = new Set(order.slice(0, 5).map(({ id }) => id))
  await using index = new SearchIndex({
    dimensions: 32,
    rows: (ids) =>
      ids.map((id) => (gone.has(id) ? undefined : rows.find((row) => row.id === id)?.vector))
  })
  await addTo(index, rows)
  t.deepEqual(await index.search(query, { k: 3, per: 'row' }), order.slice(5, 8))
})

test('an empty index finds nobody', async (t) => {
  await using index = new SearchIndex({ dimensions: 4, rows: () => t.fail() as never })
  t.deepEqual(await index.search(new Float32Array(4), { k: 3 }), [])
})

const four = new Float32Array(4)
const one = BigInt64Array.of(1n)
const broken = (value: number): Float32Array => Float32Array.of(0, value, 0, 0)
const mistakes: readonly [what: string, argument: string, call: (index: SearchIndex) => unknown][] =
  [
    ['a number that is none', 'rows', (i) => i.add(one, one, broken(Number.NaN))],
    ['an infinite number', 'rows', (i) => i.add(one, one, broken(-Infinity))],
    ['too few numbers', 'rows', (i) => i.add(one, one, new Float32Array(3))],
    ['doubles for rows', 'rows', (i) => i.add(one, one, new Float64Array(4) as never)],
    ['numbers for ids', 'ids', (i) => i.add([1] as never, one, four)],
    ['too few people', 'persons', (i) => i.add(one, new BigInt64Array(0), four)],
    ['an id that is there', 'ids', (i) => i.add(BigInt64Array.of(5n), one, four)],
    [
      'an id twice',
      'ids',
      (i) => i.add(BigInt64Array.of(1n, 1n), BigInt64Array.of(1n, 1n), new Float32Array(8))
    ],
    ['numbers to remove', 'ids', (i) => i.remove([1n] as never)],
    ['a query that is no number', 'query', (i) => i.search(broken(Number.NaN), { k: 1 })],
    ['a query of another size', 'query', (i) => i.search(new Float32Array(8), { k: 1 })],
    ['no query', 'query', (i) => i.search(undefined as never, { k: 1 })],
    ['queries of another size', 'query', (i) => i.searchAll(new Float32Array(6), { k: 1 })],
    ['no queries', 'query', (i) => i.searchAll(new Float32Array(0), { k: 1 })],
    ['no options', 'options', (i) => i.search(four, undefined as never)],
    ['no k', 'k', (i) => i.search(four, {} as never)],
    ['none to find', 'k', (i) => i.search(four, { k: 0 })],
    ['a word for per', 'per', (i) => i.search(four, { k: 1, per: 'face' as never })],
    ['a word for the signal', 'signal', (i) => i.search(four, { k: 1, signal: 'stop' as never })],
    ['no dimensions', 'dimensions', () => new SearchIndex({ dimensions: 0, rows: 'keep' })],
    [
      'too many dimensions',
      'dimensions',
      () => new SearchIndex({ dimensions: 4097, rows: 'keep' })
    ],
    ['no threads', 'threads', () => new SearchIndex({ dimensions: 4, rows: 'keep', threads: 0 })],
    ['a word for rows', 'rows', () => new SearchIndex({ dimensions: 4, rows: 'store' as never })]
  ]

for (const [what, argument, call] of mistakes) {
  test(`${what}: INVALID_ARGUMENT names ${argument}`, async (t) => {
    await using index = new SearchIndex({ dimensions: 4, rows: 'keep' })
    await index.add(BigInt64Array.of(5n), one, Float32Array.of(1, 0, 0, 0))
    const error = await t.throwsAsync<SeesawFaceError & { argument: string }>(async () =>
      call(index)
    )
    t.is(error?.code, 'INVALID_ARGUMENT')
    t.is(error?.argument, argument)
    // Nothing of it is left.
    t.deepEqual(await index.search(four, { k: 9 }), [{ id: 5n, person: 1n, score: 0 }])
    t.is(index.size, 1)
  })
}

/** An index of so many random rows of 512 dimensions, and ten times as many queries as `search` takes. */
async function large(rows: number, queueLimit: number): Promise<[SearchIndex, Float32Array]> {
  const index = new SearchIndex({ dimensions: 512, rows: 'keep', queueLimit })
  const random = randomNumbers(1)
  const numbers = Float32Array.from({ length: 1000 * 512 }, () => random() - 0.5)
  for (let i = 0; i < rows; i += 1000) {
    const ids = BigInt64Array.from({ length: 1000 }, (_, j) => BigInt(i + j))
    await index.add(ids, ids, numbers)
  }
  return [index, numbers]
}

test('a search is cancelled while it waits and while it runs', async (t) => {
  const [index, numbers] = await large(20_000, 64)
  const start = performance.now()
  await index.searchAll(numbers, { k: 1 })
  const whole = performance.now() - start
  const reason = new Error('enough')
  const control = new AbortController()
  const { signal } = control
  const searches = [0, 1, 2].map(() => index.searchAll(numbers, { k: 1, signal }))
  const other = index.search(numbers.subarray(0, 512), { k: 1 })
  await new Promise((resolve) => setTimeout(resolve, whole / 10))
  const aborted = performance.now()
  control.abort(reason)
  for (const search of searches)
    t.is(
      await search.then(
        () => 'found',
        (error) => error
      ),
      reason
    )
  t.is((await other).length, 1, 'others go on')
  const taken = performance.now() - aborted
  t.log(`${taken.toFixed(1)} ms after the abort; one search takes ${whole.toFixed(0)} ms`)
  t.true(taken < whole)
  t.is(await index.searchAll(numbers, { k: 1, signal }).catch((error) => error), reason)
  await index.close()
})

test('calls beyond the queue are refused, and close rejects those that wait', async (t) => {
  const [index, numbers] = await large(5000, 3)
  const codes = (calls: readonly Promise<unknown>[]): Promise<string[]> =>
    Promise.all(
      calls.map((call) =>
        call.then(
          () => 'found',
          (error) => error.code
        )
      )
    )
  const outcomes = await codes(
    Array.from({ length: 6 }, () => index.searchAll(numbers.subarray(0, 51_200), { k: 1 }))
  )
  t.deepEqual(outcomes.slice(0, 4), Array(4).fill('found'))
  t.is(outcomes[5], 'QUEUE_FULL')
  const left = [0, 1, 2].map(() => index.searchAll(numbers, { k: 1 }))
  const closing = index.close()
  t.true((await codes(left)).includes('CLOSED'))
  await closing
  await index.close()
  const error = await t.throwsAsync(index.search(numbers.subarray(0, 512), { k: 1 }))
  t.is((error as SeesawFaceError).code, 'CLOSED')
})

const prlimit =
  process.platform === 'linux' && spawnSync('prlimit', ['--version']).error === undefined
const limitTest = prlimit ? test : test.skip

limitTest('memory that is refused is OUT_OF_MEMORY, and the index stays as it was', async (t) => {
  const file = (name: string): string => new URL(`../../lib/${name}`, import.meta.url).href
  const script = `import { execFileSync } from 'node:child_process'
    import { readFileSync } from 'node:fs'
    import { SearchIndex } from '${file('gallery/search-index.ts')}'
    const index = new SearchIndex({ dimensions: 4096, rows: 'keep' })
    const rows = new Float32Array(1000 * 4096).fill(1)
    const ids = (from) => BigInt64Array.from({ length: 1000 }, (_, i) => BigInt(from + i))
    await index.add(ids(0), ids(0), rows)
    const size = /VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] * 1024
    execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (size + 200e6) + ':'])
    try {
      for (let i = 1000; i < 100_000; i += 1000) await index.add(ids(i), ids(i), rows)
    } catch (error) {
      const [{ id, score }] = await index.search(rows.subarray(0, 4096), { k: 1 })
      console.log(error.code, id, score, index.size % 1000, index.size < 100_000)
    }`
  const args = ['--import=tsx', '--input-type=module', '-e', script]
  const { stdout, stderr } = await run(process.execPath, args)
  t.is(stdout.trim(), 'OUT_OF_MEMORY 0n 4096 0 true', stderr)
})
