// The packed package where musl is all there is: installed by npm itself and used, in a root folder
// with busybox and a real Node.js linked with musl. Nothing tells the package which C library it is.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { canEnterAlpine, inAlpine } from '../../scripts/prebuild/alpine.js'
import { packAll } from '../../scripts/prebuild/pack.js'
import { targetsNamed } from '../../scripts/prebuild/targets.js'
import { consumer } from './consumer.js'

const run = promisify(execFile)
const [musl] = targetsNamed(['linux-x64-musl'])
const built = musl !== undefined && existsSync(join('prebuilds', musl.file))
const entered = process.arch === 'x64' && canEnterAlpine()

let app: string

async function alpine(command: readonly string[], env: Record<string, string> = {}) {
  const cache = (await run('npm', ['config', 'get', 'cache'])).stdout.trim()
  const shares = { app, photos: resolve('test/fixtures/photos'), npm: await realpath(cache) }
  const { program, args, env: all } = await inAlpine(shares, command, env)
  return run(program, args, { env: all, maxBuffer: 1 << 26 })
}

test.before(async () => {
  app = await mkdtemp(join(tmpdir(), 'seesawface-alpine-'))
})
test.after.always(() => rm(app, { recursive: true, force: true }))

if (musl && built && entered) {
  test.serial(
    'npm of a system with musl installs the package, with no compiler there',
    async (t) => {
      const { filename } = await packAll(app)
      // What it depends on was fetched when stage.ts installed the same for musl.
      const env = {
        npm_config_cache: '/npm',
        npm_config_registry: (await run('npm', ['config', 'get', 'registry'])).stdout.trim()
      }
      const quiet = ['--no-audit', '--no-fund', '--no-update-notifier']
      const args = ['install', '--offline', ...quiet, '--foreground-scripts', `./${filename}`]
      await t.throwsAsync(alpine(['cmake', '--version']))
      await t.throwsAsync(alpine(['cc', '--version']))
      const { stdout, stderr } = await alpine(['npm', ...args], env)
      t.regex(stdout, /node-gyp-build-test/, 'the script of the installation ran')
      t.notRegex(stdout + stderr, /No native build|CMake/)
      t.false(existsSync(join(app, 'node_modules/seesawface/build')), 'nothing was compiled')
      const decoders = await readdir(join(app, 'node_modules/@napi-rs'))
      t.deepEqual(decoders.sort(), ['image', 'image-linux-x64-musl'])
    }
  )

  test.serial('musl: CommonJS and ES modules', async (t) => {
    const program = consumer('/photos/obama.jpg', '/photos/obama2.jpg')
    await writeFile(join(app, 'main.cjs'), `${program} main(require('seesawface'))`)
    const module = `import * as seesawface from 'seesawface'\n${program} await main(seesawface)`
    await writeFile(join(app, 'main.mjs'), module)
    const { stdout: version } = await alpine(['node', '-p', 'process.versions.node'])
    for (const file of ['main.cjs', 'main.mjs']) {
      const { stdout, stderr } = await alpine(['node', file])
      t.is(stderr, '', file)
      t.deepEqual(JSON.parse(stdout), { same: true, wrong: true, node: version.trim() }, file)
    }
  })

  test.serial(
    'musl: the command line verifies two photos, doctor finds nothing wrong',
    async (t) => {
      const cli = (...args: string[]) => alpine(['node_modules/.bin/seesawface', ...args, '--json'])
      const same = await cli('verify', '/photos/obama.jpg', '/photos/obama2.jpg')
      t.true(JSON.parse(same.stdout).same)
      const different = await t.throwsAsync<Error & { code: number; stdout: string }>(
        cli('verify', '/photos/obama.jpg', '/photos/biden.jpg')
      )
      t.is(different?.code, 1)
      t.false(JSON.parse(different?.stdout ?? '{}').same)

      const report = JSON.parse((await cli('doctor')).stdout)
      t.deepEqual(report.problems, [])
      t.is(report.addon.kind, 'prebuild')
      t.true(report.addon.file.endsWith(`/prebuilds/${musl.file}`), report.addon.file)
      for (const { loads, selfTest } of report.models) {
        t.true(loads)
        if (selfTest) t.is(selfTest.state, 'passed')
      }
    }
  )
} else {
  const reasons = { built: 'no binary for it', entered: 'no namespace of its own to be had' }
  test.skip(`not run under musl: ${reasons[built ? 'entered' : 'built']}`, (t) => t.fail())
}
