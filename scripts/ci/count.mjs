// Adds up what the test runners said in the given logs and prints `N passed, N failed`.
// usage: node count.mjs BROKEN-PARTS LOG…
// A part that broke counts as a failure even if its runner never got to say anything; a run in
// which nothing was tested is a failure too.
import { readFileSync } from 'node:fs'

const [broken, ...logs] = process.argv.slice(2)

const patterns = [
  // ava: "12 tests passed", "1 test failed", "1 hook failed", "1 uncaught exception"
  { pattern: /^\s*(\d+) tests? passed$/, passed: 1 },
  { pattern: /^\s*(\d+) tests? failed$/, failed: 1 },
  { pattern: /^\s*(\d+) (?:hooks? failed|uncaught exceptions?|unhandled rejections?)$/, failed: 1 },
  // GoogleTest: "[  PASSED  ] 31 tests.", "[  FAILED  ] 2 tests, listed below:"
  { pattern: /^(?:\d+: )?\[ {2}PASSED {2}\] (\d+) tests?\.$/, passed: 1 },
  { pattern: /^(?:\d+: )?\[ {2}FAILED {2}\] (\d+) tests?, listed below:$/, failed: 1 },
  // pytest: "3 passed, 1 failed in 0.2s"
  { pattern: /^=* ?(\d+) passed.* in [\d.]+s/, passed: 1 },
  { pattern: /^=* ?(\d+) failed.* in [\d.]+s/, failed: 1 }
]

let passed = 0
let failed = 0
for (const log of logs) {
  // Runners colour their lines when CI says it can show colours.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
  const text = readFileSync(log, 'utf8').replaceAll(/\u001b\[[\d;]*m/g, '')
  for (const line of text.split(/\r?\n/)) {
    for (const entry of patterns) {
      const count = Number(entry.pattern.exec(line)?.[1] ?? 0)
      if (entry.passed) passed += count
      if (entry.failed) failed += count
    }
  }
}
failed = Math.max(failed, Number(broken))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
