// What the linker made, read from the files themselves.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { glibcFloor, problemsOf } from '../../scripts/prebuild/check.js'
import { readElf } from '../../scripts/prebuild/elf.js'
import { oldestGlibc, type Target, targets } from '../../scripts/prebuild/targets.js'

const run = promisify(execFile)
const pathOf = (target: Target) => join('prebuilds', target.file)
const present = targets.filter((target) => existsSync(pathOf(target)))

for (const target of present) {
  test(`${target.name} loads on every system it is meant for`, async (t) => {
    const bytes = await readFile(pathOf(target))
    t.deepEqual(problemsOf(target, bytes), [])
    const elf = readElf(bytes)
    t.log(
      `${(bytes.length / 1e6).toFixed(2)} MB, ${target.libc} ${glibcFloor(elf)} (at most ` +
        `${oldestGlibc}), needs ${elf.needed.join(' ')}, pages of ${elf.loads[0]?.align} bytes`
    )
    // Everything else it wants comes from Node or the C library; nothing of C++.
    t.true(elf.imports.some((name) => name.startsWith('napi_')))
    t.deepEqual(
      elf.imports.filter((name) => /^(_Z|__cxa_throw|GOMP_|__kmpc|omp_)/.test(name)),
      []
    )
  })

  test(`${target.name}: readelf sees the same`, async (t) => {
    const { stdout } = await run('readelf', ['-dW', pathOf(target)])
    const needed = [...stdout.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((m) => m[1])
    const elf = readElf(await readFile(pathOf(target)))
    t.deepEqual([...elf.needed], needed)
    const { stdout: symbols } = await run('readelf', ['-W', '--dyn-syms', pathOf(target)])
    const defined = symbols
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((cells) => /^\d+:$/.test(cells[0] ?? '') && cells[6] !== 'UND' && cells[7])
      .map((cells) => cells[7]?.replace(/@.*/, ''))
    t.deepEqual([...elf.exports], defined.sort())
  })

  test(`${target.name} would not pass for another target`, async (t) => {
    const bytes = await readFile(pathOf(target))
    for (const other of targets.filter(({ name }) => name !== target.name)) {
      t.not(problemsOf(other, bytes).length, 0, other.name)
    }
  })
}

test('there is something to check', (t) => t.true(present.length > 0))
