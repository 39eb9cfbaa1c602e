// scripts/ci/test-on-node.ts, as far as it goes without fetching a Node.js.
import { spawnSync } from 'node:child_process'
import test from 'ava'

for (const [name, args, says] of [
  ['no version', [], /no version given/],
  ['a line that is not tested', ['23'], /There is no Node\.js 23: 20\.\S+, 22\.\S+, 24\.\S+, 26\./],
  ['the beginning of a number', ['2'], /There is no Node\.js 2: /]
] as const) {
  test(`tests on another Node.js: ${name} is refused with the lines there are`, (t) => {
    const script = ['--import=tsx', 'scripts/ci/test-on-node.ts', ...args]
    const { status, stderr } = spawnSync(process.execPath, script, { encoding: 'utf8' })
    t.is(status, 2)
    t.regex(stderr, says)
    t.notRegex(stderr, /\n\s+at /)
  })
}
