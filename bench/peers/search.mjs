// The gallery's search as Node.js sees it; the protocol is that of bench/child.ts.
//
//   node search.mjs ADDON FILE DIMENSIONS THREADS
//
// Jobs as those of search.py; "first I" scores the candidates from the file.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const queries = 64
const [addon, path, dimensions, threads] = [
  process.argv[2],
  process.argv[3],
  Number(process.argv[4]),
  Number(process.argv[5])
]
const { SearchIndex } = createRequire(import.meta.url)(addon)
const bare = process.memoryUsage.rss()
const index = new SearchIndex({ dimensions, threads, queueLimit: 9, keepRows: false })
const file = openSync(path)
const count = fstatSync(file).size / 4 / dimensions - queries

function rowsAt(first, some, into = new Float32Array(some * dimensions)) {
  readSync(file, into, 0, some * dimensions * 4, first * dimensions * 4)
  return into
}

const batch = new Float32Array(1000 * dimensions)
const start = performance.now()
for (let at = 0; at < count; at += 1000) {
  const some = Math.min(1000, count - at)
  const ids = BigInt64Array.from({ length: some }, (_, i) => BigInt(at + i))
  await index.add(ids, ids, rowsAt(at, some, batch).subarray(0, some * dimensions))
}
const addMilliseconds = Math.round(performance.now() - start)
const asked = rowsAt(count, queries)
const queryOf = (i) => asked.subarray((i % queries) * dimensions, ((i % queries) + 1) * dimensions)

async function first(i) {
  const [{ ids }] = await index.search(queryOf(i), { k: 1, per: 'row' })
  let best = [-1n, -Infinity]
  for (const id of ids) {
    const row = rowsAt(Number(id), 1)
    const score = row.reduce((sum, x, j) => sum + x * queryOf(i)[j], 0)
    if (score > best[1]) best = [id, score]
  }
  return Number(best[0])
}

await new Promise((resolve) => setTimeout(resolve, 500))
const rss = process.memoryUsage.rss()
console.log(JSON.stringify({ version: process.version, rows: count, rss, bare, addMilliseconds }))
for await (const line of createInterface({ input: process.stdin })) {
  const [job, i, k = '1'] = line.split(' ')
  if (job === 'first') {
    console.log(await first(Number(i)))
    continue
  }
  const begin = performance.now()
  await index.search(queryOf(Number(i)), { k: Number(k), per: 'person' })
  console.log(performance.now() - begin)
}
await index.close()
closeSync(file)
