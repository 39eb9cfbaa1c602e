// Which binary of the addon is taken, by node-gyp-build itself and by what doctor says of it, on
// machines that are only told to be there.
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { candidates, type Host } from '../../lib/doctor/addon.js'
import { targets } from '../../scripts/prebuild/targets.js'
import { TemporaryFolder } from '../support/models.js'

const run = promisify(execFile)
const nodeGypBuild = fileURLToPath(new URL('../../node_modules/node-gyp-build', import.meta.url))
const prebuilds = targets.map(({ file }) => `prebuilds/${file}`)

/** A package with files of these names, all empty. */
async function packageWith(files: readonly string[]): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.make()
  for (const file of files) {
    await mkdir(dirname(folder.file(file)), { recursive: true })
    await writeFile(folder.file(file), '')
  }
  return folder
}

/**
 * What node-gyp-build resolves in a fresh process that is told its platform, its processor and
 * whether there is an Alpine release file; undefined when it finds nothing.
 */
async function resolved(root: string, host: Host): Promise<string | undefined> {
  const program = `
    const fs = require('node:fs'), os = require('node:os')
    const { platform, arch, libc, armv } = ${JSON.stringify(host)}
    os.platform = () => platform
    os.arch = () => arch
    const variables = { ...process.config.variables, arm_version: armv }
    Object.defineProperty(process, 'config', { value: { variables } })
    const exists = fs.existsSync
    fs.existsSync = (path) => path === '/etc/alpine-release' ? libc === 'musl' : exists(path)
    let file = ''
    try { file = require(${JSON.stringify(nodeGypBuild)}).resolve(${JSON.stringify(root)}) } catch {}
    console.log(file)`
  // Nothing of npm's or the tester's environment takes part.
  const { stdout } = await run(process.execPath, ['-e', program], { env: { PATH: '' } })
  return stdout.trim() || undefined
}

const glibc = (arch: string, armv = ''): Host => ({ platform: 'linux', arch, libc: 'glibc', armv })
const musl = (arch: string, armv = ''): Host => ({ ...glibc(arch, armv), libc: 'musl' })
// node-gyp-build takes every system that is no Alpine for one with glibc.
const termux = (arch: string): Host => ({ ...glibc(arch, '8'), platform: 'android' })

const built = 'build/Release/seesawface.node'
const android = 'prebuilds/android-arm64/seesawface.node'

const cases: [what: string, host: Host, more: string[], chosen: string | undefined][] = [
  ['x64, glibc', glibc('x64'), [], 'prebuilds/linux-x64/seesawface.glibc.node'],
  ['x64, musl', musl('x64'), [], 'prebuilds/linux-x64/seesawface.musl.node'],
  ['arm64, glibc', glibc('arm64', '8'), [], 'prebuilds/linux-arm64/seesawface.glibc.node'],
  ['arm64, musl', musl('arm64', '8'), [], 'prebuilds/linux-arm64/seesawface.musl.node'],
  ['ARMv7, glibc', glibc('arm', '7'), [], 'prebuilds/linux-arm/seesawface.armv7.glibc.node'],
  ['ARMv7, musl', musl('arm', '7'), [], undefined],
  ['ARMv6', glibc('arm', '6'), [], undefined],
  ['a build of one’s own takes precedence', glibc('x64'), [built], built],
  ['Termux: no glibc binary by mistake', termux('arm64'), [], undefined],
  ['Termux: a build of one’s own', termux('arm64'), [built], built],
  ['Termux: its own binary, should there be one', termux('arm64'), [android], android],
  ['macOS', { ...glibc('arm64', '8'), platform: 'darwin' }, [], undefined],
  ['another processor', glibc('riscv64'), [], undefined]
]

for (const [what, host, more, chosen] of cases) {
  test(what, async (t) => {
    await using folder = await packageWith([...prebuilds, ...more])
    const file = await resolved(folder.path, host)
    t.is(file, chosen && folder.file(chosen))
    const found = candidates(folder.path, file, host)
    t.is(found.length, prebuilds.length + more.length)
    t.deepEqual(
      found.filter((one) => one.chosen).map((one) => one.file),
      chosen ? [chosen] : []
    )
    // What is not chosen has a reason that holds: another machine, or something better.
    for (const { file: name, chosen: taken, reason } of found) {
      if (taken) continue
      const [, system] = /^prebuilds\/([^/]+)/.exec(name) ?? []
      if (system !== `${host.platform}-${host.arch}`)
        t.regex(reason, /^for .*; this (machine|Node) /)
      else if (name.includes('.armv7.') && host.armv !== '7') t.regex(reason, /^for ARMv7/)
      else if (!name.includes(`.${host.libc}.`) && name !== android) t.regex(reason, /libc|musl/)
      else t.is(reason, 'a binary built on this machine takes precedence')
    }
  })
}

test('installing builds from source only when no binary loads', async (t) => {
  const { scripts, dependencies } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  )
  t.is(scripts.install, 'node-gyp-build-test || cmake-js compile')
  for (const name of ['postinstall', 'preinstall']) t.false(name in scripts, name)
  for (const name of ['cmake-js', 'node-addon-api', 'node-gyp-build']) t.true(name in dependencies)
  t.false('node-gyp' in dependencies)
})

test('a prebuilt binary that does not load fails the test that installation makes', async (t) => {
  await using folder = await packageWith(prebuilds)
  await writeFile(folder.file('package.json'), '{"name":"seesawface"}')
  const check = join(nodeGypBuild, 'build-test.js')
  await t.throwsAsync(run(process.execPath, [check], { cwd: folder.path }))
})
