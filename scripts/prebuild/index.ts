// Builds the addon for other machines, into prebuilds/ as node-gyp-build reads it.
//
//   npm run prebuilds                       all targets
//   npm run prebuilds -- linux-arm64-glibc  some of them
//   npm run prebuilds -- --check            only checks what is there
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { exists } from '../../install/cache.mjs'
import { run, tail } from '../../install/run.mjs'
import { Refusal } from '../../install/say.mjs'
import { glibcFloor, problemsOf } from './check.js'
import { readElf } from './elf.js'
import { type Target, targets, targetsNamed } from './targets.js'
import { forgetOther, zigToolchain } from './zig.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js')

function say(text: string): void {
  process.stderr.write(`prebuild: ${text}\n`)
}

async function build(target: Target): Promise<void> {
  const started = Date.now()
  say(`${target.name}: building`)
  const toolchain = await zigToolchain(target)
  const folder = join(root, 'build-prebuild', target.name)
  await forgetOther(folder, toolchain)
  const args = [cmakeJs, 'compile', '-a', target.arch, '-O', folder]
  const done = await run(process.execPath, [...args, `--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`], {
    cwd: root,
    // NCNN's progress; the rest is shown only when it fails.
    onLine: (line: string) => {
      if (line.startsWith('ncnn:')) process.stderr.write(`${line}\n`)
    }
  })
  if (done.code !== 0) throw new Refusal(`${target.name} did not build.\n${tail(done, 40)}`)
  const file = join(root, 'prebuilds', target.file)
  await mkdir(dirname(file), { recursive: true })
  await copyFile(join(folder, 'Release/seesawface.node'), file)
  say(`${target.name}: built in ${Math.round((Date.now() - started) / 1000)} s`)
}

/** Prints what is wrong with a binary, or its measures. */
async function check(target: Target): Promise<boolean> {
  const bytes = await readFile(join(root, 'prebuilds', target.file))
  const problems = problemsOf(target, bytes)
  for (const problem of problems) say(`${target.name}: ${problem}`)
  if (problems.length === 0) {
    const elf = readElf(bytes)
    const libc = target.libc === 'glibc' ? `glibc ${glibcFloor(elf)}` : 'musl'
    const size = `${(bytes.length / 1e6).toFixed(2)} MB`
    say(`${target.name}: ${size}, ${libc}, needs ${elf.needed.join(' ')}`)
  }
  return problems.length === 0
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false } }
  })
  const wanted = targetsNamed(positionals)
  if (!values.check) for (const target of wanted) await build(target)
  let right = true
  let checked = 0
  for (const target of positionals.length > 0 ? wanted : targets) {
    if (positionals.length === 0 && !(await exists(join(root, 'prebuilds', target.file)))) continue
    right = (await check(target)) && right
    checked++
  }
  if (checked === 0) throw new Refusal('there is nothing in prebuilds/ to check')
  return right ? 0 : 1
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    const known = error instanceof Refusal || error instanceof RangeError
    say(known || !(error instanceof Error) ? String(error) : (error.stack ?? error.message))
    process.exitCode = 1
  }
)
