// The packed package with its prebuilt binaries, installed into empty folders where no compiler is
// in reach, and used by every supported line of Node.js.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import ts from 'typescript'
import { nodeBinary, x64Nodes } from '../../scripts/prebuild/node-binaries.js'
import { type Packed, packAll, packFor } from '../../scripts/prebuild/pack.js'
import { type Target, targets } from '../../scripts/prebuild/targets.js'
import { consumer } from './consumer.js'

const run = promisify(execFile)
const present = targets.filter(({ file }) => existsSync(join('prebuilds', file)))
const photo = (name: string) => resolve('test/fixtures/photos', name)
/** For one platform, and for all of them in one tarball. */
const maxBytes = 8 * 1000 * 1000
const maxJointBytes = 9 * 1000 * 1000

let folder: string
let packed: Packed

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seesawface-packed-'))
  packed = await packAll(folder)
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

const megabytes = ({ size, unpackedSize }: Packed) =>
  `${(size / 1e6).toFixed(2)} MB packed, ${(unpackedSize / 1e6).toFixed(2)} MB unpacked`
const binaries = ({ files }: Packed) =>
  files.map(({ path }) => path).filter((path) => path.endsWith('.node'))

for (const target of present) {
  test(`${target.name} takes at most 8 MB, packed and unpacked, with the default models`, async (t) => {
    const own = await packFor(target, join(folder, packed.filename), folder)
    t.log(megabytes(own))
    t.is(own.filename, packed.filename.replace('.tgz', `-${target.name}.tgz`))
    t.deepEqual(binaries(own), [`prebuilds/${target.file}`])
    t.true((await stat(join(folder, own.filename))).size <= maxBytes)
    t.true(own.unpackedSize <= maxBytes)
    // Nothing else is left out: the default models among them.
    const others = packed.files.filter(({ path }) => !path.endsWith('.node'))
    t.is(own.files.length, others.length + 1)
    t.true(own.files.some(({ path }) => path === 'models/seesaw-shuffle.bin'))
  })
}

test(`the tarball with ${present.length} binaries takes at most 9 MB`, (t) => {
  t.log(megabytes(packed))
  t.deepEqual(binaries(packed).sort(), present.map(({ file }) => `prebuilds/${file}`).sort())
  t.true(packed.size <= maxJointBytes)
})

/** A PATH with Node.js, npm and what their scripts call; no compiler, no cmake, no python. */
async function barePath(): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin, { recursive: true })
  for (const name of ['sh', 'env', 'uname', 'getconf', 'ldd']) {
    const where = (process.env.PATH ?? '').split(delimiter).map((entry) => join(entry, name))
    const found = where.find((path) => existsSync(path))
    if (found) await symlink(found, join(bin, name)).catch(() => undefined)
  }
  await symlink(process.execPath, join(bin, 'node')).catch(() => undefined)
  return bin
}

const program = consumer(photo('obama.jpg'), photo('obama2.jpg'))
const typed = `
import { type FaceEmbedding, FaceRecognizer, InvalidArgumentError, type Verification } from 'seesawface'
async function main(): Promise<void> {
  await using faces = await FaceRecognizer.open()
  const a: FaceEmbedding = await faces.embed(${JSON.stringify(photo('obama.jpg'))})
  const { same }: Verification = await faces.verify(a, ${JSON.stringify(photo('obama2.jpg'))})
  const never = 1 as unknown as string
  const wrong = await faces.verify(never, a).catch((error: unknown) => error instanceof InvalidArgumentError)
  console.log(JSON.stringify({ same, wrong, node: process.versions.node }))
}
void main()
`

/** Compiles the typed program strictly, with nothing but what was installed. */
async function compile(app: string): Promise<string[]> {
  await writeFile(join(app, 'typed.mts'), typed)
  await mkdir(join(app, 'node_modules/@types'), { recursive: true })
  await symlink(resolve('node_modules/@types/node'), join(app, 'node_modules/@types/node'))
  await symlink(resolve('node_modules/undici-types'), join(app, 'node_modules/undici-types'))
  const compiler = ts.createProgram([join(app, 'typed.mts')], {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    typeRoots: [join(app, 'node_modules/@types')],
    strict: true
  })
  const problems = ts.getPreEmitDiagnostics(compiler).map(({ messageText }) => messageText)
  compiler.emit()
  return problems.map((text) => ts.flattenDiagnosticMessageText(text, '\n'))
}

const here = (target: Target) =>
  target.arch === process.arch && target.libc === 'glibc' && process.platform === 'linux'

