import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

const script = fileURLToPath(new URL('../support/decode-hostile.ts', import.meta.url))
const count = 560
/** On a processor; a hang that takes none of its time ends with the test. */
const mostMilliseconds = 2000
const mostKilobytes = 512 * 1024

interface Line {
  readonly name: string
  readonly outcome: string
  readonly milliseconds: number
  readonly maxRSS: number
}

test(`${count} hostile images: typed errors or pictures, within time and memory`, async (t) => {
  t.timeout(600_000)
  // In a process of its own: a crash is seen, and its memory is that of these images alone.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import=tsx', script, String(count)],
    { maxBuffer: 1 << 24 }
  )
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line))
  t.true(lines.length >= count)
  for (const { name, outcome, milliseconds } of lines) {
    t.true(['decoded', 'IMAGE_DECODE', 'IMAGE_TOO_LARGE'].includes(outcome), `${name}: ${outcome}`)
    t.true(milliseconds <= mostMilliseconds, `${name} took ${milliseconds} ms`)
  }
  const slowest = lines.reduce((x, y) => (y.milliseconds > x.milliseconds ? y : x))
  const decoded = lines.filter(({ outcome }) => outcome === 'decoded').length
  const peak = Math.max(...lines.map(({ maxRSS }) => maxRSS))
  t.log(
    `${lines.length} files, ${decoded} decoded; slowest ${slowest.milliseconds.toFixed(0)} ms (${slowest.name}); peak ${(peak / 1024).toFixed(0)} MB`
  )
  t.true(decoded > 0 && decoded < lines.length / 2)
  const over = lines.find(({ maxRSS }) => maxRSS > mostKilobytes)
  t.is(over, undefined, `${over?.name}: ${over?.maxRSS} kB`)
})
