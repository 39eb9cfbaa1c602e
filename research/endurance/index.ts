// Does memory grow? Repeats three things as often as nobody would wait for in a test, and fits a
// line through the resident memory:
//
//   npm run endurance -- --out DIR [--scale 0.1] [--only cycles,verifies] [--judge-only]
//
// writes DIR/NAME.csv as it goes and DIR/endurance.svg; exit code 1 unless all is
// steady. A scale below 0.5 is too short to tell of memory: it shows that all goes on working, with
// threads and files constant.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chart } from './chart.js'
import { columns, judge, type Sample, type Subject, subjects } from './judge.js'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'build/endurance' },
    scale: { type: 'string', default: '1' },
    only: { type: 'string' },
    'judge-only': { type: 'boolean', default: false }
  }
})

const work = fileURLToPath(new URL('work.mjs', import.meta.url))
const csv = ({ name }: Subject): string => join(values.out, `${name}.csv`)

async function repeat(subject: Subject): Promise<void> {
  const { name, every } = subject
  const count = Math.max(10 * every, Math.round(subject.count * Number(values.scale)))
  writeFileSync(csv(subject), `${columns.join(',')}\n`)
  const args = ['--expose-gc', work, name, String(count), String(every)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface(child.stdout).on('line', (text) => {
    const sample: Sample = JSON.parse(text)
    appendFileSync(csv(subject), `${columns.map((column) => sample[column]).join(',')}\n`)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${code}`)
}

function read(subject: Subject): Sample[] {
  const [, ...rows] = readFileSync(csv(subject), 'utf8').trim().split('\n')
  return rows.map((text) => {
    const [calls = 0, rss = 0, heapUsed = 0, external = 0, threads = 0, files = 0] = text
      .split(',')
      .map(Number)
    return { calls, rss, heapUsed, external, threads, files }
  })
}

const only = values.only?.split(',')
const chosen = subjects.filter(({ name }) => only === undefined || only.includes(name))
mkdirSync(values.out, { recursive: true })
if (!values['judge-only']) for (const subject of chosen) await repeat(subject)

const judged = chosen.filter((subject) => existsSync(csv(subject))).map((s) => judge(s, read(s)))
for (const { title, verdict, outcome } of judged) console.log(`${outcome}  ${title}: ${verdict}`)
const facts = `${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node.js ${process.version}`
writeFileSync(join(values.out, 'endurance.svg'), chart('Memory over many calls', facts, judged))
const fine = Number(values.scale) < 0.5 ? 'too short' : 'steady'
const failed = judged.filter(({ outcome }) => outcome !== fine).length
// As test runners say it, for scripts/ci/count.mjs.
console.log(`${judged.length - failed} tests passed`)
if (failed > 0) console.log(`${failed} tests failed`)
process.exitCode = failed > 0 ? 1 : 0