if (present.some(here)) {
  // npm may stop running the scripts of packages: with a prebuilt binary nothing depends on ours.
  test.serial(
    'npm install --ignore-scripts in an empty folder, with no compiler in reach',
    async (t) => {
      const app = join(folder, 'app')
      await mkdir(app)
      const bin = await barePath()
      t.is(spawnSync('cmake', ['--version'], { env: { PATH: bin } }).error?.name, 'Error')
      const npm = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim()
      const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
      const { NODE_PATH: _, ...env } = process.env
      const { stdout, stderr } = await run(
        process.execPath,
        [await realNpm(npm), ...args, '--prefix', app, join(folder, packed.filename)],
        { cwd: app, env: { ...env, PATH: bin, npm_config_script_shell: join(bin, 'sh') } }
      )
      t.notRegex(stdout + stderr, /No native build|CMake/)
      const installed = join(app, 'node_modules/seesawface')
      t.false(existsSync(join(installed, 'build')), 'nothing was compiled')
      t.true((await stat(join(installed, 'dist/index.cjs'))).isFile())

      await writeFile(join(app, 'main.cjs'), `${program} main(require('seesawface'))`)
      await writeFile(
        join(app, 'main.mjs'),
        `import * as seesawface from 'seesawface'\n${program} await main(seesawface)`
      )
      t.deepEqual(await compile(app), [])
    }
  )

  test.serial('installing it runs a script that opens no connection', async (t) => {
    const installed = join(folder, 'app/node_modules/seesawface')
    const { scripts } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))
    // What npm runs of a dependency: https://docs.npmjs.com/cli/v10/using-npm/scripts#npm-install
    const own = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts)
    t.deepEqual(own, ['install'])
    const log = join(folder, 'network.log')
    const path = [join(folder, 'app/node_modules/.bin'), await barePath()].join(delimiter)
    await run('/bin/sh', ['-c', scripts.install], {
      cwd: installed,
      env: {
        PATH: path,
        NODE_OPTIONS: `--import=${resolve('test/support/no-network.mjs')}`,
        SEESAWFACE_NETWORK_LOG: log
      }
    })
    t.false(existsSync(log), 'no try to reach the network')
  })

  test.serial('without a binary that fits, the error names `npx seesawface build`', async (t) => {
    const installed = join(folder, 'app/node_modules/seesawface')
    const own = join(folder, 'app/node_modules/seesawface-own')
    await cp(installed, own, { recursive: true, filter: (path) => !path.includes('/prebuilds') })
    const cli = join(own, 'dist/cli.cjs')
    const photos = [photo('obama.jpg'), photo('obama2.jpg')]
    const before = spawnSync(process.execPath, [cli, 'verify', ...photos], { encoding: 'utf8' })
    t.is(before.status, 2)
    t.regex(before.stderr, /has not been built for linux-x64.*`.*npx seesawface build`/)
    const built = spawnSync(process.execPath, [cli, 'build', '--json'], { encoding: 'utf8' })
    t.is(built.status, 0, built.stderr)
    t.is(JSON.parse(built.stdout).file, join(own, 'build/Release/seesawface.node'))
    const after = spawnSync(process.execPath, [cli, 'verify', ...photos], { encoding: 'utf8' })
    t.is(after.status, 0, after.stderr)
  })

  for (const name of x64Nodes) {
    test.serial(`${name}: CommonJS, ES modules, TypeScript and the command line`, async (t) => {
      if (process.arch !== 'x64') return t.pass('these binaries are for x64')
      const node = await nodeBinary(name)
      const app = join(folder, 'app')
      for (const file of ['main.cjs', 'main.mjs', 'typed.mjs']) {
        const { stdout, stderr } = await run(node, [file], { cwd: app })
        t.is(stderr, '', file)
        t.like(JSON.parse(stdout), { same: true, wrong: true, node: name.split('@')[1] }, file)
      }
      const cli = join(app, 'node_modules/.bin/seesawface')
      const { stdout } = await run(node, [cli, 'doctor', '--json'], { cwd: app })
      const report = JSON.parse(stdout)
      t.deepEqual(report.problems, [])
      t.is(report.addon.kind, 'prebuild')
      t.is(report.node.version, name.split('@')[1])
    })
  }
}

/** npm's own script, past the shims of version managers. */
async function realNpm(found: string): Promise<string> {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  if (existsSync(beside)) return beside
  const text = await readFile(found, 'utf8')
  return text.startsWith('#!/usr/bin/env node') ? found : join(dirname(found), 'npm-cli.js')
}
