import { execFile, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { ProblemCode } from '../../lib/addon/remedies.js'
import type { Report } from '../../lib/doctor/report.js'
import { command } from '../support/cli.js'
import { TemporaryFolder } from '../support/models.js'
import { png } from '../support/pictures.js'

interface Outcome {
  readonly exitCode: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

function seesawface(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const plain = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' }
    const options = { env: { ...plain, ...env }, timeout: 120_000 }
    execFile(process.execPath, [...command, ...args], options, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr })
    )
  })
}

async function report(env: NodeJS.ProcessEnv = {}): Promise<Report & { exitCode: unknown }> {
  const { exitCode, stdout } = await seesawface(['doctor', '--json'], env)
  return { ...JSON.parse(stdout), exitCode }
}

test('doctor: one screen, and all is well', async (t) => {
  const { exitCode, stdout, stderr } = await seesawface(['doctor'])
  t.is(exitCode, 0)
  t.is(stderr, '')
  const lines = stdout.trimEnd().split('\n')
  t.true(lines.length <= 24, `${lines.length} lines`)
  t.regex(lines[0] ?? '', /^seesawface \d+\.\d+\.\d+/)
  for (const label of ['Node', 'addon', 'NCNN', 'processor', 'threads', 'Vulkan', 'decoder']) {
    t.true(
      lines.some((line) => new RegExp(`^ +${label} `).test(line)),
      label
    )
  }
  t.regex(stdout, / {4}chosen +\S+\.node: \w/)
  t.regex(stdout, /seesaw-shuffle +\S+ files verified, runs/)
  t.is(lines.at(-1), 'Everything works.')
})

test('doctor --json', async (t) => {
  const found = await report()
  t.like(found, { exitCode: 0, ok: true, problems: [] })
  t.like(found.node, { version: process.versions.node })
})

test('without an addon: exit code 1, and the remedy the loader gives', async (t) => {
  await using folder = await TemporaryFolder.make()
  const env = { SEESAWFACE_PREBUILD: folder.path }
  const found = await report(env)
  t.is(found.exitCode, 1)
  t.is(found.native, null)
  t.deepEqual(
    found.problems.map(({ code }) => code),
    ['NOT_BUILT']
  )
  t.like(found.addon, { file: null, kind: 'none' })
  t.like(found.decoder, { available: true })
  t.true(found.models.every(({ verified }) => verified))

  const { exitCode, stdout } = await seesawface(['doctor'], env)
  t.is(exitCode, 1)
  t.regex(stdout, /NOT_BUILT .*has not been built for/)
  const failed = await seesawface(['version'], env)
  t.is(failed.exitCode, 2)
  const [first] = found.problems
  t.is(failed.stderr.trimEnd(), `seesawface: ${first?.problem} ${first?.remedy}`)
})

/** Makes the file at a path. */
type Make = (path: string, folder: TemporaryFolder) => unknown

const cc = (...args: string[]) => {
  const { status, stderr } = spawnSync('c++', ['-shared', '-fPIC', ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** What the loader of this system refuses, and what is made of that. */
const unloadable: readonly [what: string, make: Make, code: ProblemCode][] = [
  [
    'that needs a library which is not there',
    (path, folder) => {
      const [source, library] = [folder.file('a.cc'), folder.file('libgone.so')]
      writeFileSync(source, 'extern "C" int gone() { return 1; }')
      cc(source, '-o', library, '-Wl,-soname,libgone.so')
      writeFileSync(source, 'extern "C" int gone(); int here = gone();')
      cc(source, '-o', path, `-L${folder.path}`, '-lgone')
      rmSync(library)
    },
    'LIBRARY_MISSING'
  ],
  [
    'for another machine',
    (path) => writeFileSync(path, Buffer.from('MZ'.padEnd(4096, '\0'))),
    'OTHER_MACHINE'
  ],
  [
    'that is none of ours',
    (path, folder) => {
      writeFileSync(folder.file('a.cc'), 'int here = 1;')
      cc(folder.file('a.cc'), '-o', path)
    },
    'NOT_LOADABLE'
  ]
]

for (const [what, make, code] of unloadable) {
  test(`an addon ${what}: doctor and the loader give one remedy`, async (t) => {
    if (process.platform !== 'linux') return t.pass('these are the words of Linux')
    await using folder = await TemporaryFolder.make()
    await mkdir(folder.file('build/Release'), { recursive: true })
    await make(folder.file('build/Release/seesawface.node'), folder)
    const env = { SEESAWFACE_PREBUILD: folder.path }
    const { exitCode, problems } = await report(env)
    t.is(exitCode, 1)
    t.deepEqual(
      problems.map((problem) => problem.code),
      [code]
    )
    const failed = await seesawface(['version'], env)
    t.is(failed.exitCode, 2)
    t.is(failed.stderr.trimEnd(), `seesawface: ${problems[0]?.problem} ${problems[0]?.remedy}`)
  })
}

test('an addon that ends the process with an illegal instruction', async (t) => {
  await using folder = await TemporaryFolder.make()
  // In the place of a binary whose instructions this processor lacks.
  await folder.write(
    'crash.cjs',
    `if (process.argv.includes('--here')) process.kill(process.pid, 'SIGILL')`
  )
  const found = await report({ NODE_OPTIONS: `--require=${folder.file('crash.cjs')}` })
  t.is(found.exitCode, 1)
  t.deepEqual(
    found.problems.map(({ code }) => code),
    ['CRASHED']
  )
  t.regex(found.problems[0]?.problem ?? '', /SIGILL/)
})

test('no decoder: doctor says how to get it, and embeddings of crops still work', async (t) => {
  await using folder = await TemporaryFolder.make()
  await folder.write(
    'no-decoder.cjs',
    `const { Module } = require('node:module')
const load = Module._load
Module._load = function (name, ...rest) {
  if (name.startsWith('@napi-rs/image')) throw new Error('Cannot find native binding.')
  return load.call(this, name, ...rest)
}`
  )
  // As published: tsx resolves modules its own way.
  const bundle = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))
  const env = { ...process.env, NODE_OPTIONS: `--require=${folder.file('no-decoder.cjs')}` }
  const run = (args: string[]) =>
    new Promise<Outcome>((resolve) => {
      execFile(process.execPath, [bundle, ...args], { env }, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr })
      )
    })
  const { exitCode, stdout } = await run(['doctor', '--json'])
  const found: Report = JSON.parse(stdout)
  t.is(exitCode, 1)
  t.deepEqual(
    found.problems.map(({ code }) => code),
    ['DECODER_MISSING']
  )
  t.true(found.models.every(({ loads }) => loads))
  await folder.write('photo.png', png(64, 64, 'rgb', 8))
  const photo = await run(['embed', folder.file('photo.png')])
  t.is(photo.exitCode, 2)
  t.regex(photo.stderr, /image decoder @napi-rs\/image cannot be loaded.*npm install/)
})

test('doctor takes nothing else', async (t) => {
  const { exitCode, stderr } = await seesawface(['doctor', 'me'])
  t.is(exitCode, 2)
  t.regex(stderr, /doctor takes no further argument/)
})
