// Adds up what the test runners said in the given logs, names the tests that failed and prints
// `N passed, N failed`.
// usage: node count.mjs BROKEN-PARTS LOG…
// A part that broke counts as a failure even if its runner never got to say anything; a run in
// which nothing was tested is a failure too.
import { readFileSync } from 'node:fs'

const [broken, ...logs] = process.argv.slice(2)

/** Each pattern's groups: `passed`, `failed`, or `failed` and `total`. */
const patterns = [
  // ava: "12 tests passed", "1 test failed", "1 hook failed", "1 uncaught exception"
  /^\s*(?<passed>\d+) tests? passed$/,
  /^\s*(?<failed>\d+) (?:(?:tests?|hooks?) failed|uncaught exceptions?|unhandled rejections?)$/,
  // ctest: "99% tests passed, 1 tests failed out of 228"
  /^\d+% tests passed, (?<failed>\d+) tests failed out of (?<total>\d+)$/
]

/** ava, a test that passed or failed; ctest, one that failed, in its closing list. */
const mark = /^\s*(?:✔ |✘ \[fail\]: (?<ava>.+)|\d+ - (?<ctest>.+) \((?!Skipped|Disabled)[\w ]+\)$)/

let passed = 0
let failed = 0
for (const log of logs) {
  // Runners colour their lines when CI says it can show colours.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
  const text = readFileSync(log, 'utf8').replaceAll(/\u001b\[[\d;]*m/g, '')
  let marked = 0
  let told = false
  for (const line of text.split(/\r?\n/)) {
    const seen = mark.exec(line)
    if (seen) {
      const name = seen.groups?.ava ?? seen.groups?.ctest
      if (name === undefined) marked++
      else console.log(`failed: ${name}`)
    }
    for (const pattern of patterns) {
      const said = pattern.exec(line)?.groups ?? {}
      if (said.passed) told = true
      const broke = Number(said.failed ?? 0)
      failed += broke
      passed += said.total ? Number(said.total) - broke : Number(said.passed ?? 0)
    }
  }
  // When a test fails, ava does not say how many have passed.
  if (!told) passed += marked
}
failed = Math.max(failed, Number(broken))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
