// Lays out, for each prebuilt binary, what a machine of its kind has after `npm install`
// of the packed package: build-prebuild/TARGET/root/node_modules. test/prebuilds runs it.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exists } from '../../install/cache.mjs'
import { run, tail } from '../../install/run.mjs'
import { Refusal } from '../../install/say.mjs'
import { machineOf } from './machine.js'
import { packAll } from './pack.js'
import { type Target, targets } from './targets.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const work = join(root, 'build-prebuild')

async function npm(args: readonly string[]): Promise<void> {
  const done = await run('npm', [...args], { cwd: root })
  if (done.code !== 0) throw new Refusal(`npm ${args[0]} failed.\n${tail(done)}`)
}

/** The package as it would be published, in build-prebuild/. */
async function pack(): Promise<string> {
  if (!(await exists(join(root, 'dist/index.cjs')))) await npm(['run', '--silent', 'build'])
  return join(work, (await packAll(work)).filename)
}

async function stage(target: Target, tarball: string): Promise<void> {
  const app = join(work, target.name, 'root')
  await rm(app, { recursive: true, force: true })
  await mkdir(app, { recursive: true })
  await writeFile(join(app, 'package.json'), '{"name":"app","private":true,"type":"module"}\n')
  // With the image decoder of that machine, not of this one.
  const machine = ['--cpu', target.arch, '--os', target.platform, '--libc', target.libc]
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error', '--ignore-scripts']
  await npm(['install', '--prefix', app, ...machine, ...quiet, tarball])
  // Fetched now, not while the tests' clock runs.
  await machineOf(target, 'any')
}

async function main(): Promise<void> {
  await mkdir(work, { recursive: true })
  const present: Target[] = []
  for (const target of targets) {
    if (await exists(join(root, 'prebuilds', target.file))) present.push(target)
  }
  if (present.length === 0) throw new Refusal('there is nothing in prebuilds/: npm run prebuilds')
  const tarball = await pack()
  for (const target of present) await stage(target, tarball)
}

main().catch((error: unknown) => {
  const known = error instanceof Refusal
  const text = error instanceof Error ? (known ? error.message : error.stack) : String(error)
  process.stderr.write(`stage: ${text}\n`)
  process.exitCode = 1
})
