// The package as a user gets it: packed, unpacked beside its dependencies, and used from CommonJS,
// ES modules and TypeScript.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import ts from 'typescript'
import { photo } from '../support/fixtures.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

let folder: string
let files: string[]

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seesawface-package-'))
  // Not building dist again, which other tests use meanwhile: `npm test` has just done so.
  const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', packing, { cwd: root, maxBuffer: 1 << 26 })
  const [packed] = JSON.parse(stdout)
  files = packed.files.map(({ path }: { path: string }) => path)
  const modules = join(folder, 'node_modules')
  await mkdir(modules)
  await run('tar', ['-xzf', join(folder, packed.filename), '-C', modules])
  await run('mv', [join(modules, 'package'), join(modules, 'seesawface')])
  // The addon built here stands in for the one that installation would build, and this checkout's
  // dependencies for those that it would install.
  await symlink(join(root, 'build'), join(modules, 'seesawface/build'))
  await symlink(join(root, 'node_modules'), join(modules, 'seesawface/node_modules'))
  await mkdir(join(modules, '@types'))
  await symlink(join(root, 'node_modules/@types/node'), join(modules, '@types/node'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

test('it holds what building and running take, and nothing else', (t) => {
  for (const needed of [
    'package.json',
    'README.md',
    'LICENSE',
    'NOTICE',
    'CMakeLists.txt',
    'dist/index.cjs',
    'dist/index.mjs',
    'dist/index.d.cts',
    'dist/index.d.mts',
    'dist/gallery.cjs',
    'dist/gallery.mjs',
    'dist/gallery.d.cts',
    'dist/gallery.d.mts',
    'dist/cli.cjs',
    'models/seesaw-shuffle.json',
    'models/seesaw-shuffle.param',
    'models/seesaw-shuffle.bin',
    'models/yunet.json',
    'native/binding/addon.cc',
    'install/index.mjs'
  ]) {
    t.true(files.includes(needed), `${needed} is missing`)
  }
  t.deepEqual(
    files.filter((path) =>
      /^(test|lib|bench|docs|\.ci)\/|^(?!prebuilds\/).*\.node$|\.(pt|pyc)$|^(scripts|research)\/|^training\/.*(tests|fast)\//.test(
        path
      )
    ),
    []
  )
})

test('npm refuses it where it cannot be compiled', async (t) => {
  const { os } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  t.deepEqual(os, ['linux', 'android', 'darwin'])
})

test('all that the converter imports of ours is in it', async (t) => {
  const sources = files.filter((path) => path.startsWith('training/') && path.endsWith('.py'))
  t.true(sources.includes('training/seesaw/convert/__main__.py'))
  for (const path of sources) {
    const source = await readFile(join(folder, 'node_modules/seesawface', path), 'utf8')
    for (const [, module = ''] of source.matchAll(
      /^\s*from ((?:seesaw|data)(?:\.\w+)*) import/gm
    )) {
      const base = `training/${module.replaceAll('.', '/')}`
      t.true(
        [`${base}.py`, `${base}/__init__.py`].some((file) => sources.includes(file)),
        `${path} imports ${module}`
      )
    }
  }
})

const program = `
async function main({ FaceRecognizer, InvalidArgumentError }) {
  const faces = await FaceRecognizer.open({ threads: 1 })
  const { same } = await faces.verify(${JSON.stringify(photo('obama.jpg'))}, ${JSON.stringify(photo('obama2.jpg'))})
  const wrong = await faces.verify(1, 2).catch((error) => error instanceof InvalidArgumentError)
  await faces.close()
  console.log(JSON.stringify({ same, wrong }))
}
`

const programs: [string, string][] = [
  ['main.cjs', `${program} main(require('seesawface'))`],
  ['main.mjs', `import * as seesawface from 'seesawface'\n${program} await main(seesawface)`],
  [
    'both.mjs',
    `import { createRequire } from 'node:module'
import { FaceRecognizer } from 'seesawface'
${program}
const { InvalidArgumentError } = createRequire(import.meta.url)('seesawface')
await main({ FaceRecognizer, InvalidArgumentError })`
  ]
]

for (const [name, source] of programs) {
  test(`${name} verifies two photos and knows the error classes`, async (t) => {
    await writeFile(join(folder, name), source)
    const { stdout, stderr } = await run(process.execPath, [join(folder, name)], { cwd: folder })
    t.is(stderr, '')
    t.deepEqual(JSON.parse(stdout), { same: true, wrong: true })
  })
}

test('the installed command runs', async (t) => {
  const cli = join(folder, 'node_modules/seesawface/dist/cli.cjs')
  t.true((await readFile(cli, 'utf8')).startsWith('#!/usr/bin/env node'))
  const args = [cli, 'verify', photo('obama.jpg'), photo('obama2.jpg')]
  const env = { ...process.env, FORCE_COLOR: undefined }
  const { stdout } = await run(process.execPath, args, { env })
  t.regex(stdout, /^same person/)
})

for (const name of ['consumer.mts', 'consumer.cts']) {
  test(`TypeScript understands it from ${name}, strictly`, async (t) => {
    const source = await readFile(new URL('../types/consumer.ts', import.meta.url), 'utf8')
    const path = join(folder, name)
    await writeFile(path, source)
    const compiler = ts.createProgram([path], {
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
      typeRoots: [join(folder, 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true
    })
    const problems = ts
      .getPreEmitDiagnostics(compiler)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
    t.deepEqual(problems, [])
  })
}

test('publint and arethetypeswrong have no complaint', async (t) => {
  const { publint } = await import('publint')
  const { messages } = await publint({
    pkgDir: join(folder, 'node_modules/seesawface'),
    level: 'warning',
    strict: true,
    pack: false
  })
  t.deepEqual(messages, [])
  const attw = join(root, 'node_modules/.bin/attw')
  const archive = join(
    folder,
    await readFile(join(root, 'package.json'), 'utf8').then((text) => {
      const { name, version } = JSON.parse(text)
      return `${name}-${version}.tgz`
    })
  )
  // Node 10's way of resolving knows no `exports`; the Node versions that are supported do.
  await t.notThrowsAsync(run(attw, ['--profile', 'node16', archive]))
})
