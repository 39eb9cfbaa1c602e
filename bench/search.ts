// Compares the gallery's search with faiss and usearch, which search exactly too, and with how fast
// this machine reads memory: in turns, in one run.
//
//   npx tsx bench/search.ts --bare PROGRAM [--rows 1000000] [--dimensions 512] [--threads 2]
//                           [--seconds 60] [--top 5] [--peers FOLDER] [--out FILE]
//
// PROGRAM is bench/native's (cmake -DSEESAWFACE_BENCH=ON, target seesawface_search). faiss and usearch
// are installed into FOLDER at first; the rows, random unit vectors, are written there too.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compare, pauseFor, type Subject } from '../lib/bench/interleave.js'
import { thisMachine } from '../lib/bench/machine.js'
import { type Child, startChild } from './child.js'
import { installSearches, peerScript } from './install.js'

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const { values } = parseArgs({
  options: {
    bare: { type: 'string' },
    rows: { type: 'string', default: '1000000' },
    dimensions: { type: 'string', default: '512' },
    threads: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '60' },
    top: { type: 'string', default: '5' },
    peers: { type: 'string', default: join(cache, 'seesawface-bench') },
    out: { type: 'string' }
  }
})
const { rows, dimensions, threads, top, bare } = values
if (bare === undefined) throw new Error('give --bare, the program of bench/native')
const queries = 64

const python = installSearches(values.peers)
const file = join(values.peers, `rows-${rows}x${dimensions}.f32`)
if (!existsSync(file)) {
  mkdirSync(values.peers, { recursive: true })
  execFileSync(python, [peerScript('search.py'), 'make', file, rows, dimensions])
}
const script = peerScript('search.py')
const common = [file, dimensions, threads]
const children: Readonly<Record<string, Child>> = {
  own: await startChild(bare, common),
  node: await startChild(process.execPath, [
    peerScript('search.mjs'),
    resolve('build/Release/seesawface.node'),
    ...common
  ]),
  faiss: await startChild(python, [script, ...common, 'faiss']),
  usearch: await startChild(python, [script, ...common, 'usearch'])
}

/** One query after the other; in a turn all have the same. */
function subject(name: string, child: string, job: string): Subject {
  let turn = 0
  const time = (query: number): Promise<number> =>
    (children[child] as Child).time(`${job} ${query} ${top}`)
  return {
    name,
    time: async () => {
      const query = turn++ % queries
      await time(query)
      return time(query)
    }
  }
}

// What is found first must be the same for all; own candidates are scored by the Node.js child.
let different = 0
for (let query = 0; query < queries; query += 4) {
  const firsts: number[] = []
  for (const name of ['node', 'faiss', 'usearch']) {
    firsts.push(await (children[name] as Child).time(`first ${query}`))
  }
  if (new Set(firsts).size > 1) different++
}
const candidates: number[] = []
for (let query = 0; query < queries; query++) {
  candidates.push(await (children.own as Child).time(`candidates ${query} ${top}`))
}

const table = await compare(
  [
    subject('seesawface, int8 rows', 'own', 'search'),
    subject('reading as many bytes', 'own', 'read'),
    subject('seesawface from Node.js', 'node', 'search'),
    subject('faiss IndexFlatIP', 'faiss', 'search'),
    subject('usearch exact', 'usearch', 'search')
  ],
  { seconds: Number(values.seconds), pause: pauseFor(Number(threads)) }
)
console.table(Object.fromEntries(table.map(({ name, ...figures }) => [name, figures])))
const facts = Object.fromEntries(
  Object.entries(children).map(([name, child]) => [name, child.facts])
)
const machine = await thisMachine()
const [, read] = table
const gigabytes = (Number(rows) * Number(dimensions)) / 1e9
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine,
  rows: Number(rows),
  dimensions: Number(dimensions),
  threads: Number(threads),
  top: Number(top),
  /** Of the read bandwidth that this machine has; median and minimum. */
  bandwidth: { share: read?.medianRatio, shareOfMinima: read?.minRatio },
  gigabytesPerSecond: gigabytes / ((read?.min ?? Number.NaN) / 1e3),
  candidates: {
    mean: candidates.reduce((a, b) => a + b, 0) / queries,
    most: Math.max(...candidates)
  },
  queriesWithAnotherFirst: different,
  facts,
  table
}
console.log(JSON.stringify({ ...report, table: undefined, machine: undefined }, null, 2))
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`)
for (const child of Object.values(children)) await child.close()
